"""Many cursors over many recorded runs, moved at once in numpy: the batched form of the debugger.

`TraceBatch` holds the runs as tables: one row of targets for each plain move, over all states of all runs.
`RecordedBatch` holds cursors over them, each with breakpoints of its own, and moves like as many
`RecordedDebugger`. Actions are numbers, see `Numbering`; what a cursor stands at is an array away
(`RecordedBatch.look`), or a `State` where one is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .debugger import ActionKind, Breakpoint, Event, Program, State, StateTree, Trace
from .debugger.binding import bind
from .numbering import LINE_KINDS, PLAIN, PLAIN_KINDS, Numbering

EVENTS = tuple(Event)[:5]
"""The events in the order of their numbers."""

_CONTINUE, _REVERSE = PLAIN_KINDS.index(ActionKind.CONTINUE), PLAIN_KINDS.index(ActionKind.REVERSE_CONTINUE)
_RUN_TO, _BREAK, _CLEAR = map(LINE_KINDS.index, (ActionKind.RUN_TO, ActionKind.BREAK, ActionKind.CLEAR))

Integers = npt.NDArray[np.integer[Any]]
Positions = npt.NDArray[np.int64]


class TraceBatch:
    """Recorded runs as tables over all of their states, one run after the other.

    Args:
        runs: Programs with their traces; at least one.
        max_lines: Lines of a program's own source that breakpoints and ``run_to`` can name.

    Raises:
        ValueError: there is no run.
    """

    def __init__(self, runs: Sequence[tuple[Program, Trace]], max_lines: int = 64) -> None:
        if not runs:
            raise ValueError("a batch needs at least one run; got none")
        self.programs = tuple(program for program, _ in runs)
        """The programs, by the number of their run."""
        self.trees = tuple(StateTree(trace.whole) for _, trace in runs)
        """The runs' states."""
        self.numbering = Numbering(max_lines)
        """The numbers of the actions."""
        sizes = np.array([len(tree) for tree in self.trees], np.int64)
        self.ends: Positions = np.cumsum(sizes)
        """One past the last row of each run; ``int64 (runs,)``."""
        self.starts: Positions = self.ends - sizes
        """First row of each run; ``int64 (runs,)``."""
        states = [state for tree in self.trees for state in tree.states]
        self.events = np.array([EVENTS.index(state.event) for state in states], np.int8)
        """Number of each state's event in `EVENTS`; ``int8 (states,)``."""
        self.lines = np.array([state.line for state in states], np.int32)
        """1-based line of each state, 0 at an exit; ``int32 (states,)``."""
        self.depths = np.array([state.depth for state in states], np.int32)
        """Depth of each state; ``int32 (states,)``."""
        self.targets = np.concatenate(
            [_targets(tree, start) for tree, start in zip(self.trees, self.starts, strict=True)], axis=1
        )
        """Row that each plain move leads to without breakpoints, its own where it is refused;
        ``int32 (plain kinds, states)``."""
        self.binding = np.array([_binding(program, max_lines) for program in self.programs], np.int32)
        """Line at which a breakpoint on each line stops, 0 for never; ``int32 (runs, 1 + lines)``."""
        self.stops = self.binding == np.arange(max_lines + 1)
        """Whether each line can stop; ``bool (runs, 1 + lines)``."""
        self.stops[:, 0] = False
        self.prints = any(tree.printed for tree in self.trees)
        """Whether any run has output."""
        own = np.array([not state.file for state in states])
        self._at_line = own & (self.events == EVENTS.index(Event.LINE)) & (self.lines <= max_lines)
        self._base = np.zeros((len(self), max_lines + 1), np.int64)
        self._after, self._before = self._line_tables()

    def __len__(self) -> int:
        return len(self.programs)

    def table(self, build: Callable[[Program, State], npt.ArrayLike]) -> npt.NDArray[Any]:
        """Computes something for every state once, to be read by `RecordedBatch.look`.

        Args:
            build: Returns the same shape and type for every state.

        Returns:
            An array of ``(states, ...)``.
        """
        pairs = zip(self.programs, self.trees, strict=True)
        return np.stack([np.asarray(build(program, s)) for program, tree in pairs for s in tree.states])

    def lines_of(self, runs: Positions, lines: Integers) -> Positions:
        """Returns what `next_at` and `last_at` know lines of runs by; shapes broadcast.

        The line 0 stands for one that is never reached.
        """
        return self._base[runs, lines]

    def next_at(self, lines: Positions, rows: Positions) -> npt.NDArray[np.int32]:
        """Rows of the first states at lines later than rows, or of the exits; shapes broadcast."""
        return self._after.take(lines + rows)

    def last_at(self, lines: Positions, rows: Positions) -> npt.NDArray[np.int32]:
        """Rows of the last states at lines earlier than rows, or of the entries; shapes broadcast."""
        return self._before.take(lines + rows)

    def _line_tables(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """For each line that a run reaches, the next and the last row at it by row of the run.

        The tables of a line begin where `_base` says, less the run's first row. Those at 0 are for all lines
        that are never reached.
        """
        sizes = self.ends - self.starts
        after, before = [np.repeat(self.ends - 1, sizes)], [np.repeat(self.starts, sizes)]
        filled = len(self.lines)
        for run, (start, end) in enumerate(zip(self.starts, self.ends, strict=True)):
            rows = np.arange(start, end)
            stops = rows[self._at_line[start:end]]
            for line in np.unique(self.lines[stops]):
                places = stops[self.lines[stops] == line]
                after.append(np.append(places, end - 1)[np.searchsorted(places, rows, "right")])
                before.append(np.insert(places, 0, start)[np.searchsorted(places, rows, "left")])
                self._base[run, line] = filled - start
                filled += end - start
        return np.concatenate(after).astype(np.int32), np.concatenate(before).astype(np.int32)


class RecordedBatch:
    """Cursors over recorded runs, moved together.

    Args:
        traces: The runs.
        count: Number of cursors; all stand at the entry of run 0 until `reset`.

    Raises:
        ValueError: there is no cursor.
    """

    def __init__(self, traces: TraceBatch, count: int) -> None:
        if count < 1:
            raise ValueError(f"a batch needs at least one cursor; got {count}")
        self.traces = traces
        """What they walk over."""
        self.runs = np.zeros(count, np.int64)
        """Number of each cursor's run; ``int64 (count,)``."""
        self.rows: Positions = np.zeros(count, np.int64)
        """Row of each cursor in the tables of `traces`; ``int64 (count,)``."""
        self.refused = np.zeros(count, bool)
        """Whether the last action was refused, and nothing done; ``bool (count,)``."""
        self._points = np.zeros((count, 4), np.int64)
        """Each cursor's lines with a breakpoint, 0 where there is none."""
        self._places = np.zeros((count, 4), np.int64)
        """The same as `TraceBatch.lines_of` has them."""
        self._flat = traces.targets.ravel()
        self._width = traces.targets.shape[1]
        self._size = len(traces.numbering)
        by_line = np.arange(-PLAIN, self._size - PLAIN)
        self._kind, self._line = (
            by_line // traces.numbering.max_lines,
            by_line % traces.numbering.max_lines + 1,
        )
        self._armed = False
        self._before = np.zeros(count, np.int64)
        self._starts = np.zeros(count, np.int64)
        self._ends = np.zeros(count, np.int64)
        self.reset(np.zeros(count, np.int64))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def positions(self) -> Positions:
        """Index of each cursor's state in its run; ``int64 (count,)``."""
        return self.rows - self._starts

    @property
    def breakpoints(self) -> npt.NDArray[np.bool_]:
        """Each cursor's lines with a breakpoint; ``bool (count, 1 + lines)``."""
        found = np.zeros((len(self), self.traces.numbering.max_lines + 1), bool)
        np.put_along_axis(found, self._points, True, axis=1)
        found[:, 0] = False
        return found

    @property
    def done(self) -> npt.NDArray[np.bool_]:
        """Whether each cursor stands at the exit; ``bool (count,)``."""
        return self.rows == self._ends - 1

    def reset(
        self, runs: Integers, cursors: Integers | npt.NDArray[np.bool_] | slice = slice(None)
    ) -> Positions:
        """Puts cursors at the entry of runs, without breakpoints.

        Args:
            runs: Number of a run for each of these cursors; integers ``(n,)``.
            cursors: Which cursors: numbers ``(n,)`` or a mask ``(count,)``; all by default.

        Returns:
            `positions`.

        Raises:
            IndexError: there is no such run or cursor.
        """
        runs = np.asarray(runs)
        if runs.size and (runs.min() < 0 or runs.max() >= len(self.traces)):
            raise IndexError(f"the runs have the numbers 0 to {len(self.traces) - 1}; got {runs}")
        self.runs[cursors] = runs
        self._starts[cursors] = self.rows[cursors] = self.traces.starts[runs]
        self._before[cursors] = self.traces.starts[runs]
        self._ends[cursors] = self.traces.ends[runs]
        self.refused[cursors] = False
        self._points[cursors] = self._places[cursors] = 0
        self._armed = bool(self._points.any())
        return self.positions

    def step(self, actions: Integers) -> Positions:
        """Does one action for each cursor; one that is not legal does nothing and is told in `refused`.

        Args:
            actions: Numbers as in `Numbering`; integers ``(count,)``.

        Returns:
            `positions`.

        Raises:
            ValueError: the shape is another one, or a number is none of an action.
        """
        numbers = np.asarray(actions, np.int64)
        rows = self.rows
        if numbers.shape != rows.shape:
            raise ValueError(f"{len(rows)} cursors need as many actions; got the shape {numbers.shape}")
        highest = numbers.view(np.uint64).max()  # a negative number is a very high one
        if highest >= self._size:
            raise ValueError(f"the actions have the numbers 0 to {self._size - 1}; got {numbers}")
        if highest < PLAIN:
            target = self._flat.take(numbers * self._width + rows).astype(np.int64)
            self.refused = target == rows
        else:
            target = self._mixed(numbers)
        if self._armed:
            self._to_breakpoints(numbers, target)
        if self.traces.prints:
            np.copyto(self._before, rows, where=target != rows)
        self.rows = target
        return target - self._starts

    def masks(self) -> npt.NDArray[np.int8]:
        """Returns which actions are legal now, by number; ``int8 (count, actions)``."""
        traces, lines = self.traces, self.traces.numbering.max_lines
        masks = np.zeros((len(self), self._size), np.int8)
        masks[:, :PLAIN] = (traces.targets[:, self.rows] != self.rows).T
        by_line = masks[:, PLAIN:].reshape(len(self), len(LINE_KINDS), lines)
        binding = traces.binding[self.runs]
        by_line[:, _RUN_TO] = traces.stops[self.runs, 1:] & ~self.done[:, None]
        by_line[:, _BREAK] = binding[:, 1:] > 0
        by_line[:, _CLEAR] = np.take_along_axis(self.breakpoints, binding.astype(np.int64), axis=1)[:, 1:]
        return masks

    def look(self, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Returns each cursor's row of a table over all states.

        Args:
            table: ``(states, ...)``: `TraceBatch.events` and its like, or one made by `TraceBatch.table`.

        Returns:
            An array of ``(count, ...)``.
        """
        return table[self.rows]

    def state(self, cursor: int) -> State:
        """Returns the state at which a cursor stands, with all output since its stop before."""
        start = self._starts[cursor]
        tree = self.traces.trees[self.runs[cursor]]
        return tree.shown(int(self._before[cursor] - start), int(self.rows[cursor] - start))

    def _mixed(self, numbers: Positions) -> Positions:
        """Does actions some of which take lines; returns the rows they lead to."""
        traces, rows = self.traces, self.rows
        by_line = numbers >= PLAIN
        plain = np.where(by_line, 0, numbers)
        target = np.where(by_line, rows, self._flat.take(plain * self._width + rows))
        refused = (target == rows) & ~by_line
        kinds, lines = self._kind.take(numbers), self._line.take(numbers)
        running = np.flatnonzero(kinds == _RUN_TO)
        if running.size:
            at, line, runs = rows[running], lines[running], self.runs[running]
            good = traces.stops[runs, line] & (at < self._ends[running] - 1)
            target[running] = np.where(good, traces.next_at(traces.lines_of(runs, line), at), at)
            refused[running] = ~good
        setting = np.flatnonzero(kinds >= _BREAK)
        if setting.size:
            bound = traces.binding[self.runs[setting], lines[setting]]
            refused[setting] = ~self._set(setting, bound, kinds[setting] == _BREAK)
        self.refused = refused
        return target

    def _set(self, cursors: Positions, lines: Integers, adds: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Sets or clears a breakpoint for each of some cursors; returns which could be done."""
        there = self._points[cursors] == lines[:, None]
        can = lines > 0
        known = there.any(axis=1) & can
        gone = known & ~adds
        self._write(cursors[gone], there[gone].argmax(axis=1), np.zeros(int(gone.sum()), np.int64))
        new = adds & ~known & can
        if new.any():
            free = self._points[cursors[new]] == 0
            if not free.any(axis=1).all():
                wider = ((0, 0), (0, self._points.shape[1]))
                self._points, self._places = np.pad(self._points, wider), np.pad(self._places, wider)
                free = self._points[cursors[new]] == 0
            self._write(cursors[new], free.argmax(axis=1), lines[new])
        self._armed = bool(self._points.any())
        return gone | adds & can

    def _write(self, cursors: Positions, columns: Positions, lines: Integers) -> None:
        """Keeps lines in columns of some cursors' breakpoints."""
        self._points[cursors, columns] = lines
        self._places[cursors, columns] = self.traces.lines_of(self.runs[cursors], lines)

    def _to_breakpoints(self, numbers: Positions, target: Positions) -> None:
        """Stops those that continue, forward or back, at their breakpoints, in place."""
        for kind, search, choose in (
            (_CONTINUE, self.traces.next_at, np.min),
            (_REVERSE, self.traces.last_at, np.max),
        ):
            moving = np.flatnonzero(numbers == kind)
            if moving.size:
                found = choose(search(self._places[moving], self.rows[moving, None]), axis=1)
                target[moving] = np.where(self.refused[moving], target[moving], found)


def _targets(tree: StateTree, start: int) -> npt.NDArray[np.int32]:
    """The rows that the plain moves lead to in a run that begins at a row."""
    size = len(tree)
    own = np.arange(size)
    last = np.full(size, size - 1)
    rows: dict[ActionKind, Any] = {
        ActionKind.STEP_INTO: np.minimum(own + 1, size - 1),
        ActionKind.STEP_OVER: tree.over,
        ActionKind.STEP_RETURN: tree.returns(),
        ActionKind.CONTINUE: last,
        ActionKind.BACK_INTO: tree.previous,
        ActionKind.BACK_OVER: tree.back,
        ActionKind.BACK_TO_CALL: tree.to_call,
        ActionKind.REVERSE_CONTINUE: np.zeros(size, np.int64),
    }
    found = np.array([rows[kind] for kind in PLAIN_KINDS])
    return (np.where(found < 0, own, found) + start).astype(np.int32)


def _binding(program: Program, max_lines: int) -> list[int]:
    """Where breakpoints on the lines 0 to ``max_lines`` bind."""
    bindings = [bind(program, Breakpoint(line)) for line in range(1, max_lines + 1)]
    lines = [binding.breakpoint.line if binding.bound else 0 for binding in bindings]
    return [0, *(line if line <= max_lines else 0 for line in lines)]
