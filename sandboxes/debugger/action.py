"""What can be asked of a debugger."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from .breakpoint import Breakpoint, BreakpointKind, require_expression
from .errors import IllegalAction


class ActionKind(str, Enum):
    """The moves of the state tree, and what can be asked without moving."""

    STEP_INTO = "step_into"
    """The next state in time."""
    STEP_OVER = "step_over"
    """The next state on the same level; at the level's end, one level up; never down."""
    STEP_RETURN = "step_return"
    """The state that ends the current frame; from such a state, the one that ends its caller."""
    RUN_TO = "run_to"
    """The first later ``line`` state at a given line, at any level; else the exit."""
    CONTINUE = "continue"
    """The next state at a persistent breakpoint; else the exit."""
    BACK_INTO = "back_into"
    """The previous state in time."""
    BACK_OVER = "back_over"
    """The previous state on the same level, skipping callees; at its start, one level up."""
    BACK_TO_CALL = "back_to_call"
    """The ``call`` state of the current frame; from such a state, that of its caller."""
    REVERSE_CONTINUE = "reverse_continue"
    """The latest earlier state at a persistent breakpoint; else the entry."""
    BREAK = "break"
    """Sets a persistent breakpoint; does not move."""
    CLEAR = "clear"
    """Removes a breakpoint; does not move."""
    RUN_UNTIL = "run_until"
    """The first later ``line`` state in whose frame a condition is true; else the exit."""
    STEP_INSTRUCTION = "step_instruction"
    """The next bytecode instruction of a frame that makes stops, as in Execution Tuning. Instructions
    differ between versions of CPython, lie between the states of the tree, and are for live debuggers."""
    EVALUATE = "evaluate"
    """Evaluates an expression in the selected frame; does not move and leaves no trace on the program."""
    SET = "set"
    """Assigns a variable of the selected frame; does not move, but the future is a new run."""
    UP = "up"
    """Selects the frame that called the selected one; does not move."""
    DOWN = "down"
    """Selects the frame that the selected one called; does not move."""

    __hash__ = str.__hash__

    def __str__(self) -> str:
        return self.value

    @property
    def takes_line(self) -> bool:
        """Whether the action names a line."""
        return self in _LINE_KINDS

    @property
    def takes_count(self) -> bool:
        """Whether the action can be asked for several times at once, as in ``step_into 5``."""
        return self in _COUNT_KINDS

    @property
    def backward(self) -> bool:
        """Whether the action walks backwards in time."""
        return self in _BACKWARD_KINDS

    @property
    def moves(self) -> bool:
        """Whether the action changes the current state."""
        return self not in _STILL_KINDS


