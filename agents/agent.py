"""What every agent can do: act on what it sees, in any environment and either world."""

from __future__ import annotations

from typing import Any, Protocol

from debugworld.envs import DebugEnv

from .random_agent import RandomAgent
from .scripted import ScriptedAgent


class Agent(Protocol):
    """Chooses actions from observations and the published info, never from hidden truth."""

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; a seed fixes everything that is random in it."""

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns an element of the environment's action space."""


AGENTS = ("random", "scripted")
"""The agents by name."""


def make_agent(name: str, env: DebugEnv) -> Agent:
    """Returns a new agent for an environment.

    Raises:
        ValueError: there is none of that name.
    """
    if name == "random":
        return RandomAgent(env.action_space)
    if name == "scripted":
        return ScriptedAgent()
    raise ValueError(f"there is no agent {name!r}; use one of: {', '.join(AGENTS)}")
