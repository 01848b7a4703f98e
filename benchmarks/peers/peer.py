"""The protocol: what is asked of every debugger, and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from common.targets import Target

MOVES = ("step_into", "step_over", "continue")
"""What is measured; `continue` runs to a line breakpoint."""


class PeerMissing(Exception):
    """This machine cannot have a debugger; the text says what is lacking."""


@dataclass(frozen=True)
class Stop:
    """What a debugger showed: a line and its locals, name -> text."""

    line: int
    locals: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Walk:
    """A number of moves of one kind, and how long they took together."""

    seconds: float
    stops: list[Stop]
    """Where each move led; stops that show a call, a return or an exception have line 0."""


class Peer(ABC):
    """A debugger under measurement.

    Args:
        python: the interpreter that runs the program.
    """

    name: str
    moves: int
    """Moves of one measurement, so that it takes a second or so."""
    reads: bool = True
    """Whether the locals are read at each stop."""

    def __init__(self, python: str) -> None:
        self.python = python

    def require(self) -> None:  # noqa: B027  most need nothing
        """Checks that this machine can have it.

        Raises:
            PeerMissing: it cannot.
        """

    @abstractmethod
    def walk(self, target: Target, move: str, count: int) -> Walk:
        """Starts the program, runs to its start line, then times ``count`` moves of one kind."""

    def through(self, target: Target, condition: str | None = None) -> float:
        """Runs the program to its end with a breakpoint set, going on at each stop.

        Returns:
            Seconds that the program's hot loop took, by its own clock.

        Raises:
            PeerMissing: this debugger has no such thing.
        """
        raise PeerMissing(f"{self.name} is not driven through a hot loop")

    def close(self) -> None:  # noqa: B027  most hold nothing between walks
        """Frees what stands between walks."""


def told_seconds(output: str) -> float:
    """Reads the time that a hot program printed.

    Raises:
        RuntimeError: it printed none: it did not run to its end.
    """
    for line in output.splitlines():
        words = line.split()
        if words[:1] == ["seconds"] and len(words) == 2:
            return float(words[1])
    raise RuntimeError(f"the hot loop told no time; its output ends with {output[-300:]!r}")
