"""Bugs and the suites of their tests as tables, and which of them episodes draw."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.errors import SandboxError
from debugworld.sandboxes.growing import Growing

from ..bug import Bug
from ..bug_env import NO_BUG, entered, shown_test
from ..errors import NoSandbox
from ..fault_localization import FaultLocalization, true_lines
from ..features import TEST_FLAGS, TEXT_WIDTH, spelled_test
from ..judge import Result
from ..spectrum import code_lines
from ..suite import ARRANGEMENTS, Judged
from ..trace_store import trace_store
from .ahead import NUMBER, PROGRAM, ROW, TAKEN, UNDRAWN, Ahead
from .dice import Dice
from .drawing import Draws
from .walks import Walks
from .worked import Worked

Integers = npt.NDArray[np.int64]
BROKEN, UNUSABLE, UNKNOWN = 0, -2, -1
"""The bug and the suite that are shown where the box failed; a bug about which nothing can be asked; one not
seen yet."""


class Suites:
    """Bugs that were seen, by number, with tables over them, their cases and their suites; only ever added.

    Args:
        task: An environment of the task, for its limits.
    """

    def __init__(self, task: FaultLocalization) -> None:
        self._lines = task.commands.max_lines
        self.code, self.truth = Growing(bool, (self._lines,)), Growing(bool, (self._lines,))
        """Which lines of each bug have code, and which are at fault."""
        self.sizes = Growing(np.int64)
        """How many lines of each bug have code."""
        self.shown = Growing(np.float32, (len(TEST_FLAGS) + 2 * TEXT_WIDTH,))
        """What observations show of each case, not current, not debugged; zeros for case 0, for none."""
        self.passes = Growing(np.int64)
        """Whether each case passes."""
        self.walks = Walks(lambda: trace_store(task.sandbox))
        """Runs of the faulty program entered by each case."""
        self.told: list[tuple[Bug, int]] = []
        """The bug of each case, and its place there."""
        self.results: list[Result | None] = []
        """What each case came to."""
        self.cases = Growing(np.int64, (task.tests,))
        """The cases of each suite, 0 behind the last."""
        self.counts, self.firsts, self.bugs = Growing(np.int64), Growing(np.int64), Growing(np.int64)
        """How many tests each suite has, which of them is debugged first, and its bug."""
        self._known: list[tuple[Judged | None, int]] = []
        self._numbers = Worked(1)
        self.shown.add(np.zeros((1, len(TEST_FLAGS) + 2 * TEXT_WIDTH)))
        self.passes.add([0])
        self.walks.add(Program(""))
        self.told.append((NO_BUG, 0))
        self.results.append(None)
        self._add(NO_BUG, (None,))
        self._known.append((None, 1))
        self._suite(BROKEN, [1], 0)

    def add(self, judged: Judged) -> int:
        """Adds a bug and returns its number."""
        self._known.append((judged, len(self.results)))
        return self._add(judged.bug, judged.results)

    def draw(self, number: int, rng: np.random.Generator) -> int:
        """Draws an arrangement of a bug's cases."""
        judged, _ = self._known[number]
        assert judged is not None
        return judged.draw(rng)

    def numbers(self, bugs: Integers, arrangements: Integers) -> Integers:
        """Returns the numbers of suites ``(k,)``, new ones for those that were not seen.

        Args:
            bugs: Of the bugs ``(k,)``.
            arrangements: Of their arrangements ``(k,)``.
        """
        found = self._numbers.look(
            bugs * ARRANGEMENTS + arrangements,
            lambda turn: (self._arranged(int(bugs[turn]), int(arrangements[turn])),),
        )
        return found[:, 0].astype(np.int64)

    def _arranged(self, bug: int, arrangement: int) -> int:
        judged, base = self._known[bug]
        if judged is None:
            return BROKEN
        places, first = judged.suite(arrangement)
        return self._suite(bug, [base + place for place in places], first)

    def _suite(self, bug: int, cases: list[int], first: int) -> int:
        row = np.zeros(self.cases.rows.shape[1], np.int64)
        row[: len(cases)] = cases
        self.counts.add([len(cases)])
        self.firsts.add([first])
        self.bugs.add([bug])
        return self.cases.add(row[None])

    def _add(self, bug: Bug, results: tuple[Result | None, ...]) -> int:
        lines = code_lines(Program(bug.buggy).text)
        code, truth = np.zeros((2, 1, self._lines), bool)
        code[0, np.array(lines, int) - 1] = True
        if bug.lines:
            truth[0, np.array(sorted(true_lines(bug.lines, lines))) - 1] = True
        for place, (case, result) in enumerate(zip(bug.cases, results, strict=True)):
            self.shown.add(spelled_test(shown_test(case, result, ()), current=False)[None])
            self.passes.add([result is not None and result.passes])
            self.walks.add(entered(Program(bug.buggy).text, case.call, bug.name))
            self.told.append((bug, place))
            self.results.append(result)
        self.truth.add(truth)
        self.sizes.add([len(lines)])
        return self.code.add(code)


