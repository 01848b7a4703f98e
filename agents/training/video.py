"""A film of an episode of a trained agent."""

from __future__ import annotations

from pathlib import Path

import gymnasium
from gymnasium.wrappers import RecordVideo

from debugworld.envs import DebugEnv

from .config import TrainAgentConfig


def film(config: TrainAgentConfig, agent: Path, seed: int = 1_000_000) -> Path:
    """Films one episode in the real world and returns the folder of the film.

    Args:
        config: The run.
        agent: Folder of the trained agent.
        seed: Of the episode.

    Raises:
        gymnasium.error.DependencyNotInstalled: moviepy is missing.
    """
    from debugworld.agents.learned import LearnedAgent

    options = {"tasks": config.tasks, **config.options}
    if config.sandbox is not None:
        options["sandbox"] = config.sandbox
    env = gymnasium.make(config.env, render_mode="rgb_array", **options)
    base = env.unwrapped
    assert isinstance(base, DebugEnv)
    player = LearnedAgent.load(agent, base)
    folder = config.out / "video"
    filmed = RecordVideo(env, str(folder), episode_trigger=lambda number: True, disable_logger=True)
    try:
        observation, info = filmed.reset(seed=seed)
        player.reset(seed)
        over = False
        while not over:
            observation, _, terminated, truncated, info = filmed.step(player.act(observation, info))
            over = terminated or truncated
    finally:
        filmed.close()
    return folder
