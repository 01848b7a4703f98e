"""Episodes as records: the same in both worlds where they should be, and replayed as they say."""

from __future__ import annotations

from collections.abc import Iterator

import gymnasium
import pytest

from debugworld.agents import make_agent
from debugworld.agents.spectrum_agent import SpectrumAgent
from debugworld.agents.transfer.play import Env, inner, play, walk

REACH = "debugworld/ReachState-Features-v0"
FAULT = "debugworld/FaultLocalization-Features-v0"


@pytest.fixture(scope="module")
def real() -> Iterator[Env]:
    env = gymnasium.make(REACH, tasks="generated/1073741824/12")
    yield env
    env.close()


@pytest.fixture(scope="module", params=["noisy?rate=0.3", "copy", "static"])
def dream(request: pytest.FixtureRequest) -> Iterator[Env]:
    env = gymnasium.make(
        REACH, tasks="generated/1073741824/12", backend="rollout", model=request.param, max_states=120
    )
    yield env
    env.close()


@pytest.mark.parametrize("name", ["random", "scripted"])
def test_a_replay_comes_to_what_the_record_says(name: str, real: Env, dream: Env) -> None:
    agent, differs = make_agent(name, inner(dream)), 0
    for seed in range(12):
        record = play(dream, agent, seed)
        there, here = walk(dream, record["actions"], seed), walk(real, record["actions"], seed)
        assert (there["success"], here["success"]) == (record["success"], record["replayed"])
        assert (here["task"], here["question"]) == (record["task"], record["question"])
        assert len(there["steps"]) == len(record["actions"]) + 1
        differs += there["steps"] != here["steps"]
    assert differs


def test_episodes_repeat(real: Env) -> None:
    agent = make_agent("random", inner(real))
    assert play(real, agent, 3) == play(real, agent, 3) != play(real, agent, 4)


def test_a_dream_that_is_true_is_the_real_world(real: Env) -> None:
    env = gymnasium.make(REACH, tasks="generated/1073741824/12", backend="rollout", model="noisy?rate=0")
    try:
        for name in ("random", "scripted"):
            for seed in range(6):
                there = play(env, make_agent(name, inner(env)), seed)
                assert there == play(real, make_agent(name, inner(real)), seed)
                assert there["replayed"] == there["success"]
    finally:
        env.close()


def test_ochiai_runs_as_many_tests_as_it_may() -> None:
    env = gymnasium.make(FAULT, tasks="builtin", max_tests=5)
    try:
        for runs in (0, 1, 3, None):
            record = play(env, SpectrumAgent("ochiai", runs), 1)
            shown = len(inner(env).scene.tests)
            assert record["tests"] == (shown if runs is None else min(runs, shown))
            assert 0 <= record["rank"] <= 5 and 0 < record["exam"] <= 1
            assert record["success"] == record["replayed"] == (record["rank"] > 0)
    finally:
        env.close()
    with pytest.raises(ValueError, match="at least 0"):
        SpectrumAgent("ochiai", -1)
