"""A debugger whose jumps are one prediction each, forward and backward, the paper's way.

What lies inside a jump is never dreamt, so there is no state tree: the debugger stands at the end of a
walk, and the model is asked where the next action leads. An action that the format has no word for is
walked by step into, or, `reverse_continue`, by back into. A format that writes backward trajectories apart
(the paper's) starts a new one where the walk turns round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Breakpoint,
    BreakpointKind,
    Event,
    Exit,
    ExitCode,
    IllegalAction,
    Program,
    State,
    StateTree,
)
from debugworld.sandboxes.debugger.places import Passes
from debugworld.worldmodel.conversation import Completer
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import Codec
from debugworld.worldmodel.formats.recovery import stack
from debugworld.worldmodel.spoken import INTO, SpokenDebugger, entry_state

_BACK = Action(ActionKind.BACK_INTO)
_PLAIN = (BreakpointKind.LINE, BreakpointKind.FUNCTION)


class DirectDebugger(SpokenDebugger):
    """Asks for the end of every move at once.

    Args:
        engine: answers; several debuggers may share one.
        codec: the format that the model speaks, or its name; one that has jumps.
        context: tokens that the model can read and write together.
        max_tokens: tokens of an answer after which a dream ends as ``never``, for ``token_budget``.
        max_states: most predictions of one action; a longer one ends as ``never``, for ``step_budget``.
        measure: returns the number of a prompt's tokens, such as `Vocabulary.count`; None counts bytes.

    Raises:
        ModelError: there is no format of that name, or it has no jumps.
    """

    def __init__(
        self,
        engine: Completer,
        codec: Codec | str,
        *,
        context: int = 8192,
        max_tokens: int = 512,
        max_states: int = 2000,
        measure: Callable[[str], int] | None = None,
    ) -> None:
        super().__init__(
            engine, codec, context=context, max_tokens=max_tokens, max_states=max_states, measure=measure
        )
        if not {ActionKind.STEP_OVER, ActionKind.BACK_INTO} <= self.codec.actions:
            raise ModelError(
                f"the format {self.codec.name} has no jumps to ask for directly; let them be rolled out "
                "(ContextDebugger)"
            )
        self._walk = Trajectory(Program("", "0"), (), ())
        self._state: State | None = None
        self._entry: State | None = None
        self._breakpoints: list[Breakpoint] = []
        if self.codec.exact:
            self.abilities |= {"conditions"}

    @property
    def state(self) -> State:
        """The state where the debugger stands, with all output since the stop before."""
        self.program  # noqa: B018  refuses before the first reset
        assert self._state is not None
        return self._state

    @property
    def breakpoints(self) -> tuple[Breakpoint, ...]:
        """The persistent breakpoints in the order of their setting."""
        return tuple(self._breakpoints)

    @property
    def walk(self) -> Trajectory:
        """What the model is shown of the actions and states so far."""
        return self._walk

    def step(self, action: Action) -> State:
        """Does one action and returns the state it leads to.

        Raises:
            IllegalAction: the action is not legal now; nothing has changed.
            ModelError: the model cannot answer.
        """
        self._confidence = 1.0
        return super().step(action)

    def ground(self, state: State | Sequence[State]) -> State:
        """Goes on from the truth.

        Args:
            state: one state, as the answer to the last action or as the start of a new walk; or a history:
                all states of a run from the entry on, in time, which becomes a walk of step intos.

        Raises:
            IllegalAction: there is no history, or no program yet.
        """
        program = self.program  # refuses before the first reset
        if not isinstance(state, State):
            if not state:
                raise IllegalAction("a true history has at least the entry state; none was given")
            history = tuple(Step(INTO if place else None, each) for place, each in enumerate(state))
            self._conversation.begin()
            self._walk, self._state, self._confidence = Trajectory(program, (), history), state[-1], 1.0
            return self._state
        steps = self._walk.steps
        last = replace(steps[-1], state=state) if steps else Step(None, state)
        self._walk = replace(self._walk, steps=(*steps[:-1], last))
        self._state = state
        return state

    def _change(self, name: str, expression: str, changed: State) -> State:
        """Goes on from a state that an assignment changed; `program` is left as it is."""
        if ActionKind.SET not in self.codec.actions:
            return self.ground(changed)
        action = Action(ActionKind.SET, name=name, text=expression)
        self._walk = replace(self._walk, steps=(*self._walk.steps, Step(action, changed)))
        self._state = changed
        return changed

    def _walk_here(self) -> Trajectory:
        return self._walk

    def _open(self, program: Program) -> None:
        self._conversation.begin()
        self._entry = self._state = entry_state(program)
        self._walk = Trajectory(program, (), (Step(None, self._entry),))
        self._breakpoints, self._confidence = [], 1.0

    def _move_refusal(self, action: Action) -> str | None:
        if action.kind.backward:
            at_entry = self.state.event is Event.CALL and self.state.depth == 0
            return "this is the entry: nothing came before it; move forward" if at_entry else None
        return "the program has ended: only backward moves are possible" if self.done else None

    def _arm(self, breakpoint: Breakpoint) -> None:
        if not self.codec.exact and (breakpoint.kind not in _PLAIN or breakpoint.hits > 1):
            raise IllegalAction(
                f"break {breakpoint}: the format {self.codec.name} has no word for it; it can stop at lines "
                "and functions, at every pass"
            )
        self._breakpoints.append(breakpoint)
        self._note(Action(ActionKind.BREAK, breakpoint=breakpoint))

    def _disarm(self, breakpoint: Breakpoint) -> None:
        self._breakpoints.remove(breakpoint)
        self._note(Action(ActionKind.CLEAR, breakpoint=breakpoint))

    def _note(self, action: Action) -> None:
        """Adds an action that does not move to the walk, where the format has a word for it."""
        if action.kind in self.codec.actions and self._walk.steps:
            step = Step(action, self._walk.steps[-1].state)
            self._walk = replace(self._walk, steps=(*self._walk.steps, step))

    def _move(self, action: Action) -> None:
        if self.codec.exact:
            self._ask(action)
            return
        printed = ""
        for _ in range(action.count):
            self._once(replace(action, count=1) if action.count > 1 else action)
            printed += self.state.stdout
            if self._move_refusal(action) is not None:
                break
        if action.count > 1 and not action.kind.backward:
            self._state = replace(self.state, stdout=printed)

    def _once(self, action: Action) -> None:
        """Does a move in a format that does not say everything."""
        kind, at_exit = action.kind, self.done
        if kind is ActionKind.REVERSE_CONTINUE:
            self._reverse()
        elif at_exit and kind is ActionKind.BACK_TO_CALL:
            self._restart()
        elif at_exit and kind is ActionKind.BACK_OVER:
            self._ask(_BACK)
            while self.state.depth and not self._stuck():
                self._ask(action)
        elif kind is ActionKind.CONTINUE and self._breakpoints:
            self._continue()
        else:
            self._ask(action)

    def _continue(self) -> None:
        """Goes to the next of several breakpoints; one line alone is run to."""
        lines = [point for point in self._breakpoints if point.kind is BreakpointKind.LINE and not point.file]
        if len(self._breakpoints) == len(lines) == 1:
            self._ask(Action(ActionKind.RUN_TO, lines[0].line))
            return
        frames = stack(self._walk.steps)
        below = [
            frames.get(depth, replace(self.state, event=Event.CALL, depth=depth, stdout=""))
            for depth in range(self.state.depth)
        ]
        start = len(below)

        def grow() -> None:
            if len(tree) - start > self.max_states:
                tree.append(State.at_exit(Exit(ExitCode.NEVER, "step_budget")))
            else:
                self._ask(INTO)
                tree.append(self.state)

        tree = StateTree([*(replace(s, event=Event.CALL) for s in below), self.state], grow)
        stops = []
        for point in self._breakpoints:
            places = tree.places(point)
            assert places is not None
            stops.append(Passes(places))
        target = tree.target(start, Action(ActionKind.CONTINUE), stops)
        self._state = tree.shown(start, target)

    def _reverse(self) -> None:
        """Goes back to the latest breakpoint, else to the entry, which is known."""
        if self._breakpoints:
            for _ in range(self.max_states):
                self._ask(_BACK)
                state = self.state
                if self._stuck() or any(_holds(point, state) for point in self._breakpoints):
                    return
        self._restart()

    def _restart(self) -> None:
        assert self._entry is not None
        self._walk = Trajectory(self.program, (), (Step(None, self._entry),))
        self._conversation.begin()
        self._state = self._entry

    def _stuck(self) -> bool:
        """Whether nothing came before the state, or the model had no answer."""
        return self.done or (self.state.event is Event.CALL and self.state.depth == 0)

    def _ask(self, action: Action) -> None:
        """Asks for the state after one action and goes there."""
        walk, asked = self._walk, action
        if not self.codec.exact and walk.backward is not action.kind.backward:
            # a trajectory of the other direction begins here; at the exit, with the state before it
            steps = () if self.done else (Step(None, walk.steps[-1].state),)
            walk = Trajectory(walk.program, walk.visited, steps, action.kind.backward)
            self._conversation.begin()
        question = asked if walk.steps else None
        state, confidence = self._conversation.state(walk, question)
        self._walk = replace(walk, steps=(*walk.steps, Step(question, state)))
        self._state = state
        self._confidence = min(self._confidence, confidence)


def _holds(point: Breakpoint, state: State) -> bool:
    """Whether a breakpoint of a plain kind holds at a state."""
    if point.kind is BreakpointKind.FUNCTION:
        return state.event is Event.CALL and point.names(state.function)
    return state.event is Event.LINE and (state.line, state.file) == (point.line, point.file)
