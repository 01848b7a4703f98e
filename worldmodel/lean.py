"""A lean forward pass for the shipped architecture: Lfm2, without its modules.

What it computes is what `Lfm2ForCausalLM` computes, up to rounding. The weights are copied once into
matrices that lie as the multiplication wants them, norms' weights multiplied in. All rows' new tokens stand
in one flat list, any number for each row, so that reading a prompt, a step of decoding and checking a guess
are one operation without padding; only attention looks at rows. What layers remember lies in preallocated
tensors, a place for each token of each row: keys and values, and inputs of short convolutions, whole. So
going back to an earlier token costs nothing, and what a row holds can be taken out and put into another.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional
from transformers import Lfm2ForCausalLM, PreTrainedModel

from .replay import Replay

_FEW_QUERIES = 16
"""New tokens of a row up to which attention looks them up together with other rows'."""
_NEIGHBOURS = 8
"""Rows that attention looks up at once: as wide as the longest of them."""
_FRAMES = (1, 2, 4, 8)
"""New tokens of each row in a step of fixed shapes."""
_WIDTH = 64
"""Of whose multiples is what such a step looks back at."""
_FEW = 64
"""Tokens up to which a short convolution is one product rather than one for each place of its window."""


@dataclass(frozen=True)
class _Layer:
    """Weights of a block, each matrix ``(in, out)``.

    Attributes:
        mix: into queries, keys and values side by side; or into B, C and x of a convolution.
        scale: of normed queries and keys, ``(heads + key heads, head size)``; or the convolution's weights,
            ``(window, width)``.
        out: back to the width.
        up: into gate and value side by side.
        down: back to the width.
        held: number of its first part in the memory: keys, then values; or inputs of the convolution.
    """

    attention: bool
    mix: torch.Tensor
    scale: torch.Tensor
    out: torch.Tensor
    up: torch.Tensor
    down: torch.Tensor
    held: int


@dataclass(frozen=True)
class Feed:
    """New tokens of one row.

    Attributes:
        start: place of the first; the row holds this many tokens already.
        tokens: at least one.
        wanted: after how many of the last ones logits are wanted; at least one.
    """

    start: int
    tokens: Sequence[int]
    wanted: int = 1


@dataclass(frozen=True)
class _Group:
    """Neighbouring rows with few queries each, looked up at once, each filled up with its last query.

    Attributes:
        rows: first row, and the one after the last.
        width: places of the longest row.
        asked: places of the queries in the flat list, int64, ``(rows, queries)``.
        hidden: 0 for what a query sees and -inf elsewhere, ``(rows, 1, queries, width)``.
        inside: bool, ``(rows, queries)``; which of them are no filling.
        out: their places in the flat list; None where the group is the whole list in order.
    """

    rows: tuple[int, int]
    width: int
    asked: torch.Tensor
    hidden: torch.Tensor
    inside: torch.Tensor
    out: torch.Tensor | None


@dataclass(frozen=True)
class _Plan:
    """How a flat list of queries looks at its rows.

    Attributes:
        groups: of rows with few queries.
        alone: row, place in the list, number and first place in the row of the queries of each other row.
    """

    groups: list[_Group]
    alone: list[tuple[int, int, int, int]]


