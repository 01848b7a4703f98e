"""Sight: what an agent reads off an observation, whichever family it is of.

Scripted agents are written once against a sight; it also says their moves in the
family's own actions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from debugworld.envs import Answer, CommandSet, Goal, Query, Trial, spell
from debugworld.envs.complexity import TRIED
from debugworld.envs.features import EVENTS, MANY_PASSES, MANY_STEPS
from debugworld.envs.growth import CLASSES
from debugworld.sandboxes.debugger import Action, Event


@dataclass(frozen=True, slots=True)
class Tried:
    """A run that the agent asked for, as an observation tells of it."""

    text: str
    """What the program was entered with; its number where the observation spells no sizes."""
    steps: int
    """Lines run so far."""
    ended: bool
    """Whether the agent saw its end."""
    right: bool = False
    """Whether it ended as the task asks."""
    endless: bool = False
    """Whether it was ended from outside."""


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

    attempts: list[Tried] | None
    """The runs that the agent asked for; None where the task has no such thing."""
    trials: tuple[str, ...]
    """What the program may be entered with, as far as that is told."""
    growth: bool
    """Whether it is sizes that are tried."""
    under_way: bool
    """Whether the program is in a run that the agent asked for and has not seen the end of."""

    def say(self, action: Action) -> Any:
        """Returns a debugger's action as an action of the environment."""

    def answer(self) -> Any:
        """Returns the answer that what stands here is right: the variable that is asked for, or the value."""

    def attempt(self, text: str) -> Any:
        """Returns the action that enters the program with one of ``trials``."""

    def choose(self, text: str) -> Any:
        """Returns the action that answers a text: one of ``trials``, or a class of growth."""


def look(observation: Any) -> Sight:
    """Reads an observation of either family."""
    return PageSight(observation) if isinstance(observation, str) else FeaturesSight(observation)


_QUERY = re.compile(r"^Task: say the value of (.*), as ", re.MULTILINE)
_TRIED = re.compile(r"^Tried: (.*?): (\d+) steps, (.*)$", re.MULTILINE)
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
        self.growth = page.startswith("Task: say how the number of steps")
        experiment = self.growth or page.startswith("Task: say arguments")
        found = [_tried(match) for match in _TRIED.finditer(page)]
        self.attempts = found if experiment else None
        self.trials: tuple[str, ...] = TRIED if self.growth else ()
        self.under_way = bool(found) and not found[-1].ended and self.event is not Event.EXIT

    def say(self, action: Action) -> str:
        """Returns the command's text."""
        return spell(action)

    def answer(self) -> str:
        """Answers the value on the page; ``None`` where there is none."""
        return spell(Answer(self._value or "None"))

    def attempt(self, text: str) -> str:
        """Tries a text."""
        return spell(Trial(text))

    def choose(self, text: str) -> str:
        """Answers a text."""
        return spell(Answer(text))


def _tried(match: re.Match[str]) -> Tried:
    text, steps, end = match.groups()
    return Tried(text, int(steps), end != "not at its end", endless=end.startswith("exit, never"))


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
        rows = observation.get("trials", ())
        self._commands = CommandSet(len(observation["lines"]), answers, trials=len(rows))
        self.growth = answers == len(CLASSES) and len(rows) > 0
        names = TRIED if self.growth else tuple(map(str, range(len(rows))))
        there = [self.growth or bool(np.any(observation["candidates"][row, 1:])) for row in range(len(rows))]
        self.trials = tuple(name for name, is_there in zip(names, there, strict=True) if is_there)
        found = [_row(name, row) for name, row in zip(names, rows, strict=False) if row[0]]
        self.attempts = found if "trials" in observation else None
        self.under_way = any(not each.ended for each in found) and self.event is not Event.EXIT
        self._choice = 0 if candidates is None else int(np.argmax(candidates[:, 0]))

    def say(self, action: Action) -> int:
        """Returns the command's number."""
        return self._commands.number(action)

    def answer(self) -> int:
        """Chooses the candidate that equals the current value; the first where none does."""
        return self._commands.first_answer + self._choice

    def attempt(self, text: str) -> int:
        """Tries one of the numbered texts."""
        return self._commands.first_trial + (TRIED.index(text) if self.growth else int(text))

    def choose(self, text: str) -> int:
        """Chooses a class of growth, or a candidate by its number."""
        place = list(CLASSES).index(text) if self.growth else int(text)
        return self._commands.first_answer + place


def _row(name: str, row: Any) -> Tried:
    return Tried(name, round(2 ** (float(row[2]) * MANY_STEPS) - 1), bool(row[1]), bool(row[3]), bool(row[4]))
