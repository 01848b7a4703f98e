"""The state tree: every move of the debugger as a walk over states in time.

The states of a called function are children of the line that called it, and
depth is stack depth, so the tree need not be stored: "the next node on the same
level, else one level up" is the next state in time whose depth is not larger.
The tree can be complete (a recorded run) or grow on demand (a run that a model
is still dreaming); the moves are the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from .action import Action, ActionKind
from .breakpoint import Breakpoint
from .state import Event, State

_UNKNOWN = -1


class StateTree:
    """States in time, with the links that the moves follow.

    Args:
        states: The states known so far, from the entry on.
        grow: Called when a move needs a later state than the last known one. It
            appends at least one state. Not called after the exit.
    """

    def __init__(self, states: Iterable[State] = (), grow: Callable[[], None] | None = None) -> None:
        self.states: list[State] = []
        """All known states in time."""
        self._grow = grow
        self._over: list[int] = []
        self._back: list[int] = []
        self._call: list[int] = []
        self._last: dict[int, int] = {}
        self._open: list[int] = []
        self._waiting: list[int] = []
        for state in states:
            self.append(state)

    def __len__(self) -> int:
        return len(self.states)

    @property
    def complete(self) -> bool:
        """Whether the exit is known."""
        return bool(self.states) and self.states[-1].event is Event.EXIT

    def append(self, state: State) -> None:
        """Adds the next state in time."""
        index = len(self.states)
        at_exit = state.event is Event.EXIT
        self._link_levels(index, -1 if at_exit else state.depth)
        self._link_frames(index, state, -1 if at_exit else state.depth)
        self.states.append(state)

    def _link_levels(self, index: int, depth: int) -> None:
        """Settles who steps over to this state, and where it steps back over to."""
        waiting, states = self._waiting, self.states
        popped = _UNKNOWN
        while waiting and states[waiting[-1]].depth >= depth:
            popped = waiting.pop()
            self._over[popped] = index
        level = max(depth, 0)
        beside = popped >= 0 and states[popped].depth == level
        self._back.append(popped if beside else waiting[-1] if waiting else _UNKNOWN)
        self._over.append(_UNKNOWN)
        if depth >= 0:
            waiting.append(index)

    def _link_frames(self, index: int, state: State, depth: int) -> None:
        """Settles which frame this state belongs to, and which frames it ends."""
        opened = self._open
        del opened[depth + 1 :]
        if state.event is Event.CALL or len(opened) <= depth:
            del opened[max(depth, 0) :]
            opened.append(index)
        call = opened[-1] if opened else index
        self._call.append(call)
        self._last[call] = index

    def refusal(self, position: int, action: Action) -> str | None:
        """Says why an action cannot be done at a position; None where it can."""
        state = self.states[position]
        kind = action.kind
        if kind.backward:
            if position == 0:
                return "this is the entry: nothing came before it; move forward"
            if kind is ActionKind.BACK_TO_CALL and self._target_back_to_call(position) < 0:
                return "this is the entry frame's first state: no frame called it; move forward"
        elif kind.moves and state.event is Event.EXIT:
            return "the program has ended: only backward moves are possible"
        return None

    def target(self, position: int, action: Action, breakpoints: Mapping[int, Breakpoint]) -> int:
        """Returns the index of the state that a legal move leads to.

        Args:
            position: Index of the current state.
            action: A move that `refusal` does not refuse.
            breakpoints: The persistent breakpoints by line.
        """
        kind = action.kind
        if kind is ActionKind.STEP_INTO:
            self._reach(position + 1)
            return position + 1
        if kind is ActionKind.STEP_OVER:
            return self._next_level(position)
        if kind is ActionKind.STEP_RETURN:
            return self._target_step_return(position)
        if kind is ActionKind.RUN_TO:
            assert action.line is not None
            return self._first_after(position, {action.line: Breakpoint(action.line)})
        if kind is ActionKind.CONTINUE:
            return self._first_after(position, breakpoints)
        if kind is ActionKind.BACK_INTO:
            return position - 1
        if kind is ActionKind.BACK_OVER:
            return self._back[position]
        if kind is ActionKind.BACK_TO_CALL:
            return self._target_back_to_call(position)
        if kind is ActionKind.REVERSE_CONTINUE:
            return self._last_before(position, breakpoints)
        return position

    def call_of(self, position: int) -> int:
        """Index of the state that opened the frame which a position belongs to."""
        return self._call[position]

    def callers(self, position: int) -> list[int]:
        """Indexes of the calling lines below a position, innermost first."""
        found = []
        caller = self._caller(self._call[position])
        while caller >= 0:
            found.append(caller)
            caller = self._caller(self._call[caller])
        return found

    def _reach(self, index: int) -> None:
        while index >= len(self.states):
            if self._grow is None or self.complete:
                raise IndexError(f"the tree ends at {len(self.states) - 1} without an exit")
            self._grow()

    def _next_level(self, position: int) -> int:
        while self._over[position] < 0:
            self._reach(len(self.states))
        return self._over[position]

    def _caller(self, call: int) -> int:
        """Index of the calling line of the frame that a state opened; -1 at depth 0."""
        depth = self.states[call].depth
        index = call
        while index >= 0 and self.states[index].depth >= depth:
            index = self._back[index]
        return index

    def _frame_end(self, position: int) -> int:
        """Index of the last state of the frame that a position belongs to."""
        call = self._call[position]
        while call in self._open and not self.complete:
            self._reach(len(self.states))
        return self._last[call]

    def _target_step_return(self, position: int) -> int:
        end = self._frame_end(position)
        if end != position:
            return end
        caller = self._caller(self._call[position])
        return self._frame_end(caller) if caller >= 0 else self._next_level(position)

    def _target_back_to_call(self, position: int) -> int:
        if self.states[position].event is Event.EXIT:
            return 0
        call = self._call[position]
        if call != position:
            return call
        caller = self._caller(call)
        return self._call[caller] if caller >= 0 else _UNKNOWN

    def _first_after(self, position: int, breakpoints: Mapping[int, Breakpoint]) -> int:
        index = position + 1
        while True:
            self._reach(index)
            state = self.states[index]
            point = breakpoints.get(state.line)
            if state.event is Event.EXIT or (point is not None and state.event is Event.LINE):
                return index
            index += 1

    def _last_before(self, position: int, breakpoints: Mapping[int, Breakpoint]) -> int:
        for index in range(position - 1, 0, -1):
            point = breakpoints.get(self.states[index].line)
            if point is not None and self.states[index].event is Event.LINE:
                return index
        return 0
