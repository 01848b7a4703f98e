"""Draws from a generator that cost what is used of them: many environments begin many episodes a second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")

_STRIDES = (1_048_583, 1_299_709, 2_097_169, 3_497_861, 4_256_233, 6_700_417, 8_388_617, 15_485_863)
"""Primes that are larger than any sequence is long, so that steps of this size reach all of it."""

_BITS = (1 << 64) - 1


def below(count: int, rng: np.random.Generator) -> int:
    """Draws a number from 0 to ``count - 1``."""
    return int(rng.random() * count)


def wander(items: Sequence[Item], word: int) -> Iterator[Item]:
    """Yields all items of a sequence, from some place on in steps of some size, as a large number tells."""
    count = len(items)
    if count:
        word, place = divmod(word, count)
        stride = _STRIDES[word % len(_STRIDES)]
        for _ in range(count):
            yield items[place]
            place = (place + stride) % count


def shuffled(items: Sequence[Item], word: int) -> tuple[Item, ...]:
    """Returns a few items, at most twelve, in the order that a large number tells."""
    left, found = list(items), []
    for count in range(len(left), 0, -1):
        word, place = divmod(word, count)
        found.append(left.pop(place))
    return tuple(found)


def scrambled(number: int) -> int:
    """Returns 64 bits that look random, others for each number.

    The mixing of SplitMix64 (Steele, Lea and Flood, 2014, "Fast splittable pseudorandom number generators").
    """
    word = (number + 1) * 0x9E3779B97F4A7C15 & _BITS
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & _BITS
    word = (word ^ word >> 27) * 0x94D049BB133111EB & _BITS
    return word ^ word >> 31


def draw_order(count: int, rng: np.random.Generator, first: int | None = None) -> Iterator[int]:
    """Yields the numbers below ``count`` in random order, each drawn when it is asked for.

    This is the shuffle of Fisher and Yates on a list that is only kept where it was changed.

    Args:
        count: How many numbers there are.
        rng: Where chance comes from.
        first: The first of them, where `below` has drawn it already.
    """
    moved: dict[int, int] = {}
    for place in range(count):
        other = place + below(count - place, rng) if place or first is None else first
        yield moved.get(other, other)
        moved[other] = moved.get(place, place)
