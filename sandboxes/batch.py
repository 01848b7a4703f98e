"""Many cursors over many recorded runs, moved at once in numpy: the batched form of the debugger.

`TraceBatch` holds the runs as tables: one row of targets for each plain move, over all states of all runs.
`RecordedBatch` holds cursors over them, each with breakpoints of its own, and moves like as many
`RecordedDebugger`. Actions are numbers, see `Numbering`; what a cursor stands at is an array away
(`RecordedBatch.look`), or a `State` where one is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from .debugger import ActionKind, Breakpoint, Event, Program, State, StateTree, Trace
from .debugger.binding import bind
from .growing import Growing
from .numbering import LINE_KINDS, PLAIN, PLAIN_KINDS, Numbering

EVENTS = tuple(Event)[:5]
"""The events in the order of their numbers."""

_LINE = EVENTS.index(Event.LINE)
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
        self.programs: list[Program] = []
        """The programs, by the number of their run."""
        self.trees: list[StateTree] = []
        """The runs' states."""
        self.numbering = Numbering(max_lines)
        """The numbers of the actions."""
        self.prints = False
        """Whether any run has output."""
        self._ends, self._starts = Growing(np.int64), Growing(np.int64)
        self._events = Growing(np.int8)
        self._lines, self._depths = Growing(np.int32), Growing(np.int32)
        self._targets = Growing(np.int32, (PLAIN,))
        self._binding = Growing(np.int32, (max_lines + 1,))
        self._stops = Growing(bool, (max_lines + 1,))
        self._base = Growing(np.int64, (max_lines + 1,))
        self._after, self._before = Growing(np.int32), Growing(np.int32)
        self.extend(runs)

    def extend(self, runs: Sequence[tuple[Program, Trace]]) -> None:
        """Adds runs behind those that are there; cursors stay where they stand.

        Args:
            runs: Programs with their traces.
        """
        max_lines = self.numbering.max_lines
        for program, trace in runs:
            tree, start = StateTree(trace.whole), len(self._lines)
            states = tree.states
            self.programs.append(program)
            self.trees.append(tree)
            self._starts.add([start])
            self._ends.add([start + len(states)])
            self._events.add([EVENTS.index(state.event) for state in states])
            self._lines.add([state.line for state in states])
            self._depths.add([state.depth for state in states])
            self._targets.add(_targets(tree, start).T)
            binding = bound_lines(program, max_lines)
            stops = binding == np.arange(max_lines + 1)
            stops[0] = False
            self._binding.add(binding[None])
            self._stops.add(stops[None])
            self.prints = self.prints or bool(tree.printed)
            self._add_line_tables([not state.file for state in states])

    def __len__(self) -> int:
        return len(self.programs)

    @property
    def starts(self) -> Positions:
        """First row of each run; ``int64 (runs,)``."""
        return self._starts.rows

    @property
    def ends(self) -> Positions:
        """One past the last row of each run; ``int64 (runs,)``."""
        return self._ends.rows

    @property
    def events(self) -> npt.NDArray[np.int8]:
        """Number of each state's event in `EVENTS`; ``int8 (states,)``."""
        return self._events.rows

    @property
    def lines(self) -> npt.NDArray[np.int32]:
        """1-based line of each state, 0 at an exit; ``int32 (states,)``."""
        return self._lines.rows

    @property
    def depths(self) -> npt.NDArray[np.int32]:
        """Depth of each state; ``int32 (states,)``."""
        return self._depths.rows

    @property
    def targets(self) -> npt.NDArray[np.int32]:
        """Row that each plain move leads to without breakpoints; ``int32 (states, plain kinds)``.

        It is a state's own row where the move is refused.
        """
        return self._targets.rows

    @property
    def binding(self) -> npt.NDArray[np.int32]:
        """Line at which a breakpoint on each line stops, 0 for never; ``int32 (runs, 1 + lines)``."""
        return self._binding.rows

    @property
    def stops(self) -> npt.NDArray[np.bool_]:
        """Whether each line can stop; ``bool (runs, 1 + lines)``."""
        return self._stops.rows

    def table(self, build: Callable[[Program, State], npt.ArrayLike]) -> npt.NDArray[Any]:
        """Computes something for every state once, to be read by `RecordedBatch.look`.

        Args:
            build: Returns the same shape and type for every state.

        Returns:
            An array of ``(states, ...)``.
        """
        pairs = zip(self.programs, self.trees, strict=True)
        return np.stack([np.asarray(build(program, s)) for program, tree in pairs for s in tree.states])

    def lines_of(self, runs: Integers, lines: Integers | int) -> Positions:
        """Returns what `next_at` and `last_at` know lines of runs by; shapes broadcast.

        The line 0 stands for one that is never reached.
        """
        return self._base.rows[runs, lines]

    def next_at(self, lines: Positions, rows: Positions) -> npt.NDArray[np.int32]:
        """Rows of the first states at lines later than rows, or of the exits; shapes broadcast."""
        return self._after.rows.take(lines + rows)

    def last_at(self, lines: Positions, rows: Positions) -> npt.NDArray[np.int32]:
        """Rows of the last states at lines earlier than rows, or of the entries; shapes broadcast."""
        return self._before.rows.take(lines + rows)

    def _add_line_tables(self, own: Sequence[bool]) -> None:
        """Adds, for each line that the last run reaches, the next and the last row at it by row of the run.

        The tables of a line begin where `_base` says, less the run's first row. Those of line 0 are for all
        lines of the run that are never reached.

        Args:
            own: Whether each state of the run stands in the program's own source.
        """
        start, end = int(self.starts[-1]), int(self.ends[-1])
        events, lines = self.events[start:], self.lines[start:]
        rows = np.arange(start, end)
        stops = rows[np.array(own) & (events == _LINE) & (lines <= self.numbering.max_lines)]
        base = np.full(self.numbering.max_lines + 1, self._after.add(np.full(end - start, end - 1)) - start)
        self._before.add(np.full(end - start, start))
        for line in np.unique(self.lines[stops]):
            places = stops[self.lines[stops] == line]
            after = np.append(places, end - 1)[np.searchsorted(places, rows, "right")]
            base[line] = self._after.add(after) - start
            self._before.add(np.insert(places, 0, start)[np.searchsorted(places, rows, "left")])
        self._base.add(base[None])


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
        self.changed: tuple[Positions, Integers, npt.NDArray[np.bool_]] = _no_breakpoints()
        """What the last actions did to breakpoints: cursors, the line of each, and whether it was set."""
        self._points: npt.NDArray[Any] = np.zeros((count, 4), np.int32)
        """Each cursor's lines with a breakpoint, and 0 in at least one column."""
        self._places: npt.NDArray[Any] = np.zeros((count, 4), np.int64)
        """The same as `TraceBatch.lines_of` has them."""
        self._since: npt.NDArray[Any] = np.zeros((count, 4), np.int64)
        """When each breakpoint was set, by `_turn`."""
        self._turn = 0
        self._armed = 0  # how many breakpoints are set
        self._all = np.arange(count)
        self._size = len(traces.numbering)
        by_line = np.arange(-PLAIN, self._size - PLAIN)
        self._kind, self._line = (
            by_line // traces.numbering.max_lines,
            by_line % traces.numbering.max_lines + 1,
        )
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
        return self.armed(slice(None))

    def armed(self, cursors: Integers | slice) -> npt.NDArray[np.bool_]:
        """Returns some cursors' lines with a breakpoint; ``bool (n, 1 + lines)``."""
        points = self._points[cursors]
        found = np.zeros((len(points), self.traces.numbering.max_lines + 1), bool)
        np.put_along_axis(found, points, True, axis=1)
        found[:, 0] = False
        return found

    def points(self, cursor: int) -> tuple[int, ...]:
        """Returns one cursor's lines with a breakpoint in the order of their setting."""
        lines = self._points[cursor, np.argsort(self._since[cursor])]
        return tuple(lines[lines > 0].tolist())

    @property
    def done(self) -> npt.NDArray[np.bool_]:
        """Whether each cursor stands at the exit; ``bool (count,)``."""
        return self.rows == self._ends - 1

    def reset(
        self,
        runs: Integers,
        cursors: Integers | npt.NDArray[np.bool_] | slice = slice(None),
        positions: Integers | int = 0,
    ) -> Positions:
        """Puts cursors into runs, without breakpoints.

        Args:
            runs: Number of a run for each of these cursors; integers ``(n,)``.
            cursors: Which cursors: numbers ``(n,)`` or a mask ``(count,)``; all by default.
            positions: Index of the state in its run for each of them, as if it had been reached by one step
                into; integers ``(n,)``, the entry by default.

        Returns:
            `positions`.

        Raises:
            IndexError: there is no such run, state or cursor.
        """
        runs = np.asarray(runs)
        if runs.size and (runs.min() < 0 or runs.max() >= len(self.traces)):
            raise IndexError(f"the runs have the numbers 0 to {len(self.traces) - 1}; got {runs}")
        starts, ends = self.traces.starts[runs], self.traces.ends[runs]
        rows = starts + np.asarray(positions, np.int64)
        if ((rows < starts) | (rows >= ends)).any():
            raise IndexError(f"the runs have {ends - starts} states; got the positions {positions}")
        self.runs[cursors] = runs
        self._starts[cursors], self._ends[cursors] = starts, ends
        self.rows[cursors] = rows
        self._before[cursors] = np.maximum(rows - 1, starts)
        self.refused[cursors] = False
        self._armed -= int(np.count_nonzero(self._points[cursors]))
        self._points[cursors] = 0
        self._places[cursors] = self.traces.lines_of(runs, 0)[..., None]
        return self.positions

    def enter(self, runs: Integers, cursors: Integers) -> None:
        """Puts cursors at the entries of other runs of the same sources; their breakpoints stay.

        Args:
            runs: Number of a run for each of these cursors; integers ``(n,)``.
            cursors: Numbers of the cursors ``(n,)``, none twice.
        """
        self.runs[cursors] = runs
        self._starts[cursors], self._ends[cursors] = self.traces.starts[runs], self.traces.ends[runs]
        self.rows[cursors] = self._before[cursors] = self._starts[cursors]
        self._places[cursors] = self.traces.lines_of(runs[:, None], self._points[cursors])

    def step(self, actions: Integers, where: npt.NDArray[np.bool_] | None = None) -> Positions:
        """Does one action for each cursor; one that is not legal does nothing and is told in `refused`.

        Args:
            actions: Numbers as in `Numbering`; integers ``(count,)``.
            where: Which cursors; ``bool (count,)``. The others do nothing, and nothing is refused them.

        Returns:
            `positions`.

        Raises:
            ValueError: the shape is another one, or a number is none of an action.
        """
        numbers = np.asarray(actions, np.int64)
        if where is not None:
            numbers = np.where(where, numbers, 0)
        rows = self.rows
        if numbers.shape != rows.shape:
            raise ValueError(f"{len(rows)} cursors need as many actions; got the shape {numbers.shape}")
        self.changed = _no_breakpoints()
        highest = numbers.view(np.uint64).max()  # a negative number is a very high one
        if highest >= self._size:
            raise ValueError(f"the actions have the numbers 0 to {self._size - 1}; got {numbers}")
        if highest < PLAIN:
            target = self.traces.targets.ravel().take(rows * PLAIN + numbers).astype(np.int64)
            self.refused = target == rows
        else:
            target = self._mixed(numbers)
        if self._armed:
            self._to_breakpoints(numbers, target)
        if where is not None:
            np.copyto(target, rows, where=~where)
            self.refused &= where
        if self.traces.prints:
            np.copyto(self._before, rows, where=target != rows)
        self.rows = target
        return target - self._starts

    def masks(self) -> npt.NDArray[np.int8]:
        """Returns which actions are legal now, by number; ``int8 (count, actions)``."""
        traces, lines = self.traces, self.traces.numbering.max_lines
        masks = np.zeros((len(self), self._size), np.int8)
        masks[:, :PLAIN] = traces.targets[self.rows] != self.rows[:, None]
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
        target = np.where(by_line, rows, traces.targets.ravel().take(rows * PLAIN + plain))
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
        can, own = lines > 0, self._points[cursors]
        width, turns = own.shape[1], self._all[: len(own)]
        column = (own == lines[:, None]).argmax(axis=1)
        there = can & (own[turns, column] == lines)
        column = np.where(there, column, (own == 0).argmax(axis=1))
        turns = np.flatnonzero(can & (there != adds))
        column, new = column[turns], adds[turns]
        self.changed = changed, bound, _ = cursors[turns], lines[turns], new
        self._write(changed, column, np.where(new, bound, 0))
        self._armed += 2 * int(np.count_nonzero(new)) - len(new)
        if (new & (column == width - 1)).any():
            never = self.traces.lines_of(self.runs, 0)
            self._points, self._since = (
                np.pad(each, ((0, 0), (0, width))) for each in (self._points, self._since)
            )
            self._places = np.hstack([self._places, np.repeat(never[:, None], width, axis=1)])
        return can & (adds | there)

    def _write(self, cursors: Positions, columns: Positions, lines: Integers | int) -> None:
        """Keeps lines in columns of some cursors' breakpoints."""
        self._turn += 1
        self._points[cursors, columns] = lines
        self._places[cursors, columns] = self.traces.lines_of(self.runs[cursors], lines)
        self._since[cursors, columns] = self._turn

    def _to_breakpoints(self, numbers: Positions, target: Positions) -> None:
        """Stops those that continue, forward or back, at their breakpoints, in place."""
        for kind, search, choose in (
            (_CONTINUE, self.traces.next_at, np.minimum.reduce),
            (_REVERSE, self.traces.last_at, np.maximum.reduce),
        ):
            moving = np.flatnonzero(numbers == kind)
            if moving.size:
                found = choose(search(self._places[moving], self.rows[moving, None]), axis=1)
                target[moving] = np.where(self.refused[moving], target[moving], found)


def _no_breakpoints() -> tuple[Positions, Integers, npt.NDArray[np.bool_]]:
    return np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, bool)


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


@lru_cache(maxsize=256)
def bound_lines(program: Program, max_lines: int) -> npt.NDArray[np.int32]:
    """Returns where breakpoints on the lines 0 to ``max_lines`` bind, 0 for never; not to be changed."""
    bindings = [bind(program, Breakpoint(line)) for line in range(1, max_lines + 1)]
    lines = [binding.breakpoint.line if binding.bound else 0 for binding in bindings]
    return np.array([0, *(line if line <= max_lines else 0 for line in lines)], np.int32)
