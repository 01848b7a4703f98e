"""Soft policy optimization: a policy whose own log-probabilities account for what was paid, on any log.

With a price ``TEMPERATURE`` on leaving a reference policy, the best policy and its soft values hold, along
every path of a deterministic world and whoever chose its moves, that the value before a move is what is paid
from there to the end, less the price of each move's log-ratio (path consistency; Nachum et al., 2017). Soft
Policy Optimization (Cohen et al., 2025) learns so from paths of any origin, its value built from the
log-ratios alone; here the policy's own value head stands for the value before each move, the reference draws
legal moves evenly, and every logged move gives one equation. A debugger's moves are deterministic within an
episode, in both worlds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .log import Log

if TYPE_CHECKING:
    from torch import Tensor

TEMPERATURE = 0.05
"""Reward that a policy gives up for one nat of distance from the reference."""


class SoftPolicyOptimization:
    """The objective over a log.

    Args:
        log: What is learnt from.
        discount: Of what is paid later, in (0, 1].
    """

    def __init__(self, log: Log, discount: float) -> None:
        self._log, self._discount = log, discount
        self._even = -np.log(log.masks.sum(1, dtype=np.float32))
        self._lengths: list[int] = []

    def draw(self, rng: np.random.Generator, size: int) -> npt.NDArray[np.int64]:
        """Returns the moves of a batch, those of whole episodes: at least ``size``; int64 ``(moves,)``."""
        bounds, rows, count = self._log.bounds, [], 0
        while count < size:
            episode = int(rng.integers(len(bounds) - 1))
            rows.append(np.arange(bounds[episode], bounds[episode + 1]))
            count += len(rows[-1])
        self._lengths = [len(each) for each in rows]
        return np.concatenate(rows)

    def losses(self, rows: npt.NDArray[np.int64], values: Tensor, chances: Tensor) -> dict[str, Tensor]:
        """Returns the parts of the loss over a batch: mean squares by which the equations of its moves fail.

        The actor's part is over the temperature, so that its gradient does not fade with it.

        Args:
            rows: The moves that were drawn last.
            values: Of the critic before them, float32 ``(moves,)``.
            chances: Log-probabilities that the actor gives to them, float32 ``(moves,)``.
        """
        import torch

        ratios = chances - torch.as_tensor(self._even[rows])
        gains = torch.as_tensor(self._log.rewards[rows]) - TEMPERATURE * ratios
        paths = torch.cat([later(path, self._discount) for path in gains.split(self._lengths)])
        failure = torch.nn.functional.mse_loss
        actor = failure(values.detach(), paths) / TEMPERATURE
        return {"actor": actor, "critic": failure(values, paths.detach())}


def later(gains: Tensor, discount: float) -> Tensor:
    """Returns for each move of an episode the sum of it and all later ones, discounted; ``(moves,)``."""
    import torch

    steps = torch.arange(len(gains))
    ahead = steps[None] - steps[:, None]
    weights = torch.where(ahead >= 0, discount ** ahead.clamp(min=0).float(), 0.0)
    return weights @ gains
