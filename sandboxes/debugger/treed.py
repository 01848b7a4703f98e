"""A debugger whose states lie in a tree: recorded whole, or grown while it is walked."""

from __future__ import annotations

from abc import abstractmethod

from .action import Action
from .breakpoint import Breakpoint
from .debugger import Debugger
from .program import Program
from .state import State
from .tree import StateTree


class TreeDebugger(Debugger):
    """A position in a state tree; every move is a walk over it."""

    def __init__(self) -> None:
        super().__init__()
        self._tree = StateTree()
        self._position = 0
        self._breakpoints: dict[Breakpoint, int] = {}

    @abstractmethod
    def _start(self, program: Program) -> StateTree:
        """Returns a tree that holds at least the entry state of a checked program."""

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
    def breakpoints(self) -> tuple[Breakpoint, ...]:
        """The persistent breakpoints in the order of their setting."""
        return tuple(self._breakpoints)

    def _open(self, program: Program) -> None:
        self._tree, self._position, self._breakpoints = self._start(program), 0, {}

    def _move_refusal(self, action: Action) -> str | None:
        return self._tree.refusal(self._position, action)

    def _move(self, action: Action) -> None:
        by_line = {point.line: point for point in self._breakpoints}
        self._position = self._tree.target(self._position, action, by_line)

    def _arm(self, breakpoint: Breakpoint) -> None:
        self._breakpoints[breakpoint] = self._position

    def _disarm(self, breakpoint: Breakpoint) -> None:
        del self._breakpoints[breakpoint]
