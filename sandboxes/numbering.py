"""Numbers for actions, so that an array can hold one for each of many debuggers."""

from __future__ import annotations

from dataclasses import dataclass

from .debugger import BASIC_KINDS, Action, Breakpoint

PLAIN_KINDS = tuple(kind for kind in BASIC_KINDS if not kind.takes_line)
"""The moves that need no line, in the order of their numbers."""
LINE_KINDS = tuple(kind for kind in BASIC_KINDS if kind.takes_line)
"""The actions that take a line, in the order of their numbers."""
PLAIN = len(PLAIN_KINDS)
"""How many moves need no line; the number of the first action that takes one."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """The actions by number: plain moves, then each line kind for every line.

    With ``P`` plain kinds, line ``l`` of line kind ``j`` has number ``P + j * max_lines + l - 1``.
    """

    max_lines: int
    """Lines of the program's own source that have numbers."""

    def __len__(self) -> int:
        return PLAIN + len(LINE_KINDS) * self.max_lines

    def number(self, action: Action) -> int:
        """Returns the number of an action.

        Raises:
            ValueError: the action has none.
        """
        if action.kind in PLAIN_KINDS and action.count == 1:
            return PLAIN_KINDS.index(action.kind)
        plain = action.breakpoint is None or action.breakpoint == Breakpoint(action.line or 1)
        if action.line is None or action.line > self.max_lines or action.file or not plain:
            raise ValueError(f"{action} has no number; counts, conditions and files are for one debugger")
        return PLAIN + LINE_KINDS.index(action.kind) * self.max_lines + action.line - 1

    def action(self, number: int) -> Action:
        """Returns the action that has a number.

        Raises:
            ValueError: none has it.
        """
        if not 0 <= number < len(self):
            raise ValueError(f"the actions have the numbers 0 to {len(self) - 1}; got {number}")
        if number < PLAIN:
            return Action(PLAIN_KINDS[number])
        kind, line = divmod(number - PLAIN, self.max_lines)
        return Action(LINE_KINDS[kind], line + 1)
