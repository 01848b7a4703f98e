"""The seeds of environments that begin together."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import gymnasium

Seeds = int | Sequence[int | None] | None


def spread(seed: Seeds, count: int) -> list[int | None]:
    """Returns a seed for each of ``count`` environments; an int is the first one's, each next has one more.

    Raises:
        gymnasium.error.Error: a seed is no non-negative integer, or there are not as many as environments.
    """
    if seed is None:
        return [None] * count
    if isinstance(seed, str | bytes) or not hasattr(seed, "__len__"):
        first = _checked(seed)
        return [first + place for place in range(count)]
    if len(seed) != count:  # type: ignore[arg-type]
        raise gymnasium.error.Error(f"{count} environments need as many seeds; got {len(seed)}")  # type: ignore[arg-type]
    return [None if each is None else _checked(each) for each in seed]  # type: ignore[union-attr]


def _checked(seed: Any) -> int:
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if number < 0 or isinstance(seed, bool):
        raise gymnasium.error.Error(f"a seed is a non-negative integer; got {seed!r}")
    return number
