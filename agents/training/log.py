"""Logged episodes as arrays of moves: what off-policy learning reads, of any agent and either world."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from debugworld.envs.episode import Episode, load_episodes

from .config import AgentError, TrainAgentConfig


@dataclass(frozen=True)
class Log:
    """Moves of logged episodes."""

    observations: dict[str, npt.NDArray[Any]]
    """Before each move; ``(moves, ...)`` each."""
    masks: npt.NDArray[np.int8]
    """What was legal; ``(moves, actions)``."""
    actions: npt.NDArray[np.int64]
    """What was done; ``(moves,)``."""
    rewards: npt.NDArray[np.float32]
    """What each move was paid; ``(moves,)``."""
    bounds: npt.NDArray[np.int64]
    """Where each episode begins, and the end of the last; ``(episodes + 1,)``."""

    def __len__(self) -> int:
        return len(self.actions)

    def returns(self, discount: float) -> npt.NDArray[np.float32]:
        """Returns what was paid from each move on, discounted; ``(moves,)``."""
        found = self.rewards.copy()
        last = set((self.bounds[1:] - 1).tolist())
        for place in range(len(found) - 2, -1, -1):
            if place not in last:
                found[place] += discount * found[place + 1]
        return found


def read_log(files: Iterable[Path], config: TrainAgentConfig) -> Log:
    """Plays logged episodes again and returns their moves.

    Args:
        files: As `RecordEpisodes.save` writes them.
        config: The run; the logged environments must show what its environment shows.

    Raises:
        AgentError: there is no move, or an episode is of another task or shape, or plays otherwise now.
        TaskError: a line of a file is no episode.
    """
    episodes = [episode for file in files for episode in load_episodes(file)]
    envs: dict[str, gymnasium.Env[Any, Any]] = {}
    seen: list[dict[str, Any]] = []
    masks: list[Any] = []
    actions: list[int] = []
    rewards: list[float] = []
    bounds = [0]
    try:
        for episode in episodes:
            if episode.env_id != config.env:
                raise AgentError(f"the log has episodes of {episode.env_id}; this run is of {config.env}")
            key = repr(sorted(episode.arguments.items()))
            if key not in envs:
                envs[key] = gymnasium.make(episode.env_id, **episode.arguments)
            rewards += _replay(envs[key], episode, seen, masks)
            actions += [int(step.action) for step in episode.steps]  # type: ignore[arg-type]
            bounds.append(len(actions))
    finally:
        for env in envs.values():
            env.close()
    if not actions:
        raise AgentError("the log has no moves; `debugworld evaluate --log FILE` writes some")
    if len({len(mask) for mask in masks}) > 1:
        raise AgentError("the log mixes episodes of several shapes; give all the same max_lines")
    observations = {key: np.stack([each[key] for each in seen]) for key in seen[0]}
    paid = np.array(rewards, np.float32)
    return Log(observations, np.stack(masks), np.array(actions, np.int64), paid, np.array(bounds, np.int64))


def _replay(
    env: gymnasium.Env[Any, Any], episode: Episode, seen: list[dict[str, Any]], masks: list[Any]
) -> list[float]:
    """Plays an episode; returns what was paid, and adds what was seen before each move."""
    observation, info = env.reset(seed=episode.seed, options=episode.options)
    rewards = []
    for step in episode.steps:
        seen.append(observation)
        masks.append(info["action_mask"])
        observation, reward, *_, info = env.step(step.action)
        rewards.append(float(reward))
        if abs(rewards[-1] - step.reward) > 1e-9:
            raise AgentError(f"seed {episode.seed} plays otherwise now than it is logged; log it again")
    return rewards
