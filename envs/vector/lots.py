"""Rows of many runs in arrays, drawn for many environments at once; one class for each class of `Rows`.

Each takes from a generator what `Rows.draw` takes, in the same order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.growing import Growing

from ..answer import CHOICES
from ..complexity import GrowthRows
from ..input_prediction import ArgumentRows
from ..output_prediction import OutcomeRows
from ..reach_state import AimRows, GoalRows
from ..rows import Rows
from ..state_query import ENTRIES, QueryRows

Integers = npt.NDArray[np.int64]
Chance = npt.NDArray[np.float64]
_TRIES = 6
"""Draws of a pass together; the few that still draw the state where the episode begins go on alone."""


class Lots(ABC):
    """The rows of some runs."""

    ahead: ClassVar[int]
    """Random numbers that a draw takes at most."""

    @abstractmethod
    def add(self, rows: Any) -> int:
        """Adds the rows of a run and returns its number here."""

    @abstractmethod
    def draw(self, runs: Integers, chance: Chance) -> tuple[Integers, Integers]:
        """Draws a row for each of some environments.

        Args:
            runs: The number of each one's run ``(k,)``.
            chance: The next random numbers of each, float64 ``(k, ahead)``.

        Returns:
            The rows, as `Row`, int64 ``(k, 3)``, and how many numbers were taken for each, int64 ``(k,)``; -1
            in the second column of a row and 0 taken where it is left to `Rows.draw`, which may need more
            numbers or find nothing to ask.
        """


class _Groups:
    """Numbers from 0 on in groups of any size, one after the other."""

    def __init__(self) -> None:
        self._firsts, self._sizes = Growing(np.int64), Growing(np.int64)
        self._end = 0

    def add(self, sizes: Sequence[int]) -> int:
        """Adds groups; returns the number of the first."""
        ends = self._end + np.cumsum(sizes, dtype=np.int64)
        self._firsts.add(ends - sizes)
        self._end = int(ends[-1]) if len(sizes) else self._end
        return self._sizes.add(sizes)

    def sizes(self, groups: Integers) -> Integers:
        """Returns how many numbers some groups have."""
        return self._sizes.rows.take(groups)

    def pick(self, groups: Integers, chance: Chance) -> Integers:
        """Returns a number of each of some groups, as `below` draws it."""
        return self._firsts.rows.take(groups) + (chance * self._sizes.rows.take(groups)).astype(np.int64)


class OutcomeLots(Lots):
    """Rows of `OutcomeRows`: choices of candidates."""

    ahead = 1

    def __init__(self) -> None:
        self._runs = 0

    def add(self, rows: OutcomeRows | ArgumentRows) -> int:
        """Adds the rows of a run; see `Lots`."""
        self._runs += 1
        return self._runs - 1

    def draw(self, runs: Integers, chance: Chance) -> tuple[Integers, Integers]:
        """Draws rows; see `Lots`."""
        rows = np.zeros((len(runs), 3), np.int64)
        rows[:, 2] = chance[:, 0] * CHOICES
        return rows, np.ones(len(runs), np.int64)


class ArgumentLots(OutcomeLots):
    """Rows of `ArgumentRows`: choices of candidates, from the ends of runs on."""

    def __init__(self) -> None:
        super().__init__()
        self._ends = Growing(np.int64)

    def add(self, rows: ArgumentRows) -> int:  # type: ignore[override]
        """Adds the rows of a run; see `Lots`."""
        self._ends.add([len(rows.trace.states) - 1])
        return super().add(rows)

    def draw(self, runs: Integers, chance: Chance) -> tuple[Integers, Integers]:
        """Draws rows; see `Lots`."""
        rows, taken = super().draw(runs, chance)
        rows[:, 0] = self._ends.rows.take(runs)
        return rows, taken


class OnlyLots(Lots):
    """Rows of `GrowthRows` and of `AimRows`: one of each run."""

    ahead = 0

    def __init__(self) -> None:
        self._runs = 0

    def add(self, rows: GrowthRows | AimRows) -> int:
        """Adds the rows of a run; see `Lots`."""
        self._runs += 1
        return self._runs - 1

    def draw(self, runs: Integers, chance: Chance) -> tuple[Integers, Integers]:
        """Draws rows; see `Lots`."""
        return np.zeros((len(runs), 3), np.int64), np.zeros(len(runs), np.int64)


class GoalLots(Lots):
    """Rows of `GoalRows`: states of runs, and what goals there name."""

    ahead = 2

    def __init__(self) -> None:
        self._states, self._names = _Groups(), _Groups()
        self._bases = Growing(np.int64)

    def add(self, rows: GoalRows) -> int:
        """Adds the rows of a run; see `Lots`."""
        self._bases.add([self._names._end])
        self._names.add(rows.counts)
        return self._states.add([len(rows.counts)])

    def draw(self, runs: Integers, chance: Chance) -> tuple[Integers, Integers]:
        """Draws rows; see `Lots`."""
        rows, taken = np.zeros((len(runs), 3), np.int64), np.zeros(len(runs), np.int64)
        able = np.flatnonzero(self._states.sizes(runs))
        states = self._states.pick(runs[able], chance[able, 0])
        rows[:, 1] = -1
        rows[able, 1] = self._names.pick(states, chance[able, 1]) - self._bases.rows.take(runs[able])
        taken[able] = 2
        return rows, taken


class QueryLots(Lots):
    """Rows of `QueryRows`: where episodes begin, lines, passes of lines, variables, and candidates."""

    ahead = 4 + 2 * _TRIES

    def __init__(self) -> None:
        self._starts, self._lines, self._passes = _Groups(), _Groups(), _Groups()
        self._began = Growing(np.int64)
        """The state of each start."""
        self._pass = Growing(np.int64, (3,))
        """Of each pass its state, its first query and how many it has."""
        self._truths, self._bases = Growing(np.int64), Growing(np.int64)

    def add(self, rows: QueryRows) -> int:
        """Adds the rows of a run; see `Lots`."""
        lines = rows.asking.lines
        self._began.add(np.array(rows.starts, np.int64))
        self._starts.add([len(rows.starts)])
        self._passes.add(list(map(len, lines)))
        self._pass.add(np.array([each for line in lines for each in line], np.int64).reshape(-1, 3))
        self._bases.add([self._truths.add(np.array(rows.truth_numbers, np.int64))])
        return self._lines.add([len(lines)])

    def draw(self, runs: Integers, chance: Chance) -> tuple[Integers, Integers]:
        """Draws rows; see `Lots`."""
        starts, rows = np.zeros(len(runs), np.int64), np.full((len(runs), 3), -1)
        entries = self._starts.sizes(runs) > 0
        inner = np.flatnonzero(entries & (chance[:, 0] >= ENTRIES))
        starts[inner] = self._began.rows.take(self._starts.pick(runs[inner], chance[inner, 1]))
        taken = entries.astype(np.int64)
        taken[inner] += 1
        left = np.flatnonzero(self._lines.sizes(runs))
        drawn, done = np.zeros((len(runs), 3), np.int64), np.zeros(len(runs), bool)
        done[left] = True
        for _ in range(_TRIES):
            line, turn = self._pair(chance, left, taken)
            lines = self._lines.pick(runs[left], line)
            drawn[left] = self._pass.rows.take(self._passes.pick(lines, turn), axis=0)
            taken[left] += 2
            left = left[drawn[left, 0] == starts[left]]
            if not left.size:
                break
        done[left] = False
        able = np.flatnonzero(done)
        asked, offered = self._pair(chance, able, taken)
        _, firsts, sizes = drawn[able].T
        queries = firsts + (asked * sizes).astype(np.int64)
        truths = self._truths.rows.take(self._bases.rows.take(runs[able]) + queries)
        rows[able, 0], rows[able, 1] = starts[able], queries
        rows[able, 2] = truths * CHOICES + (offered * CHOICES).astype(np.int64)
        return rows, np.where(done, taken + 2, 0)

    @staticmethod
    def _pair(chance: Chance, places: Integers, taken: Integers) -> Chance:
        """Returns the next two numbers of some environments, those that were taken left out; ``(2, n)``."""
        firsts = places * chance.shape[1] + taken[places]
        return chance.ravel().take([firsts, firsts + 1])


_LOTS = (
    (OutcomeRows, OutcomeLots),
    (GoalRows, GoalLots),
    (QueryRows, QueryLots),
    (GrowthRows, OnlyLots),
    (AimRows, OnlyLots),
    (ArgumentRows, ArgumentLots),
)
"""The classes of rows, with those that draw them."""


def lots_of(rows: Rows) -> Lots:
    """Returns the class of lots that draws such rows, with nothing in it."""
    for kind, lots in _LOTS:
        if isinstance(rows, kind):
            return lots()
    raise AssertionError(f"no lots for {type(rows).__name__}")
