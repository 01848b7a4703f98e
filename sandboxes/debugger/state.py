"""What a debugger shows at one stop."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any


class Event(str, Enum):
    """Why the program stands still."""

    CALL = "call"
    """A frame was entered; its arguments are bound, nothing of it has run."""
    LINE = "line"
    """A line is about to run."""
    RETURN = "return"
    """The frame is about to hand ``value`` to its caller (also a ``yield``)."""
    EXCEPTION = "exception"
    """``value`` was raised at this line, or arrived here from a callee."""
    EXIT = "exit"
    """The run is over; the only terminal event."""
    INSTRUCTION = "instruction"
    """A bytecode instruction, whose text is ``value``, is about to run; no node of the state tree."""

    __hash__ = str.__hash__

    def __str__(self) -> str:
        return self.value


class ExitCode(str, Enum):
    """How a run ended."""

    NORMAL = "normal"
    """The entry frame returned, or the program asked for exit status 0."""
    ERROR = "error"
    """Uncaught exception, non-zero ``SystemExit``, or the process died."""
    NEVER = "never"
    """A budget of time or events ran out while the program still ran."""

    __hash__ = str.__hash__

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Exit:
    """The end of a run: a code and the reason beside it."""

    code: ExitCode
    """One of the three exit codes."""
    reason: str
    """A word for the cause: ``exit``, ``uncaught``, ``step_budget``, ``timeout``, ``killed``..."""

    def to_json(self) -> dict[str, str]:
        """Returns ``{"code": ..., "reason": ...}``."""
        return {"code": self.code.value, "reason": self.reason}

    @staticmethod
    def from_json(data: dict[str, str]) -> Exit:
        """Reads what `to_json` wrote."""
        return Exit(ExitCode(data["code"]), data["reason"])


@dataclass(frozen=True, slots=True)
class State:
    """One node of the state tree: everything a debugger shows at a stop."""

    event: Event
    """Why the program stopped here."""
    line: int
    """1-based line in the wrapped program (see `Program.lines`); 0 at the exit."""
    source: str
    """That line's text without its indentation; empty at the exit."""
    function: str
    """Qualified name of the frame's function, ``<module>`` for a script's entry frame."""
    depth: int
    """Number of program frames below this one; 0 for the entry frame."""
    locals: dict[str, str] = field(default_factory=dict)
    """Local names in order of parameters, then first binding; each with the text of its value."""
    value: str | None = None
    """The returned value's text, or ``Type: message`` of the exception; else None."""
    stdout: str = ""
    """What the program printed since the previous stop."""
    exit: Exit | None = None
    """How the run ended; set at the exit only."""
    stderr: str = ""
    """What the program wrote to its standard error since the previous stop."""
    file: str = ""
    """The file of the line, for a program of several; empty for the program's own source."""
    chain: tuple[str, ...] = ()
    """The exceptions behind the one in ``value``, nearest first: ``cause: ...`` where it was raised
    from one, ``context: ...`` where it came up while one was handled."""

    @staticmethod
    def at_exit(exit: Exit, stdout: str = "", stderr: str = "") -> State:
        """Returns the terminal state."""
        return State(Event.EXIT, 0, "", "", 0, {}, None, stdout, exit, stderr)

    def compare(self, other: State) -> dict[str, tuple[Any, Any]]:
        """Returns the parts in which two states differ, each with its value here and there.

        Locals are told one by one, as ``locals.n``, with None where there is no such name. A different order
        of the same locals is told as ``locals``, with the names.
        """
        found: dict[str, tuple[Any, Any]] = {}
        for part in _PARTS:
            mine, theirs = getattr(self, part), getattr(other, part)
            if part != "locals":
                if mine != theirs:
                    found[part] = (mine, theirs)
                continue
            for name in dict.fromkeys((*mine, *theirs)):
                if mine.get(name) != theirs.get(name):
                    found[f"locals.{name}"] = (mine.get(name), theirs.get(name))
            if mine == theirs and list(mine) != list(theirs):
                found["locals"] = (list(mine), list(theirs))
        return found

    def to_json(self) -> dict[str, Any]:
        """Returns the state as plain JSON data; from ``exit`` on only what is set."""
        data: dict[str, Any] = {
            "event": self.event.value,
            "line": self.line,
            "source": self.source,
            "function": self.function,
            "depth": self.depth,
            "locals": self.locals,
            "value": self.value,
            "stdout": self.stdout,
        }
        if self.exit is not None:
            data["exit"] = self.exit.to_json()
        if self.stderr:
            data["stderr"] = self.stderr
        if self.file:
            data["file"] = self.file
        if self.chain:
            data["chain"] = list(self.chain)
        return data

    @staticmethod
    def from_json(data: dict[str, Any]) -> State:
        """Reads what `to_json` wrote."""
        exit_data = data.get("exit")
        return State(
            Event(data["event"]),
            data["line"],
            data["source"],
            data["function"],
            data["depth"],
            dict(data["locals"]),
            data["value"],
            data["stdout"],
            Exit.from_json(exit_data) if exit_data else None,
            data.get("stderr", ""),
            data.get("file", ""),
            tuple(data.get("chain", ())),
        )


_PARTS = tuple(part.name for part in fields(State))
