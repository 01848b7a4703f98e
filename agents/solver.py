"""Agents as solvers of planted bugs: an agent's own episode on a bug that `BugInjection` has just proved."""

from __future__ import annotations

from typing import Any

from debugworld.envs import BugSet, FaultLocalization, Repair, TaskError
from debugworld.envs.bug import Bug
from debugworld.envs.bug_injection import BugInjection
from debugworld.sandboxes.errors import SandboxError

from .agent import make_agent
from .learned import is_learned, learned_options

_TASKS: dict[str, type[FaultLocalization] | type[Repair]] = {
    "FaultLocalization": FaultLocalization,
    "Repair": Repair,
}


class AgentSolver:
    """Lets an agent play a task on planted bugs, in the box of the environment that plants.

    A bug is solved by `FaultLocalization` where a changed line is accused within the environment's
    ``accusations``, by `Repair` where the submitted program passes all tests, hidden ones included.

    Args:
        env: The environment that plants.
        agent: As `make_agent` takes it: ``scripted``, ``ochiai``, ``random``, ``lm:MODEL``, the folder of a
            trained agent.
        task: ``FaultLocalization`` or ``Repair``.
        max_moves: Moves of an attempt.

    Raises:
        TaskError: there is no such task or agent, or it was trained for shorter programs.
    """

    def __init__(
        self,
        env: BugInjection,
        agent: str = "scripted",
        task: str = "FaultLocalization",
        max_moves: str = "40",
    ) -> None:
        if task not in _TASKS:
            raise TaskError(f"a planted bug is solved in {' or '.join(_TASKS)}, not in {task!r}")
        if not max_moves.isdecimal():
            raise TaskError(f"max_moves of a solver is a whole number; got {max_moves!r}")
        lines = env.commands.max_lines
        options: dict[str, Any] = {
            "sandbox": env.sandbox,
            "max_tests": env.tests,
            "max_lines": lines,
            "max_moves": int(max_moves),
        }
        if task == "FaultLocalization":
            options["accusations"] = env.accusations
        if is_learned(agent):
            options |= {"family": "features", **learned_options(agent)}
        if options["max_lines"] < lines:
            known = options["max_lines"]
            told = f"{agent} knows programs of {known} lines, and bugs are planted in longer ones"
            raise TaskError(f"{told}; plant them with max_lines={known}")
        self._env = _TASKS[task](**options)
        try:
            self._agent = make_agent(agent, self._env)
        except ValueError as error:
            raise TaskError(str(error)) from None

    def solve(self, bug: Bug, seed: int) -> int:
        """Plays one episode; see `envs.solver.Player`."""
        env = self._env
        env.take(BugSet("planted", (bug,), trusted=False))
        observation, info = env.reset(seed=seed)
        self._agent.reset(seed)
        over = bool(info["fault"])
        while not over:
            observation, _, terminated, truncated, info = env.step(self._agent.act(observation, info))
            over = terminated or truncated
        if info["fault"]:
            raise SandboxError(f"the solver's episode broke: {info['error']}")
        return int(info.get("rank", info["success"]))

    def close(self) -> None:
        """Frees the box; it may be asked again."""
        self._env.close()
