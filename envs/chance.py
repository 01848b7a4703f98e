"""Draws from a generator that cost what is used of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def draw_order(count: int, rng: np.random.Generator) -> Iterator[int]:
    """Yields the numbers below ``count`` in random order, each drawn when it is asked for.

    This is the shuffle of Fisher and Yates on a list that is only kept where it was changed.

    Args:
        count: How many numbers there are.
        rng: Where chance comes from.
    """
    moved: dict[int, int] = {}
    for place in range(count):
        other = int(rng.integers(place, count))
        yield moved.get(other, other)
        moved[other] = moved.get(place, place)
