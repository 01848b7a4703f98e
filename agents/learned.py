"""The learned agent: what `train_agent` made, in any environment of the same task and on any backend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.spaces import Dict

from debugworld.envs import DebugEnv

from .training.config import AgentError

GREEDY = False
"""Whether the likeliest action is taken, and none is drawn, where nothing else is said."""


class LearnedAgent:
    """Acts by trained weights.

    Args:
        policy: As sb3-contrib has it.
        greedy: Whether it takes the likeliest action each time; else it draws, with `reset`'s seed.
    """

    def __init__(self, policy: Any, greedy: bool = GREEDY) -> None:
        self._policy, self._greedy = policy, greedy
        self._keys = list(policy.observation_space.spaces)
        self._rng = np.random.default_rng(0)

    @classmethod
    def load(cls, path: str | Path, env: DebugEnv, greedy: bool = GREEDY) -> LearnedAgent:
        """Opens a trained agent for an environment.

        Args:
            path: Folder of a finished run.
            env: Where it will act; its arguments that shape observations are those of the run, see
                `learned_options`. Backend, model, tasks and moves may be others, and observations may have
                parts that the agent has not learnt from.
            greedy: As in the constructor.

        Raises:
            AgentError: the folder holds no trained agent, or one for other observations or actions.
            ModuleNotFoundError: sb3-contrib is missing.
        """
        manifest = read_manifest(path)
        from sb3_contrib import MaskablePPO

        from .training.train import WEIGHTS

        policy = MaskablePPO.load(Path(path) / WEIGHTS, device="cpu").policy
        learnt, seen = policy.observation_space, env.observation_space
        assert isinstance(learnt, Dict)
        known = isinstance(seen, Dict) and learnt.spaces.items() <= seen.spaces.items()
        if not known or policy.action_space != env.action_space:
            told = ", ".join(f"{key}={value!r}" for key, value in learned_options(path).items())
            where = f"{manifest['config']['env']} with {told or 'no options'}"
            raise AgentError(f"the agent in {path} was trained in {where}; make the environment so")
        policy.set_training_mode(False)
        return cls(policy, greedy)

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; a seed fixes what it draws."""
        self._rng = np.random.default_rng(seed)

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns an action that the mask allows."""
        chances = self.chances(observation, info)
        if self._greedy:
            return int(chances.argmax())
        return int(self._rng.choice(len(chances), p=chances))

    def chances(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns the chance of each action; float64 ``(actions,)``, 0 where the mask forbids it."""
        import torch

        tensors, _ = self._policy.obs_to_tensor({key: np.asarray(observation[key]) for key in self._keys})
        mask = np.asarray(info["action_mask"], bool)
        with torch.no_grad():
            found = self._policy.get_distribution(tensors, mask[None]).distribution.probs[0]
        chances = np.where(mask, found.double().numpy(), 0.0)
        return chances / chances.sum()


def is_learned(name: str) -> bool:
    """Tells whether a name is the folder of a trained agent."""
    return (Path(name) / "manifest.json").is_file()


def read_manifest(path: str | Path) -> dict[str, Any]:
    """Returns what a run wrote of itself.

    Raises:
        AgentError: the folder holds no trained agent.
    """
    try:
        data: dict[str, Any] = json.loads((Path(path) / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        data = {}
    if data.get("kind") != "debugworld agent":
        raise AgentError(f"{path} holds no trained agent; debugworld train-agent --out {path} makes one")
    return data


def learned_options(path: str | Path) -> dict[str, Any]:
    """Returns the arguments of the environment that a trained agent needs to find again.

    Raises:
        AgentError: the folder holds no trained agent.
    """
    options: dict[str, Any] = read_manifest(path)["config"]["options"]
    return dict(options)
