"""Copies of arrays for callers to keep, in memory that is used again once nobody holds it.

Fresh memory for large arrays costs the operating system more than the copying: each of its pages is mapped
and zeroed at the first touch. A copy that the caller let go of is therefore written over by a later one.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_MOST = 4
"""Copies of one array that are remembered; a caller who holds more gets fresh memory each time."""
_SMALL = 1 << 16
"""Bytes below which the allocator keeps memory itself."""


class Copies:
    """Hands out copies; views and buffers of a copy count as holding it, as they refer to it."""

    def __init__(self) -> None:
        self._kept: dict[str, list[Array]] = {}
        counts = getattr(sys, "_is_gil_enabled", lambda: True)()  # else counts of references tell little
        self._free = _references([np.zeros(1)], 0) if counts else 0

    def copy(self, name: str, array: Array) -> Array:
        """Returns a copy of an array that is the caller's.

        Args:
            name: Of the array, which has the same shape and type every time.
            array: What is copied.
        """
        if array.nbytes < _SMALL:
            return array.copy()
        new = self.space(name, array)
        np.copyto(new, array)
        return new

    def space(self, name: str, array: Array) -> Array:
        """Returns memory for a copy, with anything in it.

        Args:
            name: Of the array, as `copy` takes it.
            array: What has the shape and the type.
        """
        if array.nbytes < _SMALL:
            return np.empty_like(array)
        kept = self._kept.setdefault(name, [])
        for place in range(len(kept)):
            if _references(kept, place) == self._free:
                return kept[place]
        new = np.empty_like(array)
        if self._free and len(kept) < _MOST:
            kept.append(new)
        return new


def _references(arrays: list[Array], place: int) -> int:
    return sys.getrefcount(arrays[place])
