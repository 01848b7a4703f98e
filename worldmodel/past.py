"""What rows have read, kept for the next prompt of the same slot."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import torch

from debugworld.worldmodel.prefix import Layer, Memory


@dataclass(frozen=True)
class Past:
    """What a row has read: a beginning that others share, then tokens of its own.

    Attributes:
        own: memory of its own tokens.
        prefix: memory of the beginning; None where there is none.
    """

    own: Memory
    prefix: Memory | None = None

    @property
    def tokens(self) -> tuple[int, ...]:
        """All that was read."""
        return (*(self.prefix.tokens if self.prefix else ()), *self.own.tokens)

    def between(self, start: int, end: int) -> Memory:
        """Returns the memory of a part of the tokens, which others must have read before it, too."""
        border = len(self.prefix.tokens) if self.prefix else 0
        parts = [(self.own, max(0, start - border), end - border)] if end > border else []
        if self.prefix is not None and start < border:
            parts.insert(0, (self.prefix, start, min(end, border)))
        pieces = [
            [tuple(part[:, begin:stop] for part in layer) for layer in memory.layers]
            for memory, begin, stop in parts
        ]
        layers = tuple(_joined(layer) for layer in zip(*pieces, strict=True))
        return Memory(self.tokens[start:end], layers)


class PastStore:
    """The last past of each slot.

    Args:
        room: most bytes; those not asked for longest go first.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[Hashable, Past] = OrderedDict()

    def find(self, slot: Hashable) -> Past | None:
        """Returns what a slot has read."""
        past = self._kept.get(slot)
        if past is not None:
            self._kept.move_to_end(slot)
        return past

    def keep(self, slot: Hashable, past: Past) -> None:
        """Keeps what a slot has read in place of what it had."""
        self._kept.pop(slot, None)
        self._kept[slot] = past
        while len(self._kept) and self._used() > self._room:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Drops everything."""
        self._kept.clear()

    def _used(self) -> int:
        """Returns the bytes of all, what is shared counted once."""
        held = {id(part): part for past in self._kept.values() for part in (past.own, past.prefix) if part}
        return sum(map(_bytes, held.values()))


def _bytes(memory: Memory) -> int:
    """Returns what a memory takes; its layers take the same."""
    return len(memory.layers) * sum(part.numel() * part.element_size() for part in memory.layers[0])


def agreeing(one: Sequence[int], other: Sequence[int]) -> int:
    """Returns how many leading tokens agree."""
    size = min(len(one), len(other))
    if tuple(one[:size]) == tuple(other[:size]):
        return size
    return next(place for place in range(size) if one[place] != other[place])


def _joined(pieces: Sequence[Layer]) -> Layer:
    return (
        pieces[0] if len(pieces) == 1 else tuple(torch.cat(parts, 1) for parts in zip(*pieces, strict=True))
    )
