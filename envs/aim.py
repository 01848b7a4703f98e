"""Aims: goals of ReachState that a caller writes, and where the real debugger finds them in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Breakpoint,
    Event,
    IllegalAction,
    RecordedDebugger,
    State,
)
from debugworld.sandboxes.debugger.places import is_plain

from .errors import TaskError
from .goal import Goal, names_in, shown_at

_ON = Action(ActionKind.CONTINUE)


@dataclass(frozen=True, slots=True)
class Aim:
    """What a caller wants to be reached: a breakpoint that holds, or a condition at any ``line`` stop."""

    point: Breakpoint | None
    """The breakpoint; None for a condition at any line."""
    condition: str = ""
    """The condition, where there is no breakpoint."""

    @staticmethod
    def parse(text: str) -> Aim:
        """Reads a breakpoint (``7 if n > 3``, ``7, n > 3``, ``exception KeyError``) or a condition alone.

        Raises:
            TaskError: the text is neither.
        """
        if not isinstance(text, str) or "\n" in text or not text.strip():
            raise TaskError(f"a goal is a text of one line, such as 'n > 3' or '7 if n > 3'; got {text!r}")
        line, comma, condition = text.partition(",")
        written = f"{line} if {condition}" if comma and line.strip().isdecimal() else text
        try:
            return Aim(Breakpoint.parse(written))
        except IllegalAction as error:
            reason = error
        try:
            return Aim(None, Action(ActionKind.RUN_UNTIL, text=text.strip()).text)
        except IllegalAction as error:
            raise TaskError(f"{text!r} is no goal: {reason}; nor is it a condition: {error}") from None

    @property
    def needs_run(self) -> bool:
        """Whether the program itself must be asked where it holds, and the states do not tell."""
        return self.point is None or not is_plain(self.point)

    def places(self, debugger: RecordedDebugger) -> tuple[int, ...]:
        """Returns the indices of the states of a run where it holds, the entry left out, ascending.

        Args:
            debugger: One of its own, at the run's entry.

        Raises:
            IllegalAction: the program does not repeat its run.
            SandboxError: the box failed.
        """
        move = _ON
        if self.point is None:
            move = Action(ActionKind.RUN_UNTIL, text=self.condition)
        elif not debugger.bind(self.point).bound:
            return ()
        found = []
        while debugger.step(move).event is not Event.EXIT:
            found.append(debugger.position)
        return tuple(found)

    def goal(self, states: Sequence[State], places: Sequence[int]) -> Goal:
        """Returns it as the goal of a run where it holds somewhere.

        Args:
            states: Those of the run.
            places: As `places` returns them; at least one.
        """
        there = [states[place] for place in places]
        asked = str(self)
        line = there[0].line if self.point is not None and self.point.line else 0
        names = names_in(asked)
        shown = frozenset(shown_at(state, names) for state in there)
        return Goal(there[0].event, line, asked=asked, shown=shown, hits=self.point.hits if self.point else 1)

    def __str__(self) -> str:
        if self.point is None:
            return f"any line if {self.condition}"
        return f"line {self.point}" if self.point.line else str(self.point)


def passes(goal: Goal, states: Sequence[State]) -> int:
    """Returns in how many states of a run so far a goal is shown."""
    once = replace(goal, hits=1)
    return sum(once.holds(state) for state in states)
