"""Recorded runs as tables of what the ``features`` family shows of each state."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.batch import EVENTS as BATCH_EVENTS
from debugworld.sandboxes.batch import TraceBatch
from debugworld.sandboxes.debugger import ActionKind, Event, State
from debugworld.sandboxes.growing import Growing
from debugworld.sandboxes.numbering import LINE_KINDS, PLAIN, Numbering

from ..features import (
    DEEP,
    EVENTS,
    LINE_FLAGS,
    MAX_LOCALS,
    MAX_TOKENS,
    NAME_WIDTH,
    TEXT_WIDTH,
    line_tokens,
    still_lines,
)
from ..goal import exception_type
from ..memory import RUN
from .interning import Pairs, Texts
from .subject import Subject, Subjects
from .worked import Worked

assert EVENTS == BATCH_EVENTS, "events have the same numbers in observations and in batches"


class World:
    """Runs that were seen, by number, with tables over their states; runs are only ever added.

    Rows are those of `TraceBatch`.

    Args:
        subject: The first run.
        max_lines: Lines that observations and actions cover.
    """

    def __init__(self, subject: Subject, max_lines: int) -> None:
        self.max_lines = max_lines
        """Lines that observations and actions cover."""
        self.names, self.texts = Texts(NAME_WIDTH), Texts(TEXT_WIDTH)
        self.pairs = Pairs(self.names, self.texts)
        self.legal = Growing(np.int8, (PLAIN,))
        """Whether each plain move is legal at a state."""
        self.entry_masks = Growing(np.int8, (len(Numbering(max_lines)),))
        """Which actions are legal at each run's entry, but for the plain moves, which are 0."""
        self.depths = Growing(np.float32)
        """Depth of each state as observations show it."""
        self.locals = Growing(np.int32, (MAX_LOCALS,))
        """Numbers of the pairs that are shown of each state."""
        self.values = Growing(np.int32)
        """Number of the text of each state's value."""
        self.raised = Growing(np.int32)
        """Number of the name of the exception at each state, 0 where there is none."""
        self.still = Growing(np.float32, (max_lines, len(LINE_FLAGS)))
        """What observations show of each run's lines that does not change in an episode."""
        self.marks, self.marked = Growing(np.int32), Growing(np.float32)
        """Where the flag of each state's line stands among those of an environment's lines, and the flag:
        0 where the line has none, and the place is that of another."""
        self.tokens = Growing(np.float32, (max_lines, MAX_TOKENS))
        """Tokens of each run's lines."""
        self.named = Growing(np.int32)
        """Columns of `column`; the first number is 0."""
        self.passes = Growing(np.int32)
        """Columns of `count`."""
        self.named.add([0])
        self._columns: dict[tuple[int, str], int] = {}
        self._counts: dict[tuple[int, int], int] = {}
        self.firsts = Growing(np.int64, (2,))
        """Number of each run's first question and of its first truth."""
        self._runs: dict[tuple[str, Hashable], int] = {subject.key: 0}
        self._known = Worked(1)
        """The runs by the numbers of their subjects."""
        self._next = np.zeros(2, np.int64)
        self.traces = TraceBatch([(subject.program, subject.trace)], max_lines)
        """The runs."""
        self._add(subject)

    @property
    def size(self) -> int:
        """What all runs take, in states."""
        return len(self.traces.lines) + RUN * len(self.traces)

    def runs(self, subjects: Subjects, numbers: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.int64]:
        """Returns the numbers of runs, new ones for those that were not seen.

        Args:
            subjects: The runs ``(k,)``.
            numbers: Each one's `Subject.number` ``(k,)``; None where some are not known.

        Returns:
            int64 ``(k,)``.
        """
        if numbers is not None:
            found = self._known.look(numbers, lambda turn: (self._number(subjects[turn]),))
            return found[:, 0].astype(np.int64)
        return np.array([self._number(subject) for subject in subjects])

    def column(self, run: int, name: str) -> int:
        """Returns where `named` tells a local by row: the number of its text, 0 where it is not bound."""
        found = self._columns.get((run, name))
        if found is None:
            texts = [state.locals.get(name) for state in self.traces.trees[run].states]
            start = int(self.traces.starts[run])
            found = self._columns[run, name] = self.named.add(list(map(self.texts.number, texts))) - start
        return found

    def count(self, run: int, line: int) -> int:
        """Returns where `passes` tells by row how often a line has been about to run in its run."""
        found = self._counts.get((run, line))
        if found is None:
            start, end = int(self.traces.starts[run]), int(self.traces.ends[run])
            lines, events = self.traces.lines[start:end], self.traces.events[start:end]
            here = (lines == line) & (events == EVENTS.index(Event.LINE))
            found = self._counts[run, line] = self.passes.add(np.cumsum(here)) - start
        return found

    def _number(self, subject: Subject) -> int:
        """Returns the number of a run, a new one for a run that was not seen."""
        found = self._runs.get(subject.key)
        if found is None:
            found = self._runs[subject.key] = len(self.traces)
            self.traces.extend([(subject.program, subject.trace)])
            self._add(subject)
        return found

    def _add(self, subject: Subject) -> None:
        """Adds the tables of the last run."""
        traces, program = self.traces, subject.program
        states, start, end = traces.trees[-1].states, int(traces.starts[-1]), int(traces.ends[-1])
        self.firsts.add([self._next])
        self._next += subject.rows.asked, max(len(subject.rows.truths), 1)  # none, too, is a thing to look up
        self.legal.add(traces.targets[start:end] != np.arange(start, end)[:, None])
        self.entry_masks.add(_entry_mask(traces.stops[-1, 1:], traces.binding[-1, 1:] > 0)[None])
        self.depths.add(np.minimum(traces.depths[start:end], DEEP) / DEEP)
        self.locals.add(self._shown(states))
        lines = traces.lines[start:end]
        shown = (lines > 0) & (lines <= self.max_lines)
        current = LINE_FLAGS.index("current")
        self.marks.add(np.where(shown, lines - 1, 0) * len(LINE_FLAGS) + current)
        self.marked.add(shown)
        self.values.add([self.texts.number(state.value) for state in states])
        raised = [exception_type(s) if s.event is Event.EXCEPTION else None for s in states]
        self.raised.add(list(map(self.texts.number, raised)))
        self.still.add(still_lines(program, self.max_lines)[None])
        self.tokens.add(line_tokens(program, self.max_lines)[None])

    def _shown(self, states: Iterable[State]) -> list[list[int]]:
        found: list[list[int]] = []
        before: dict[str, str] | None = None
        for state in states:
            if state.locals is before:
                found.append(found[-1])
                continue
            before = state.locals
            numbers = [self.pairs.number(*item) for item in list(before.items())[-MAX_LOCALS:]]
            found.append(numbers + [0] * (MAX_LOCALS - len(numbers)))
        return found


def _entry_mask(stops: npt.NDArray[np.bool_], binds: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    legal = {ActionKind.RUN_TO: stops, ActionKind.BREAK: binds, ActionKind.CLEAR: np.zeros_like(binds)}
    return np.concatenate([np.zeros(PLAIN, bool), *map(legal.__getitem__, LINE_KINDS)]).astype(np.int8)
