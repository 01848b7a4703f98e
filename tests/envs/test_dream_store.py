"""Dreams are dreamt once: shared, kept on disk, many at a time; and played like any other run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from debugworld.envs import DebugEnv, TaskError, load_task_set
from debugworld.envs.dream_store import DreamStore
from debugworld.envs.trace_store import TraceStore
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.completion import Completion, Request
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.baselines import StaticEngine
from debugworld.worldmodel.fidelity.subject import Meter, Subject
from debugworld.worldmodel.neural import NeuralDebugger

PROGRAMS = load_task_set("builtin").programs
REACH = "debugworld/ReachState-Features-v0"
FAULTS = "debugworld/FaultLocalization-Features-v0"
STATIC = {"backend": "rollout", "model": "static", "max_states": 60}
Make = Callable[..., DebugEnv]


class Broken(StaticEngine):
    """Fails at some question."""

    def __init__(self, good: int) -> None:
        self.left = good

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        self.left -= len(requests)
        if self.left < 0:
            raise ModelError("the server is gone")
        return super().complete(requests)


def subject(engine: Any = None, kind: str = "baseline") -> Subject:
    meter = Meter(engine or StaticEngine())
    return Subject("static", NeuralDebugger(meter, granularity="line"), meter, about={"kind": kind})


def test_a_program_is_dreamt_once_and_kept_on_disk(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("DEBUGWORLD_CACHE", str(tmp_path))
    first, second = subject(), subject()
    store = DreamStore(first, 40)
    found = store.dream(PROGRAMS[0])
    asked = first.cost()["questions"]
    assert asked and store.dream(PROGRAMS[0]) is found and first.cost()["questions"] == asked
    assert DreamStore(second, 40).dream(PROGRAMS[0]) == found and not second.cost()["questions"]
    assert DreamStore(second, 12).dream(PROGRAMS[0]).trace.exit.reason == "step_budget"
    assert second.cost()["questions"], "another budget is another dream"
    assert store.dream(PROGRAMS[0], record(PROGRAMS[0]).states[:4]) != found


def test_what_a_server_dreams_is_not_kept(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("DEBUGWORLD_CACHE", str(tmp_path))
    DreamStore(subject(kind="endpoint"), 40).dream(PROGRAMS[0])
    assert not list(tmp_path.rglob("*.trace"))


def test_many_are_dreamt_in_few_calls_and_alike(monkeypatch: Any) -> None:
    monkeypatch.setenv("DEBUGWORLD_CACHE", "")

    class Counting(StaticEngine):
        calls = 0

        def complete(self, requests: Sequence[Request]) -> list[Completion]:
            self.calls += 1
            return super().complete(requests)

    together, alone = Counting(), Counting()
    one, other = DreamStore(subject(together), 40), DreamStore(subject(alone), 40)
    done: list[int] = []
    one.prefetch(PROGRAMS[:20], on_dream=lambda: done.append(1), jobs=8)
    calls = together.calls
    assert len(done) == 20
    assert [one.dream(each) for each in PROGRAMS[:20]] == [other.dream(each) for each in PROGRAMS[:20]]
    assert calls == together.calls < alone.calls / 3


def test_prefetching_passes_over_what_fails(monkeypatch: Any) -> None:
    monkeypatch.setenv("DEBUGWORLD_CACHE", "")
    store = DreamStore(subject(Broken(60)), 40)
    store.prefetch(PROGRAMS[:8], jobs=2)
    with pytest.raises(ModelError, match="gone"):
        store.dream(PROGRAMS[7])


def test_a_fault_of_the_model_ends_the_episode(make: Make) -> None:
    env = make(REACH, **STATIC)
    env.reset(seed=0)
    assert env._dreams is not None
    env._dreams = DreamStore(subject(Broken(0)), 59)
    _, info = env.reset(seed=0)
    assert info["fault"] and "gone" in info["error"] and info["action_mask"].all()
    _, _, terminated, truncated, info = env.step(0)
    assert truncated and not terminated and info["fault"] and "gone" in info["error"]


def test_looks_are_counted_and_kept(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("DEBUGWORLD_CACHE", str(tmp_path))

    class Doubtful(NeuralDebugger):
        confidence = 0.5  # type: ignore[assignment]

    def doubtful() -> DreamStore:
        return DreamStore(
            Subject("doubtful", Doubtful(StaticEngine(), granularity="line"), about={"kind": "baseline"}),
            40,
            1.0,
        )

    first = doubtful().dream(PROGRAMS[0], record=record)
    assert (
        first.looks
        and list(first.trace.states) == list(record(PROGRAMS[0]).states)[: len(first.trace.states)]
    )
    assert doubtful().dream(PROGRAMS[0]) == first


@pytest.mark.parametrize("env_id", [REACH, FAULTS])
def test_with_the_real_debugger_as_the_model_it_is_the_real_world(env_id: str, make: Make) -> None:
    one, other = make(env_id, backend="rollout", model="real", max_states=9000), make(env_id)
    for seed in range(6):
        mine, its = one.reset(seed=seed), other.reset(seed=seed)
        rng = np.random.default_rng(seed)
        over = False
        while not over:
            assert all(np.array_equal(mine[0][key], its[0][key]) for key in its[0])
            info = mine[-1]
            assert info.pop("success_real") == info["success"]
            assert all(np.array_equal(info[key], its[-1][key]) for key in its[-1])
            number = int(rng.choice(np.flatnonzero(info["action_mask"])))
            mine, its = one.step(number), other.step(number)
            assert mine[1:4] == its[1:4]
            over = mine[2] or mine[3]


def test_some_episodes_are_real(make: Make) -> None:
    env = make(REACH, **STATIC, real_share=0.4)
    plain = make(REACH, **STATIC)
    awake = 0
    for seed in range(60):
        seen = env.reset(seed=seed)[0]
        assert all(np.array_equal(seen[key], other) for key, other in plain.reset(seed=seed)[0].items())
        trace = record(env.debugger.program)
        env.debugger.step(env.commands.action(3))  # type: ignore[arg-type]
        awake += list(env.debugger.tree.states[:-1]) == list(trace.states)
    assert 12 <= awake <= 36
    with pytest.raises(TaskError, match="for the backend rollout"):
        make(REACH, real_share=0.5)
    with pytest.raises(TaskError, match="between 0 and 1"):
        make(REACH, backend="rollout", real_calls=2.0)


def test_the_tests_of_a_bug_are_dreamt(make: Make) -> None:
    env = make(FAULTS, **STATIC)
    _, info = env.reset(seed=1)
    to_the_end = env.commands.number(env.commands.action(3))  # type: ignore[arg-type]
    dreamt = set()
    for test in range(1, 4):
        switch = len(env.commands) - env.tests + test - 1
        if info["action_mask"][switch]:
            info = env.step(switch)[-1]
        dreamt.add(env.debugger.program.digest)
        if info["action_mask"][to_the_end]:
            info = env.step(to_the_end)[-1]
            assert env.debugger.done and not info["fault"]
    assert len(dreamt) > 1


def test_there_is_no_such_model() -> None:
    env = gymnasium.make(REACH, backend="rollout", model="nowhere")
    with pytest.raises(ModelError, match="no folder of a model"):
        env.reset(seed=0)
    env.close()
    assert TraceStore("process")._users == 0
