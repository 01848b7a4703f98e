"""Sight: what an agent reads off an observation, whichever family it is of.

Scripted agents are written once against a sight; it also says their moves in the
family's own actions.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

import numpy as np

from debugworld.envs import Answer, CommandSet, Goal, spell
from debugworld.envs.features import EVENTS
from debugworld.sandboxes.debugger import Action, Event


class Sight(Protocol):
    """What both families show."""

    goal: tuple[Event, int] | None
    """Event and line of the stop to reach; None where an answer is asked for."""
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
        """Returns the answer that the current value is the right one."""


def look(observation: Any) -> Sight:
    """Reads an observation of either family."""
    return PageSight(observation) if isinstance(observation, str) else FeaturesSight(observation)


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
