"""What a model remembers of a prompt, and the forward pass that goes on from it.

Each layer's memory of a token stands in one place: a key and a value for attention, its input for a short
convolution. Kept whole, both can be cut at any token, so the memory of a prompt serves every other prompt
that begins alike. Works for any causal model of transformers whose cache has these two kinds of layer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import pad
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer, LinearAttentionLayer

from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.tokenizer import FIRST_BYTE

_NEWLINE = FIRST_BYTE + ord("\n")

Layer = tuple[torch.Tensor, ...]
"""Attention: key and value, ``(heads, tokens, head size)``; convolution: input, ``(width, tokens)``.
The tokens are the second axis of both."""


@dataclass(frozen=True)
class Memory:
    """What the model holds after reading some tokens.

    Attributes:
        tokens: what was read.
        layers: the memory of each layer.
        axis: of the tokens in each part of a layer.
    """

    tokens: tuple[int, ...]
    layers: tuple[Layer, ...]
    axis: int = 1

    def cut(self, size: int) -> Memory:
        """Returns the memory of the first tokens alone; the tensors are shared."""
        layers = tuple(tuple(part.narrow(self.axis, 0, size) for part in layer) for layer in self.layers)
        return Memory(self.tokens[:size], layers, self.axis)

    def shared(self, tokens: Sequence[int]) -> int:
        """Returns how many leading tokens agree with these."""
        size = min(len(self.tokens), len(tokens))
        if self.tokens[:size] == tuple(tokens[:size]):
            return size
        return next(place for place in range(size) if self.tokens[place] != tokens[place])


def first_line(tokens: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the tokens of a prompt up to its first line break: the statement it is about."""
    return tokens[: tokens.index(_NEWLINE)] if _NEWLINE in tokens else tokens


