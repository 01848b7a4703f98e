"""A policy that reads source lines and points at them.

Each line of the program becomes a vector: its tokens, its flags, how far it is from the current line, and
what is seen of the whole (stop, goal, values). So do tests, candidate answers and trials. A small transformer
lets them look at each other. What can be done to a line (run to it, accuse it) is scored from that line's
vector by weights that all lines share, as in pointer networks (Vinyals et al., 2015): what is learnt of one
line holds for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from gymnasium import spaces
from sb3_contrib.common.maskable.policies import MaskableMultiInputActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from debugworld.envs.command import LINE_KINDS, PLAIN_KINDS, CommandSet, TaskKind
from debugworld.envs.features import VOCABULARY

from .config import NETWORK

ITEMS = ("tests", "candidates", "trials")
"""Observations with a row for each thing that has a number, beside the lines."""
_TOLD_BY_FLAGS = ("line", "goal_line", "query_line", "lines", "tokens", "coverage", "visited", *ITEMS)
"""Observations that are no part of what is seen of the whole."""

Layout = Sequence[tuple[str, int]]
"""Blocks of action numbers in their order: what they name one by one, and how many."""


def layout(commands: CommandSet) -> Layout:
    """Returns the blocks of an environment's action numbers: ``whole``, ``lines`` or one of `ITEMS`."""
    blocks = [("whole", len(PLAIN_KINDS)), *(("lines", commands.max_lines) for _ in LINE_KINDS)]
    blocks.append(("candidates", commands.answers))
    for kind in commands.kinds:
        names = "lines" if kind.takes_line else "tests" if kind is TaskKind.TEST else "whole"
        blocks.append((names, commands.width(kind)))
    blocks.append(("trials", commands.trials))
    return [(names, size) for names, size in blocks if size]


