"""Sight: what an agent reads off an observation, whichever family it is of.

Scripted agents are written once against a sight; it also says their moves in the
family's own actions.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

import numpy as np

from debugworld.envs import Answer, CommandSet, Goal, Query, spell
from debugworld.envs.features import EVENTS, MANY_PASSES
from debugworld.sandboxes.debugger import Action, Event


class Sight(Protocol):
    """What both families show."""

    goal: tuple[Event, int] | None
    """Event and line of the stop to reach; None where an answer is asked for."""
    query: tuple[int, int] | None
    """Line that is asked about, and how many of its passes are to come up to the one that is meant, less
    than 0 when that is past; None where no moment is asked about."""
    event: Event
    """Why the program stands still."""
    line: int
    """Where; 0 at the exit."""
    outermost: bool
    """Whether the current frame is the entry frame."""
    moves_left: bool
    """Whether a move is still allowed."""

    def say(self, action: Action) -> Any:
        """Returns a debugger's action as an action of the environment."""

    def answer(self) -> Any:
        """Returns the answer that what stands here is right: the variable that is asked for, or the value."""


def look(observation: Any) -> Sight:
    """Reads an observation of either family."""
    return PageSight(observation) if isinstance(observation, str) else FeaturesSight(observation)


_QUERY = re.compile(r"^Task: say the value of (.*), as ", re.MULTILINE)
_STOP = re.compile(r"^Stop: (\w+)(?: at line (\d+) in .*, depth (\d+)$|, )", re.MULTILINE)


class PageSight:
    """Reads the ``Text`` family."""

    def __init__(self, page: str) -> None:
        goal = _field(page, "Goal")
        parsed = Goal.parse(goal) if goal else None
        self.goal = (parsed.event, parsed.line) if parsed else None
        stop = _STOP.search(page)
        event, line, depth = stop.groups() if stop else (Event.EXIT, None, None)
        self.event = Event(event)
        self.line = int(line or 0)
        self.outermost = int(depth or 0) == 0
        self.moves_left = _field(page, "Moves left") != "0"
        self._value = _field(page, "Value")
        asked = _QUERY.search(page)
        self.query = None
        if asked:
            query = Query.parse(asked[1])
            self.query = query.line, query.visit - int(_field(page, f"Passes of line {query.line} so far"))
            local = re.search(rf"^  {re.escape(query.name)} = (.*)$", page, re.MULTILINE)
            self._value = local[1] if local else ""

    def say(self, action: Action) -> str:
        """Returns the command's text."""
        return spell(action)

    def answer(self) -> str:
        """Answers the value on the page; ``None`` where there is none."""
        return spell(Answer(self._value or "None"))


def _field(page: str, heading: str) -> str:
    match = re.search(rf"^{heading}: (.*)$", page, re.MULTILINE)
    return match[1] if match else ""


class FeaturesSight:
    """Reads the ``Features`` family."""

    def __init__(self, observation: dict[str, Any]) -> None:
        candidates = observation.get("candidates")
        self.goal = None
        if candidates is None:
            kinds = (Event.LINE, Event.RETURN, Event.EXCEPTION)
            self.goal = (kinds[int(np.argmax(observation["goal"][:3]))], int(observation["goal_line"]))
        self.query = None
        if "query" in observation:
            self.query = int(observation["query_line"]), round(float(observation["query"][4]) * MANY_PASSES)
        self.event = EVENTS[int(observation["event"])]
        self.line = int(observation["line"])
        self.outermost = observation["progress"][0] == 0
        self.moves_left = observation["progress"][1] > 0
        answers = 0 if candidates is None else len(candidates)
        self._commands = CommandSet(len(observation["lines"]), answers)
        self._choice = 0 if candidates is None else int(np.argmax(candidates[:, 0]))

    def say(self, action: Action) -> int:
        """Returns the command's number."""
        return self._commands.number(action)

    def answer(self) -> int:
        """Chooses the candidate that equals the current value; the first where none does."""
        return self._commands.first_answer + self._choice
