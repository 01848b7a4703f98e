"""What observations show of the lines of programs, in many environments."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..features import LINE_FLAGS

Rows = npt.NDArray[np.int64]
_CURRENT, _BREAKPOINT, _GOAL = map(LINE_FLAGS.index, ("current", "breakpoint", "goal"))


class Lines:
    """Keeps ``lines`` of observations; only what differs from before is written.

    Args:
        shown: The array, float32 ``(count, max_lines, flags)``, contiguous.
    """

    def __init__(self, shown: npt.NDArray[np.float32]) -> None:
        self._shown, self._flat = shown, shown.reshape(-1)
        self._current = self._place(np.arange(len(shown)), np.ones(len(shown), np.int64), _CURRENT)
        """Where the flag of each current line is."""

    def begin(self, which: Rows, still: npt.NDArray[np.float32]) -> None:
        """Writes lines that have no flag yet.

        Args:
            which: Numbers of the environments ``(k,)``.
            still: Their lines ``(k, max_lines, flags)``.
        """
        self._shown[which] = still

    def aim(self, which: Rows, lines: npt.NDArray[Any]) -> None:
        """Flags the line of the goal of each of some environments ``(k,)``, 0 where there is none."""
        self._flag(which, lines, _GOAL)

    def arm(self, which: Rows, lines: npt.NDArray[Any], armed: npt.NDArray[np.bool_]) -> None:
        """Tells of a line of each of some environments ``(k,)`` whether it has a breakpoint."""
        self._flat[self._place(which, lines, _BREAKPOINT)] = armed

    def stand(self, which: Rows, lines: npt.NDArray[Any]) -> None:
        """Flags the current line of each of some environments ``(k,)`` and no other; 0 where there is none."""
        self._flat[self._current[which]] = 0
        self._current[which] = self._flag(which, lines, _CURRENT)

    def _flag(self, which: Rows, lines: npt.NDArray[Any], flag: int) -> Rows:
        """Flags lines that have a row, and takes the flag from the first lines of the others."""
        there = (lines > 0) & (lines <= self._shown.shape[1])
        places = self._place(which, np.where(there, lines, 1), flag)
        self._flat[places] = there
        return places

    def _place(self, which: Rows, lines: npt.NDArray[Any], flag: int) -> Rows:
        _, size, width = self._shown.shape
        return (which * size + lines - 1) * width + flag
