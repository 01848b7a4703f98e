"""Programs that episodes go to after their beginning, each recorded when the first of them does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.errors import SandboxError
from debugworld.sandboxes.growing import Growing

from ..trace_store import TraceStore
from .subject import BROKEN, NOTHING, Subject, Subjects

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Walks:
    """Runs of programs by number.

    A run stays at hand while the store remembers it, so that a box fails here where it would for one
    environment.

    Args:
        traces: Returns where programs are recorded.
    """

    def __init__(self, traces: Callable[[], TraceStore]) -> None:
        self.programs: list[Program] = []
        """The programs."""
        self._traces = traces
        self._runs = Growing(np.object_)
        """Each one's run as a `Subject`; None where it is not known."""
        self._at_hand = Growing(bool)
        self._looked: tuple[Any, int] = (None, 0)

    def add(self, program: Program) -> int:
        """Adds a program and returns its number."""
        self.programs.append(program)
        self._runs.add(np.full(1, None, object))
        return self._at_hand.add([False])

    def run(self, number: int) -> Subject:
        """Returns the run of a program that `runs` has returned before."""
        found: Subject = self._runs.rows[number]
        return found

    def runs(self, numbers: Integers, faults: dict[int, str], known: Flags | bool = False) -> Subjects:
        """Returns the runs of some programs; a broken one where the box fails.

        Args:
            numbers: Of the programs ``(k,)``.
            faults: Why the box failed, by the places below ``k`` where it did; more are added.
            known: Where a cursor walks over the run already ``(k,)``.
        """
        traces = self._traces()
        if self._looked != (traces, traces.changes):
            self._at_hand.rows[:] = False
        subjects = self._runs.rows.take(numbers)
        lacking = np.flatnonzero(~(self._at_hand.rows.take(numbers) | known)).tolist()
        for turn in (turn for turn in lacking if turn not in faults):
            number = int(numbers[turn])
            try:
                trace = traces.record(self.programs[number])
            except SandboxError as error:
                faults[turn] = str(error)
                continue
            self._at_hand.rows[number] = True
            if self._runs.rows[number] is None:
                self._runs.rows[number] = Subject(self.programs[number], trace, NOTHING)
            subjects[turn] = self._runs.rows[number]
        for turn in faults:
            subjects[turn] = Subject(self.programs[int(numbers[turn])], BROKEN, NOTHING, "failed")
        self._looked = traces, traces.changes
        return subjects
