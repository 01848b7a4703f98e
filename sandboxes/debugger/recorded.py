"""The real debugger over a recorded run: record once, then every move is a look-up.

What a recorded run does not show is asked of a live `Session` of the same program: it
is brought to the same place in time, kept while it can go forward, and must show the
same states there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from .action import Action, ActionKind
from .breakpoint import Breakpoint, BreakpointKind, require_expression
from .errors import IllegalAction
from .look import Evaluation, Frame
from .places import AskedPlaces, Departed, Passes, Places
from .program import Edit, Program
from .session import Session
from .state import Event, State
from .trace import Trace
from .tree import StateTree
from .treed import TreeDebugger

_OUTPUT = {"stdout", "stderr"}


class RecordedDebugger(TreeDebugger):
    """Walks forward and backward over what really happened.

    Args:
        record: Runs a program once and returns its trace; usually the ``record``
            method of a sandbox.
        session: Starts a live session of a program at its entry; usually the ``session``
            method of the same sandbox. Without one there is nothing but the trace: no
            conditions, no looks into callers' frames, no assignments.
    """

    def __init__(
        self, record: Callable[[Program], Trace], session: Callable[[Program], Session] | None = None
    ) -> None:
        super().__init__()
        self._record = record
        self._open_session = session
        self._session: Session | None = None
        self._trace: Trace | None = None
        looks = ("evaluate", "set", "frames", "conditions") if session is not None else ()
        self.abilities = frozenset({"fork", *looks})

    @property
    def trace(self) -> Trace:
        """The recorded run of the current program."""
        self.program  # noqa: B018  refuses before the first reset
        assert self._trace is not None
        return self._trace

    def evaluate(self, expression: str, frame: int | None = None) -> Evaluation:
        """Evaluates an expression in a frame, bounded in time and size; side effects are discarded.

        Raises:
            IllegalAction: there is no such frame, the text is no expression, the program has ended, or
                does not repeat its run.
        """
        number = self._frame(frame)
        require_expression(expression, "expression")
        return self._brought("evaluate expressions").evaluate(expression, number)

    def frames(self) -> tuple[Frame, ...]:
        """Returns the frames of the stack, innermost first; empty at the exit.

        Raises:
            IllegalAction: there is no session to ask, or the program does not repeat its run.
        """
        if self.done:
            return ()
        state = self._tree.states[self._position]
        own = Frame(state.function, state.line, state.source, state.depth, state.locals, state.file)
        if not state.depth:
            return (own,)
        return (own, *self._brought("show the callers' frames").frames()[1:])

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Assigns a variable of a frame: the program is recorded anew, with `Program.edits`.

        Assignments at later places in time belong to the future that is given up, and are dropped.

        Raises:
            IllegalAction: there is no such frame or variable, the expression raises, or the program does
                not repeat its run; nothing has changed.
        """
        number, index = self._frame(frame), self._position
        require_expression(expression, "expression")
        session = self._brought("assign variables")
        changed = session.assign(name, expression, number)
        kept = [edit for edit in self.program.edits if edit.index <= index]
        program = replace(self.program, edits=(*kept, Edit(index, number, name, expression)))
        try:
            trace = self._record(program)
            tree = _tree(trace)
            if tree.states[:index] != self._tree.states[:index]:
                raise _unlike(program, index)
            _require_alike(program, index, tree.states[min(index, len(tree) - 1)], changed)
        except BaseException:
            self._end_session()  # it has gone on into the new future
            raise
        if len(kept) < len(self.program.edits):
            self._end_session()  # it would make the later ones yet
        before, own = self.state, self._tree.states[index]
        self._program, self._trace = program, trace
        self._stand(tree, index)
        self._state = _with_output(before, own, self.state)
        self._selected = 0 if self._selected > self.state.depth else self._selected
        return self.state

    def fork(self) -> RecordedDebugger:
        """Returns a second debugger over the same recorded run, at the same stop.

        Raises:
            IllegalAction: there is no program yet.
        """
        self.program  # noqa: B018  refuses before the first reset
        other = RecordedDebugger(self._record, self._open_session)
        self._copy_to(other)
        return other

    def restore(self, stop: object) -> State:
        """Goes back to a stop that was kept by `fork`, with the breakpoints of then; the fork stays.

        Raises:
            IllegalAction: the fork is of another kind of debugger, or of one without a program.
        """
        if not isinstance(stop, RecordedDebugger):
            raise IllegalAction(f"a recorded debugger cannot take over from a {type(stop).__name__}")
        stop.state  # noqa: B018  refuses where it has no program
        if self._session is not None and stop.program != self._program:
            self._end_session()
        stop._copy_to(self)
        return self.state

    def close(self) -> None:
        """Ends the live session, if there is one; a later look starts another."""
        self._end_session()

    def _start(self, program: Program) -> StateTree:
        trace = self._record(program)
        self._end_session()
        self._trace = trace
        return _tree(trace)

    def _copy_to(self, other: TreeDebugger) -> None:
        super()._copy_to(other)
        assert isinstance(other, RecordedDebugger)
        other._trace = self._trace

    def _stops(self, action: Action) -> Sequence[Passes]:
        if action.kind is not ActionKind.RUN_UNTIL:
            return super()._stops(action)
        places = self._tree.condition(action.text)
        if places is None:
            at = [i for i, state in enumerate(self._tree.states) if state.event is Event.LINE]
            places = self._tree.learn(action.text, self._asked(at, action.text))
        return (Passes(places),)

    def _places(self, breakpoint: Breakpoint) -> Places:
        places = self._tree.places(breakpoint, self._expected(breakpoint))
        if places is None:
            point = replace(breakpoint, hits=1)
            places = self._tree.learn(point, self._asked(_candidates(self._tree, point), point))
        return places

    def _asked(self, candidates: Sequence[int], what: Breakpoint | str) -> AskedPlaces:
        """Returns places that live runs of the current program tell, of a breakpoint or of a condition."""
        program, tree, start = self.program, self._tree, self._open_session
        assert start is not None

        def ask(first: int, last: int) -> set[int]:
            points = [what] if isinstance(what, Breakpoint) else _lines(tree, first, last, what)
            session = start(program)
            try:
                if first > 1:
                    _require_alike(program, first - 1, tree.states[first - 1], session.goto(first - 1))
                answers = session.survey(points, last)
            finally:
                session.close()
            found = {index for places in answers for index in places}
            odd = found.difference(candidates)
            if odd:
                raise _unlike(program, min(odd))
            return found

        return AskedPlaces(tree.states, candidates, ask)

    def _brought(self, what: str) -> Session:
        """Returns a session that stands where the debugger does."""
        if self._open_session is None:
            raise IllegalAction(f"this debugger has only the trace and cannot {what}; give it a session")
        index = self._position
        session = self._session
        if session is not None and (session.index is None or session.index > index):
            self._end_session()
            session = None
        if session is None:
            session = self._session = self._open_session(self.program)
        state = session.state if session.index == index else session.goto(index)
        try:
            _require_alike(self.program, index, self._tree.states[index], state)
        except IllegalAction:
            self._end_session()
            raise
        return session

    def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


