"""Arrays to whose end rows are added, without copying what is there each time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class Growing:
    """Rows of one shape and type.

    Args:
        dtype: Type of the elements.
        shape: Shape of a row; a number by default.
    """

    def __init__(self, dtype: npt.DTypeLike, shape: tuple[int, ...] = ()) -> None:
        self._space: npt.NDArray[Any] = np.zeros((16, *shape), dtype)
        self.rows: npt.NDArray[Any] = self._space[:0]
        """What was added so far, ``(rows, *shape)``; an array taken before `add` does not grow."""

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, rows: npt.ArrayLike) -> int:
        """Adds rows ``(n, *shape)`` and returns the place of the first."""
        new = np.asarray(rows, self._space.dtype)
        start = len(self.rows)
        end = start + len(new)
        if end > len(self._space):
            wider = np.zeros((max(end, 2 * len(self._space)), *self._space.shape[1:]), self._space.dtype)
            wider[:start] = self.rows
            self._space = wider
        self._space[start:end] = new
        self.rows = self._space[:end]
        return start
