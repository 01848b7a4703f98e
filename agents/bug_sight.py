"""Sight of a bug: what an agent reads off an observation of a task about bugs, whichever family it is of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from debugworld.envs import CommandSet, FaultLocalization, TaskCommand, TaskKind, spell
from debugworld.envs.features import EVENTS, TEST_FLAGS
from debugworld.envs.spectrum import FORMULAE
from debugworld.sandboxes.debugger import Action, Event

from .stop import Stop

_TEST = re.compile(
    r"^(->|  ) +(\d+)  .*  (passes|fails: .*|not run since the last edit)$"
    r"(?:\n          lines run so far: (.*)$)?",
    re.MULTILINE,
)
_LINE = re.compile(r"^(?:->|  )[* ] *(\d+)  (.*)$", re.MULTILINE)
_ENTRY = "def main():"


@dataclass(frozen=True, slots=True)
class SeenTest:
    """A test as it is shown."""

    number: int
    """From 1."""
    passes: bool | None
    """Whether it passes; None where that is not known."""
    debugged: bool
    """Whether some of its lines were run."""
    current: bool
    """Whether it is the one that is debugged."""


class BugSight:
    """What both families show of a bug.

    Args:
        observation: A page, or the arrays.
    """

    def __init__(self, observation: Any) -> None:
        self.tests: list[SeenTest] = []
        """The tests in their order."""
        self.source: dict[int, str] = {}
        """The program's lines by number; their texts only where they are shown."""
        self.accused: frozenset[int] = frozenset()
        """Lines that were accused in vain."""
        self.over = False
        """Whether the program stands at its exit."""
        self.event = Event.EXIT
        """Why it stands still."""
        self.line = 0
        """Where; 0 at the exit."""
        self.moves_left = True
        """Whether a move is still allowed."""
        self._counts: dict[int, tuple[float, float]] = {}
        self._commands: CommandSet | None = None
        self._read_page(observation) if isinstance(observation, str) else self._read_arrays(observation)
        known = [test for test in self.tests if test.debugged]
        self._failing = sum(test.passes is False for test in known)
        self._passing = sum(test.passes is True for test in known)

    @property
    def covered(self) -> frozenset[int]:
        """The lines that failing tests have run so far."""
        return frozenset(line for line, (failed, _) in self._counts.items() if failed)

    def suspects(self, formula: str) -> list[int]:
        """Returns the lines that were not accused, the most suspected by what was covered so far first."""
        suspicion, runs = FORMULAE[formula], (self._failing, self._passing)
        lines = [line for line in self.source if line not in self.accused]
        return sorted(lines, key=lambda n: (-suspicion(*self._counts.get(n, (0, 0)), *runs), n))

    def say(self, command: Action | TaskCommand) -> Any:
        """Returns a command as an action of the environment."""
        return spell(command) if self._commands is None else self._commands.number(command)

    def explore(self) -> Any:
        """Returns the next action that makes all tests be run to their end; None where they have been."""
        current = next(test for test in self.tests if test.current)
        if not self.moves_left:
            return None
        if not current.debugged and not self.over:
            return self.say(_TO_THE_END)
        todo = [test.number for test in self.tests if not test.debugged and not test.current]
        return self.say(TaskCommand(TaskKind.TEST, todo[0])) if todo else None

    def _read_page(self, page: str) -> None:
        head, _, program = page.partition("\nProgram:\n")
        stop = Stop.read(page)
        self.event, self.line, self.over = stop.event, stop.line, stop.event is Event.EXIT
        self.moves_left = "\nMoves left: 0\n" not in head
        wrong = re.search(r"^Accusations left: .*; not at fault: (.*)$", head, re.MULTILINE)
        self.accused = frozenset(map(int, wrong[1].split(", "))) if wrong else frozenset()
        rows = [(int(number), text) for number, text in _LINE.findall(program.rpartition("\nStop: ")[0])]
        ends = [number for number, text in rows if text == _ENTRY]
        self.source = {n: text for n, text in rows if n < max(ends, default=n + 1) and text.strip()}
        failed: dict[int, int] = {}
        passed: dict[int, int] = {}
        for mark, number, verdict, lines in _TEST.findall(head.partition("\nTests:\n")[2]):
            passes = {"p": True, "f": False}.get(verdict[0])
            self.tests.append(SeenTest(int(number), passes, bool(lines), mark == "->"))
            for line in _numbers(lines):
                counts = passed if passes else failed
                counts[line] = counts.get(line, 0) + 1
        self._counts = {n: (failed.get(n, 0), passed.get(n, 0)) for n in failed}

    def _read_arrays(self, seen: dict[str, Any]) -> None:
        tests, coverage = seen["tests"], seen["coverage"]
        self._commands = CommandSet(len(seen["lines"]), 0, FaultLocalization.kinds, len(tests))
        self.event, self.line = EVENTS[int(seen["event"])], int(seen["line"])
        self.over = self.event is Event.EXIT
        self.moves_left = seen["progress"][1] > 0
        columns = {name: tests[:, place] > 0 for place, name in enumerate(TEST_FLAGS)}
        for row in np.flatnonzero(columns["present"]):
            flags = {name: bool(column[row]) for name, column in columns.items()}
            passes = True if flags["passes"] else False if flags["fails"] else None
            self.tests.append(SeenTest(int(row) + 1, passes, flags["debugged"], flags["current"]))
        known = [test.passes for test in self.tests if test.debugged]
        failing, passing = known.count(False), known.count(True)
        present = [n for n in range(1, len(coverage) + 1) if seen["tokens"][n - 1].any()]
        self.source = dict.fromkeys(present[:-2], "")  # the entry's two lines come last
        self.accused = frozenset(n for n in self.source if coverage[n - 1, 2])
        self._counts = {
            n: (float(coverage[n - 1, 0]) * failing, float(coverage[n - 1, 1]) * passing) for n in self.source
        }


_TO_THE_END = Action.parse("continue")


def _numbers(text: str) -> Iterator[int]:
    """Yields the numbers that `envs.page.spans` wrote."""
    for part in filter(None, text.split(", ")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
