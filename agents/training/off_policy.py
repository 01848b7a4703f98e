"""Learning from logged episodes alone: no environment is played, so the log may be of any agent and world."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .config import AgentError, TrainAgentConfig
from .log import read_log
from .regression import AdvantageWeightedRegression
from .soft import SoftPolicyOptimization


def learn(model: Any, config: TrainAgentConfig, on_steps: Callable[[int], None]) -> list[dict[str, Any]]:
    """Fits the actor and the critic of a model to a log, and returns the curve.

    Args:
        model: Whose policy learns; its batch size, learning rate, entropy weight and discount hold.
        config: The run.
        on_steps: Called with the moves that were learnt from so far.

    Raises:
        AgentError: as `read_log`; or the log has other shapes than the run's environment.
    """
    import torch

    log = read_log(config.logs, config)
    policy, rng, began = model.policy, np.random.default_rng(config.seed), time.monotonic()
    if log.masks.shape[1] != policy.action_space.n:
        raise AgentError(
            f"the log has {log.masks.shape[1]} actions, the environment {policy.action_space.n}; give the "
            "run the max_lines of the log"
        )
    objective: AdvantageWeightedRegression | SoftPolicyOptimization
    if config.algo == "awr":
        objective = AdvantageWeightedRegression(log, model.gamma, config.steps)
    else:
        objective = SoftPolicyOptimization(log, model.gamma)
    policy.set_training_mode(True)
    curve: list[dict[str, Any]] = []
    done = 0
    while done < config.steps:
        rows = objective.draw(rng, min(model.batch_size, config.steps - done))
        observations, _ = policy.obs_to_tensor({key: each[rows] for key, each in log.observations.items()})
        values, chances, entropy = policy.evaluate_actions(
            observations, torch.as_tensor(log.actions[rows]), log.masks[rows]
        )
        losses = objective.losses(rows, values.flatten(), chances)
        loss = sum(losses.values()) - model.ent_coef * (entropy.mean() if entropy is not None else 0.0)
        policy.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), model.max_grad_norm)
        policy.optimizer.step()
        done += len(rows)
        model.num_timesteps = done
        on_steps(done)
        told = {"steps": done, "seconds": round(time.monotonic() - began, 3)}
        curve.append(told | {name: float(part.detach()) for name, part in losses.items()})
    policy.set_training_mode(False)
    return curve
