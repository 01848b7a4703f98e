"""The curriculum goes where success is middling, forgets no task, and can be stopped and taken up again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from debugworld.envs import Curriculum, DebugEnv, TaskError, TaskSampler
from debugworld.envs.curriculum import Measure

ANSWERS = {0: "answer 2", 1: "answer 0", 2: "answer [1.0]", 3: "answer ValueError: no"}
"""The last one is right; the first two are, too, the third is not."""


def play(sampler: TaskSampler, chances: list[float], draws: int, seed: int = 0) -> Counter[int]:
    """Plays draws of tasks that go well with given chances; counts those of the second half."""
    rng = np.random.default_rng(seed)
    counts: Counter[int] = Counter()
    for number in range(draws):
        task = sampler.draw(rng)
        counts[task] += number >= draws // 2
        sampler.update(task, rng.random() < chances[task])
    return counts


def test_moves_to_tasks_of_middling_success() -> None:
    chances = [0.0] * 10 + [0.5] * 10 + [1.0] * 10
    sampler = TaskSampler(30)
    counts = play(sampler, chances, 4000)
    middle = sum(counts[task] for task in range(10, 20))
    assert middle > 0.75 * counts.total()
    assert np.abs(sampler.success - chances)[:10].max() < 0.2
    assert np.abs(sampler.success - chances)[20:].max() < 0.2


def test_follows_an_agent_that_learns() -> None:
    """Task 0 is learnt over time: the curriculum leaves it for task 1, which is not."""
    sampler = TaskSampler(2)
    play(sampler, [0.5, 0.0], 400)
    assert sampler.weights()[0] > 0.8
    play(sampler, [1.0, 0.5], 400)
    assert sampler.weights()[1] > 0.8


def test_progress_prefers_what_moves() -> None:
    sampler = TaskSampler(3, by="progress", rate=0.2)
    for task, results in enumerate([[0, 1] * 40, [0] * 60 + [1] * 5, [1] * 80]):
        for result in results:
            sampler.update(task, bool(result))
    assert int(np.argmax(sampler.weights())) == 1


@pytest.mark.parametrize("by", ["band", "progress"])
def test_every_task_is_played_again_and_again(by: Measure) -> None:
    counts = play(TaskSampler(50, by=by, explore=0.2), [0.0] * 25 + [1.0] * 24 + [0.5], 2000)
    assert min(counts[task] for task in range(50)) >= 2


def test_the_wrapper_plays_what_it_chooses(make: Callable[..., DebugEnv]) -> None:
    env = Curriculum(make("debugworld/OutputPrediction-Text-v0"), explore=0.5)
    assert len(env.sampler) == 4
    _, info = env.reset(seed=3)
    for _ in range(30):
        task = info["task"]
        assert env.unwrapped.scene.program == env.unwrapped.task_set.programs[task]
        _, _, terminated, _, info = env.step(ANSWERS[task])
        assert terminated and info["task"] == task and info["success"] == (task != 2)
        _, info = env.reset()
    assert env.sampler.tries.sum() == 30 and env.sampler.tries.min() > 0
    assert env.sampler.success[2] < 0.4 < 0.6 < env.sampler.success[[0, 1, 3]].min()


def test_environments_share_what_they_measure(make: Callable[..., DebugEnv]) -> None:
    shared = TaskSampler(4)
    one, two = (Curriculum(make("debugworld/OutputPrediction-Text-v0"), sampler=shared) for _ in range(2))
    for seed, env in enumerate((one, two)):
        _, info = env.reset(seed=seed, options={"task": 2})
        env.step(ANSWERS[info["task"]])
    assert one.sampler is two.sampler is shared and shared.tries.tolist() == [0, 0, 2, 0]


def draws(env: Curriculum, count: int) -> list[int]:
    found = []
    for _ in range(count):
        _, info = env.reset()
        found.append(info["task"])
        env.step(ANSWERS[info["task"]])
    return found


def test_seeded_saved_and_loaded(make: Callable[..., DebugEnv], tmp_path: Path) -> None:
    one, two = (Curriculum(make("debugworld/OutputPrediction-Text-v0")) for _ in range(2))
    for env in (one, two):
        env.reset(seed=5)
    assert draws(one, 10) == draws(two, 10)
    one.save(tmp_path / "state.json")
    later = draws(one, 10)
    third = Curriculum(make("debugworld/OutputPrediction-Text-v0"))
    third.load(tmp_path / "state.json")
    assert draws(third, 10) == later
    assert json.dumps(third.sampler.to_json()) == json.dumps(one.sampler.to_json())


def test_states_of_something_else_are_refused(make: Callable[..., DebugEnv], tmp_path: Path) -> None:
    env = Curriculum(make("debugworld/OutputPrediction-Text-v0"), tasks=3)
    other = TaskSampler(3)
    other.update(0, True)
    chance = np.random.default_rng(0).bit_generator.state
    before = env.sampler.to_json()
    for text, complaint in [
        ("{", "no state of a curriculum"),
        ('{"sampler": {}}', "no state of a curriculum"),
        (json.dumps({"sampler": TaskSampler(4).to_json(), "random": chance}), "this curriculum about 3"),
        (json.dumps({"sampler": other.to_json(), "random": {}}), "no state of a curriculum"),
    ]:
        (tmp_path / "state.json").write_text(text)
        with pytest.raises(TaskError, match=complaint):
            env.load(tmp_path / "state.json")
    with pytest.raises(TaskError, match="nowhere"):
        env.load(tmp_path / "nowhere")
    assert env.sampler.to_json() == before


def test_a_task_without_a_question_is_not_drawn_again(tmp_path: Path) -> None:
    """A call that never ends has no outcome to predict."""
    rows = [{"code": "def f(x):\n    while x: pass\n    return x\n", "call": f"f({x})"} for x in (0, 1)]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    made = gymnasium.make("debugworld/OutputPrediction-Text-v0", tasks=f"jsonl/{path}", sandbox="process")
    env = Curriculum(made, explore=1.0)
    assert {env.reset(seed=seed)[1]["task"] for seed in range(6)} == {0}
    assert env.sampler.usable.tolist() == [True, False]
    with pytest.raises(TaskError, match="finds nothing to ask"):
        env.reset(options={"task": 1})
    env.sampler.usable[0] = False
    with pytest.raises(TaskError, match="none of the 2 tasks"):
        env.reset()
    env.close()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"count": 0}, "at least one task"),
        ({"count": 2, "by": "size"}, "one of: band, progress"),
        ({"count": 2, "rate": 0}, "0 < rate"),
        ({"count": 2, "explore": 2}, "0 < explore"),
    ],
)
def test_arguments_out_of_range(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(TaskError, match=complaint):
        TaskSampler(**arguments)


def test_an_environment_without_tasks_is_told() -> None:
    env = gymnasium.make("CartPole-v1")
    with pytest.raises(TaskError, match="tasks="):
        Curriculum(env)
    assert len(Curriculum(env, tasks=2).sampler) == 2


@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
def test_gymnasium_finds_no_fault(make: Callable[..., DebugEnv]) -> None:
    check_env(Curriculum(make("debugworld/OutputPrediction-Features-v0")), skip_render_check=True)
