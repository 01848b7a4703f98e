"""A loop in the manner of CleanRL, in one file: PPO with masks over the environments' own vector learns."""

from __future__ import annotations

import time
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from debugworld.envs.vector.recorded import RecordedVectorEnv

REACH = "debugworld.envs:debugworld/ReachState-Features-v0"
ENVS, STEPS, UPDATES, EPOCHS, BATCH = 64, 16, 30, 4, 256
GAMMA, LAMBDA, CLIP, ENTROPY, RATE = 0.9, 0.95, 0.2, 0.01, 1e-3
EPISODES = 400


def layer(inputs: int, outputs: int, gain: float = 2**0.5) -> nn.Linear:
    made = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(made.weight, gain)
    nn.init.zeros_(made.bias)
    return made


class Agent(nn.Module):
    def __init__(self, inputs: int, actions: int) -> None:
        super().__init__()
        self.actor = nn.Sequential(
            layer(inputs, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, actions, 0.01)
        )
        self.critic = nn.Sequential(layer(inputs, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, 1, 1.0))

    def policy(self, seen: torch.Tensor, mask: torch.Tensor) -> torch.distributions.Categorical:
        return torch.distributions.Categorical(logits=self.actor(seen).masked_fill(mask == 0, -1e9))


def opened(count: int) -> Any:
    """The vector that `make_vec` takes by itself, which moves all environments in numpy."""
    envs = gymnasium.make_vec(REACH, count, max_lines=24)
    assert isinstance(envs.unwrapped, RecordedVectorEnv)
    return envs


def rows(space: gymnasium.spaces.Dict, batch: dict[str, npt.NDArray[Any]]) -> torch.Tensor:
    """Flattens a batch of observations, as `gymnasium.spaces.flatten` does one."""
    parts = []
    for name, part in space.items():
        if isinstance(part, gymnasium.spaces.Discrete):
            parts.append(np.eye(int(part.n), dtype=np.float32)[batch[name]])
        else:
            parts.append(batch[name].reshape(len(batch[name]), -1))
    return torch.tensor(np.concatenate(parts, 1, dtype=np.float32))


def wins(agent: Agent | None) -> float:
    """Share of episodes that are won, always of the same seeds, none of which is trained on."""
    envs = opened(EPISODES)
    seen, infos = envs.reset(seed=1_000_000)
    going, won = np.ones(EPISODES, bool), np.zeros(EPISODES, bool)
    while going.any():
        mask = torch.tensor(infos["action_mask"])
        with torch.no_grad():
            legal = torch.distributions.Categorical(mask.float())
            policy = agent.policy(rows(envs.single_observation_space, seen), mask) if agent else legal
        seen, _, terminations, truncations, infos = envs.step(policy.sample().numpy())
        won |= going & infos["success"]
        going &= ~(terminations | truncations)
    envs.close()
    return float(won.mean())


@pytest.mark.slow
def test_ppo_learns_over_the_own_vector_and_says_nothing_illegal() -> None:
    """Above random legal moves by more than three standard errors."""
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    started = time.perf_counter()
    envs = opened(ENVS)
    seen, infos = envs.reset(seed=0)

    def row(batch: dict[str, Any]) -> torch.Tensor:
        return rows(envs.single_observation_space, batch)

    agent = Agent(row(seen).shape[1], int(envs.single_action_space.n))
    optimizer = torch.optim.Adam(agent.parameters(), RATE)
    begun = torch.ones(ENVS)
    for _ in range(UPDATES):
        kept: dict[str, list[torch.Tensor]] = {}
        for _ in range(STEPS):
            observation, mask = row(seen), torch.tensor(infos["action_mask"])
            with torch.no_grad():
                policy = agent.policy(observation, mask)
                action = policy.sample()
                value = agent.critic(observation)[:, 0]
            seen, rewards, terminations, truncations, infos = envs.step(action.numpy())
            assert not infos.get("_error", np.zeros(ENVS, bool)).any(), infos["error"]
            over = torch.tensor(terminations | truncations).float()
            step = {"observation": observation, "mask": mask, "action": action, "value": value, "over": over}
            step |= {
                "logprob": policy.log_prob(action),
                "reward": torch.tensor(rewards).float(),
                "real": begun,
            }
            begun = 1 - over  # the step after an end only resets
            for name, part in step.items():
                kept.setdefault(name, []).append(part)
        data = {name: torch.stack(parts) for name, parts in kept.items()}
        with torch.no_grad():
            following, gain = agent.critic(row(seen))[:, 0], torch.zeros(ENVS)
            gains = torch.zeros(STEPS, ENVS)
            for place in reversed(range(STEPS)):
                going = 1 - data["over"][place]
                error = data["reward"][place] + GAMMA * following * going - data["value"][place]
                gain = error + GAMMA * LAMBDA * going * gain
                gains[place], following = gain, data["value"][place]
        real = data["real"].bool()
        flat = {name: part[real] for name, part in data.items()}
        advantage, target = gains[real], (gains + data["value"])[real]
        for _ in range(EPOCHS):
            for some in torch.randperm(len(target)).split(BATCH):
                policy = agent.policy(flat["observation"][some], flat["mask"][some])
                better = advantage[some]
                better = (better - better.mean()) / (better.std() + 1e-8)
                ratio = (policy.log_prob(flat["action"][some]) - flat["logprob"][some]).exp()
                loss = -torch.min(better * ratio, better * ratio.clamp(1 - CLIP, 1 + CLIP)).mean()
                value = agent.critic(flat["observation"][some])[:, 0]
                loss = loss + 0.5 * (value - target[some]).pow(2).mean() - ENTROPY * policy.entropy().mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
                optimizer.step()
    envs.close()
    random, learnt = wins(None), wins(agent)
    torch.set_num_threads(threads)
    took = time.perf_counter() - started
    print(f"random {random:.3f}, learnt {learnt:.3f}, {UPDATES * STEPS * ENVS} steps in {took:.0f} s")
    assert learnt > random + 3 * np.sqrt((random * (1 - random) + learnt * (1 - learnt)) / EPISODES)
