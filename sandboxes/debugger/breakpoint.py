"""Persistent breakpoints: where ``continue`` and ``reverse_continue`` stop.

The text form, which `Breakpoint.parse` reads and ``str`` writes::

    7                              line 7 of the program
    shapes.py:7 hits 3 if n > 3    a line of another file, from the third pass on, under a condition
    function area                  the entry of a function, by name or qualified name
    exception LookupError          where an exception of a type, or of one derived from it, is raised
    change total in count          a variable of a function has another text than at the state before
    change total                   the same for a variable of the module
    failure                        where a test has failed (see `Program.tests`)
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import Enum

from .errors import IllegalAction


class BreakpointKind(str, Enum):
    """What a breakpoint waits for."""

    LINE = "line"
    """A ``line`` state at a line."""
    FUNCTION = "function"
    """A ``call`` state of a function; a generator's resumption is one too."""
    EXCEPTION = "exception"
    """An ``exception`` state that no callee reported before: where it was raised."""
    CHANGE = "change"
    """A state at which a variable has another text than at the state before it in time: a variable of the
    innermost activation of a function, which must be the same one at both, or one of the module."""
    FAILURE = "failure"
    """The ``exception`` state that ends a test's own frame."""

    __hash__ = str.__hash__

    def __str__(self) -> str:
        return self.value


_TEXT = re.compile(
    r"\s*(?:(?:(?P<file>[^\s:]+):)?(?P<line>\d{1,9})"
    r"|function\s+(?P<function>[\w.<>]+)"
    r"|exception\s+(?P<exception>[\w.]+)"
    r"|change\s+(?P<change>\w+)(?:\s+in\s+(?P<owner>[\w.<>]+))?"
    r"|(?P<failure>failure))"
    r"(?:\s+hits\s+(?P<hits>\d{1,9}))?"
    r"(?:\s+if\s+(?P<condition>.*\S))?\s*",
    re.DOTALL,
)
FORMS = "LINE, FILE:LINE, function NAME, exception TYPE, change NAME [in FUNCTION], failure"
"""The kinds in their text form, for error texts; each may end in ``hits N`` and ``if CONDITION``."""


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """One place or happening at which the program is to stop."""

    line: int = 0
    """1-based line, for the kind ``line``; else 0."""
    kind: BreakpointKind = BreakpointKind.LINE
    """What it waits for."""
    name: str = ""
    """The function, exception type or variable, for the kinds that name one."""
    function: str = ""
    """The function that a ``change``'s variable is local to; empty for one of the module."""
    file: str = ""
    """The file of the line; empty for the program's own source."""
    condition: str | None = None
    """An expression in the frame that stops; where it is false or raises, the breakpoint does not hold."""
    hits: int = 1
    """The pass from which on it holds. Counted are passes under which the condition is true, at states
    later in time than the one at which the breakpoint was set. With 1 it holds at every pass, at those
    before that state, too."""

    def __post_init__(self) -> None:
        at_line = self.kind is BreakpointKind.LINE
        if at_line and self.line < 1:
            raise IllegalAction(
                f"a breakpoint needs a line number from 1 on, as in 'break 7'; got {self.line}"
            )
        if not at_line and (self.line or self.file):
            raise IllegalAction(f"a breakpoint of the kind {self.kind} takes no line")
        if bool(self.name) is (at_line or self.kind is BreakpointKind.FAILURE):
            wanted = "takes no name" if self.name else "needs a name"
            raise IllegalAction(f"a breakpoint of the kind {self.kind} {wanted}; the forms are: {FORMS}")
        if self.function and self.kind is not BreakpointKind.CHANGE:
            raise IllegalAction("only a breakpoint of the kind change belongs to a function")
        if self.hits < 1:
            raise IllegalAction(f"a breakpoint's hits count from 1 on; got {self.hits}")
        if self.condition is not None:
            require_expression(self.condition, "condition")

    @staticmethod
    def parse(text: str) -> Breakpoint:
        """Reads the text form.

        Raises:
            IllegalAction: the text is none; the message lists the forms.
        """
        found = _TEXT.fullmatch(text)
        if found is None:
            raise IllegalAction(
                f"{text!r} is no breakpoint; the forms are: {FORMS}, each with 'hits N' and then "
                "'if CONDITION' after it where wanted"
            )
        condition, hits = found["condition"], int(found["hits"] or 1)
        if found["line"]:
            return Breakpoint(int(found["line"]), file=found["file"] or "", condition=condition, hits=hits)
        kinds = (BreakpointKind.FUNCTION, BreakpointKind.EXCEPTION, BreakpointKind.CHANGE)
        kind = next((kind for kind in kinds if found[kind]), BreakpointKind.FAILURE)
        name = "" if kind is BreakpointKind.FAILURE else found[kind]
        owner = found["owner"] or ""
        return Breakpoint(kind=kind, name=name, function=owner, condition=condition, hits=hits)

    def names(self, function: str) -> bool:
        """Whether a qualified name is one that the breakpoint's name means: itself, or its last parts."""
        return _means(self.name, function)

    def names_function(self, function: str) -> bool:
        """The same for the function that a ``change``'s variable is local to."""
        return _means(self.function, function)

    def __str__(self) -> str:
        if self.kind is BreakpointKind.LINE:
            text = f"{self.file}:{self.line}" if self.file else str(self.line)
        else:
            text = f"{self.kind} {self.name}".rstrip()
        text += f" in {self.function}" if self.function else ""
        text += f" hits {self.hits}" if self.hits > 1 else ""
        return text + (f" if {self.condition}" if self.condition is not None else "")


def _means(name: str, qualified: str) -> bool:
    return qualified == name or qualified.endswith("." + name)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a debugger answers when a breakpoint is set."""

    breakpoint: Breakpoint
    """The breakpoint as it was bound: its line may lie further down than the one asked for."""
    bound: bool
    """Whether the program can ever stop at it; a breakpoint that cannot is not kept."""
    reason: str = ""
    """Why it can never hold, and what would; empty where it is bound."""

    def __str__(self) -> str:
        return f"bound: {self.breakpoint}" if self.bound else f"never: {self.reason}"


def require_expression(text: str, what: str) -> None:
    """Checks that a text is one Python expression.

    Raises:
        IllegalAction: it is none; the message says why.
    """
    try:
        compile(text.strip(), f"<{what}>", "eval", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__
        raise IllegalAction(f"the {what} {text!r} is no expression: {reason}") from None