def _tree(trace: Trace) -> StateTree:
    return StateTree(trace.whole)


def _with_output(before: State, own: State, changed: State) -> State:
    """Returns a changed stop with all output since the stop before it.

    Args:
        before: The stop as it was shown.
        own: The same with the output of its own only.
        changed: The stop as it is now, with the output of its own, to which an assignment may have added.
    """
    stdout = before.stdout + changed.stdout.removeprefix(own.stdout)
    return replace(changed, stdout=stdout, stderr=before.stderr + changed.stderr.removeprefix(own.stderr))


def _candidates(tree: StateTree, breakpoint: Breakpoint) -> list[int]:
    """The places among which a breakpoint's must lie, as far as the states tell; the entry is none."""
    if breakpoint.kind is BreakpointKind.EXCEPTION:
        return [i for i, state in enumerate(tree.states) if state.event is Event.EXCEPTION]
    if breakpoint.kind in (BreakpointKind.LINE, BreakpointKind.FUNCTION):
        plain = tree.places(replace(breakpoint, condition=None))
        assert plain is not None
        return [place for place in plain.search(len(tree)) if place]
    return list(range(1, len(tree) - 1))


def _lines(tree: StateTree, first: int, last: int, condition: str) -> list[Breakpoint]:
    """Breakpoints under a condition at every line of a part of a run."""
    states = (state for state in tree.states[first : last + 1] if state.event is Event.LINE)
    places = dict.fromkeys((state.line, state.file) for state in states)
    return [Breakpoint(line, file=file, condition=condition) for line, file in places]


def _require_alike(program: Program, index: int, known: State, seen: State) -> None:
    """Checks that a second run shows what the recorded one did, but for its output since another stop."""
    differences = {part: pair for part, pair in known.compare(seen).items() if part not in _OUTPUT}
    if seen.exit is not None and known.exit is None:
        raise _unlike(program, index, f": it ended before, {seen.exit.code}, for {seen.exit.reason}")
    if differences:
        part, (before, now) = next(iter(differences.items()))
        raise _unlike(program, index, f": {part} was {before!r} and is {now!r}")


def _unlike(program: Program, index: int, detail: str = "") -> Departed:
    return Departed(
        f"{program.name} does not repeat its run: state {index} of another run is not the recorded one"
        f"{detail}; a live debugger can look into such a program"
    )
