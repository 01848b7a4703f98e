"""Actions in parts mean what the same commands mean as numbers and as texts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

from debugworld.envs import ENV_IDS, DebugEnv, RecordEpisodes, TaskError, validate
from debugworld.envs.family import make_family
from debugworld.envs.structured import StructuredFamily

Make = Callable[..., DebugEnv]


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_gymnasium_is_content(env_id: str) -> None:
    env = gymnasium.make(env_id, actions="dict")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)
    env.close()


@pytest.mark.parametrize("env_id", ["debugworld/ReachState-Features-v0", "debugworld/StateQuery-Text-v0"])
def test_random_parts_are_recorded_and_replayed(env_id: str, tasks: str) -> None:
    env = RecordEpisodes(gymnasium.make(env_id, tasks=tasks, sandbox="process", actions="dict", max_moves=6))
    env.action_space.seed(0)
    for seed in range(5):
        env.reset(seed=seed)
        over = False
        while not over:
            *_, terminated, truncated, _ = env.step(env.action_space.sample())
            over = terminated or truncated
    env.close()
    assert len(env.episodes) == 5
    assert all(validate(episode).agrees for episode in env.episodes)


def test_what_is_no_command_is_refused(make: Make) -> None:
    env = make("debugworld/StateQuery-Text-v0", actions="dict")
    env.reset(seed=0)
    names = StructuredFamily(make_family("text", 64, 8)).names
    for name, text, told in (("run_to", "", "needs a line"), ("answer", " ", "needs a text")):
        parts = {"command": names.index(name), "number": 0, "text": text}
        page, _, terminated, _, info = env.step(parts)
        assert told in info["error"] and told in page and not terminated


def test_other_actions_are_none(make: Make) -> None:
    with pytest.raises(TaskError, match="'plain' or 'dict'"):
        make("debugworld/StateQuery-Text-v0", actions="tuple")


def test_masks_stay_those_of_the_numbers(make: Make) -> None:
    plain, parts = (make("debugworld/ReachState-Features-v0", actions=kind) for kind in ("plain", "dict"))
    _, one = plain.reset(seed=1)
    _, other = parts.reset(seed=1)
    assert (one["action_mask"] == other["action_mask"]).all()
    for number in one["action_mask"].nonzero()[0][:20]:
        action = plain.commands.action(int(number))
        assert action is not None
        chosen: dict[str, Any] = parts.say(action)
        plain.reset(seed=1), parts.reset(seed=1)
        assert plain.step(int(number))[4]["moves"] == parts.step(chosen)[4]["moves"] == 1
        assert plain.debugger.state == parts.debugger.state
