"""Advantage-weighted regression: a policy learns from a log what was better than usual (Peng et al., 2019).

A critic is fitted to the returns of the logged moves; the actor is fitted to the moves themselves, each
weighted by ``exp(advantage / temperature)``. No environment is played for it, so that the log may come from
any agent and either world.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from debugworld.envs.episode import Episode, load_episodes

from .config import AgentError, TrainAgentConfig

SETTINGS = {"temperature": 0.3, "most_weight": 20.0, "critic_share": 0.5}
"""Temperature of the weights in standard deviations of the advantage, their upper bound, and how much of the
log goes by before the actor learns at all."""


@dataclass(frozen=True)
class Log:
    """Moves of logged episodes."""

    observations: dict[str, npt.NDArray[Any]]
    """Before each move; ``(moves, ...)`` each."""
    masks: npt.NDArray[np.int8]
    """What was legal; ``(moves, actions)``."""
    actions: npt.NDArray[np.int64]
    """What was done; ``(moves,)``."""
    returns: npt.NDArray[np.float32]
    """What was paid from there on, discounted; ``(moves,)``."""

    def __len__(self) -> int:
        return len(self.actions)


def read_log(files: Iterable[Path], config: TrainAgentConfig, discount: float) -> Log:
    """Plays logged episodes again and returns their moves.

    Args:
        files: As `RecordEpisodes.save` writes them.
        config: The run; the logged environments must show what its environment shows.
        discount: In (0, 1].

    Raises:
        AgentError: there is no move, or an episode is of another task or shape, or plays otherwise now.
        TaskError: a line of a file is no episode.
    """
    episodes = [episode for file in files for episode in load_episodes(file)]
    envs: dict[str, gymnasium.Env[Any, Any]] = {}
    seen: list[dict[str, Any]] = []
    masks: list[Any] = []
    actions: list[int] = []
    returns: list[float] = []
    try:
        for episode in episodes:
            if episode.env_id != config.env:
                raise AgentError(f"the log has episodes of {episode.env_id}; this run is of {config.env}")
            key = repr(sorted(episode.arguments.items()))
            if key not in envs:
                envs[key] = gymnasium.make(episode.env_id, **episode.arguments)
            rewards = _replay(envs[key], episode, seen, masks)
            actions += [int(step.action) for step in episode.steps]  # type: ignore[arg-type]
            total = 0.0
            back = []
            for reward in reversed(rewards):
                total = reward + discount * total
                back.append(total)
            returns += back[::-1]
    finally:
        for env in envs.values():
            env.close()
    if not actions:
        raise AgentError("the log has no moves; `debugworld evaluate --log FILE` writes some")
    if len({len(mask) for mask in masks}) > 1:
        raise AgentError("the log mixes episodes of several shapes; give all the same max_lines")
    observations = {key: np.stack([each[key] for each in seen]) for key in seen[0]}
    numbers = np.array(actions, np.int64)
    return Log(observations, np.stack(masks), numbers, np.array(returns, np.float32))


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


def regress(model: Any, config: TrainAgentConfig, on_steps: Callable[[int], None]) -> list[dict[str, Any]]:
    """Fits the actor and the critic of a model to a log, and returns the curve.

    Args:
        model: Whose policy learns; its batch size, learning rate, entropy weight and discount hold.
        config: The run.
        on_steps: Called with the moves that were learnt from so far.

    Raises:
        AgentError: as `read_log`; or the log has other shapes than the run's environment.
    """
    import torch

    log = read_log(config.logs, config, model.gamma)
    policy, rng, began = model.policy, np.random.default_rng(config.seed), time.monotonic()
    if log.masks.shape[1] != policy.action_space.n:
        raise AgentError(
            f"the log has {log.masks.shape[1]} actions, the environment {policy.action_space.n}; give the "
            "run the max_lines of the log"
        )
    policy.set_training_mode(True)
    curve: list[dict[str, Any]] = []
    done = 0
    while done < config.steps:
        rows = rng.integers(len(log), size=min(model.batch_size, config.steps - done))
        observations, _ = policy.obs_to_tensor({key: each[rows] for key, each in log.observations.items()})
        actions, returns = torch.as_tensor(log.actions[rows]), torch.as_tensor(log.returns[rows])
        values, chances, entropy = policy.evaluate_actions(observations, actions, log.masks[rows])
        values = values.flatten()
        advantage = returns - values.detach()
        scale = SETTINGS["temperature"] * advantage.std(unbiased=False).clamp(min=1e-3)
        weights = torch.exp(advantage / scale).clamp(max=SETTINGS["most_weight"])
        warm = done >= SETTINGS["critic_share"] * min(config.steps, len(log))
        actor = -(weights / weights.mean() * chances).mean() if warm else torch.zeros(())
        critic = torch.nn.functional.mse_loss(values, returns)
        loss = actor + critic - model.ent_coef * (entropy.mean() if entropy is not None else 0.0)
        policy.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), model.max_grad_norm)
        policy.optimizer.step()
        done += len(rows)
        model.num_timesteps = done
        on_steps(done)
        told = {"steps": done, "seconds": round(time.monotonic() - began, 3)}
        curve.append(told | {"actor": float(actor.detach()), "critic": float(critic.detach())})
    policy.set_training_mode(False)
    return curve