class MemoryStore:
    """Memories of late prompts: each slot's own, and one for each first line, shared by all slots.

    Args:
        size: most memories of each of the two kinds; the ones not used for longest go first.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._kept: dict[str, OrderedDict[Hashable, Memory]] = {"slot": OrderedDict(), "line": OrderedDict()}

    def find(self, slot: Hashable, line: Hashable, tokens: Sequence[int]) -> Memory | None:
        """Returns the memory of the longest known beginning of these tokens, short of all of them."""
        best, longest = None, 0
        for kind, key in (("slot", slot), ("line", line)):
            memory = self._kept[kind].get(key)
            if memory is not None:
                self._kept[kind].move_to_end(key)
                size = min(memory.shared(tokens), len(tokens) - 1)
                if size > longest:
                    best, longest = memory, size
        return best.cut(longest) if best else None

    def keep(self, slot: Hashable, line: Hashable, memory: Memory) -> None:
        """Remembers a prompt under its slot and its first line."""
        for kind, key in (("slot", slot), ("line", line)):
            self._kept[kind][key] = memory
            self._kept[kind].move_to_end(key)
            while len(self._kept[kind]) > self.size:
                self._kept[kind].popitem(last=False)

    def forget(self) -> None:
        """Drops everything."""
        for kept in self._kept.values():
            kept.clear()


@dataclass
class Batch:
    """Rows that decode together, memories aligned at their right ends.

    Attributes:
        cache: memory of all rows.
        sizes: int64, shape ``(rows,)``; tokens that each row has read.
        width: tokens of the longest row, and so places in the cache.
    """

    cache: DynamicCache
    sizes: torch.Tensor
    width: int

    def select(self, rows: Sequence[int]) -> None:
        """Keeps some rows, in the order given."""
        kept: Any = torch.tensor(rows)
        self.cache.reorder_cache(kept)
        self.sizes = self.sizes[kept]


class Reader:
    """Forward passes of a model from and to memories.

    Args:
        model: a causal language model in evaluation mode.

    Raises:
        ModelError: the model's cache has a kind of layer that memories do not cover.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self._kinds = [type(layer) for layer in DynamicCache(config=model.config).layers]
        if not self._kinds or set(self._kinds) - {DynamicLayer, LinearAttentionLayer}:
            names = sorted({kind.__name__ for kind in self._kinds})
            raise ModelError(f"cannot keep memories of {type(model).__name__}: its cache has {names}")
        self._window = getattr(model.config, "conv_L_cache", 0)
        self._empty = self._memory_of_nothing()

    def read(
        self, known: Sequence[Memory | None], tokens: Sequence[Sequence[int]]
    ) -> tuple[list[Memory], torch.Tensor]:
        """Reads the rest of each row in one pass.

        Args:
            known: memory of the beginning of each row, shorter than the row; None for nothing.
            tokens: all tokens of each row.

        Returns:
            The memory of each row, and the logits after its last token, float32, ``(rows, vocabulary)``.
        """
        before = [memory or self._empty for memory in known]
        news = [row[len(memory.tokens) :] for memory, row in zip(before, tokens, strict=True)]
        longest = max(map(len, news))
        ids = torch.tensor([[*new, *[0] * (longest - len(new))] for new in news])
        batch = self._join(before, recording=True)
        logits = self._forward(batch, ids, last=torch.tensor([len(new) - 1 for new in news]))
        return [
            Memory(tuple(row), self._grown(memory, batch, number, len(new)))
            for number, (memory, row, new) in enumerate(zip(before, tokens, news, strict=True))
        ], logits

    def join(self, memories: Sequence[Memory]) -> Batch:
        """Puts memories together for decoding."""
        return self._join(memories, recording=False)

    def step(self, batch: Batch, tokens: torch.Tensor) -> torch.Tensor:
        """Reads one more token in each row.

        Args:
            batch: its memory grows by the tokens.
            tokens: int64, shape ``(rows,)``.

        Returns:
            Logits after it, float32, shape ``(rows, vocabulary)``.
        """
        logits = self._forward(batch, tokens[:, None], last=torch.zeros_like(tokens))
        batch.sizes, batch.width = batch.sizes + 1, batch.width + 1
        return logits

    def _forward(self, batch: Batch, ids: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        width, past = ids.shape[1], batch.width
        here, there = torch.arange(width)[:, None], torch.arange(past + width)[None]
        seen = (there <= here + past)[None] & (there[None] >= past - batch.sizes[:, None, None])
        dtype = self.model.dtype
        bias = torch.zeros(seen.shape, dtype=dtype).masked_fill_(~seen, torch.finfo(dtype).min)
        out = self.model(
            input_ids=ids,
            attention_mask=bias[:, None],
            position_ids=batch.sizes[:, None] + torch.arange(width)[None],
            past_key_values=batch.cache,
            use_cache=True,
        )
        return out.logits[torch.arange(len(ids)), last].float()

    def _join(self, memories: Sequence[Memory], recording: bool) -> Batch:
        """Puts memories side by side, filled up with zeros at the left."""
        cache = DynamicCache(config=self.model.config)
        sizes = torch.tensor([len(memory.tokens) for memory in memories])
        longest = int(sizes.max())
        for index, kind in enumerate(self._kinds):
            rows = [memory.layers[index] for memory in memories]
            if kind is DynamicLayer:
                keys, values = (
                    torch.stack([pad(row[part], (0, 0, longest - row[part].shape[1], 0)) for row in rows])
                    for part in (0, 1)
                )
                cache.update(keys, values, index)
            else:
                if recording:
                    layer: Any = cache.layers[index]
                    layer.activate_past_recording()
                inputs = torch.stack([_last(row[0], self._window) for row in rows])
                cache.update_conv_state(inputs, index, conv_kernel_size=self._window)
        return Batch(cache, sizes, longest)

    def _grown(self, before: Memory, batch: Batch, row: int, size: int) -> tuple[Layer, ...]:
        """Returns a row's memory after a pass, with the first ``size`` of the new tokens."""
        layers: list[Layer] = []
        for kind, layer, old in zip(self._kinds, batch.cache.layers, before.layers, strict=True):
            start = batch.width if kind is DynamicLayer else self._window
            new = [part[row, :, start : start + size] for part in _parts(layer)]
            layers.append(tuple(torch.cat(pair, dim=1) for pair in zip(old, new, strict=True)))
        return tuple(layers)

    def _memory_of_nothing(self) -> Memory:
        """Returns a memory without tokens; one pass over any token tells its shapes."""
        cache = DynamicCache(config=self.model.config)
        self.model(input_ids=torch.zeros((1, 1), dtype=torch.long), past_key_values=cache, use_cache=True)
        layers = tuple(tuple(part[0] for part in _parts(layer)) for layer in cache.layers)
        return Memory((0,), layers).cut(0)


def _parts(layer: Any) -> Layer:
    """Returns what a layer of a cache holds for all rows: keys and values, or inputs of a convolution."""
    return (layer.keys, layer.values) if hasattr(layer, "keys") else (layer.conv_states[0],)


def _last(inputs: torch.Tensor, size: int) -> torch.Tensor:
    """Returns the last inputs of a convolution, zeros standing for those before the start."""
    return pad(inputs, (max(0, size - inputs.shape[1]), 0))[:, -size:]
