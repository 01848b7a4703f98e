"""What observations show of the lines of programs, in many environments."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.batch import RecordedBatch

from ..features import LINE_FLAGS
from .world import World

Rows = npt.NDArray[np.int64]
_WIDTH = len(LINE_FLAGS)
_BREAKPOINT, _GOAL = map(LINE_FLAGS.index, ("breakpoint", "goal"))


class Lines:
    """Writes ``lines`` of observations, a float32 array ``(count, max_lines, flags)``.

    Args:
        count: Environments.
        size: Lines that are shown.
        anew: Whether the array is another one at each `show`; else only what differs is written.
    """

    def __init__(self, count: int, size: int, anew: bool) -> None:
        self._size, self._anew = size, anew
        self._firsts = np.arange(count) * size * _WIDTH
        self._current = self._firsts + LINE_FLAGS.index("current")
        """Where the current line has its flag."""
        self._goal, self._aimed = self._firsts + _GOAL, np.zeros(count, np.float32)
        """Where the goal's line has its flag, and the flag."""
        self._armed = np.zeros((count, size), bool)
        """Which lines have a breakpoint, if that is to be written anew."""

    def begin(self, lines: npt.NDArray[np.float32], world: World, runs: Rows, which: Rows) -> None:
        """Begins new episodes, in which no line has a flag yet.

        Args:
            lines: The array.
            world: The runs.
            runs: Numbers of the episodes' runs ``(k,)``.
            which: Numbers of their environments ``(k,)``.
        """
        if self._anew:
            self._armed[which] = False
        else:
            lines[which] = world.still.rows.take(runs, axis=0)

    def aim(self, lines: npt.NDArray[np.float32], goals: npt.NDArray[Any], which: Rows) -> None:
        """Flags the goal's line of new episodes ``(k,)``, 0 where there is none."""
        there = goals > 0
        self._goal[which] = goal = self._places(which, np.where(there, goals, 1), _GOAL)
        self._aimed[which] = there
        if not self._anew:
            lines.reshape(-1)[goal] = there

    def arm(
        self, lines: npt.NDArray[np.float32], points: npt.NDArray[Any], armed: npt.NDArray[Any], which: Rows
    ) -> None:
        """Tells of a line of each of some environments ``(k,)`` whether it has got a breakpoint."""
        if self._anew:
            self._armed[which, points - 1] = armed
        else:
            lines.reshape(-1)[self._places(which, points, _BREAKPOINT)] = armed

    def show(self, lines: npt.NDArray[np.float32], world: World, batch: RecordedBatch, which: Rows) -> None:
        """Writes the lines of where cursors stand.

        Args:
            lines: The array.
            world: The runs.
            batch: The cursors.
            which: Numbers of the environments ``(k,)``: all, or those that have just begun.
        """
        flat, whole = lines.reshape(-1), len(which) == len(self._firsts)
        rows = batch.rows[which]
        if not self._anew:
            flat[self._current[which]] = 0
        elif whole:  # straight into its place
            world.still.rows.take(batch.runs, axis=0, out=lines, mode="clip")
        else:
            lines[which] = world.still.rows.take(batch.runs[which], axis=0)
        self._current[which] = current = self._firsts[which] + world.marks.rows.take(rows)
        flat[current] = world.marked.rows.take(rows)
        if self._anew:
            flat[self._goal[which]] = self._aimed[which]
        if self._anew and whole:  # where episodes have just begun there are none
            flat[np.flatnonzero(self._armed) * _WIDTH + _BREAKPOINT] = 1

    def _places(self, which: Rows, lines: npt.NDArray[Any], flag: int) -> Rows:
        return self._firsts[which] + (lines * _WIDTH + (flag - _WIDTH))
