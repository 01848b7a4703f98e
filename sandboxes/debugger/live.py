"""The live debugger: a program that stands still in a box, and goes on when it is told to.

It serves programs too long to record. Going back is running again: a deterministic program comes to the same
states, so the way there is counted and a new run is stopped at the right place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .action import Action, ActionKind
from .breakpoint import Breakpoint
from .debugger import Debugger
from .errors import IllegalAction
from .look import Call, Evaluation, Frame
from .program import Edit, Program
from .session import Session
from .state import Event, Exit, ExitCode, State

_INTO = Action(ActionKind.STEP_INTO)
_RETURN = Action(ActionKind.STEP_RETURN)
_FAST = frozenset({ActionKind.CONTINUE, ActionKind.RUN_TO})
_BACKWARD = {ActionKind.BACK_INTO: "into", ActionKind.BACK_OVER: "over", ActionKind.BACK_TO_CALL: "call"}
Step = tuple[Action, dict[Breakpoint, int]]
"""A move that was done without counting, with the passes counted before it."""


class LiveDebugger(Debugger):
    """Moves a running program.

    Args:
        session: Starts a program and lets it stand at its entry; usually the ``session`` method of a sandbox.
    """

    abilities = frozenset({"evaluate", "set", "frames", "fork", "conditions", "instructions"})

    def __init__(self, session: Callable[[Program], Session]) -> None:
        super().__init__()
        self._start = session
        self._session: Session | None = None
        self._points: dict[Breakpoint, int] = {}
        """Breakpoints, each with the place in time where it was set; -1 where that does not matter."""
        self._passes: dict[Breakpoint, int] = {}
        self._passes_known = True
        self._base = 0
        """The last place in time that was counted."""
        self._uncounted: list[Step | Edit] = []
        """What was done since then."""

    @property
    def state(self) -> State:
        """The state where the program stands, with what was printed since the stop before."""
        return self._here.state

    @property
    def position(self) -> int:
        """Place of the state in time, 0 for the entry.

        Where the program ran past states without counting them, it is run once more to count.

        Raises:
            IllegalAction: the program does not do the same again, or its process died.
        """
        session = self._here
        if session.index is None:
            self._count()
            session = self._here
        assert session.index is not None
        return session.index

    @property
    def program(self) -> Program:
        """The program given to the last `reset`, with the assignments made since.

        Raises:
            IllegalAction: there was none.
        """
        if any(isinstance(step, Edit) for step in self._uncounted):
            self._count()
        return super().program

    @property
    def breakpoints(self) -> tuple[Breakpoint, ...]:
        """The persistent breakpoints in the order of their setting."""
        return tuple(self._points)

    @property
    def _here(self) -> Session:
        if self._session is None:
            raise IllegalAction("the debugger has no program yet; call reset(program) first")
        return self._session

    def evaluate(self, expression: str, frame: int | None = None) -> Evaluation:
        """Evaluates an expression in a frame; see `Debugger.evaluate`."""
        Action(ActionKind.EVALUATE, text=expression)
        return self._here.evaluate(expression, self._frame(frame))

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Assigns a variable of a frame; see `Debugger.assign`."""
        Action(ActionKind.SET, name=name, text=expression)
        number, session = self._frame(frame), self._here
        state = session.assign(name, expression, number)
        if session.index is None:
            self._uncounted.append(Edit(-1, number, name, expression))
        elif self._add_edit(Edit(session.index, number, name, expression)):
            self._jump(session.index)  # the run that went on from here knows of assignments that are no more
        return state

    def frames(self) -> tuple[Frame, ...]:
        """Returns the frames of the stack, innermost first; empty at the exit."""
        return self._here.frames()

    def call(self) -> Call:
        """Returns the current frame's activation as a whole, by running it in a second run of the program."""
        if self.done:
            raise IllegalAction("the program has ended: there is no frame to look into; move back first")
        index = self.position
        if self.state.event is not Event.CALL:
            found = self._here.back("call", 1)
            assert found is not None
            index = found
        session = self._start(self.program)
        try:
            return _walk(session, session.goto(index))
        finally:
            session.close()

    def fork(self) -> LiveDebugger:
        """Returns a second debugger at the same stop; a fork of the process, or a new run up to here."""
        twin = LiveDebugger(self._start)
        twin._adopt(self)
        return twin

    def restore(self, stop: Debugger) -> State:
        """Goes back to a stop that was kept by `fork`; see `Debugger.restore`."""
        if not isinstance(stop, LiveDebugger):
            raise IllegalAction(f"a live debugger cannot be restored to the stop of a {type(stop).__name__}")
        if stop is not self:
            old = self._session
            self._adopt(stop)
            if old is not None:
                old.close()
        return self.state

    def close(self) -> None:
        """Ends the program; may be called twice."""
        if self._session is not None:
            self._session.close()

    def _adopt(self, other: LiveDebugger) -> None:
        try:
            session = other._here.fork()
        except IllegalAction:
            position = other.position
            session = other._start(other.program)
            session.goto(position)
        self._session, self._program = session, other._program
        self._points, self._passes = dict(other._points), dict(other._passes)
        self._passes_known, self._base = other._passes_known, other._base
        self._uncounted = list(other._uncounted)
        self._selected, self._reply = 0, ""

    def _open(self, program: Program) -> None:
        session = self._start(program)
        if self._session is not None:
            self._session.close()
        self._session = session
        self._points, self._passes, self._passes_known = {}, {}, True
        self._base, self._uncounted = 0, []

    def _arm(self, breakpoint: Breakpoint) -> None:
        self._points[breakpoint] = self.position if breakpoint.hits > 1 else -1
        self._passes[breakpoint] = 0

    def _disarm(self, breakpoint: Breakpoint) -> None:
        del self._points[breakpoint], self._passes[breakpoint]

    def _move_refusal(self, action: Action) -> str | None:
        state, index = self.state, self._here.index
        if not action.kind.backward:
            ended = state.event is Event.EXIT
            return "the program has ended: only backward moves are possible" if ended else None
        if index == 0 and not self._between:
            return "this is the entry: nothing came before it; move forward"
        if action.kind is ActionKind.BACK_TO_CALL and state.event is Event.CALL and state.depth == 0:
            return "this is the entry frame's first state: no frame called it; move forward"
        return None

    def _move(self, action: Action) -> None:
        if action.kind.backward:
            self._jump(self._target(action))
        else:
            self._forward(action)

    def _forward(self, action: Action) -> None:
        passes: dict[Breakpoint, int] = {}
        if action.kind is ActionKind.CONTINUE:
            if not self._passes_known and any(point.hits > 1 for point in self._points):
                self._recount()
            passes = dict(self._passes)
        session = self._here
        session.move(action, passes, counted=action.kind not in _FAST)
        if action.kind is ActionKind.CONTINUE:
            self._passes = {point: session.passes(point) for point in self._points}
            self._passes_known = True
        else:
            self._passes_known = False
        if session.index is None:
            self._uncounted.append((action, passes))
        else:
            self._base, self._uncounted = session.index, []

    def _target(self, action: Action) -> int:
        """Place in time that a backward move leads to.

        Raises:
            IllegalAction: it cannot be told.
        """
        kind, done = action.kind, self.done
        if kind is ActionKind.REVERSE_CONTINUE:
            place = None if done else self.position
            for _ in range(action.count):
                place = self._last_before(place)
                if place == 0:
                    break
            assert place is not None
            return place
        verb = _BACKWARD[kind]
        if not done:
            target = self._here.back(verb, action.count) if self.position or self._between else None
        else:
            target = self._ended("back_from_the_end", verb, action.count)
            if target is None:
                target = self._ended("back_from_death", verb, action.count)
        if target is None:
            raise IllegalAction(f"{action}: there are not so many frames below this one")
        return target

    @property
    def _between(self) -> bool:
        return self.state.event is Event.INSTRUCTION

    def _ended(self, way: str, verb: str, count: int) -> int | None:
        session = self._start(self.program)
        try:
            found: int | None = getattr(session, way)(verb, count)
            return found
        finally:
            session.close()

    def _last_before(self, place: int | None) -> int:
        """The latest place before another, or before the end, at which a breakpoint holds; else 0."""
        if not self._points or place == 0:
            return 0
        until = None if place is None else place - 1
        found = self._surveyed(until)
        best = 0
        for point, places in zip(self._points, found, strict=True):
            if point.hits > 1:
                places = tuple(p for p in places if p > self._points[point])[point.hits - 1 :]
            if places:
                best = max(best, places[-1])
        return best

    def _surveyed(self, until: int | None) -> tuple[tuple[int, ...], ...]:
        session = self._start(self.program)
        try:
            return session.survey(tuple(self._points), until)
        finally:
            session.close()

    def _recount(self) -> None:
        """Counts anew the passes at every breakpoint up to here; those before its setting are owed."""
        place = self.position
        until = max(place, *self._points.values())
        for point, places in zip(self._points, self._surveyed(until), strict=True):
            first = self._points[point]
            passed = sum(first < p <= place for p in places)
            self._passes[point] = passed - sum(place < p <= first for p in places)
        self._passes_known = True

    def _jump(self, index: int) -> None:
        """Stands at a place in time, in a new run."""
        session = self._start(self.program)
        if index:
            session.goto(index)
        if session.index != index:
            session.close()
            raise IllegalAction(_DIFFERS)
        self._here.close()
        self._session = session
        self._base, self._uncounted, self._passes_known = index, [], False

    def _count(self) -> None:
        """Does again, counting, what was done without; the places of assignments become known."""
        state, known = self.state, self._base
        session = self._start(super().program)
        if known:
            session.goto(known)
        edits = []
        for step in self._uncounted:
            if isinstance(step, Edit):
                assert session.index is not None
                session.assign(step.name, step.expression, step.frame)
                edits.append(replace(step, index=session.index))
            else:
                session.move(step[0], step[1], counted=True)
        if session.index is None or session.state.compare(state):
            session.close()
            raise IllegalAction(_DIFFERS)
        self._here.close()
        self._session = session
        self._base, self._uncounted = session.index, []
        for edit in edits:
            self._add_edit(edit)

    def _add_edit(self, edit: Edit) -> bool:
        """Adds an assignment to the program; those that were made later in time belong to another future.

        Returns:
            Whether there were such.
        """
        old = self.program.edits
        kept = tuple(other for other in old if other.index <= edit.index)
        self._program = replace(self.program, edits=(*kept, edit))
        return len(kept) < len(old)


