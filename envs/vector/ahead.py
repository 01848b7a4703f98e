"""Rows of episodes that are drawn before they begin: many together, for a few cost nearly as much."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .dice import Dice

Integers = npt.NDArray[np.int64]
Chance = npt.NDArray[np.float64]
_MOST = 16
"""Rows of an environment that are drawn ahead."""
_FEW = 8
"""Environments of which less than one lacks a row are not worth a draw."""
PROGRAM, NUMBER, ROW, TAKEN = 0, 1, slice(2, 5), 5
"""Columns of what is drawn: the place of the program in the task set, the number of its rows among the lots
(-1 where they are not known), the row (`UNDRAWN` in its middle where it is left to `Rows.draw`), and how many
random numbers were taken for all that."""
UNDRAWN = -1
_COLUMNS, _ASKED = 6, 3


class Ahead:
    """Rows that environments will begin with, as long as nobody else draws from their generators.

    Random numbers are only looked at until a row is taken. A row that is left to `Rows.draw` is the last of
    its environment, since nobody knows yet how many numbers it takes. Where a generator was moved it may be
    moved again: then just one row is drawn.

    Args:
        dice: The environments' generators.
        count: Environments.
        draw: Draws for some environments by their next random numbers, float64 ``(k, numbers)``; returns
            int64 ``(k, 6)``, see `PROGRAM`.
    """

    def __init__(self, dice: Dice, count: int, draw: Callable[[Chance], Integers]) -> None:
        self._dice, self._draw = dice, draw
        self._drawn = np.zeros((count * _MOST, _COLUMNS), np.int64)
        self._first, self._size = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self._behind = np.zeros(count, np.int64)
        """How many random numbers the rows of each environment take."""
        self._closed = np.ones(count, bool)
        """Where nothing may be drawn behind the last row."""

    def forget(self) -> None:
        """Drops all rows."""
        self._drop(slice(None))

    def take(self, which: Integers, numbers: int) -> Integers:
        """Takes the next row of each of some environments, with its random numbers.

        Args:
            which: The environments ``(k,)``, ascending.
            numbers: How many random numbers a row takes at most.

        Returns:
            int64 ``(k, 6)``, see `PROGRAM`.
        """
        self._drop(slice(None) if self._dice.shared else self._dice.moved())
        if not self._size[which].all():
            self._fill(which, numbers)
        first = self._first[which]
        found = self._drawn.take(which * _MOST + first, axis=0)
        self._first[which] = (first + 1) % _MOST
        self._size[which] -= 1
        self._behind[which] -= found[:, TAKEN]
        self._closed[which] &= self._size[which] > 0
        self._dice.skip(which, found[:, TAKEN])
        return found

    def _fill(self, which: Integers, numbers: int) -> None:
        """Draws for those of some environments that have no row; for all where half of the rows are gone."""
        self._add(which[self._size[which] == 0], numbers)
        if 2 * self._size.sum() > len(self._drawn):
            return
        while _FEW * (lacking := np.flatnonzero(~self._closed & (self._size < _MOST))).size > len(self._size):
            self._add(lacking, numbers)

    def _add(self, which: Integers, numbers: int) -> None:
        """Draws one more row for each of some environments."""
        drawn = self._draw(self._dice.ahead(which, numbers, self._behind[which]))
        slots = which * _MOST + (self._first[which] + self._size[which]) % _MOST
        self._drawn[slots] = drawn
        self._size[which] += 1
        self._behind[which] += drawn[:, TAKEN]
        self._closed[which] |= drawn[:, _ASKED] == UNDRAWN

    def _drop(self, which: Integers | slice) -> None:
        self._size[which] = self._behind[which] = 0
        self._closed[which] = True
