"""What can be asked of a debugger."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from .errors import IllegalAction


class ActionKind(str, Enum):
    """The moves of the state tree, and the two that only change breakpoints."""

    STEP_INTO = "step_into"
    """The next state in time."""
    STEP_OVER = "step_over"
    """The next state on the same level; at the level's end, one level up; never down."""
    STEP_RETURN = "step_return"
    """The state that ends the current frame; from such a state, the one that ends its caller."""
    RUN_TO = "run_to"
    """The first later ``line`` state at a given line, at any level; else the exit."""
    CONTINUE = "continue"
    """The next ``line`` state at a persistent breakpoint; else the exit."""
    BACK_INTO = "back_into"
    """The previous state in time."""
    BACK_OVER = "back_over"
    """The previous state on the same level, skipping callees; at its start, one level up."""
    BACK_TO_CALL = "back_to_call"
    """The ``call`` state of the current frame; from such a state, that of its caller."""
    REVERSE_CONTINUE = "reverse_continue"
    """The latest earlier state at a persistent breakpoint; else the entry."""
    BREAK = "break"
    """Sets a persistent breakpoint at a line; does not move."""
    CLEAR = "clear"
    """Removes the breakpoint at a line; does not move."""

    def __str__(self) -> str:
        return self.value

    @property
    def takes_line(self) -> bool:
        """Whether the action names a line."""
        return self in _LINE_KINDS

    @property
    def backward(self) -> bool:
        """Whether the action walks backwards in time."""
        return self in _BACKWARD_KINDS

    @property
    def moves(self) -> bool:
        """Whether the action changes the current state."""
        return self not in (ActionKind.BREAK, ActionKind.CLEAR)


_LINE_KINDS = frozenset({ActionKind.RUN_TO, ActionKind.BREAK, ActionKind.CLEAR})
_BACKWARD_KINDS = frozenset(
    {
        ActionKind.BACK_INTO,
        ActionKind.BACK_OVER,
        ActionKind.BACK_TO_CALL,
        ActionKind.REVERSE_CONTINUE,
    }
)
_TEXT = re.compile(r"\s*([a-z_]+)(?:\s+(\d+))?\s*")


@dataclass(frozen=True, slots=True)
class Action:
    """One request to a debugger, such as ``step_over`` or ``run_to 7``."""

    kind: ActionKind
    """What is asked."""
    line: int | None = None
    """The 1-based line, for the kinds that take one."""

    def __post_init__(self) -> None:
        if self.kind.takes_line and (self.line is None or self.line < 1):
            raise IllegalAction(
                f"{self.kind} needs a line number from 1 on, as in '{self.kind} 7'; got {self.line}"
            )
        if not self.kind.takes_line and self.line is not None:
            raise IllegalAction(f"{self.kind} takes no line number; got {self.line}")

    def __str__(self) -> str:
        return self.kind.value if self.line is None else f"{self.kind.value} {self.line}"

    @staticmethod
    def parse(text: str) -> Action:
        """Reads the text form that ``str`` writes.

        Raises:
            IllegalAction: the text is no action; the message lists the kinds.
        """
        match = _TEXT.fullmatch(text)
        if match is None or match[1] not in ActionKind._value2member_map_:
            kinds = ", ".join(k.value + (" LINE" if k.takes_line else "") for k in ActionKind)
            raise IllegalAction(f"{text!r} is no action; the actions are: {kinds}")
        return Action(ActionKind(match[1]), int(match[2]) if match[2] else None)
