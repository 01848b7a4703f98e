"""The coverage so far: the lines where the agent has seen the program stand, and no others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from debugworld.envs import BUG_ENV_IDS, ENV_IDS, DebugEnv
from debugworld.envs.command import PLAIN_KINDS
from debugworld.sandboxes.debugger import ActionKind

Make = Callable[..., DebugEnv]
FEATURES = [name for name in ENV_IDS if "-Features-" in name and name not in BUG_ENV_IDS]
KINDS = (ActionKind.STEP_INTO, ActionKind.STEP_OVER, ActionKind.BACK_OVER)
WORLDS: dict[str, dict[str, Any]] = {
    "real": {},
    "dream": {"backend": "rollout", "model": "static", "max_states": 40},
    "noise": {"feedback": "random"},
}


def lines(observation: dict[str, Any]) -> list[int]:
    """The lines that are marked."""
    found: list[int] = (np.flatnonzero(observation["visited"]) + 1).tolist()
    return found


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("env_id", FEATURES)
def test_it_is_what_was_shown_since_the_episode_began(env_id: str, world: str, make: Make) -> None:
    env = make(env_id, max_moves=9, **WORLDS[world])
    env.action_space.seed(3)
    rng, most = np.random.default_rng(3), 0
    for seed in range(6):
        observation, info = env.reset(seed=seed)
        shown, over = {int(observation["line"])}, False
        assert lines(observation) == sorted(shown - {0}), "of the episode before nothing is left"
        while not over:
            mask = info["action_mask"].copy()
            moves = slice(env.commands.first_answer, env.commands.first_answer + env.commands.answers)
            if rng.random() < 0.9 and (mask.sum() > mask[moves].sum()):
                mask[moves] = 0
            observation, _, terminated, truncated, info = env.step(env.action_space.sample(mask=mask))
            over = terminated or truncated
            shown.add(int(observation["line"]))
            assert lines(observation) == sorted(shown - {0}) == list(env.scene.visited)
            most = max(most, len(shown))
        assert observation["visited"].dtype == np.int8 and observation["visited"].shape == (64,)
    assert most > 3


def test_a_line_that_a_move_passed_over_was_not_seen(make: Make) -> None:
    env = make("debugworld/OutputPrediction-Features-v0")
    into, over, back = (PLAIN_KINDS.index(kind) for kind in KINDS)
    observation, _ = env.reset(seed=0, options={"task": 0})
    entry = lines(observation)[0]
    assert lines(observation) == [entry]
    for number in (into, over, back):
        assert lines(env.step(number)[0]) == [entry, entry + 1], "the function was run, and not looked at"
    assert lines(env.step(into)[0]) == [1, entry, entry + 1]


def test_runs_that_the_agent_asked_for_count_together(make: Make) -> None:
    env = make("debugworld/Complexity-Features-v0")
    env.reset(seed=0)
    for _ in range(5):
        before = lines(env.step(0)[0])
    assert len(before) > 2
    assert lines(env.step(env.commands.first_trial)[0]) == before, "the new run stands at the same entry"


def test_tests_have_a_coverage_of_their_own(make: Make) -> None:
    env = make("debugworld/FaultLocalization-Features-v0")
    observation, _ = env.reset(seed=0)
    assert "visited" not in observation and "coverage" in observation
    env.step(0)
    assert env.scene.visited == ()
