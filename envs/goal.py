"""Goals of ReachState: a condition on one state, as text and as a test."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from debugworld.sandboxes.debugger import Event, State, Trace

from .memory import by_trace

_MAX_VALUE = 40
"""Characters of a value that a goal may name."""
_TEXT = re.compile(
    r"line (?P<line>\d+)(?: where (?P<name>\S+) = (?P<local>.+))?"
    r"|return at line (?P<return>\d+) with value (?P<value>.+)"
    r"|exception (?P<type>\S+) at line (?P<exception>\d+)"
    r"|(?P<asked>line (?:\S+:)?(?P<at>\d+)(?: (?:hits|if) .+)?|any line if .+"
    r"|(?P<kind>function|exception|change|failure)(?: .+)?)",
    re.DOTALL,
)
_CONDITION = re.compile(r"\bif (.+)", re.DOTALL)
_ASKED_EVENTS = {"function": Event.CALL, "exception": Event.EXCEPTION, "failure": Event.EXCEPTION}
Shown = tuple[Event, int, str, tuple[str | None, ...]]
"""What counts of a state for a goal that a caller wrote; see `shown_at`."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A stop to reach: an event at a line, and what must be seen there."""

    event: Event
    """``line``, ``return`` or ``exception``."""
    line: int
    """1-based line of the wrapped program."""
    name: str = ""
    """For ``line``: the local that must have the value; empty where the line is enough."""
    value: str = ""
    """The local's text, the returned value's text, or the type of the exception."""
    asked: str = ""
    """What a caller wrote, where one did (see `Aim`); ``line`` is then 0 where it names none."""
    shown: frozenset[Shown] = frozenset()
    """What the states of the real run show where that holds."""
    hits: int = 1
    """The pass from which on it holds."""

    def __str__(self) -> str:
        if self.asked:
            return self.asked
        if self.event is Event.RETURN:
            return f"return at line {self.line} with value {self.value}"
        if self.event is Event.EXCEPTION:
            return f"exception {self.value} at line {self.line}"
        return f"line {self.line}" + (f" where {self.name} = {self.value}" if self.name else "")

    @staticmethod
    def parse(text: str) -> Goal:
        """Reads the text form that ``str`` writes.

        Raises:
            ValueError: the text is no goal.
        """
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is no goal; one reads as {Goal(Event.LINE, 7, 'n', '3')}")
        if match["return"]:
            return Goal(Event.RETURN, int(match["return"]), "", match["value"])
        if match["exception"]:
            return Goal(Event.EXCEPTION, int(match["exception"]), "", match["type"])
        if match["asked"]:
            event = _ASKED_EVENTS.get(match["kind"] or "", Event.LINE)
            return Goal(event, int(match["at"] or 0), asked=match["asked"])
        return Goal(Event.LINE, int(match["line"]), match["name"] or "", match["local"] or "")

    def holds(self, state: State) -> bool:
        """Tells whether a state is the one that is asked for; which pass it is is left out of account."""
        if self.asked:
            return shown_at(state, names_in(self.asked)) in self.shown
        if state.event is not self.event or state.line != self.line:
            return False
        if self.event is Event.RETURN:
            return state.value == self.value
        if self.event is Event.EXCEPTION:
            return exception_type(state) == self.value
        return not self.name or state.locals.get(self.name) == self.value


def exception_type(state: State) -> str:
    """Returns the name before the colon of an exception's value."""
    return (state.value or "").partition(":")[0]


@lru_cache(maxsize=1024)
def names_in(asked: str) -> tuple[str, ...]:
    """Returns the names in the condition of a goal that a caller wrote, in order of appearance."""
    condition = _CONDITION.search(asked)
    if condition is None:
        return ()
    nodes = ast.walk(ast.parse(condition[1].strip(), mode="eval"))
    return tuple(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))


def shown_at(state: State, names: tuple[str, ...]) -> Shown:
    """Returns what counts of a state: event, line, type of the exception, and some locals' texts."""
    raised = exception_type(state) if state.event is Event.EXCEPTION else ""
    return state.event, state.line, raised, tuple(map(state.locals.get, names))


@by_trace
def reachable(trace: Trace, max_moves: int) -> list[tuple[State, list[str]]]:
    """Returns the states of a real run that can be asked for, and the locals that a goal may name at each.

    The name "" is for none. States inside the called functions are preferred to those of the entry frame. A
    later visit of a line is asked for by a value that is new there.

    Args:
        trace: The real run.
        max_moves: Moves that the episode allows; fewer runs to the line of a goal and one more step lead
            to it.
    """
    visits: Counter[int] = Counter()
    first: dict[int, State] = {}
    found = []
    for index, state in enumerate(trace.states):
        if state.event is Event.LINE:
            visits[state.line] += 1
        if index == 0 or visits[state.line] + 1 >= max_moves:
            continue
        names = [
            name
            for name in _names(state, first.get(state.line))
            if not goal_at(state, name).holds(trace.states[0])
        ]
        if state.event is Event.LINE:
            first.setdefault(state.line, state)
        if names:
            found.append((state, names))
    return [each for each in found if each[0].depth > 0] or found


def _names(state: State, first: State | None) -> list[str]:
    if state.event is Event.LINE:
        seen = first.locals if first is not None else {}
        return [name for name, text in state.locals.items() if is_short(text) and seen.get(name) != text] or [
            ""
        ]
    if state.event is Event.RETURN and state.value is not None and is_short(state.value):
        return [""]
    return [""] if state.event is Event.EXCEPTION and exception_type(state) else []


def goal_at(state: State, name: str) -> Goal:
    """Returns the goal that asks for a state, by one of its locals where it has a name."""
    if state.event is Event.RETURN:
        return Goal(Event.RETURN, state.line, "", state.value or "")
    if state.event is Event.EXCEPTION:
        return Goal(Event.EXCEPTION, state.line, "", exception_type(state))
    return Goal(Event.LINE, state.line, name, state.locals[name] if name else "")


def is_short(text: str) -> bool:
    """Tells whether a value fits into a goal or an answer on one line."""
    return 0 < len(text) <= _MAX_VALUE and text.isprintable() and text == text.strip()
