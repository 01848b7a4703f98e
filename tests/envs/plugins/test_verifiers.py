"""Verifiers plays over OpenEnv, with its own task set and loop; only the player's mind is scripted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import gymnasium
import pytest

pytest.importorskip("verifiers", reason="verifiers: pip install 'debugworld[verifiers]'")
pytest.importorskip("openenv", reason="openenv: pip install 'debugworld[openenv]'")

from verifiers.v1.tasksets.openenv import OpenEnvConfig, OpenEnvEnv, OpenEnvEnvConfig

TEXT = "debugworld/StateQuery-Text-v0"


class Player:
    """Stands where a language model would: says a list of replies, whatever it reads."""

    def __init__(self, replies: list[str]) -> None:
        self.replies = replies
        self.read: list[dict[str, Any]] = []
        self.rewards: dict[str, float] = {}
        self.trace = SimpleNamespace(record_reward=self.rewards.__setitem__, stop=lambda reason: None)

    @asynccontextmanager
    async def interaction(self, task: Any) -> AsyncIterator[Player]:
        yield self

    async def turn(self, message: str) -> Any:
        self.read.append(json.loads(message))
        return SimpleNamespace(last_reply=self.replies[len(self.read) - 1], terminated=False)


def test_rewards_are_those_of_the_environment(serve: Callable[..., str]) -> None:
    resets = [{"seed": 1}, {"seed": 2}]
    taskset = OpenEnvConfig(id="openenv", base_url=serve(TEXT, max_moves=5), resets=resets)
    environment = OpenEnvEnv(OpenEnvEnvConfig(taskset=taskset))
    tasks = list(environment.taskset.load())
    assert len(tasks) == 2
    env: gymnasium.Env[Any, Any] = gymnasium.make(TEXT, max_moves=5)
    for task, reset in zip(tasks, resets, strict=True):
        page, _ = env.reset(**reset)
        truth = env.unwrapped._truth  # type: ignore[attr-defined]
        # as plain text, as JSON, in a fence: what models write
        player = Player(["n", '{"command": "s"}', '```json\n{"command": "back"}\n```', f"answer {truth}"])
        asyncio.run(environment.run(task, SimpleNamespace(player=player)))  # type: ignore[arg-type]
        assert player.read[0]["observation"]["page"] == page
        assert player.read[0]["action_schema"]["required"] == ["command"]
        paid = 0.0
        for said, read in zip(("n", "s", "back", f"answer {truth}"), [*player.read[1:], None], strict=True):
            page, reward, *_, info = env.step(said)
            paid += float(reward)
            assert read is None or read["observation"]["page"] == page
        assert info["success"]
        assert player.rewards == {"openenv_reward": pytest.approx(paid)}
    env.close()
