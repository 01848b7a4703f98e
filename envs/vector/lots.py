"""Rows of many runs in arrays, drawn for many environments at once; one class for each class of `Rows`.

Each takes from a generator what `Rows.draw` takes, in the same order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.growing import Growing

from ..answer import CHOICES
from ..output_prediction import OutcomeRows
from ..query import TRIES
from ..reach_state import GoalRows
from ..rows import Rows
from ..state_query import ENTRIES, QueryRows

Integers = npt.NDArray[np.int64]
Take = Callable[[Integers], npt.NDArray[np.float64]]
"""Takes a random number for each of some environments, by their places among those that draw."""
Generator = Callable[[int], np.random.Generator]
"""Returns the generator of an environment, by its place."""


class Lots(ABC):
    """The rows of some runs."""

    @abstractmethod
    def add(self, rows: Any) -> int:
        """Adds the rows of a run and returns its number here."""

    @abstractmethod
    def draw(self, runs: Integers, take: Take, generator: Generator) -> Integers:
        """Draws a row for each of some environments, as `Row`; int64 ``(k, 3)``, -1 for nothing to ask.

        Args:
            runs: The number of each one's run ``(k,)``.
            take: Gives random numbers.
            generator: Gives their source.
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

    def pick(self, groups: Integers, chance: npt.NDArray[np.float64]) -> Integers:
        """Returns a number of each of some groups, as `below` draws it."""
        return self._firsts.rows.take(groups) + (chance * self._sizes.rows.take(groups)).astype(np.int64)


class OutcomeLots(Lots):
    """Rows of `OutcomeRows`: choices of candidates."""

    def __init__(self) -> None:
        self._runs = 0

    def add(self, rows: OutcomeRows) -> int:
        """Adds the rows of a run; see `Lots`."""
        self._runs += 1
        return self._runs - 1

    def draw(self, runs: Integers, take: Take, generator: Generator) -> Integers:
        """Draws rows; see `Lots`."""
        found = np.zeros((len(runs), 3), np.int64)
        found[:, 2] = take(np.arange(len(runs))) * CHOICES
        return found


class GoalLots(Lots):
    """Rows of `GoalRows`: states of runs, and what goals there name."""

    def __init__(self) -> None:
        self._states, self._names = _Groups(), _Groups()
        self._bases = Growing(np.int64)

    def add(self, rows: GoalRows) -> int:
        """Adds the rows of a run; see `Lots`."""
        self._bases.add([self._names._end])
        self._names.add(rows.counts)
        return self._states.add([len(rows.counts)])

    def draw(self, runs: Integers, take: Take, generator: Generator) -> Integers:
        """Draws rows; see `Lots`."""
        found = np.zeros((len(runs), 3), np.int64)
        able = np.flatnonzero(self._states.sizes(runs))
        states = self._states.pick(runs[able], take(able))
        found[:, 1] = -1
        found[able, 1] = self._names.pick(states, take(able)) - self._bases.rows.take(runs[able])
        return found


class QueryLots(Lots):
    """Rows of `QueryRows`: where episodes begin, lines, passes of lines, variables, and candidates."""

    def __init__(self) -> None:
        self._all: list[QueryRows] = []
        self._starts, self._lines, self._passes = _Groups(), _Groups(), _Groups()
        self._began = Growing(np.int64)
        """The state of each start."""
        self._pass = Growing(np.int64, (3,))
        """Of each pass its state, its first query and how many it has."""
        self._truths, self._bases = Growing(np.int64), Growing(np.int64)

    def add(self, rows: QueryRows) -> int:
        """Adds the rows of a run; see `Lots`."""
        lines = rows.asking.lines
        self._all.append(rows)
        self._began.add(np.array(rows.starts, np.int64))
        self._starts.add([len(rows.starts)])
        self._passes.add(list(map(len, lines)))
        self._pass.add(np.array([each for line in lines for each in line], np.int64).reshape(-1, 3))
        self._bases.add([self._truths.add(np.array(rows.truth_numbers, np.int64))])
        return self._lines.add([len(lines)])

    def draw(self, runs: Integers, take: Take, generator: Generator) -> Integers:
        """Draws rows; see `Lots`."""
        starts, drawn = np.zeros(len(runs), np.int64), np.zeros((len(runs), 3), np.int64)
        inner = np.flatnonzero(self._starts.sizes(runs))
        inner = inner[take(inner) >= ENTRIES]
        starts[inner] = self._began.rows.take(self._starts.pick(runs[inner], take(inner)))
        left = np.flatnonzero(self._lines.sizes(runs))
        for _ in range(TRIES):
            if not left.size:
                break
            lines = self._lines.pick(runs[left], take(left))
            drawn[left] = self._pass.rows.take(self._passes.pick(lines, take(left)), axis=0)
            left = left[drawn[left, 0] == starts[left]]
        for place in left.tolist():
            asking = self._all[int(runs[place])].asking
            drawn[place, 1:] = asking.other(generator(place), int(starts[place])) or (0, 0)
        _, firsts, sizes = drawn.T
        able = np.flatnonzero(sizes)
        asked = firsts[able] + (take(able) * sizes[able]).astype(np.int64)
        truths = self._truths.rows.take(self._bases.rows.take(runs[able]) + asked)
        rows = np.full((3, len(runs)), -1)
        rows[0, able], rows[1, able] = starts[able], asked
        rows[2, able] = truths * CHOICES + (take(able) * CHOICES).astype(np.int64)
        return rows.T


def lots_of(rows: Rows) -> Lots:
    """Returns the class of lots that draws such rows, with nothing in it."""
    for kind, lots in ((OutcomeRows, OutcomeLots), (GoalRows, GoalLots), (QueryRows, QueryLots)):
        if isinstance(rows, kind):
            return lots()
    raise AssertionError(f"no lots for {type(rows).__name__}")
