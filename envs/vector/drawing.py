"""What episodes are about, drawn for many environments by one of their task."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.errors import SandboxError
from debugworld.worldmodel.errors import ModelError

from ..backend import DREAMS
from ..chance import below
from ..rows import Row
from ..scene import Scene
from ..tabled import TabledEnv
from .subject import BROKEN, NOTHING, Subject

_MOST = 4096
"""Programs whose rows are remembered."""


class Draw(NamedTuple):
    """What one episode is about."""

    subject: Subject
    """The run that it walks over, with what may be asked."""
    row: Row
    """What is asked, as `Subject.rows` number it."""
    fault: str = ""
    """Why the box or the model failed, where it did."""
    real: Subject | None = None
    """What really happens, where the episode may be a dream."""


class Drawing:
    """Draws what `DebugEnv.reset` would, for any number of environments.

    Args:
        task: An environment of the task, that has no episodes of its own.
    """

    def __init__(self, task: TabledEnv) -> None:
        self._task = task
        self._dreams = task.backend in DREAMS
        self._subjects: dict[int, Subject] = {}
        self._sure: dict[int, Subject] = {}

    def draw(self, generators: Iterable[np.random.Generator], index: int | None = None) -> list[Draw]:
        """Draws an episode for each of some environments.

        Args:
            generators: The environments' generators.
            index: Of the program; None draws it.

        Raises:
            TaskError: no program of the set fits the task, or there is no such program.
        """
        task, found = self._task, []
        task._open()
        self._sure.clear()
        for rng in generators:
            task._np_random = rng
            if self._dreams:
                task._wake()
            found.append(self._drawn(rng) if index is None else task._search(index, self._asked))
        return found

    def _drawn(self, rng: np.random.Generator) -> Draw:
        """Draws as `DebugEnv._search` does, but in short where the rows of the first program are known."""
        programs = self._task.task_set.programs
        first = below(len(programs), rng)
        if first not in self._subjects:
            return self._task._search(None, self._asked, first)
        draw = self._asked(programs[first], first)
        if draw is not None:
            return draw
        return self._task._search(None, lambda p, n: None if n == first else self._asked(p, n), first)

    def _asked(self, program: Program, place: int) -> Draw | None:
        if place not in self._subjects:
            assert self._task._traces is not None
            self._task._traces.prepare(program)
        try:
            subject = self._sure.get(place) or self._recorded(program, place)
        except SandboxError as error:
            broken = Subject(program, BROKEN, NOTHING, "failed")
            return Draw(broken, (0, 0, 0), str(error), broken)
        row = subject.rows.draw(self._task._np_random)
        if row is None:
            return None
        return self._dreamt(subject, row) if self._dreams else Draw(subject, row)

    def _recorded(self, program: Program, place: int) -> Subject:
        """Returns a program's real run, once for all environments that begin together."""
        traces, subject = self._task._traces, self._subjects.get(place)
        assert traces is not None
        trace = traces.record(program)
        if subject is None or subject.trace is not trace:
            if len(self._subjects) >= _MOST:
                self._subjects.clear()
            subject = Subject(program, trace, self._task.rows(program, trace) or NOTHING)
            self._subjects[place] = subject
        self._sure[place] = subject
        return subject

    def _dreamt(self, real: Subject, row: Row) -> Draw:
        """Returns an episode that is played in the model's dream of a run."""
        start = row[0]
        given = tuple(real.trace.states[: start + 1]) if start else ()
        try:
            trace = self._task._walked(real.program, given)
        except (SandboxError, ModelError) as error:
            broken = Subject(real.program, BROKEN, real.rows, "broken")
            return Draw(broken, row, str(error), broken)
        if trace is real.trace:
            return Draw(real, row, real=real)
        return Draw(Subject(real.program, trace, real.rows, ("dream", start)), row, real=real)


def said(task: TabledEnv, number: int, scene: Scene) -> str:
    """Returns an action as an agent would say it."""
    return task._family.spell(number, scene)
