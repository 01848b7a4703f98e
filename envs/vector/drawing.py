"""What episodes are about, drawn for many environments by one of their task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.errors import SandboxError
from debugworld.sandboxes.growing import Growing
from debugworld.worldmodel.errors import ModelError

from ..backend import DREAMS
from ..environment import DebugEnv
from ..errors import NoSandbox
from ..rows import Row
from ..scene import Scene
from ..tabled import TabledEnv
from .ahead import NUMBER, PROGRAM, ROW, TAKEN, UNDRAWN, Ahead
from .dice import Dice
from .lots import Lots, lots_of
from .subject import BROKEN, NOTHING, Subject, Subjects

_MOST = 4096
"""Programs whose rows are remembered."""


class Draws(NamedTuple):
    """What some episodes are about."""

    subjects: Subjects
    """The runs that they walk over, with what may be asked."""
    numbers: npt.NDArray[np.int64] | None
    """Each one's `Subject.number`, int64 ``(k,)``; None where some are not known."""
    rows: npt.NDArray[np.int64]
    """What is asked, as `Subject.rows` number it; int64 ``(k, 3)``."""
    faults: dict[int, str]
    """Why the box or the model failed, by the places below ``k`` where it did."""
    reals: Subjects
    """What really happens; something else than ``subjects`` where an episode is a dream."""


_Draw = tuple[Subject, Row, str, Subject]
"""One episode's subject, row, fault, and what really happens."""