_DIFFERS = (
    "the program did not do the same when it was run again, so there is no way back: it depends on time, "
    "threads, or chance of its own"
)


def _walk(session: Session, entry: State) -> Call:
    """Runs an activation from its ``call`` state to its end."""
    depth, calls = entry.depth, []
    value, raised = None, False
    state = session.move(_INTO, {})
    while state.event is not Event.EXIT and state.depth >= depth:
        if state.depth > depth:
            inner = state
            end = session.move(_RETURN, {})
            ended = end.event in (Event.RETURN, Event.EXCEPTION)
            calls.append(
                Call(
                    inner.function,
                    inner.line,
                    inner.locals,
                    end.value if ended else None,
                    end.event is Event.EXCEPTION,
                    (),
                    inner.file,
                )
            )
            state = end
            if not ended:
                break
        elif state.event is Event.CALL:
            break
        elif state.event is Event.RETURN:
            value, raised = state.value, False
            break
        value, raised = (
            (state.value, True) if state.event is Event.EXCEPTION and state.depth == depth else (None, False)
        )
        state = session.move(_INTO, {})
    if state.event is Event.EXIT and state.exit == Exit(ExitCode.NEVER, "timeout"):
        value, raised = None, False
    return Call(entry.function, entry.line, entry.locals, value, raised, tuple(calls), entry.file)
