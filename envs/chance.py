"""Draws from a generator that cost what is used of them: many environments begin many episodes a second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import factorial
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")

_STRIDES = (1_048_583, 1_299_709, 2_097_169, 3_497_861, 4_256_233, 6_700_417, 8_388_617, 15_485_863)
"""Primes that are larger than any sequence is long, so that steps of this size reach all of it."""


def below(count: int, rng: np.random.Generator) -> int:
    """Draws a number from 0 to ``count - 1``."""
    return int(rng.random() * count)


def wander(items: Sequence[Item], rng: np.random.Generator) -> Iterator[Item]:
    """Yields all items of a sequence, from a random one on in steps of a random size."""
    count = len(items)
    if count:
        place, stride = below(count, rng), _STRIDES[below(len(_STRIDES), rng)]
        for _ in range(count):
            yield items[place]
            place = (place + stride) % count


def shuffled(items: Sequence[Item], rng: np.random.Generator) -> tuple[Item, ...]:
    """Returns a few items, at most twelve, in random order; one draw decides on all of it."""
    left, number = list(items), below(factorial(len(items)), rng)
    found = []
    for count in range(len(left), 0, -1):
        number, place = divmod(number, count)
        found.append(left.pop(place))
    return tuple(found)


def draw_order(count: int, rng: np.random.Generator) -> Iterator[int]:
    """Yields the numbers below ``count`` in random order, each drawn when it is asked for.

    This is the shuffle of Fisher and Yates on a list that is only kept where it was changed.

    Args:
        count: How many numbers there are.
        rng: Where chance comes from.
    """
    moved: dict[int, int] = {}
    for place in range(count):
        other = place + below(count - place, rng)
        yield moved.get(other, other)
        moved[other] = moved.get(place, place)
