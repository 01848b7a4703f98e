"""A page read back: the program, the stop and the task, as far as the page shows them.

A planner needs more of a page than `sight` gives: the program's text, to dream it, and the whole stop, to set
the dream right. Nothing else is looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from debugworld.envs import Goal, Query
from debugworld.sandboxes.debugger import Event, Exit, ExitCode, Program, State
from debugworld.sandboxes.debugger.program import ENTRY_NAME

_NUMBERED = re.compile(r"(?:->|  )([* ]) *(\d+)  (.*)", re.DOTALL)
_AT_EXIT = re.compile(r"Stop: exit, (\w+) \((.*)\)")
_STOPPED = re.compile(r"Stop: (\w+) at line (\d+) in (.*), depth (\d+)")
_LOCAL = re.compile(r"  (\w\S*) = (.*)", re.DOTALL)
_QUERY = re.compile(r"Task: say the value of (.*), as ")
_ENTRY = re.compile(rf"def {ENTRY_NAME}\(\):")
_RETURNED = "    return "


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page says."""

    program: Program
    """The program that is debugged."""
    state: State
    """The stop; without what was printed, of which a page shows the end only."""
    stack: tuple[tuple[str, int], ...]
    """Function and line of each frame, innermost first."""
    moves_left: int
    """Moves that the episode still allows."""
    goal: Goal | None = None
    """The stop to reach, where one is asked for."""
    query: Query | None = None
    """The moment and the variable that are asked about, where they are."""
    error: str = ""
    """Why the last command was refused, or what broke; empty where it was done."""

    @staticmethod
    def of(page: str) -> Reading:
        """Reads a page of the ``Text`` family.

        Raises:
            ValueError: the text is no page, or its end was cut off.
        """
        lines = page.split("\n")
        fields = {head: text for head, colon, text in (line.partition(": ") for line in lines[:12]) if colon}
        try:
            start = lines.index("Program:") + 1
            end = next(n for n in range(start, len(lines)) if not _NUMBERED.fullmatch(lines[n]))
            stack = _stack(lines[end + 1]) if lines[end + 1 :] else ()
            program = _program([_number(line)[3] for line in lines[start:end]], stack)
            state = _state(program, lines[end:])
            asked = _QUERY.match(lines[0])
            return Reading(
                program,
                state,
                stack,
                int(fields["Moves left"]),
                Goal.parse(fields["Goal"]) if "Goal" in fields else None,
                Query.parse(asked[1]) if asked else None,
                fields.get("Error", ""),
            )
        except (ValueError, KeyError, StopIteration, TypeError) as error:
            raise ValueError(f"this is no whole page of an environment ({error})") from None


def _number(line: str) -> re.Match[str]:
    match = _NUMBERED.fullmatch(line)
    assert match is not None
    return match


def _stack(line: str) -> tuple[tuple[str, int], ...]:
    if not line.startswith("Stack: "):
        return ()
    frames = (frame.rpartition(":") for frame in line.removeprefix("Stack: ").split(" < "))
    return tuple((function, int(number)) for function, _, number in frames)


def _program(lines: list[str], stack: tuple[tuple[str, int], ...]) -> Program:
    """Takes the entry wrapper off again; at the exit of a run nobody has seen, a script has none."""
    called = len(lines) > 1 and _ENTRY.fullmatch(lines[-2]) and lines[-1].startswith(_RETURNED)
    if called and (not stack or stack[-1][0] == ENTRY_NAME):
        return Program("\n".join(lines[:-2]) + "\n", lines[-1].removeprefix(_RETURNED))
    return Program("\n".join(lines) + "\n")


def _state(program: Program, lines: list[str]) -> State:
    gone = _AT_EXIT.fullmatch(lines[0])
    if gone:
        return State.at_exit(Exit(ExitCode(gone[1]), gone[2]))
    event, number, function, depth = _STOPPED.fullmatch(lines[0]).groups()  # type: ignore[union-attr]
    found, value = {}, None
    for line in lines[2:]:
        local = _LOCAL.fullmatch(line)
        if local:
            found[local[1]] = local[2]
        elif line.startswith("Value: "):
            value = line.removeprefix("Value: ")
    source = program.source_line(int(number))
    return State(Event(event), int(number), source, function, int(depth), found, value)


def alike(left: State, right: State) -> bool:
    """Tells whether two states are the same stop, leaving out what was printed."""
    return (left.event, left.line, left.function, left.depth, left.value) == (
        right.event,
        right.line,
        right.function,
        right.depth,
        right.value,
    ) and left.locals == right.locals
