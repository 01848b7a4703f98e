"""Fault localization by routine: run every test to its end, then accuse by what they covered."""

from __future__ import annotations

from typing import Any

from debugworld.envs import TaskCommand, TaskKind
from debugworld.envs.spectrum import FORMULAE

from .bug_sight import BugSight


class SpectrumAgent:
    """Plays FaultLocalization in either family.

    Args:
        formula: ``ochiai`` (Abreu et al., 2007), ``tarantula`` (Jones and Harrold, 2005) or ``dstar``
            (Wong et al., 2014); see `envs.spectrum`.
        runs: most tests that it runs; None runs them all.

    Raises:
        ValueError: there is no such formula, or a number of runs below 0.
    """

    def __init__(self, formula: str = "ochiai", runs: int | None = None) -> None:
        if formula not in FORMULAE:
            raise ValueError(f"there is no formula {formula!r}; use one of: {', '.join(FORMULAE)}")
        if runs is not None and runs < 0:
            raise ValueError(f"an agent runs at least 0 tests; got {runs}")
        self._formula = formula
        self._runs = runs

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; nothing here is random."""

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns the routine's next action."""
        sight = BugSight(observation)
        done = sum(test.debugged for test in sight.tests)
        if self._runs is None or done < self._runs:
            action = sight.explore()
            if action is not None:
                return action
        return sight.say(TaskCommand(TaskKind.ACCUSE, sight.suspects(self._formula)[0]))