class Drawing:
    """Draws what `DebugEnv.reset` would, for so many environments.

    Args:
        task: An environment of the task, that has no episodes of its own.
        count: Environments.
    """

    def __init__(self, task: TabledEnv, count: int) -> None:
        self.dice = Dice(count)
        """The environments' generators."""
        self._task = task
        self._usual = task.wish
        """What is asked for in most episodes; what else may be asked for is not remembered."""
        self._dreams = task.backend in DREAMS
        self._subjects: dict[int, Subject] = {}
        self._lots: Lots | None = None
        self._ahead = Ahead(self.dice, count, self._rows)
        self._numbers: dict[int, int] = {}
        """The number of each program's rows among the lots."""
        self._numbered = Growing(np.object_)
        """The subjects by these numbers."""
        self._forgotten = 0
        """How many there were before all were forgotten."""
        self._ready = np.full(len(task.task_set.programs), -1)
        """The same, of those whose runs were at hand, while the store's memory stays as it is; else -1."""
        self._looked: tuple[Any, int] = (None, 0)
        """The store at which this was looked up, and its changes until then."""

    def draw(self, which: npt.NDArray[np.int64], index: int | None = None) -> Draws:
        """Draws an episode for each of some environments.

        Args:
            which: Their numbers ``(k,)``, ascending.
            index: Of the program; None draws it.

        Raises:
            TaskError: no program of the set fits the task, or there is no such program.
        """
        task = self._task
        task._open()
        if index is not None or self._dreams or task.wish != self._usual:
            return _together([self._one(place, index) for place in which.tolist()])
        traces = task._traces
        assert traces is not None
        if self._looked != (traces, traces.changes):
            self._looked = traces, traces.changes
            self._ready[:] = -1
            self._ahead.forget()
        drawn = self._ahead.take(which, 1 + (self._lots.ahead if self._lots is not None else 0))
        places, rows = drawn[:, NUMBER], drawn[:, ROW]
        left = np.flatnonzero(rows[:, 1] == UNDRAWN)
        if not left.size:
            subjects = self._numbered.rows.take(places)
            return Draws(subjects, places + self._forgotten, rows, {}, subjects)
        subjects, known = np.full(len(which), None, object), np.flatnonzero(places >= 0)
        subjects[known] = self._numbered.rows[places[known]]
        numbers, faults = places + self._forgotten, {}
        for turn in left.tolist():
            place, known_run = int(which[turn]), bool(places[turn] >= 0)
            row = subjects[turn].rows.draw(self.dice.generator(place)) if known_run else None
            if row is None:
                subjects[turn], row, fault, _ = self._one(place, None, int(drawn[turn, PROGRAM]), known_run)
                if fault:
                    faults[turn] = fault
            rows[turn], numbers[turn] = row, subjects[turn].number
        return Draws(subjects, numbers if numbers.min() >= 0 else None, rows, faults, subjects)

    def _rows(self, chance: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Draws what can be drawn together; see `Ahead`."""
        drawn = np.full((len(chance), 6), UNDRAWN)
        firsts = drawn[:, PROGRAM] = (chance[:, 0] * len(self._ready)).astype(np.int64)
        unknown = firsts[self._ready.take(firsts) < 0]
        for place in set(unknown.tolist()):
            self._ready[place] = self._number(place)
        numbers = drawn[:, NUMBER] = self._ready.take(firsts)
        drawn[:, TAKEN] = 1
        if self._lots is not None:
            known = np.flatnonzero(numbers >= 0)
            drawn[known, ROW], taken = self._lots.draw(numbers[known], chance[known, 1:])
            drawn[known, TAKEN] += taken
        return drawn

    def _number(self, place: int) -> int:
        """Returns the number of a program's rows; -1 where they are not known, or its run is not at hand."""
        subject = self._subjects.get(place)
        try:
            program = self._task.task_set.programs[place]
            there = subject is not None and self._task._record(program) is subject.recorded
        except SandboxError:
            there = False
        return self._numbers[place] if there else -1

    def _one(self, place: int, index: int | None, first: int | None = None, tried: bool = False) -> _Draw:
        """Draws an episode of one environment.

        Args:
            place: Its number.
            index: Of the program; None draws it.
            first: Of the first program, if it was drawn already.
            tried: Whether there is nothing to ask about that one.
        """
        task = self._task
        task._np_random = self.dice.generator(place)
        if self._dreams:
            task._wake()
        ask = self._asked
        if tried:
            return task._search(None, lambda p, n: None if n == first else ask(p, n), first)
        return task._search(index, ask, first)

    def _asked(self, program: Program, place: int) -> _Draw | None:
        task = self._task
        usual = task.wish == self._usual
        subject = self._subjects.get(place) if usual else None
        shown = task._opening(program)
        try:
            trace = task._record(program)
            if subject is None or subject.recorded is not trace:
                rows = task.rows(program, trace) or NOTHING
                hidden = rows.trace is not trace  # all that leave out the same look alike
                kind = program.digest if hidden else rows.wish
                subject = Subject(shown, rows.trace, rows, kind, trace)
                if usual:
                    self._add(place, subject)
        except NoSandbox:
            raise
        except SandboxError as error:
            broken = Subject(shown, BROKEN, NOTHING, "failed")
            return broken, (0, 0, 0), str(error), broken
        row = subject.rows.draw(task.np_random)
        if row is None:
            return None
        return self._dreamt(subject, row) if self._dreams else (subject, row, "", subject)

    def _add(self, place: int, subject: Subject) -> None:
        """Remembers the rows of a program."""
        if len(self._numbers) >= _MOST:
            self._subjects.clear()
            self._numbers.clear()
            self._ready[:] = -1
            self._ahead.forget()
            self._lots = None
            self._forgotten += len(self._numbered)
            self._numbered = Growing(np.object_)
        if subject.rows is not NOTHING:
            self._lots = self._lots or lots_of(subject.rows)
            self._numbers[place] = self._lots.add(subject.rows)
            self._numbered.add(np.array([subject], object))
            subject.number = self._forgotten + self._numbers[place]
            self._subjects[place] = subject

    def _dreamt(self, real: Subject, row: Row) -> _Draw:
        """Returns an episode that is played in the model's dream of a run."""
        start = row[0]
        given = tuple(real.trace.states[: start + 1]) if start else ()
        try:
            trace = self._task._walked(real.program, given)
        except (SandboxError, ModelError) as error:
            broken = Subject(real.program, BROKEN, real.rows, ("broken", real.rows.wish))
            return broken, row, str(error), broken
        if trace is real.trace:
            return real, row, "", real
        return Subject(real.program, trace, real.rows, ("dream", start, real.rows.wish)), row, "", real


def _together(draws: Sequence[_Draw]) -> Draws:
    subjects, rows, told, reals = zip(*draws, strict=True)
    faults = {turn: fault for turn, fault in enumerate(told) if fault}
    return Draws(np.array(subjects, object), None, np.array(rows), faults, np.array(reals, object))


def said(task: DebugEnv, number: int, scene: Scene) -> str:
    """Returns an action as an agent would say it."""
    return task._family.spell(number, scene)
