"""The protocol that every debugger speaks, real or dreamt.

A debugger holds a program, a tree of the states known so far and a position in
it. What differs between debuggers is where the states come from; the moves, the
breakpoints and what is legal are the same and stand here once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from .action import Action, ActionKind
from .breakpoint import Breakpoint
from .errors import IllegalAction, ProgramError
from .program import Program
from .state import Event, State
from .tree import StateTree


class Debugger(ABC):
    """A position in a program's state tree, moved by actions.

    Use `reset` first; `close` (or a ``with`` block) frees what it holds.
    """

    def __init__(self) -> None:
        self._program: Program | None = None
        self._tree = StateTree()
        self._position = 0
        self._breakpoints: dict[int, Breakpoint] = {}

    @abstractmethod
    def _start(self, program: Program) -> StateTree:
        """Returns a tree that holds at least the entry state of a checked program."""

    @property
    def program(self) -> Program:
        """The program given to the last `reset`.

        Raises:
            IllegalAction: there was none.
        """
        if self._program is None:
            raise IllegalAction("the debugger has no program yet; call reset(program) first")
        return self._program

    @property
    def state(self) -> State:
        """The state at the current position."""
        self.program  # noqa: B018  refuses before the first reset
        return self._tree.states[self._position]

    @property
    def tree(self) -> StateTree:
        """The states known so far."""
        return self._tree

    @property
    def position(self) -> int:
        """Index of the current state in the tree."""
        return self._position

    @property
    def done(self) -> bool:
        """Whether the program has ended; backward moves stay possible."""
        return self.state.event is Event.EXIT

    @property
    def breakpoints(self) -> tuple[int, ...]:
        """Lines with a persistent breakpoint, ascending."""
        return tuple(sorted(self._breakpoints))

    def reset(self, program: Program) -> State:
        """Starts a program and stands at its entry state, without breakpoints.

        Raises:
            ProgramError: the program cannot be debugged as given.
        """
        tree = self._start(program.check())
        self._program, self._tree, self._position = program, tree, 0
        self._breakpoints = {}
        return self.state

    def refusal(self, action: Action) -> str | None:
        """Says why an action is not legal now; None where it is."""
        program = self.program
        if action.kind is ActionKind.CLEAR and action.line not in self._breakpoints:
            lines = ", ".join(map(str, self.breakpoints)) or "none"
            return f"there is no breakpoint on line {action.line}; breakpoints: {lines}"
        if action.line is not None and action.kind is not ActionKind.CLEAR:
            try:
                program.require_breakable(action.line)
            except ProgramError as error:
                return str(error)
        return self._tree.refusal(self._position, action)

    def step(self, action: Action) -> State:
        """Does one action and returns the state it leads to.

        Raises:
            IllegalAction: the action is not legal now; nothing has changed.
        """
        refusal = self.refusal(action)
        if refusal is not None:
            raise IllegalAction(f"{action}: {refusal}")
        if action.kind is ActionKind.BREAK:
            assert action.line is not None
            self._breakpoints[action.line] = Breakpoint(action.line)
        elif action.kind is ActionKind.CLEAR:
            assert action.line is not None
            del self._breakpoints[action.line]
        else:
            self._position = self._tree.target(self._position, action, self._breakpoints)
        return self.state

    def close(self) -> None:  # noqa: B027  most debuggers hold nothing
        """Frees what the debugger holds; may be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
