"""What every agent can do: act on what it sees, in any environment and either world."""

from __future__ import annotations

from typing import Any, Protocol

from debugworld.envs import BugInjection, DebugEnv, FaultLocalization, Repair
from debugworld.envs.spectrum import FORMULAE

from .learned import LearnedAgent, is_learned
from .mutation_agent import MutationAgent
from .random_agent import RandomAgent
from .scripted import ScriptedAgent
from .spectrum_agent import SpectrumAgent


class Agent(Protocol):
    """Chooses actions from observations and the published info, never from hidden truth."""

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; a seed fixes everything that is random in it."""

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns an element of the environment's action space."""


AGENTS = ("random", "scripted")
"""The agents by name."""
SPECTRUM_AGENTS = tuple(FORMULAE)
"""Those that play FaultLocalization only, by the name of their formula."""


def make_agent(name: str, env: DebugEnv) -> Agent:
    """Returns a new agent for an environment.

    Args:
        name: One of `AGENTS` or `SPECTRUM_AGENTS`, or the folder of a trained agent.
        env: Where it will act.

    Raises:
        ValueError: there is none of that name, or not for this environment.
    """
    if is_learned(name):
        return LearnedAgent.load(name, env)
    if name in SPECTRUM_AGENTS:
        if not isinstance(env, FaultLocalization):
            raise ValueError(f"the agent {name} plays FaultLocalization only; others: {', '.join(AGENTS)}")
        return SpectrumAgent(name)
    if name == "random":
        return RandomAgent(env.action_space)
    if name == "scripted":
        if isinstance(env, FaultLocalization):
            return SpectrumAgent()
        if isinstance(env, Repair | BugInjection):
            return MutationAgent(plants=isinstance(env, BugInjection))
        return ScriptedAgent()
    raise ValueError(
        f"there is no agent {name!r}; use one of: {', '.join(AGENTS)}, or the folder of a trained one"
    )
