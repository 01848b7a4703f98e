"""What a call is to reach, and how far a run is from it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from debugworld.sandboxes.debugger import Event, Program, State
from debugworld.worldmodel.inverse import End, is_end

from .closeness import gaps, literal, of_texts, squashed
from .guards import Guard, away


@dataclass(frozen=True, slots=True)
class Target:
    """What a call is to reach: a line, or an end."""

    line: int = 0
    """1-based line of the program that is to run; 0 where an end is asked for."""
    end: End | None = None
    """How the call is to end; None where a line is asked for."""

    def __post_init__(self) -> None:
        if bool(self.line) is (self.end is not None):
            raise ValueError("a target is either a line or an end")

    def __str__(self) -> str:
        return f"line {self.line}" if self.end is None else str(self.end)

    @property
    def wanted(self) -> str:
        """The text of the value that is looked for; empty where none is."""
        return "" if self.end is None or self.end.raised else self.end.text

    def place(self, states: Sequence[State]) -> int:
        """Returns the index of the first state of a run that shows the target reached; -1 where none does."""
        for place, state in enumerate(states):
            if self.end is None:
                if state.event is Event.LINE and state.line == self.line:
                    return place
            elif _ends(state, self.end):
                return place
        return -1

    def away(self, program: Program, states: Sequence[State]) -> float:
        """Returns how far a run is from the target: 0 where it gets there, and less the nearer it comes.

        For a line it is the distance of `guards.away`. For an end it is how far the values are apart, and for
        one that the text says somewhere, as in ``return False``, the distance from that line as well.
        """
        if self.place(states) >= 0:
            return 0.0
        if self.end is None:
            return away(program, self.line, states) + 1e-6
        lines = [away(program, line, states, last) for line, last in _saying(program, self.end)]
        return _off(states, self.end) + (squashed(min(lines)) if lines else 0.0)

    def gaps(self, states: Sequence[State]) -> list[float]:
        """Returns by how much the numbers in what a run returned are off; nothing where that is not asked."""
        last = _last(states)
        if not self.wanted or last is None:
            return []
        return gaps(literal(last.value or ""), literal(self.wanted))


def _ends(state: State, end: End) -> bool:
    event = Event.EXCEPTION if end.raised else Event.RETURN
    return not state.depth and state.event is event and is_end(state.value or "", end)


def _last(states: Sequence[State]) -> State | None:
    """Returns how the entry's call ended; None where a run does not tell."""
    ends = (Event.RETURN, Event.EXCEPTION)
    return next((state for state in reversed(states) if not state.depth and state.event in ends), None)


def _off(states: Sequence[State], end: End) -> float:
    """How far the end of a run is from another one, in (0, 2]."""
    state = _last(states)
    if state is None:
        return 2.0
    if end.raised is not (state.event is Event.EXCEPTION):
        return 1.5
    text = state.value or ""
    if end.raised:
        return 0.5 if text.partition(":")[0] == end.text.partition(":")[0] else 1.0
    return max(of_texts(text, end.text), 1e-6)


@lru_cache(maxsize=256)
def _saying(program: Program, end: End) -> tuple[tuple[int, Guard | None], ...]:
    """Returns the lines that say an end, each with the condition that must hold there."""
    return tuple(_said(program, end))


def _said(program: Program, end: End) -> Iterator[tuple[int, Guard | None]]:
    wanted = literal(end.text)
    for node in ast.walk(program.module):
        if end.raised and isinstance(node, ast.Raise) and node.exc is not None:
            kind = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if ast.unparse(kind).rpartition(".")[2] == end.text.partition(":")[0]:
                yield node.lineno, None
        elif not end.raised and isinstance(node, ast.Return) and node.value is not None:
            value = node.value
            if ast.unparse(value) == end.text:
                yield node.lineno, None
            elif isinstance(wanted, bool) and isinstance(value, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
                yield node.lineno, Guard(node.lineno, node.lineno, value, wanted)
