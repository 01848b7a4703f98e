"""Rows of numbers that are worked out when they are first looked up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.growing import Growing

_UNKNOWN = -2


class Worked:
    """Rows of numbers by number, each worked out when it is first looked up.

    Args:
        width: Numbers in a row.
    """

    def __init__(self, width: int) -> None:
        self._rows = Growing(np.int32, (width,))

    def look(
        self, numbers: npt.NDArray[np.int64], work_out: Callable[[int], npt.ArrayLike]
    ) -> npt.NDArray[np.int32]:
        """Returns rows; int32 ``(k, width)``.

        Args:
            numbers: Of the rows ``(k,)``.
            work_out: Returns a row that was not seen, by the place of its number in ``numbers``; its first
                number is at least -1.
        """
        try:
            found = self._rows.rows.take(numbers, axis=0)
        except IndexError:
            missing = int(numbers.max()) + 1 - len(self._rows)
            self._rows.add(np.full((missing, self._rows.rows.shape[1]), _UNKNOWN))
            return self.look(numbers, work_out)
        if found[:, 0].min(initial=0) == _UNKNOWN:
            rows: npt.NDArray[Any] = self._rows.rows
            for place in np.flatnonzero(found[:, 0] == _UNKNOWN).tolist():
                if rows[numbers[place], 0] == _UNKNOWN:
                    rows[numbers[place]] = work_out(place)
            found = rows.take(numbers, axis=0)
        return found
