"""Stepping through: nothing but single steps, until the answer is seen."""

from __future__ import annotations

from typing import Any

from debugworld.envs import TaskCommand, TaskKind
from debugworld.sandboxes.debugger import Action, ActionKind, Event

from .bug_sight import BugSight
from .scripted import experiment
from .sight import Sight, look

INTO, BACK = Action(ActionKind.STEP_INTO), Action(ActionKind.BACK_INTO)


class StepAgent:
    """Goes through the run state by state, in either family.

    ReachState: steps into until the goal holds. OutputPrediction: steps into to the entry frame's end and
    answers the value. StateQuery: steps into, or back into where the moment is past, until it is there, and
    answers the variable. InputPrediction and Complexity: steps through each run that it tries.
    FaultLocalization: steps through the first failing test, then accuses the lines that ran last before
    the failure first. Where the moves end before the run does, it answers or accuses by what it has seen.

    Args:
        bugs: Whether the task is FaultLocalization.
    """

    def __init__(self, bugs: bool = False) -> None:
        self._bugs = bugs
        self.reset()

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; nothing here is random."""
        self._seen: list[int] = []

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns the next step, or what it came to."""
        return self._accuse(BugSight(observation)) if self._bugs else _walk(look(observation))

    def _accuse(self, sight: BugSight) -> Any:
        if sight.event is Event.LINE and sight.line in sight.source:
            self._seen.append(sight.line)
        if sight.moves_left and not sight.over and not sight.accused:
            return sight.say(INTO)
        order = dict.fromkeys([*reversed(self._seen), *sight.source])
        return sight.say(TaskCommand(TaskKind.ACCUSE, next(n for n in order if n not in sight.accused)))


def _walk(sight: Sight) -> Any:
    if sight.attempts is not None:
        return experiment(sight, sight.attempts, INTO)
    if sight.query is not None:
        line, left = sight.query
        there = left == 0 and sight.event is Event.LINE and sight.line == line
        if there or not sight.moves_left:
            return sight.answer()
        return sight.say(INTO if left > 0 else BACK)
    ended = sight.event in (Event.RETURN, Event.EXCEPTION, Event.EXIT)
    if sight.goal is None and ((ended and sight.outermost) or not sight.moves_left):
        return sight.answer()
    return sight.say(Action(ActionKind.REVERSE_CONTINUE) if sight.event is Event.EXIT else INTO)
