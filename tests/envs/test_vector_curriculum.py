"""A curriculum over vectors: tables of recorded runs and single environments, measured together."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

from debugworld.envs import TaskError, TaskSampler, VectorCurriculum, load_task_set
from debugworld.envs.vector.recorded import RecordedVectorEnv

ID = "debugworld/ReachState-Features-v0"
HERE = {"tasks": "builtin", "max_moves": 4, "autoreset_mode": "Disabled"}
COUNT = len(load_task_set("builtin").within(64).programs)


def opened(mode: str, count: int = 6, **options: Any) -> VectorCurriculum:
    settings = {**HERE}
    kwargs: dict[str, Any] = {}
    if mode == "sync":
        kwargs["vector_kwargs"] = {"autoreset_mode": settings.pop("autoreset_mode")}
    vector = gymnasium.make_vec(ID, count, vectorization_mode=mode, **kwargs, **settings)
    return VectorCurriculum(vector, COUNT, **options)


def walked(envs: VectorCurriculum, steps: int, seed: int = 0) -> list[Any]:
    """Steps by the masks; returns what came."""
    rng = np.random.default_rng(seed)
    _, infos = envs.reset(seed=seed)
    told = []
    for _ in range(steps):
        masks = np.stack(list(infos["action_mask"]))
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in masks])
        observations, rewards, terminated, truncated, infos = envs.step(actions)
        told.append((observations, rewards, terminated, truncated, infos["task"].tolist(), infos))
    return told


def test_it_steps_tables_and_measures_all_environments_together() -> None:
    envs = opened("vector_entry_point")
    assert isinstance(envs.env, RecordedVectorEnv)
    told = walked(envs, 40)
    ended = sum(int((terminated | truncated).sum()) for _, _, terminated, truncated, *_ in told)
    assert envs.sampler.tries.sum() == ended > 40
    won = sum(int(terminated.sum()) for _, _, terminated, *_ in told)
    assert won and (envs.sampler.success > 0.5).sum() > 0
    for observations, _, terminated, truncated, tasks, infos in told:
        for place in np.flatnonzero(terminated | truncated):
            final = {key: infos["final_info"][key][place] for key in ("success", "moves", "task")}
            assert final["success"] == terminated[place] and final["moves"] > 0
            assert infos["final_obs"][place] in envs.single_observation_space
            assert infos["moves"][place] == 0 and not infos["success"][place], "the next has begun"
            assert {
                key: values[place] for key, values in observations.items()
            } in envs.single_observation_space
        assert len(tasks) == 6
    envs.close()


def test_tables_and_single_environments_play_the_same() -> None:
    tables, single = opened("vector_entry_point", 3), opened("sync", 3)
    for mine, theirs in zip(walked(tables, 15, 4), walked(single, 15, 4), strict=True):
        assert all(np.array_equal(mine[0][key], theirs[0][key]) for key in theirs[0])
        assert all(np.array_equal(a, b) for a, b in zip(mine[1:4], theirs[1:4], strict=True))
        assert mine[4] == theirs[4]
    assert tables.sampler.to_json() == single.sampler.to_json()
    tables.close()
    single.close()


def test_what_is_mastered_is_played_less() -> None:
    sampler = TaskSampler(COUNT, explore=0.05)
    for task in range(COUNT):
        for _ in range(60):
            sampler.update(task, task != 7)
    sampler.success[7] = 0.5
    envs = opened("vector_entry_point", sampler=sampler)
    tasks = [task for *_, played, _ in walked(envs, 30) for task in played]
    assert tasks.count(7) > 5 * len(tasks) / COUNT
    envs.close()


def test_a_task_that_cannot_be_played_is_left_out() -> None:
    sampler = TaskSampler(COUNT)
    envs = opened("vector_entry_point", 2, sampler=sampler)
    first = envs.env.reset

    def reset(**given: Any) -> Any:
        from debugworld.envs.errors import NothingToAsk

        if (given.get("options") or {}).get("task") != 5 and "options" in given:
            raise NothingToAsk("nothing")
        return first(**given)

    envs.env.reset = reset  # type: ignore[method-assign]
    _, infos = envs.reset(seed=0)
    assert infos["task"].tolist() == [5, 5] and sampler.usable.sum() < COUNT
    envs.close()


@pytest.mark.filterwarnings("ignore")
def test_wrong_uses_say_what_would_be_right() -> None:
    vector = gymnasium.make_vec(ID, 2, tasks="builtin")
    with pytest.raises(TaskError, match="autoreset_mode='Disabled'"):
        VectorCurriculum(vector, 3)
    vector.close()
    envs = opened("vector_entry_point", 2)
    with pytest.raises(TaskError, match="chooses the tasks"):
        envs.reset(options={"task": 3})
    envs.close()