BASIC_KINDS = tuple(ActionKind)[:11]
"""The moves of the state tree, and breakpoints: what every debugger can do."""
_LINE_KINDS = frozenset({ActionKind.RUN_TO, ActionKind.BREAK, ActionKind.CLEAR})
_BREAK_KINDS = frozenset({ActionKind.BREAK, ActionKind.CLEAR})
_TEXT_KINDS = frozenset({ActionKind.RUN_UNTIL, ActionKind.EVALUATE, ActionKind.SET})
_BACKWARD_KINDS = frozenset(
    {
        ActionKind.BACK_INTO,
        ActionKind.BACK_OVER,
        ActionKind.BACK_TO_CALL,
        ActionKind.REVERSE_CONTINUE,
    }
)
_STILL_KINDS = frozenset(
    {ActionKind.BREAK, ActionKind.CLEAR, ActionKind.EVALUATE, ActionKind.SET, ActionKind.UP, ActionKind.DOWN}
)
_COUNT_KINDS = frozenset(ActionKind) - _LINE_KINDS - _TEXT_KINDS
_CODES = {kind: code for code, kind in enumerate(BASIC_KINDS) if kind.moves and not kind.takes_line}
ASK = -1
"""Code of the actions that no table knows."""
FIRST_LINE = 32
"""What is added to the line of a ``run_to`` to make its code."""
_ALIASES = {"eval": "evaluate", "p": "evaluate", "assign": "set", "jump": "run_to"}
_USAGE = {
    ActionKind.RUN_TO: " LINE",
    ActionKind.BREAK: " LINE|function NAME|exception TYPE|change NAME [hits N] [if CONDITION]",
    ActionKind.CLEAR: " LINE|...",
    ActionKind.RUN_UNTIL: " CONDITION",
    ActionKind.EVALUATE: " EXPRESSION",
    ActionKind.SET: " NAME = EXPRESSION",
}
_PLACE = re.compile(r"(?:([^\s:]+):)?(\d{1,9})")
_ASSIGNMENT = re.compile(r"([^\W\d]\w*)\s*=(?!=)\s*(.*\S)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Action:
    """One request to a debugger, such as ``step_over`` or ``break 7 if n > 3``."""

    kind: ActionKind
    """What is asked."""
    line: int | None = None
    """The 1-based line: of ``run_to``, and of a ``break`` or ``clear`` at a line."""
    count: int = 1
    """How many times a step is done, or how many frames are climbed; steps end early at the exit."""
    text: str = ""
    """The condition of ``run_until``, the expression of ``evaluate``, the new value of ``set``."""
    name: str = ""
    """The variable of ``set``."""
    breakpoint: Breakpoint | None = None
    """What ``break`` sets and ``clear`` removes; made from ``line`` where that alone is given."""
    file: str = ""
    """The file of ``line``; empty for the program's own source."""
    code: int = field(default=ASK, init=False, repr=False, compare=False)
    """Number of the table that knows where the move leads: of a plain move its place in `ActionKind`,
    of ``run_to`` in the program's own source `FIRST_LINE` and the line; for all else `ASK`."""

    def __post_init__(self) -> None:
        kind = self.kind
        if kind in _CODES and self.count == 1:
            object.__setattr__(self, "code", _CODES[kind])
        elif kind is ActionKind.RUN_TO and self.line is not None and not self.file:
            object.__setattr__(self, "code", FIRST_LINE + self.line)
        if kind in _BREAK_KINDS and self.breakpoint is not None:
            at_line = self.breakpoint.kind is BreakpointKind.LINE
            object.__setattr__(self, "line", self.breakpoint.line if at_line else None)
            object.__setattr__(self, "file", self.breakpoint.file)
        elif kind.takes_line and (self.line is None or self.line < 1):
            raise IllegalAction(f"{kind} needs a line number from 1 on, as in '{kind} 7'; got {self.line}")
        elif kind in _BREAK_KINDS:
            assert self.line is not None
            object.__setattr__(self, "breakpoint", Breakpoint(self.line, file=self.file))
        if kind not in _BREAK_KINDS and self.breakpoint is not None:
            raise IllegalAction(f"{kind} takes no breakpoint")
        if not kind.takes_line and (self.line is not None or self.file):
            raise IllegalAction(f"{kind} takes no line number; got {self.line}")
        if self.count < 1 or (self.count > 1 and not kind.takes_count):
            wanted = "is done at least once" if kind.takes_count else "takes no count"
            raise IllegalAction(f"{kind} {wanted}; got {self.count}")
        if bool(self.text) is not (kind in _TEXT_KINDS) or bool(self.name) is not (kind is ActionKind.SET):
            raise IllegalAction(f"{kind} is written '{kind}{_USAGE.get(kind, '')}'")
        if self.text:
            require_expression(self.text, "condition" if kind is ActionKind.RUN_UNTIL else "expression")

    def __str__(self) -> str:
        kind = self.kind.value
        if self.breakpoint is not None:
            return f"{kind} {self.breakpoint}"
        if self.line is not None:
            return f"{kind} {self.file}:{self.line}" if self.file else f"{kind} {self.line}"
        if self.name:
            return f"{kind} {self.name} = {self.text}"
        if self.text:
            return f"{kind} {self.text}"
        return kind if self.count == 1 else f"{kind} {self.count}"

    @staticmethod
    @lru_cache(maxsize=4096)
    def parse(text: str) -> Action:
        """Reads the text form that ``str`` writes.

        Raises:
            IllegalAction: the text is no action; the message lists the kinds.
        """
        word, _, rest = text.strip().partition(" ")
        rest = rest.strip()
        word = _ALIASES.get(word, word)
        if word not in ActionKind._value2member_map_:
            kinds = ", ".join(k.value + _USAGE.get(k, "") for k in ActionKind)
            raise IllegalAction(f"{text!r} is no action; the actions are: {kinds}")
        kind = ActionKind(word)
        if kind in _BREAK_KINDS:
            if not rest:
                raise IllegalAction(f"{kind} needs a line number from 1 on, as in '{kind} 7'; got None")
            return Action(kind, breakpoint=Breakpoint.parse(rest))
        if kind is ActionKind.RUN_TO:
            place = _PLACE.fullmatch(rest)
            if rest and place is None:
                raise IllegalAction(
                    f"{text!r} is no action; {kind} is written '{kind} LINE' or '{kind} FILE:LINE'"
                )
            return Action(kind, int(place[2]) if place else None, file=(place[1] or "") if place else "")
        if kind is ActionKind.SET:
            parts = _ASSIGNMENT.fullmatch(rest)
            if parts is None:
                raise IllegalAction(f"{text!r} is no action; set is written 'set NAME = EXPRESSION'")
            return Action(kind, name=parts[1], text=parts[2])
        if kind in _TEXT_KINDS:
            return Action(kind, text=rest)
        if rest and (not rest.isdecimal() or len(rest) > 9):
            raise IllegalAction(f"{text!r} is no action; {kind} is written '{kind}' or '{kind} COUNT'")
        return Action(kind, count=int(rest) if rest else 1)


def parse_actions(text: str) -> list[Action]:
    """Reads actions separated by ``;`` or newlines, such as ``break 7 if n > 3; continue``.

    A ``;`` inside quotes or brackets separates nothing.

    Raises:
        IllegalAction: one of them is no action.
    """
    return [Action.parse(part) for part in _split(text) if part.strip()]


def _split(text: str) -> list[str]:
    parts, start, depth, quote, place = [], 0, 0, "", 0
    while place < len(text):
        character = text[place]
        if quote:
            if character == "\\":
                place += 1
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth = max(depth - 1, 0)
        elif character in ";\n" and not depth:
            parts.append(text[start:place])
            start = place + 1
        place += 1
    return [*parts, text[start:]]
