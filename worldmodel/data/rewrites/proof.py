"""Whether two programs did the same, as far as a caller can see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from debugworld.sandboxes.debugger import Event, ExitCode, Trace

_NAME = re.compile(r"(?<=')\w+(?=')|\b\w+(?=\(\))")


@dataclass(frozen=True)
class Outcome:
    """What a caller sees of a run."""

    exit: tuple[str, str]
    """Code and reason."""
    returned: str | None
    """Text of the value that the entry frame returned."""
    raised: str | None
    """``Type: message`` of the exception that ended the run."""
    stdout: str
    """All that was printed."""
    stderr: str
    """All that was written to standard error."""

    @staticmethod
    def of(trace: Trace) -> Outcome:
        """Reads it off a trace."""
        last = trace.states[-1] if trace.states else None
        states = (*trace.states, trace.final)
        return Outcome(
            (trace.exit.code.value, trace.exit.reason),
            last.value if last is not None and last.event is Event.RETURN else None,
            last.value if last is not None and last.event is Event.EXCEPTION else None,
            "".join(state.stdout for state in states),
            "".join(state.stderr for state in states),
        )


def prove(before: Trace, after: Trace, names: Mapping[str, str] | None = None) -> str | None:
    """Compares the run of a program with that of its rewritten form.

    Args:
        before: of the program.
        after: of the rewritten one.
        names: new name -> old name; in texts of exceptions either counts.

    Returns:
        What differs; None where nothing does.
    """
    left, right = Outcome.of(before), Outcome.of(after)
    if ExitCode.NEVER in (before.exit.code, after.exit.code):
        return f"not to be told: a run did not end ({before.exit.reason}, {after.exit.reason})"
    for part in ("exit", "returned", "raised", "stdout", "stderr"):
        here, there = getattr(left, part), getattr(right, part)
        if here != there and not (part == "raised" and here == _renamed(there, names or {})):
            return f"{part} was {here!r} and is {there!r}"
    return None


def _renamed(text: str | None, names: Mapping[str, str]) -> str | None:
    """Writes old names for new ones where a message tells names: in quotes, or before brackets."""
    if text is None or not names:
        return text
    return _NAME.sub(lambda found: names.get(found[0], found[0]), text)
