"""A debugger whose states lie in a tree: recorded whole, or grown while it is walked."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from .action import Action, ActionKind
from .breakpoint import Breakpoint, BreakpointKind
from .debugger import Debugger
from .errors import IllegalAction
from .look import Call
from .places import Passes, Places
from .program import Program
from .state import Event, State
from .tree import StateTree

_CONTINUE, _REVERSE, _RETURN = (
    Action(kind).code for kind in (ActionKind.CONTINUE, ActionKind.REVERSE_CONTINUE, ActionKind.STEP_RETURN)
)


class _Memo(dict[int, int]):
    """Targets by position as far as they were asked for; -1 for the others."""

    def __missing__(self, position: int) -> int:
        return -1


class _Tables(dict[int, Any]):
    """Tables of targets by `Action.code`, made when they are first looked into.

    Args:
        tree: The tree that they belong to; None knows no target.
    """

    def __init__(self, tree: StateTree | None = None) -> None:
        super().__init__(tree.tables() if tree else ())
        self._tree = tree

    def __missing__(self, code: int) -> Sequence[int] | _Memo:
        tree = self._tree
        if code == _RETURN and tree is not None and tree.complete:
            self[code] = tree.return_table()
        else:
            self[code] = _Memo()
        return self[code]


class TreeDebugger(Debugger):
    """A position in a state tree; every move is a walk over it.

    A move that was done before from the same place is a look-up in a table.
    """

    def __init__(self) -> None:
        super().__init__()
        self._tree = StateTree()
        self._tables = _Tables()
        self._position = 0
        self._state: State | None = None
        self._breakpoints: dict[Breakpoint, Passes] = {}

    @abstractmethod
    def _start(self, program: Program) -> StateTree:
        """Returns a tree that holds at least the entry state of a checked program."""

    @property
    def state(self) -> State:
        """The state at the current position."""
        state = self._state
        if state is None:
            self.program  # noqa: B018  refuses before the first reset
            raise AssertionError("a debugger with a program stands at a state")
        return state

    @property
    def tree(self) -> StateTree:
        """The states known so far, each with its own output only."""
        return self._tree

    @property
    def position(self) -> int:
        """Index of the current state in the tree."""
        return self._position

    @property
    def breakpoints(self) -> tuple[Breakpoint, ...]:
        """The persistent breakpoints in the order of their setting."""
        return tuple(self._breakpoints)

    def refusal(self, action: Action) -> str | None:
        """Says why an action is not legal now; None where it is.

        Raises:
            IllegalAction: there is no program yet.
        """
        return None if self._tables[action.code][self._position] >= 0 else super().refusal(action)

    def step(self, action: Action) -> State:
        """Does one action and returns the state it leads to.

        Raises:
            IllegalAction: the action is not legal now; nothing has changed.
        """
        target = self._tables[action.code][self._position]
        if target < 0:
            return super().step(action)
        self._position = target
        self._selected = 0
        self._reply = ""
        self._state = state = self._tree.states[target]
        return state

    def call(self) -> Call:
        """Returns the current frame's activation as a whole, as far as the tree is known.

        Raises:
            IllegalAction: the program has ended.
        """
        if self.done:
            raise IllegalAction("the program has ended: there is no call to look at; move back first")
        calls = tuple(self._call(index) for index in self._tree.calls(self._position))
        return self._call(self._position, calls)

    def _call(self, position: int, calls: tuple[Call, ...] = ()) -> Call:
        tree = self._tree
        first, last = tree.states[tree.call_of(position)], tree.states[tree.end_of(position)]
        raised = last.event is Event.EXCEPTION
        value = last.value if raised or last.event is Event.RETURN else None
        return Call(first.function, first.line, first.locals, value, raised, calls, first.file)

    def _open(self, program: Program) -> None:
        tree = self._start(program)
        self._breakpoints = {}
        self._stand(tree, 0)

    def _stand(self, tree: StateTree, position: int) -> None:
        """Goes to a place of a tree; in another one than before, the breakpoints are looked for anew."""
        if tree is not self._tree:
            self._tree, self._tables = tree, _Tables(tree)
            for point, passes in self._breakpoints.items():
                self._breakpoints[point] = Passes(self._places(point), point.hits, passes.since)
        self._position, self._state = position, tree.states[position]

    def _move_refusal(self, action: Action) -> str | None:
        return self._tree.refusal(self._position, action)

    def _move(self, action: Action) -> None:
        before, code = self._position, action.code
        target = self._tree.target(before, action, self._stops(action))
        self._position, self._state = target, self._tree.shown(before, target)
        if code >= 0 and self._state is self._tree.states[target]:
            table = self._tables[code]
            if isinstance(table, _Memo):
                table[before] = target

    def _stops(self, action: Action) -> Sequence[Passes]:
        """Where a move is to stop, as far as that is not told by the action's kind."""
        if action.kind in (ActionKind.CONTINUE, ActionKind.REVERSE_CONTINUE):
            return tuple(self._breakpoints.values())
        return ()

    def _arm(self, breakpoint: Breakpoint) -> None:
        passes = Passes(self._places(breakpoint), breakpoint.hits, self._position)
        self._breakpoints[breakpoint] = passes
        self._forget()

    def _disarm(self, breakpoint: Breakpoint) -> None:
        del self._breakpoints[breakpoint]
        self._forget()

    def _forget(self) -> None:
        """Forgets where ``continue`` and ``reverse_continue`` led with other breakpoints."""
        self._tables.pop(_CONTINUE, None)
        self._tables.pop(_REVERSE, None)

    def _places(self, breakpoint: Breakpoint) -> Places:
        """Returns where a bound breakpoint holds, hits left out of account."""
        places = self._tree.places(breakpoint, self._expected(breakpoint))
        assert places is not None, "a breakpoint that the states do not tell needs an ability"
        return places

    def _expected(self, breakpoint: Breakpoint) -> frozenset[str]:
        """The tests that are meant to fail, where that matters."""
        at_failure = breakpoint.kind is BreakpointKind.FAILURE
        return self.program.expected_failures if at_failure else frozenset()

    def _copy_to(self, other: TreeDebugger) -> None:
        """Makes another debugger over the same tree stand where this one does."""
        other._program, other._selected, other._reply = self._program, 0, ""
        other._tree, other._tables = self._tree, _Tables(self._tree)
        other._position, other._state = self._position, self._state
        other._breakpoints = dict(self._breakpoints)
