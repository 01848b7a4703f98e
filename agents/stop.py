"""A stop as a page shows it: where the program stands and what is to be seen there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from debugworld.sandboxes.debugger import Event

_STOP = re.compile(r"^Stop: (\w+) at line (\d+) in (.*), depth (\d+)$", re.MULTILINE)
_EXIT = re.compile(r"^Stop: (exit, .*)$", re.MULTILINE)
_LOCAL = re.compile(r"^  (\S+) = (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a program stands."""

    event: Event
    """Why."""
    line: int = 0
    """1-based line; 0 at the exit."""
    function: str = ""
    """Qualified name of the function; empty at the exit."""
    depth: int = 0
    """Depth of its frame."""
    locals: dict[str, str] = field(default_factory=dict)
    """Texts of the variables by name."""
    value: str = ""
    """What is returned or raised; empty where nothing is."""
    end: str = ""
    """How the program ended; empty but at the exit."""

    @staticmethod
    def read(page: str) -> Stop:
        """Reads a page of the text family."""
        start = page.rfind("\nStop: ") + 1
        tail = page[start:]
        value = re.search(r"^Value: (.*)$", tail, re.MULTILINE)
        told = value[1] if value else ""
        found = _STOP.match(tail)
        if found is None:
            ended = _EXIT.match(tail)
            return Stop(Event.EXIT, value=told, end=ended[1] if ended else "exit")
        head, _, rest = tail.partition("\nLocals:")
        shown = {name: text for name, text in _LOCAL.findall(rest)}
        event, line, function, depth = found.groups()
        return Stop(Event(event), int(line), function, int(depth), shown, told)

    def __str__(self) -> str:
        if self.event is Event.EXIT:
            return self.end
        parts = [f"{self.event} at line {self.line} in {self.function}"]
        parts += [f"{name}={text}" for name, text in self.locals.items()]
        return "; ".join([*parts, *([f"value {self.value}"] if self.value else [])])