class LineReader(BaseFeaturesExtractor):
    """Scores every action, and sums the scene up for the critic.

    Args:
        observation_space: Of the features family.
        layout: As `layout` returns it.
        width: Numbers of a vector.
        layers: Layers of attention; 0 for none.
        heads: Of each layer.
        meaning: Numbers of a token's vector; 0 for a policy that does not read what stands in a line.
    """

    def __init__(
        self,
        observation_space: spaces.Dict,
        layout: Layout,
        width: int = NETWORK["width"],
        layers: int = NETWORK["layers"],
        heads: int = NETWORK["heads"],
        meaning: int = NETWORK["meaning"],
    ) -> None:
        actions = sum(size for _, size in layout)
        super().__init__(observation_space, actions + width)
        self.layout, self.actions, self.width = list(layout), actions, width
        shapes: dict[str, tuple[int, ...]] = {
            key: space.shape or () for key, space in observation_space.spaces.items()
        }
        self._whole = [key for key in observation_space.spaces if key not in _TOLD_BY_FLAGS]
        self._items = [key for key in ITEMS if key in shapes]
        sizes = {key: spaces.flatdim(observation_space[key]) for key in self._whole}
        self.tokens = nn.EmbeddingBag(VOCABULARY + 1, meaning, mode="mean", padding_idx=0)
        self._per_line = [key for key in ("lines", "coverage", "visited") if key in shapes]
        flags = sum(spaces.flatdim(observation_space[key]) for key in self._per_line) // shapes["lines"][0]
        self.line = nn.Linear(flags + 3 + meaning, width)
        self.whole = nn.Sequential(nn.Linear(sum(sizes.values()), width), nn.ReLU(), nn.Linear(width, width))
        self.item = nn.ModuleDict({key: nn.Linear(shapes[key][1], width) for key in self._items})
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, heads, 2 * width, 0.0, batch_first=True, norm_first=True)
            for _ in range(layers)
        )
        self.mixer = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
        self.score = nn.ModuleList(
            nn.Linear(width, size if names == "whole" else 1) for names, size in self.layout
        )
        for head in self.score:  # all legal actions are as likely as each other at first
            nn.init.normal_(head.weight, std=0.01)  # type: ignore[arg-type]
            nn.init.zeros_(head.bias)  # type: ignore[arg-type]

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Returns the scores of all actions and the summary, ``(batch, actions + width)``."""
        whole = self.whole(torch.cat([observations[key].flatten(1) for key in self._whole], 1))
        flags = observations["lines"]
        parts = {"lines": self._read_lines(observations) + whole[:, None]}
        there = {"lines": flags[..., 0] > 0}
        for key in self._items:
            rows = observations[key]
            parts[key] = self.item[key](rows) + whole[:, None]
            there[key] = rows.abs().sum(-1) > 0
        sequence = torch.cat([whole[:, None], *parts.values()], 1)
        absent = ~torch.cat([torch.ones_like(whole[:, :1], dtype=torch.bool), *there.values()], 1)
        for layer in self.layers:
            sequence = layer(sequence, src_key_padding_mask=absent)
        sequence = sequence + self.mixer(torch.relu(sequence))
        found = {"whole": sequence[:, 0]}
        place = 1
        for key, part in parts.items():
            found[key] = sequence[:, place : place + part.shape[1]]
            place += part.shape[1]
        scores = [
            head(found[names]) if names == "whole" else head(found[names]).squeeze(-1)
            for (names, _), head in zip(self.layout, self.score, strict=True)
        ]
        present = (~absent[..., None]).float()
        summary = (sequence * present).sum(1) / present.sum(1)
        return torch.cat([*scores, sequence[:, 0] + summary], 1)

    def _read_lines(self, observations: dict[str, Tensor]) -> Tensor:
        flags = observations["lines"]
        numbers = (observations["tokens"] * VOCABULARY).round().long()
        meaning = self.tokens(numbers.flatten(0, 1)).unflatten(0, numbers.shape[:2])
        place = torch.arange(flags.shape[1], device=flags.device).float() / flags.shape[1]
        current = (flags[..., 2] * place).sum(1, keepdim=True)
        away = torch.where(flags[..., 2].sum(1, keepdim=True) > 0, place - current, torch.zeros_like(place))
        where = torch.stack([place.expand_as(away), away, away.abs()], -1)
        told = [observations[key].reshape(*flags.shape[:2], -1) for key in self._per_line]
        return self.line(torch.cat([*told, where, meaning], -1))


class _Split(nn.Module):
    """Parts what `LineReader` returns: scores for the actor, the summary for the critic."""

    def __init__(self, actions: int, width: int) -> None:
        super().__init__()
        self.latent_dim_pi, self.latent_dim_vf = actions, width

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: Tensor) -> Tensor:
        return features[:, : self.latent_dim_pi]

    def forward_critic(self, features: Tensor) -> Tensor:
        return features[:, self.latent_dim_pi :]


class LinePolicy(MaskableMultiInputActorCriticPolicy):
    """sb3-contrib's actor and critic with a `LineReader`, whose scores are the logits."""

    def __init__(
        self,
        observation_space: spaces.Dict,
        action_space: spaces.Discrete,
        lr_schedule: Callable[[float], float],
        **options: Any,
    ) -> None:
        options |= {"features_extractor_class": LineReader, "ortho_init": False}
        super().__init__(observation_space, action_space, lr_schedule, **options)

    def _build_mlp_extractor(self) -> None:
        reader = self.features_extractor
        assert isinstance(reader, LineReader)
        self.mlp_extractor = _Split(reader.actions, reader.width)  # type: ignore[assignment]

    def _build(self, lr_schedule: Callable[[float], float]) -> None:
        super()._build(lr_schedule)
        width = self.mlp_extractor.latent_dim_vf
        self.action_net = nn.Identity()
        critic = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))
        self.value_net = critic  # type: ignore[assignment]
        optimizer: Callable[..., torch.optim.Optimizer] = self.optimizer_class
        self.optimizer = optimizer(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)
