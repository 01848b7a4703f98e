"""Evaluation: agents on backends, over the same tasks and seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import gymnasium

from debugworld.envs import DebugEnv
from debugworld.envs.episode import RecordEpisodes
from debugworld.worldmodel.statistics import Estimate, mean, rate

from .agent import Agent, make_agent


@dataclass(frozen=True, slots=True)
class Episode:
    """What came out of one episode."""

    seed: int
    """Seed of the environment and of the agent."""
    success: bool
    """Whether the task was done, in the world that the agent acted in."""
    success_real: bool
    """Whether the same actions do it in the real world."""
    reward: float
    """Sum of rewards."""
    moves: int
    """Moves done, refused ones included."""
    refusals: int
    """Actions that were refused."""
    fault: str
    """The box's or the model's fault that ended it; empty where none did."""


@dataclass(frozen=True)
class Evaluation:
    """The episodes of one agent in one environment on one backend."""

    env: str
    """Id of the environment."""
    agent: str
    """Name of the agent."""
    backend: str
    """Name of the backend."""
    episodes: tuple[Episode, ...]
    """In the order of their seeds; at least one."""
    spent: Mapping[str, int] = field(default_factory=dict)
    """What the agent says that it has spent, such as calls and tokens of a language model; mostly nothing."""

    @cached_property
    def success(self) -> Estimate:
        """Success rate in the world that the agent acted in."""
        return rate([episode.success for episode in self.episodes])

    @cached_property
    def success_real(self) -> Estimate:
        """Success rate of the same actions in the real world."""
        return rate([episode.success_real for episode in self.episodes])

    @cached_property
    def reward(self) -> Estimate:
        """Mean return."""
        return mean([episode.reward for episode in self.episodes])

    @cached_property
    def moves(self) -> Estimate:
        """Mean number of moves."""
        return mean([episode.moves for episode in self.episodes])

    @property
    def faults(self) -> int:
        """Episodes that a fault ended."""
        return sum(bool(episode.fault) for episode in self.episodes)

    def to_json(self) -> dict[str, Any]:
        """Returns the estimates and every episode as plain JSON data."""
        return {
            "env": self.env,
            "agent": self.agent,
            "backend": self.backend,
            "success": self.success.to_json(),
            "success_real": self.success_real.to_json(),
            "return": self.reward.to_json(),
            "moves": self.moves.to_json(),
            "faults": self.faults,
            **({"spent": dict(self.spent)} if self.spent else {}),
            "episodes": [asdict(episode) for episode in self.episodes],
        }


def evaluate(
    env_id: str,
    agents: Sequence[str],
    backend: str,
    episodes: int,
    seed: int = 0,
    on_episode: Callable[[], None] = lambda: None,
    log: Path | None = None,
    **options: Any,
) -> list[Evaluation]:
    """Runs each agent for some episodes; episode ``i`` has seed ``seed + i`` for all of them.

    Args:
        env_id: A registered id.
        agents: Names of agents.
        backend: Name of a backend.
        episodes: Episodes for each agent, at least one.
        seed: Seed of the first episode.
        on_episode: Called after each episode.
        log: File that each episode is added to as soon as it is over, as `load_episodes` reads them.
        options: Further arguments of the environment.

    Raises:
        TaskError: an argument of the environment is wrong.
        ValueError: there is no such agent.
    """
    env: gymnasium.Env[Any, Any] = gymnasium.make(env_id, backend=backend, **options)
    if log is not None:
        env = RecordEpisodes(env, log)
    debug_env = env.unwrapped
    assert isinstance(debug_env, DebugEnv)
    found = []
    try:
        for name in agents:
            agent, done = make_agent(name, debug_env), []
            for number in range(seed, seed + episodes):
                done.append(run_episode(env, agent, number))
                on_episode()
            found.append(Evaluation(env_id, name, backend, tuple(done), getattr(agent, "spent", {})))
    finally:
        env.close()
    return found


def run_episode(env: gymnasium.Env[Any, Any], agent: Agent, seed: int) -> Episode:
    """Runs one episode; faults of the box and the model are part of what is returned."""
    observation, info = env.reset(seed=seed)
    agent.reset(seed)
    total, refusals, truncated, over = 0.0, 0, False, False
    while not over:
        observation, reward, terminated, truncated, info = env.step(agent.act(observation, info))
        total += float(reward)
        refusals += "error" in info
        over = terminated or truncated
    fault = info["error"] if info["fault"] else ""
    return Episode(
        seed=seed,
        success=info["success"],
        success_real=info.get("success_real", info["success"]),
        reward=round(total, 6),
        moves=info["moves"],
        refusals=refusals - bool(fault),
        fault=fault,
    )
