"""Planting bugs by mutation, and learning from what they were worth which slips to make."""

from __future__ import annotations

from math import log

from debugworld.envs import TaskCommand, TaskKind

from .bug_sight import BugSight
from .mutants import slips
from .mutation_agent import MutationAgent


class PlantingAgent(MutationAgent):
    """Plays BugInjection as `MutationAgent` does, but begins with slips of the kinds that have paid.

    Slips are drawn in an order that follows a softmax over what their kinds have been worth (by Gumbel
    noise); a kind's worth is a moving average of the rewards of the bugs that it made, 0 where it made none.

    Args:
        rate: Weight of the newest reward, in (0, 1].
        temperature: Of the softmax, above 0; the lower, the greedier.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(self, rate: float = 0.3, temperature: float = 0.2) -> None:
        if not 0 < rate <= 1 or temperature <= 0:
            raise ValueError(f"need 0 < rate <= 1 and temperature > 0; got {rate} and {temperature}")
        self.worth: dict[str, float] = {}
        """What each kind of slip has been worth."""
        self._rate, self._temperature = rate, temperature
        self._kinds: dict[TaskCommand, str] = {}
        super().__init__(plants=True)

    def learn(self, reward: float) -> None:
        """Takes in what the bug that it submitted last was worth."""
        kind = None if self._tried is None else self._kinds.get(self._tried)
        if kind is not None:
            before = self.worth.get(kind, 0.0)
            self.worth[kind] = before + self._rate * (reward - before)

    def _planned(self, sight: BugSight) -> list[TaskCommand]:
        """Returns all slips, the best first; a line gets its text back before another line is edited."""
        self._kinds = {}
        drawn = []
        for line, text in sight.source.items():
            for kind, other in slips(text):
                edit = TaskCommand(TaskKind.EDIT, line, other)
                self._kinds[edit] = kind
                noise = -log(self._rng.expovariate(1.0))
                drawn.append((self.worth.get(kind, 0.0) / self._temperature + noise, edit))
        drawn.sort(key=lambda each: -each[0])
        plan: list[TaskCommand] = []
        for _, edit in drawn:
            if plan and (before := plan[-1].number) != edit.number and before is not None:
                plan.append(TaskCommand(TaskKind.EDIT, before, sight.source[before]))
            plan.append(edit)
        return plan
