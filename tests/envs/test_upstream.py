"""Faults of others that shaped what is here; when one of these fails, the fault is mended and ours can go."""

from __future__ import annotations

from typing import Any

import gymnasium
import pytest
from gymnasium import spaces

from debugworld.envs import TextSpace


class Counter(gymnasium.Env[str, int]):
    """Says how many steps were taken."""

    def __init__(self, space: gymnasium.Space[str]) -> None:
        self.observation_space, self.action_space = space, spaces.Discrete(2)
        self.count = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict]:
        super().reset(seed=seed)
        self.count = 0
        return "begin", {}

    def step(self, action: int) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self.count += 1
        return f"step{self.count}", 0.0, False, False, {}


def told(space: gymnasium.Space[str], shared_memory: bool) -> list[str]:
    env = gymnasium.vector.AsyncVectorEnv([lambda: Counter(space)] * 2, shared_memory=shared_memory)
    try:
        texts = [env.reset()[0], env.step([0, 0])[0], env.step([0, 0])[0]]
        return [pair[0] for pair in texts if pair[0] == pair[1]]
    finally:
        env.close()


def test_text_does_not_survive_gymnasiums_shared_memory() -> None:
    """docs/upstream/gymnasium-text-shared-memory.md."""
    assert told(spaces.Text(8), shared_memory=False) == ["begin", "step1", "step2"]
    assert told(spaces.Text(8), shared_memory=True) == ["0" * 8] * 3


def test_our_own_space_arrives_or_is_refused() -> None:
    assert told(TextSpace(8), shared_memory=False) == ["begin", "step1", "step2"]
    with pytest.raises(Exception, match="shared_memory=False"):
        told(TextSpace(8), shared_memory=True)
