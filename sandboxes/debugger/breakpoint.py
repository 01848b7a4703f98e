"""Persistent breakpoints."""

from __future__ import annotations

from dataclasses import dataclass

from .state import Event, State


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """A line at which ``continue`` and ``reverse_continue`` stop."""

    line: int
    """1-based line of the wrapped program; one on which a statement begins."""

    def holds(self, state: State) -> bool:
        """Tells whether the program stands at this breakpoint."""
        return state.event is Event.LINE and state.line == self.line