class LeanModel:
    """The forward pass and its memory.

    Args:
        model: one that `supports` accepts; its weights are copied.
        rows: most rows at once.
        graphs: whether steps of a few new tokens each are filled up to fixed shapes, which a GPU begins at
            once as a CUDA graph (`replay.Replay`).
    """

    def __init__(self, model: PreTrainedModel, rows: int, graphs: bool = False) -> None:
        config: Any = model.config
        self.device, self.dtype = model.device, model.dtype
        self._heads, self._key_heads = config.num_attention_heads, config.num_key_value_heads
        self._width = config.hidden_size
        self._size = getattr(config, "head_dim", None) or self._width // self._heads
        self._window = config.conv_L_cache
        self._before = self._window - 1
        """Places left at zero before each row's first token, for convolutions to look at."""
        self._turns = config.rope_parameters["rope_theta"] ** (
            -torch.arange(0, self._size, 2, device=self.device, dtype=torch.float32) / self._size
        )
        self._rows = rows
        self._pack(model)
        self._held: list[torch.Tensor] = []
        self._graphs = graphs
        self._frames: dict[tuple[int, int, int], Replay] = {}
        """Steps of fixed shapes: rows, new tokens of each, places looked back at."""
        self._room = 0
        self.reserve(256 - self._window)

    @staticmethod
    def supports(model: PreTrainedModel) -> bool:
        """Whether there is a lean pass for this model."""
        config: Any = model.config
        return (
            type(model) is Lfm2ForCausalLM
            and config.rope_parameters.get("rope_type") == "default"
            and not config.conv_bias
            and model.dtype in (torch.float32, torch.float64)
        )

    def _pack(self, model: PreTrainedModel) -> None:
        """Copies the weights."""
        network: Any = model
        eps = network.config.norm_eps
        self._norm = torch.tensor((self._width * eps) ** 0.5, device=self.device, dtype=self.dtype)
        self._head_norm = torch.tensor((self._size * eps) ** 0.5, device=self.device, dtype=self.dtype)
        # halves of a head become neighbours, so that a turn is a product of complex numbers
        turned = torch.arange(self._size, device=self.device).view(2, -1).t().reshape(-1)
        self._embedding = network.model.embed_tokens.weight.detach().clone()
        self._layers: list[_Layer] = []
        held = 0
        for block in network.model.layers:
            before, within = (
                norm.weight.detach() * self._width**0.5 for norm in (block.operator_norm, block.ffn_norm)
            )
            if block.is_attention_layer:
                unit = block.self_attn
                parts = [
                    unit.q_proj.weight.view(self._heads, self._size, -1)[:, turned].flatten(0, 1),
                    unit.k_proj.weight.view(self._key_heads, self._size, -1)[:, turned].flatten(0, 1),
                    unit.v_proj.weight,
                ]
                mix = torch.cat(parts)
                queries = unit.q_layernorm.weight[turned].expand(self._heads, -1)
                keys = unit.k_layernorm.weight[turned].expand(self._key_heads, -1)
                # normed lengths are the root of the head size twice, of which attention takes one away
                scale = torch.cat([queries, keys * self._size**0.5])
            else:
                unit = block.conv
                mix, scale = unit.in_proj.weight, unit.conv.weight[:, 0].t()
            layer = _Layer(
                block.is_attention_layer,
                (mix * before).t().contiguous(),
                scale.contiguous(),
                unit.out_proj.weight.t().contiguous(),
                (torch.cat([block.feed_forward.w1.weight, block.feed_forward.w3.weight]) * within)
                .t()
                .contiguous(),
                block.feed_forward.w2.weight.t().contiguous(),
                held,
            )
            self._layers.append(layer)
            held += 1 + layer.attention
        last = network.model.embedding_norm.weight.detach() * self._width**0.5
        self._head = (network.lm_head.weight * last).t().contiguous()

    def reserve(self, size: int) -> None:
        """Makes room for rows of this many tokens; what rows hold stays."""
        if size <= self._room:
            return
        room = max(size, 2 * self._room)
        pages, inputs = (self._rows, self._key_heads, room, self._size), (self._rows, room, self._width)
        shapes = [
            shape for layer in self._layers for shape in ([pages, pages] if layer.attention else [inputs])
        ]
        grown = [
            torch.zeros((*shape[:-2], self._before + room, shape[-1]), device=self.device, dtype=self.dtype)
            for shape in shapes
        ]
        for new, old in zip(grown, self._held, strict=False):
            new[..., : old.shape[-2], :] = old
        self._held, self._room = grown, room
        self._frames.clear()  # they read and write what rows held before
        places = torch.arange(room, device=self.device)
        angles = places[:, None].float() * self._turns
        self._places = places
        self._rope = torch.polar(torch.ones_like(angles), angles)[:, None]
        if self.dtype is torch.float64:
            self._rope = self._rope.to(torch.complex128)

    def take(self, row: int, size: int) -> tuple[torch.Tensor, ...]:
        """Returns a copy of what a row holds of its first tokens, each part ``(..., size, columns)``."""
        return tuple(part[row, ..., self._before : self._before + size, :].clone() for part in self._held)

    def put(self, row: int, parts: Sequence[torch.Tensor]) -> None:
        """Puts into a row what `take` returned, or the first tokens of it."""
        size = parts[0].shape[-2]
        self.reserve(size)
        for held, part in zip(self._held, parts, strict=True):
            held[row, ..., self._before : self._before + size, :] = part

    def move(self, source: int, target: int, size: int) -> None:
        """Copies the first tokens of one row over another."""
        for held in self._held:
            first, last = self._before, self._before + size
            held[target, ..., first:last, :] = held[source, ..., first:last, :]

    def read(self, feeds: Sequence[Feed]) -> torch.Tensor:
        """Reads new tokens in the first rows, in order.

        Returns:
            Logits after the wanted tokens, row by row, float, shape ``(wanted, vocabulary)``.
        """
        if self._graphs and max(len(feed.tokens) for feed in feeds) <= _FRAMES[-1]:
            return self._read_frame(feeds)
        counts, starts = [len(feed.tokens) for feed in feeds], [feed.start for feed in feeds]
        wanted = [feed.wanted for feed in feeds]
        self.reserve(max(start + count for start, count in zip(starts, counts, strict=True)))
        ends = list(itertools.accumulate(counts))
        ids = torch.tensor([token for feed in feeds for token in feed.tokens], device=self.device)
        flat = [start + place for start, count in zip(starts, counts, strict=True) for place in range(count)]
        places = torch.tensor(flat, device=self.device)
        rows = torch.arange(len(feeds), device=self.device)
        if ends[-1] > len(feeds):
            rows = rows.repeat_interleave(torch.tensor(counts, device=self.device))
        rope = self._rope[places]
        where = (rows, places + self._before)
        plan, picked = self._plan(counts, starts), None
        hidden = self._embedding[ids]
        for layer in self._layers:
            if layer is self._layers[-1] and wanted != counts:
                chosen = [
                    place for end, some in zip(ends, wanted, strict=True) for place in range(end - some, end)
                ]
                picked = torch.tensor(chosen, device=self.device)
                late = [
                    start + count - some for start, count, some in zip(starts, counts, wanted, strict=True)
                ]
                plan = self._plan(wanted, late)
            mixed = self._attend if layer.attention else self._convolve
            hidden = self._feed_forward(layer, mixed(layer, hidden, plan, where, rope, picked))
        return self._normed(hidden) @ self._head

    def _read_frame(self, feeds: Sequence[Feed]) -> torch.Tensor:
        """Reads new tokens, each row's filled up to as many; what stands behind its last is not looked at."""
        most = max(len(feed.tokens) for feed in feeds)
        count = next(size for size in _FRAMES if size >= most)
        rows = min(1 << (len(feeds) - 1).bit_length(), self._rows)
        end = max(feed.start for feed in feeds) + count
        width = -(-end // _WIDTH) * _WIDTH
        self.reserve(width)
        filled = [
            (feed.start, [*feed.tokens, *[feed.tokens[-1]] * (count - len(feed.tokens))]) for feed in feeds
        ]
        filled += [(0, [0] * count)] * (rows - len(feeds))
        ids = torch.tensor([tokens for _, tokens in filled], device=self.device).flatten()
        starts = torch.tensor([start for start, _ in filled], device=self.device)
        places = (starts[:, None] + self._places[:count]).flatten()
        frame = self._frames.get((rows, count, width))
        if frame is None:
            frame = self._frames[rows, count, width] = Replay(
                lambda ids, places: self._frame(ids, places, rows, count, width), ids, places
            )
        wanted = [
            row * count + place
            for row, feed in enumerate(feeds)
            for place in range(len(feed.tokens) - feed.wanted, len(feed.tokens))
        ]
        return frame(ids, places)[torch.tensor(wanted, device=self.device)]

    def _frame(
        self, ids: torch.Tensor, places: torch.Tensor, rows: int, count: int, width: int
    ) -> torch.Tensor:
        """Returns logits after each of as many new tokens of each of the first rows."""
        every = torch.arange(rows * count, device=self.device)
        unseen = self._places[:width] > places.view(rows, 1, count, 1)
        mask = torch.zeros_like(unseen, dtype=self.dtype).masked_fill_(unseen, -torch.inf)
        group = _Group((0, rows), width, every.view(rows, count), mask, every, None)
        plan, where = _Plan([group], []), (every // count, places + self._before)
        hidden, rope = self._embedding[ids], self._rope[places]
        for layer in self._layers:
            mixed = self._attend if layer.attention else self._convolve
            hidden = self._feed_forward(layer, mixed(layer, hidden, plan, where, rope, None))
        return self._normed(hidden) @ self._head

    def _plan(self, counts: list[int], starts: list[int]) -> _Plan:
        begins = [0, *itertools.accumulate(counts)]
        few = [row for row, count in enumerate(counts) if count <= _FEW_QUERIES]
        groups = []
        for first in range(0, len(counts), _NEIGHBOURS):
            last = min(first + _NEIGHBOURS, len(counts))
            if any(counts[row] <= _FEW_QUERIES for row in range(first, last)):
                groups.append(self._group(first, last, counts, starts, begins))
        alone = [
            (row, begins[row], counts[row], starts[row])
            for row in range(len(counts))
            if counts[row] > _FEW_QUERIES
        ]
        if len(groups) == 1 and len(few) == len(counts) and max(counts) == 1:
            groups = [dataclasses.replace(groups[0], out=None)]
        return _Plan(groups, alone)

    def _group(
        self, first: int, last: int, counts: list[int], starts: list[int], begins: list[int]
    ) -> _Group:
        rows = range(first, last)
        taken = [counts[row] if counts[row] <= _FEW_QUERIES else 0 for row in rows]
        most, width = max(taken), max(starts[row] + max(n, 1) for row, n in zip(rows, taken, strict=True))
        steps = [[min(step, max(n - 1, 0)) for step in range(most)] for n in taken]
        asked = [[begins[row] + step for step in line] for row, line in zip(rows, steps, strict=True)]
        places = [[starts[row] + step for step in line] for row, line in zip(rows, steps, strict=True)]
        unseen = self._places[:width] > torch.tensor(places, device=self.device)[:, None, :, None]
        hidden = torch.zeros_like(unseen, dtype=self.dtype).masked_fill_(unseen, -torch.inf)
        inside = torch.tensor([[step < n for step in range(most)] for n in taken], device=self.device)
        indices = torch.tensor(asked, device=self.device)
        return _Group((first, last), width, indices, hidden, inside, indices[inside])

    def _normed(self, hidden: torch.Tensor) -> torch.Tensor:
        """Divides each token by its length; the weights hold what is missing to a root mean square."""
        return hidden / torch.linalg.vector_norm(hidden, dim=-1, keepdim=True).hypot_(self._norm)

    def _feed_forward(self, layer: _Layer, hidden: torch.Tensor) -> torch.Tensor:
        gate, value = (self._normed(hidden) @ layer.up).chunk(2, dim=-1)
        return torch.addmm(hidden, functional.silu(gate).mul_(value), layer.down)

    def _convolve(
        self,
        layer: _Layer,
        hidden: torch.Tensor,
        plan: _Plan,
        where: tuple[torch.Tensor, torch.Tensor],
        rope: torch.Tensor,
        picked: torch.Tensor | None,
    ) -> torch.Tensor:
        b, c, x = (self._normed(hidden) @ layer.mix).chunk(3, dim=-1)
        held = self._held[layer.held]
        held[where] = b * x
        rows, places = where
        if picked is not None:
            hidden, c, rows, places = hidden[picked], c[picked], rows[picked], places[picked]
        back = range(self._before, -1, -1)
        if len(rows) <= _FEW:
            window = held[rows[:, None], torch.stack([places - step for step in back], dim=1)]
            sums = (window * layer.scale).sum(1)
        else:
            sums = held[rows, places] * layer.scale[-1]
            for number, step in enumerate(back[:-1]):
                sums.addcmul_(held[rows, places - step], layer.scale[number])
        return torch.addmm(hidden, sums.mul_(c), layer.out)

    def _attend(
        self,
        layer: _Layer,
        hidden: torch.Tensor,
        plan: _Plan,
        where: tuple[torch.Tensor, torch.Tensor],
        rope: torch.Tensor,
        picked: torch.Tensor | None,
    ) -> torch.Tensor:
        both, mixed = self._heads + self._key_heads, self._normed(hidden) @ layer.mix
        turned = mixed[:, : both * self._size].unflatten(-1, (both, self._size))
        length = torch.linalg.vector_norm(turned, dim=-1, keepdim=True).hypot_(self._head_norm)
        turned = (turned / length).mul_(layer.scale)
        pairs = torch.view_as_complex(turned.unflatten(-1, (-1, 2)))
        turned = torch.view_as_real(pairs * rope).flatten(-2)
        rows, places = where
        keys, values = self._held[layer.held : layer.held + 2]
        keys[rows, :, places] = turned[:, self._heads :]
        values[rows, :, places] = mixed[:, both * self._size :].unflatten(-1, (-1, self._size))
        queries = turned[:, : self._heads]
        if picked is not None:
            hidden, queries = hidden[picked], queries[picked]
        return torch.addmm(hidden, self._look(layer, queries, plan), layer.out)

    def _look(self, layer: _Layer, queries: torch.Tensor, plan: _Plan) -> torch.Tensor:
        """Returns what queries, ``(tokens, heads, head size)``, find in their rows, ``(tokens, width)``."""
        keys, values = self._held[layer.held : layer.held + 2]
        if len(plan.groups) == 1 and plan.groups[0].out is None:
            return self._look_together(queries, keys, values, plan.groups[0]).reshape(len(queries), -1)
        out = torch.empty_like(queries)
        for group in plan.groups:
            out[group.out] = self._look_together(queries, keys, values, group)[group.inside]
        for row, begin, count, start in plan.alone:
            first, last = self._before, self._before + start + count
            mask = self._places[: start + count] <= self._places[start : start + count, None]
            found = functional.scaled_dot_product_attention(
                queries[None, begin : begin + count].transpose(1, 2),
                keys[row : row + 1, :, first:last],
                values[row : row + 1, :, first:last],
                attn_mask=mask if start else None,
                is_causal=not start,
                scale=1.0,
                enable_gqa=self._heads != self._key_heads,
            )
            out[begin : begin + count] = found[0].transpose(0, 1)
        return out.flatten(1)

    def _look_together(
        self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, group: _Group
    ) -> torch.Tensor:
        """Returns what a group's queries find, ``(rows, queries, heads, head size)``."""
        (first, last), width = group.rows, group.width
        rows, most = group.asked.shape
        seen = slice(self._before, self._before + width)
        pages, many = rows * self._key_heads, most * (self._heads // self._key_heads)
        asked = queries[group.asked].transpose(1, 2).reshape(pages, many, self._size)
        scores = torch.bmm(asked, keys[first:last, :, seen].flatten(0, 1).transpose(1, 2))
        scores = scores.view(rows, self._heads, most, width).add_(group.hidden)
        shares = scores.softmax(-1).view(pages, many, width)
        found = torch.bmm(shares, values[first:last, :, seen].flatten(0, 1))
        return found.view(rows, self._heads, most, self._size).transpose(1, 2)