class SuiteDrawing:
    """Draws the bugs and suites that `FaultLocalization.reset` would, for so many environments.

    Args:
        task: An environment of the task, that has no episodes of its own.
        count: Environments.
        suites: Where bugs and suites have their numbers.
    """

    def __init__(self, task: FaultLocalization, count: int, suites: Suites) -> None:
        self.dice = Dice(count)
        """The environments' generators."""
        self._task, self._suites = task, suites
        self._ahead = Ahead(self.dice, count, self._rows)
        self._bugs = np.full(len(task.bug_set.bugs), UNKNOWN)
        """The number of each bug of the set among the suites."""

    def draw(self, which: Integers, index: int | None = None) -> Draws:
        """Draws an episode for each of some environments.

        Args:
            which: Their numbers ``(k,)``, ascending.
            index: Of the bug; None draws it.

        Returns:
            The numbers of suites in the middle of ``rows``; runs are for the episodes to find.

        Raises:
            TaskError: no bug of the set fits the task, or there is no such bug.
        """
        self._task._open()
        faults: dict[int, str] = {}
        drawn = np.full((len(which), 6), UNDRAWN)
        if index is None:
            drawn = self._ahead.take(which, 2)
        bugs, arrangements = drawn[:, NUMBER], drawn[:, ROW][:, 1]
        for turn in np.flatnonzero(arrangements == UNDRAWN).tolist():
            first = int(drawn[turn, PROGRAM]) if index is None else None
            self._task._np_random = self.dice.generator(int(which[turn]))
            try:
                bugs[turn], arrangements[turn] = self._task._search(index, self._asked, first)
            except NoSandbox:
                raise
            except SandboxError as error:
                bugs[turn], arrangements[turn], faults[turn] = BROKEN, 0, str(error)
        rows = np.zeros((len(which), 3), np.int64)
        rows[:, 1] = self._suites.numbers(bugs, arrangements)
        runs = np.full(len(which), None, object)
        return Draws(runs, None, rows, faults, runs)

    def _rows(self, chance: npt.NDArray[np.float64]) -> Integers:
        """Draws what can be drawn together; see `Ahead`."""
        drawn = np.full((len(chance), 6), UNDRAWN)
        firsts = drawn[:, PROGRAM] = (chance[:, 0] * len(self._bugs)).astype(np.int64)
        numbers = drawn[:, NUMBER] = self._bugs.take(firsts)
        known = np.flatnonzero(numbers >= 0)
        drawn[known, ROW.start + 1] = (chance[known, 1] * ARRANGEMENTS).astype(np.int64)
        drawn[:, TAKEN] = 1 + (numbers >= 0)
        return drawn

    def _asked(self, program: Program, place: int) -> tuple[int, int] | None:
        """Draws about a bug of the set; None where there is nothing to ask."""
        if self._bugs[place] == UNKNOWN:
            bug = self._task.enterable(self._task.bug_set.bugs[place])
            judged = None if bug is None else self._task.judged(bug)
            self._bugs[place] = UNUSABLE if judged is None else self._suites.add(judged)
        number = int(self._bugs[place])
        return None if number == UNUSABLE else (number, self._suites.draw(number, self._task.np_random))
