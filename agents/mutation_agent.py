"""Repairing and planting bugs by mutation: change a line a little, run the tests, see."""

from __future__ import annotations

import random
from typing import Any

from debugworld.envs import TaskCommand, TaskKind

from .bug_sight import BugSight
from .mutants import mutants

_SUBMIT = TaskCommand(TaskKind.SUBMIT)
_RUN = TaskCommand(TaskKind.RUN)


class MutationAgent:
    """Tries mutants until one does what is wanted; a line whose mutants all failed gets its text back.

    To repair, the tests are run to their end first, and the most suspected lines are mutated first, until
    all tests that are shown pass (as Debroy and Wong, 2010). To plant a bug, lines are taken in random order,
    until some test fails and another one passes.

    Args:
        plants: Whether to plant a bug instead of repairing one.
    """

    def __init__(self, plants: bool = False) -> None:
        self._plants = plants
        self.reset(0)

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; a seed fixes what is random."""
        if seed is not None:
            self._rng = random.Random(seed)  # noqa: S311  no secret
        self._plan: list[TaskCommand] | None = None
        self._tried: TaskCommand | None = None

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns the next action."""
        sight = BugSight(observation)
        if not sight.moves_left:
            return sight.say(_SUBMIT)
        if self._plan is None:
            exploring = None if self._plants else sight.explore()
            if exploring is not None:
                return exploring
            self._plan = self._planned(sight)
        elif self._done(sight):
            return sight.say(_SUBMIT)
        if any(test.passes is None for test in sight.tests):
            return sight.say(_RUN)
        if not self._plan:
            return sight.say(_SUBMIT)
        self._tried = self._plan.pop(0)
        return sight.say(self._tried)

    def _done(self, sight: BugSight) -> bool:
        passes = [test.passes for test in sight.tests]
        if self._plants:
            return False in passes and True in passes
        return all(passes)

    def _planned(self, sight: BugSight) -> list[TaskCommand]:
        lines = sight.suspects("ochiai")
        if self._plants:
            self._rng.shuffle(lines)
        plan = []
        for line in lines:
            text = sight.source[line]
            edits = [TaskCommand(TaskKind.EDIT, line, each) for each in mutants(text)]
            if self._plants:
                self._rng.shuffle(edits)
            if edits:
                plan += [*edits, TaskCommand(TaskKind.EDIT, line, text)]
        return plan
