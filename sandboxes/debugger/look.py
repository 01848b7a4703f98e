"""What a debugger answers when it is asked to look, and not to move."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of the stack at a stop."""

    function: str
    """Qualified name of its function, ``<module>`` for a script's entry frame."""
    line: int
    """1-based line where it stands: of a caller, the line that called."""
    source: str
    """That line's text without its indentation."""
    depth: int
    """Number of program frames below it; 0 for the entry frame."""
    locals: dict[str, str] = field(default_factory=dict)
    """Its local names and the text of their values, at this stop."""
    file: str = ""
    """The file of the line; empty for the program's own source."""

    def to_json(self) -> dict[str, Any]:
        """Returns the frame as plain JSON data."""
        data: dict[str, Any] = {
            "function": self.function,
            "line": self.line,
            "source": self.source,
            "depth": self.depth,
            "locals": self.locals,
        }
        return {**data, "file": self.file} if self.file else data


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The answer to an evaluated expression."""

    text: str
    """The value's text; for an exception ``Type: message``; for a fault what happened."""
    outcome: str = "value"
    """``value``, ``exception``, or the fault that ended it: ``timeout``, ``memory``, ``killed``."""

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return self.outcome == "value"

    def __str__(self) -> str:
        return self.text if self.ok else f"{self.outcome}: {self.text}"


@dataclass(frozen=True, slots=True)
class Call:
    """One activation as a whole, as in frame-level debuggers: what went in, what came out, what it called."""

    function: str
    """Qualified name of its function."""
    line: int
    """1-based line of its ``def``."""
    arguments: dict[str, str]
    """The locals at its ``call`` state."""
    value: str | None
    """The returned value's text, or ``Type: message`` where an exception left it; None while it runs."""
    raised: bool = False
    """Whether an exception left it."""
    calls: tuple[Call, ...] = ()
    """The activations it called, in time, without theirs."""
    file: str = ""
    """The file of its line; empty for the program's own source."""
