"""A loop in the manner of CleanRL, in one file: PPO with masks over a vector of environments."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from torch import nn

REACH = "debugworld.envs:debugworld/ReachState-Features-v0"
ENVS, STEPS, UPDATES, EPOCHS = 4, 32, 4, 2
GAMMA, LAMBDA, CLIP = 0.9, 0.95, 0.2


class Agent(nn.Module):
    def __init__(self, inputs: int, actions: int) -> None:
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(inputs, 64), nn.Tanh(), nn.Linear(64, actions))
        self.critic = nn.Sequential(nn.Linear(inputs, 64), nn.Tanh(), nn.Linear(64, 1))

    def policy(self, seen: torch.Tensor, mask: torch.Tensor) -> torch.distributions.Categorical:
        return torch.distributions.Categorical(logits=self.actor(seen).masked_fill(mask == 0, -1e9))


@pytest.mark.slow
def test_ppo_runs_and_says_nothing_illegal() -> None:
    torch.manual_seed(0)
    envs = gymnasium.make_vec(REACH, ENVS, vectorization_mode="sync", max_lines=24)
    single = envs.single_observation_space
    seen, infos = envs.reset(seed=list(range(ENVS)))

    def row(batch: dict[str, Any]) -> torch.Tensor:
        each = gymnasium.vector.utils.iterate(envs.observation_space, batch)
        return torch.tensor(np.stack([gymnasium.spaces.flatten(single, one) for one in each])).float()

    agent = Agent(row(seen).shape[1], int(envs.single_action_space.n))  # type: ignore[attr-defined]
    optimizer = torch.optim.Adam(agent.parameters(), 1e-3)
    before = [weights.clone() for weights in agent.parameters()]
    ended, begun = 0, torch.ones(ENVS)
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
            ended += int(over.sum())
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
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        for _ in range(EPOCHS):
            policy = agent.policy(flat["observation"], flat["mask"])
            ratio = (policy.log_prob(flat["action"]) - flat["logprob"]).exp()
            clipped = ratio.clamp(1 - CLIP, 1 + CLIP)
            loss = -torch.min(advantage * ratio, advantage * clipped).mean()
            loss = loss + 0.5 * (agent.critic(flat["observation"])[:, 0] - target).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            assert torch.isfinite(loss)
    envs.close()
    assert ended > 0
    assert all(not torch.equal(a, b) for a, b in zip(before, agent.parameters(), strict=True))
