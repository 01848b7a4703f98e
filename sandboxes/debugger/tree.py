"""The state tree: every move of the debugger as a walk over states in time.

The states of a called function are children of the line that called it, and
depth is stack depth, so the tree need not be stored: "the next node on the same
level, else one level up" is the next state in time whose depth is not larger.
The tree can be complete (a recorded run) or grow on demand (a run that a model
is still dreaming); the moves are the same code.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from .action import Action, ActionKind
from .breakpoint import Breakpoint
from .places import Passes, Places, is_plain, search
from .state import Event, State
from .states import States

_UNKNOWN = -1
_INTO, _OVER, _RETURN, _BACK_INTO, _BACK_OVER, _BACK_TO_CALL = (
    Action(kind).code
    for kind in (
        ActionKind.STEP_INTO,
        ActionKind.STEP_OVER,
        ActionKind.STEP_RETURN,
        ActionKind.BACK_INTO,
        ActionKind.BACK_OVER,
        ActionKind.BACK_TO_CALL,
    )
)


class StateTree:
    """States in time, with the links that the moves follow.

    Args:
        states: The states known so far, from the entry on.
        grow: Called when a move needs a later state than the last known one. It
            appends at least one state. Not called after the exit.
    """

    def __init__(self, states: Iterable[State] = (), grow: Callable[[], None] | None = None) -> None:
        self.states = States([])
        """All known states in time."""
        self.next: list[int] = []
        """Where step into leads from each state; -1 where that is not known, or not possible."""
        self.over: list[int] = []
        """The same for step over."""
        self.previous: list[int] = []
        """The same for back into."""
        self.back: list[int] = []
        """The same for back over."""
        self.to_call: list[int] = []
        """The same for back to call."""
        self.printed: list[int] = []
        """Indexes of the states with output, ascending."""
        self._grow = grow
        self._quick: dict[int, list[int]] = {}
        self._call: list[int] = []
        self._last: dict[int, int] = {}
        self._base: dict[int, int] = {}
        self._opened: list[int] = []
        self._waiting: list[int] = []
        self._places: dict[Breakpoint | str, Places] = {}
        self._depths: list[int] = []
        """Depth of each state, -1 at the exit."""
        self.complete = False
        """Whether the exit is known."""
        if isinstance(states, States):
            for head in states.heads():
                self._link(*head)
            self.states = States.of(states)
        else:
            for state in states:
                self.append(state)

    def __len__(self) -> int:
        return len(self.states)

    def append(self, state: State) -> None:
        """Adds the next state in time."""
        self._link(state.event, state.depth, bool(state.stdout or state.stderr))
        self.states.append(state)

    def _link(self, event: Event, depth: int, prints: bool) -> None:
        """Settles where the moves from and to the next state lead."""
        index = len(self._depths)
        if index:
            self.next[-1] = index
        self.next.append(_UNKNOWN)
        self.previous.append(index - 1)
        if prints:
            self.printed.append(index)
        self.complete = event is Event.EXIT
        if self.complete:
            depth = _UNKNOWN
        self._link_levels(index, depth)
        self._link_frames(index, event, depth)
        self._depths.append(depth)

    def _link_levels(self, index: int, depth: int) -> None:
        """Settles who steps over to this state, and where it steps back over to."""
        waiting, depths = self._waiting, self._depths
        popped = _UNKNOWN
        while waiting and depths[waiting[-1]] >= depth:
            popped = waiting.pop()
            self.over[popped] = index
        level = max(depth, 0)
        beside = popped >= 0 and depths[popped] == level
        self.back.append(popped if beside else waiting[-1] if waiting else _UNKNOWN)
        self.over.append(_UNKNOWN)
        if depth >= 0:
            waiting.append(index)

    def _link_frames(self, index: int, event: Event, depth: int) -> None:
        """Settles which frame this state belongs to, which frames it ends, and who called it."""
        opened = self._opened
        if depth < 0:
            opened.clear()
            self._call.append(index)
            self.to_call.append(0 if index else _UNKNOWN)
            return
        del opened[depth + 1 :]
        if event is Event.CALL or len(opened) <= depth:
            del opened[depth:]
            self._base[index] = self._last[opened[-1]] if opened else _UNKNOWN
            opened.append(index)
            call = index
            self.to_call.append(opened[-2] if len(opened) > 1 else _UNKNOWN)
        else:
            call = opened[-1]
            self.to_call.append(call)
        self._call.append(call)
        self._last[call] = index

    def refusal(self, position: int, action: Action) -> str | None:
        """Says why an action cannot be done at a position; None where it can."""
        kind = action.kind
        if kind.backward:
            if position == 0:
                return "this is the entry: nothing came before it; move forward"
            if kind is ActionKind.BACK_TO_CALL and self.to_call[position] < 0:
                return "this is the entry frame's first state: no frame called it; move forward"
        elif kind.moves and self.states[position].event is Event.EXIT:
            return "the program has ended: only backward moves are possible"
        return None

    def target(self, position: int, action: Action, stops: Sequence[Passes] = ()) -> int:
        """Returns the index of the state that a legal move leads to.

        A move that is asked for several times ends early where it can go no further.

        Args:
            position: Index of the current state.
            action: A move that `refusal` does not refuse.
            stops: Where ``continue``, ``reverse_continue`` and ``run_until`` are to stop.
        """
        if action.kind is ActionKind.RUN_TO:
            assert action.line is not None
            places = self.places(Breakpoint(action.line, file=action.file))
            assert places is not None
            return self.first_after(position, (Passes(places),))
        position = self._once(position, action.kind, stops)
        for _ in range(action.count - 1):
            if self.refusal(position, action) is not None:
                break
            position = self._once(position, action.kind, stops)
        return position

    def _once(self, position: int, kind: ActionKind, stops: Sequence[Passes]) -> int:
        if kind is ActionKind.STEP_INTO:
            self._reach(position + 1)
            return position + 1
        if kind is ActionKind.STEP_OVER:
            return self._next_level(position)
        if kind is ActionKind.STEP_RETURN:
            return self._returned(position)
        if kind is ActionKind.BACK_INTO:
            return position - 1
        if kind is ActionKind.BACK_OVER:
            return self.back[position]
        if kind is ActionKind.BACK_TO_CALL:
            return self.to_call[position]
        if kind is ActionKind.REVERSE_CONTINUE:
            return max((0, *(stop.before(position) for stop in stops)))
        return self.first_after(position, stops)

    def first_after(self, position: int, stops: Sequence[Passes]) -> int:
        """Returns the first place of several breakpoints later than a position, else the exit."""
        while True:
            found = [place for stop in stops if (place := stop.after(position)) >= 0]
            if found:
                return min(found)
            if self.complete:
                return len(self.states) - 1
            self._reach(len(self.states))

    def places(self, breakpoint: Breakpoint, expected: frozenset[str] = frozenset()) -> Places | None:
        """Returns where a breakpoint holds, hits left out of account; None where that is not known.

        Args:
            breakpoint: A bound breakpoint: a plain one, or one whose places `learn` was told.
            expected: Tests that are meant to fail, as `Program.expected_failures` has them.
        """
        if breakpoint.hits > 1:
            breakpoint = replace(breakpoint, hits=1)
        known = self._places.get(breakpoint)
        if known is None and is_plain(breakpoint):
            known = self._places[breakpoint] = Places(self.states, search(self.states, breakpoint, expected))
        return known

    def condition(self, text: str) -> Places | None:
        """Returns the ``line`` states under which a condition is true; None where they were not learnt."""
        return self._places.get(text)

    def learn(self, what: Breakpoint | str, places: Places) -> Places:
        """Remembers where a breakpoint with one hit holds, or a condition, and returns that."""
        self._places[what] = places
        return places

    def shown(self, before: int, position: int) -> State:
        """Returns a state as it is seen after a move: a forward one shows all output on its way."""
        state = self.states[position]
        if not self.printed or position <= before + 1:
            return state
        first, last = bisect_right(self.printed, before), bisect_right(self.printed, position)
        if first == last or self.printed[first] == position:
            return state
        passed = [self.states[index] for index in self.printed[first:last]]
        stdout, stderr = "".join(s.stdout for s in passed), "".join(s.stderr for s in passed)
        return replace(state, stdout=stdout, stderr=stderr)

    def tables(self) -> dict[int, list[int]]:
        """Targets of the plain moves by `Action.code`; -1 where `target` and `shown` are to be asked.

        The tables of a tree that grows grow with it.
        """
        tables = {
            _INTO: self.next,
            _BACK_INTO: self.previous,
            _BACK_OVER: self.back,
            _BACK_TO_CALL: self.to_call,
        }
        if self.complete:
            if not self._quick:
                self._quick = {_OVER: self._silent(self.over)}
            tables |= self._quick
        return tables

    def return_table(self) -> list[int]:
        """The same for step return, of a complete tree."""
        if _RETURN not in self._quick:
            self._quick[_RETURN] = self._silent(self.returns())
        return self._quick[_RETURN]

    def returns(self) -> list[int]:
        """Where step return leads from each state of a complete tree; -1 at the exit."""
        return [*(self._returned(index) for index in range(len(self.states) - 1)), _UNKNOWN]

    def _silent(self, targets: list[int]) -> list[int]:
        """Takes out of a table the forward moves that pass output on their way."""
        if not self.printed:
            return targets
        following, printing, silent = len(targets), set(self.printed), []
        for index in range(len(targets) - 1, -1, -1):
            target = targets[index]
            silent.append(target if following >= target else _UNKNOWN)
            if index in printing:
                following = index
        return silent[::-1]

    def call_of(self, position: int) -> int:
        """Index of the state that opened the frame which a position belongs to."""
        return self._call[position]

    def end_of(self, position: int) -> int:
        """Index of the last known state of the frame which a position belongs to."""
        return self._last[self._call[position]]

    def caller_of(self, position: int) -> int:
        """Index of the line that called the frame which a position belongs to; -1 where there is none."""
        return self._base.get(self._call[position], _UNKNOWN)

    def callers(self, position: int) -> list[int]:
        """Indexes of the calling lines below a position, innermost first."""
        found = []
        caller = self.caller_of(position)
        while caller >= 0:
            found.append(caller)
            caller = self.caller_of(caller)
        return found

    def calls(self, position: int) -> list[int]:
        """Indexes of the states that open the frames which a position's frame called, in time."""
        call = self._call[position]
        depth, index, found = self.states[call].depth + 1, call + 1, []
        while index < len(self.states):
            state = self.states[index]
            if state.event is Event.EXIT or state.depth < depth and self._call[index] != call:
                break
            if state.depth == depth and self._call[index] == index:
                found.append(index)
            index += 1
        return found

    def _reach(self, index: int) -> None:
        while index >= len(self.states):
            if self._grow is None or self.complete:
                raise IndexError(f"the tree ends at {len(self.states) - 1} without an exit")
            self._grow()

    def _next_level(self, position: int) -> int:
        while self.over[position] < 0:
            self._reach(len(self.states))
        return self.over[position]

    def _frame_end(self, position: int) -> int:
        """Index of the last state of the frame that a position belongs to."""
        call = self._call[position]
        while call in self._opened and not self.complete:
            self._reach(len(self.states))
        return self._last[call]

    def _returned(self, position: int) -> int:
        end = self._frame_end(position)
        if end != position:
            return end
        caller = self.caller_of(position)
        return self._frame_end(caller) if caller >= 0 else self._next_level(position)
