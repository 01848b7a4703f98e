"""The scripted agent: what a person does by routine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from debugworld.envs.growth import fit
from debugworld.sandboxes.debugger import Action, ActionKind, Event

from .sight import Sight, Tried, look


class ScriptedAgent:
    """Solves each task by its plainest routine, in either family.

    OutputPrediction: return from the entry frame, read the value, answer it.
    StateQuery: go back to the entry where the moment is past, run to the line as often as
    it takes, read the variable, answer it.
    ReachState: run to the goal's line again and again; where the goal is a return or
    an exception, step over that line each time; from the exit, go back to the entry. A goal
    that names no line is looked for step by step.
    InputPrediction: run each candidate to its end until one ends as asked, answer that; where
    there are only texts, answer the value.
    Complexity: run the program at growing sizes, answer the class that fits the steps best.
    """

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; nothing here is random."""

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns the routine's next action."""
        sight = look(observation)
        if sight.attempts is not None:
            return experiment(sight, sight.attempts, Action(ActionKind.CONTINUE))
        if sight.query is not None:
            return _recall(sight, *sight.query)
        return _predict(sight) if sight.goal is None else _reach(sight, *sight.goal)


def experiment(sight: Sight, attempts: Sequence[Tried], onward: Action) -> Any:
    """Returns the next action where runs may be tried: try all, each to its end, then answer.

    Args:
        sight: What is seen.
        attempts: The runs so far.
        onward: The move that goes on in a run.
    """
    right = [each for each in attempts if each.right]
    if right:
        return sight.choose(right[0].text)
    if sight.moves_left and sight.under_way:
        return sight.say(onward)
    tried = {each.text for each in attempts}
    left = [text for text in sight.trials if text not in tried]
    endless = sight.growth and any(each.endless for each in attempts)
    if sight.moves_left and left and not endless:
        return sight.attempt(left[0])
    if not sight.growth:
        return sight.answer()
    found = fit({int(each.text): each.steps for each in attempts if each.ended and not each.endless}, least=3)
    return sight.choose(found.best if found else "O(2^n)")


def _predict(sight: Sight) -> Any:
    ended = sight.event in (Event.RETURN, Event.EXCEPTION, Event.EXIT)
    if (ended and sight.outermost) or not sight.moves_left:
        return sight.answer()
    return sight.say(Action(ActionKind.STEP_RETURN))


def _recall(sight: Sight, line: int, left: int) -> Any:
    there = left == 0 and sight.event is Event.LINE and sight.line == line
    if there or not sight.moves_left:
        return sight.answer()
    if left <= 0:
        return sight.say(Action(ActionKind.REVERSE_CONTINUE))
    return sight.say(Action(ActionKind.RUN_TO, line))


def _reach(sight: Sight, event: Event, line: int) -> Any:
    if sight.event is Event.EXIT:
        return sight.say(Action(ActionKind.REVERSE_CONTINUE))
    if event is not Event.LINE and sight.event is Event.LINE and sight.line == line:
        return sight.say(Action(ActionKind.STEP_OVER))
    return sight.say(Action(ActionKind.RUN_TO, line) if line else Action(ActionKind.STEP_INTO))
