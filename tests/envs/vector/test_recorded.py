"""The vector over recorded runs is Gymnasium's own over single environments, bit by bit."""

from __future__ import annotations

import itertools
import json
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, VectorEnv

import debugworld.envs.vector.episodes as episodes
from debugworld.envs import BUG_ENV_IDS, PROGRAM_ENV_IDS, TaskError
from debugworld.envs.dream_store import DreamStore
from debugworld.envs.features import features
from debugworld.envs.trace_store import TraceStore, trace_store
from debugworld.envs.vector.recorded import RecordedVectorEnv
from debugworld.sandboxes import SandboxError
from debugworld.sandboxes.debugger import Action, ActionKind
from debugworld.worldmodel.errors import ModelError

FEATURES = [name for name in PROGRAM_ENV_IDS if "-Features-" in name]
LOCALIZE = "debugworld/FaultLocalization-Features-v0"
COMPLEXITY = "debugworld/Complexity-Features-v0"
INPUT = "debugworld/InputPrediction-Features-v0"
REACH = "debugworld/ReachState-Features-v0"
REAL = [*FEATURES, LOCALIZE, COMPLEXITY, INPUT]
MODES = list(AutoresetMode)
real_id = pytest.mark.parametrize("env_id", REAL)
every_id = pytest.mark.parametrize("env_id", FEATURES)
every_mode = pytest.mark.parametrize("mode", MODES)


SIZED = [
    ("def count(xs):\n    n = 0\n    for x in xs:\n        n += x\n    return n\n", "count(list(range(n)))"),
    ("def pairs(n):\n    for i in range(n):\n        for j in range(n):\n            i += j\n", "pairs(n)"),
    (
        "def fail(n):\n    while True:\n        if n < 1:\n            raise ValueError(n)\n        n -= 1\n"
        "def caught(n):\n    try:\n        fail(n)\n    except ValueError:\n        return n\n",
        "caught(n)",
    ),
    ("def same(n):\n    if n > 8:\n        return -n\n    return n\n", "same(n)"),
    ("def late(n):\n    x = 1\n    while n > 3:\n        x += 1\n        n -= (n < 200)\n", "late(n)"),
]


@pytest.fixture(scope="session")
def sized(tmp_path_factory: pytest.TempPathFactory) -> str:
    """URI of programs with a size; the runs of one end from outside."""
    path = tmp_path_factory.mktemp("sized") / "sized.jsonl"
    rows = [{"id": call, "source": source, "call": call} for source, call in SIZED]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return f"jsonl/{path}"


@pytest.fixture
def own(env_id: str, tasks: str, bugs: str, sized: str) -> str:
    """URI of a small set for a task."""
    return sized if env_id == COMPLEXITY else bugs if env_id in BUG_ENV_IDS else tasks


def same(one: Any, other: Any, path: str = "") -> None:
    """Everything is equal: values, types, shapes, keys."""
    if isinstance(one, dict):
        assert isinstance(other, dict) and set(one) == set(other), (path, set(one) ^ set(other))
        for key in one:
            same(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for number, (mine, its) in enumerate(zip(one, other, strict=True)):
            same(mine, its, f"{path}[{number}]")
    elif isinstance(one, np.ndarray) and one.dtype == object:
        assert other.dtype == object and one.shape == other.shape, path
        for number, (mine, its) in enumerate(zip(one, other, strict=True)):
            same(mine, its, f"{path}[{number}]")
    elif isinstance(one, np.ndarray):
        assert isinstance(other, np.ndarray) and one.dtype == other.dtype, (path, one, other)
        assert np.array_equal(one, other), (path, np.argwhere(one != other)[:5], one[one != other][:5])
    else:
        assert one == other, (path, one, other)


def vectors(env_id: str, mode: AutoresetMode, count: int, other: str = "sync", **options: Any) -> list[Any]:
    fast = gymnasium.make_vec(
        env_id, count, vectorization_mode="vector_entry_point", autoreset_mode=mode, **options
    )
    slow = gymnasium.make_vec(
        env_id, count, vectorization_mode=other, vector_kwargs={"autoreset_mode": mode}, **options
    )
    return [fast, slow]


def chosen(rng: np.random.Generator, masks: Any, legal: float) -> Any:
    """Random actions, most of them legal."""
    numbers = []
    for mask in masks:
        allowed = np.flatnonzero(mask)
        if rng.random() < legal and allowed.size:
            numbers.append(rng.choice(allowed))
        else:
            numbers.append(rng.integers(len(mask)))
    return np.array(numbers)


def agree(pair: list[Any], steps: int, seed: int, legal: float = 0.8) -> dict[str, int]:
    """Steps both alike; returns what happened how often."""
    rng, count = np.random.default_rng(seed), pair[0].num_envs
    first, second = (each.reset(seed=seed) for each in pair)
    same(first, second)
    assert first[0] in pair[0].observation_space
    counts = {"over": 0, "success": 0, "errors": 0}
    infos, masks = first[1], first[1]["action_mask"]
    for turn in range(steps):
        actions = chosen(rng, masks, legal)
        one, other = (each.step(actions) for each in pair)
        for place, name in enumerate(("observations", "rewards", "terminated", "truncated", "infos")):
            same(one[place], other[place], f"{turn}.{name}")
        infos, masks = one[4], one[4]["action_mask"]
        over = one[2] | one[3]
        counts["over"] += int(over.sum())
        counts["success"] += int((one[1] > 0.5).sum())
        counts["errors"] += len(infos.get("_error", ())) and int(infos["_error"].sum())
        if pair[0].metadata["autoreset_mode"] is AutoresetMode.DISABLED and over.any():
            whole = turn % 3 == 0
            seeds = [turn * 100 + place for place in range(count)] if turn % 2 else None
            one, other = (
                each.reset(seed=seeds, options={} if whole else {"reset_mask": over.copy()}) for each in pair
            )
            same(one, other, f"{turn}.reset")
            masks = np.where((over | whole)[:, None], one[1]["action_mask"], masks)
    for each in pair:
        each.close()
    return counts


@every_mode
@real_id
def test_it_agrees_with_sync(env_id: str, mode: AutoresetMode, own: str) -> None:
    pair = vectors(env_id, mode, 5, tasks=own, sandbox="process", max_moves=7)
    counts = agree(pair, 150, 11)
    assert all(counts.values()), counts


@real_id
def test_it_agrees_on_all_programs_that_ship(env_id: str) -> None:
    count, steps = (6, 50) if env_id == COMPLEXITY else (24, 70)  # its runs are long
    counts = agree(vectors(env_id, AutoresetMode.NEXT_STEP, count, max_moves=30), steps, 5, legal=0.95)
    assert all(counts.values()), counts


@pytest.mark.parametrize("env_id", [*FEATURES, LOCALIZE, INPUT])
def test_it_agrees_on_generated_programs(env_id: str) -> None:
    programs = "mutants/7/12" if env_id == LOCALIZE else "generated/7/40"
    pair = vectors(env_id, AutoresetMode.SAME_STEP, 8, tasks=programs, max_moves=12)
    counts = agree(pair, 60, 3, legal=0.9)
    assert all(counts.values()), counts


@every_mode
@real_id
@pytest.mark.slow
def test_it_agrees_with_async(env_id: str, mode: AutoresetMode, own: str) -> None:
    pair = vectors(env_id, mode, 2, "async", tasks=own, sandbox="process", max_moves=5)
    agree(pair, 40, 2)


@real_id
def test_without_moves_it_agrees(env_id: str, own: str) -> None:
    moves = 3 if "ReachState" in env_id else 0
    agree(vectors(env_id, AutoresetMode.SAME_STEP, 3, tasks=own, sandbox="process", max_moves=moves), 30, 0)


@real_id
def test_it_agrees_when_the_box_fails(env_id: str, own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    record, broken, store = TraceStore.record, [False], trace_store("process")

    def fails(self: TraceStore, program: Any) -> Any:
        """A run in memory needs no box."""
        odd = (len(program.source) + len(program.call)) % 2  # so it may fail at one test of a bug only
        if broken[0] and odd and program.digest not in self._traces:
            raise SandboxError("the lamp went out")
        return record(self, program)

    def turn(failing: bool) -> None:
        broken[0] = failing
        store.forget()

    monkeypatch.setenv("DEBUGWORLD_CACHE", "")  # no run is kept on disk
    monkeypatch.setattr(TraceStore, "record", fails)
    for mode, begin in itertools.product(MODES[:2], (False, True)):
        turn(begin)
        pair = vectors(env_id, mode, 6, tasks=own, sandbox="process", max_moves=4)
        for seed in (1, 1, 1, 2):  # the second time a run is looked up otherwise, the third time not at all
            same(*(each.reset(seed=seed) for each in pair))
        turn(not begin)
        same(*(each.step(np.zeros(6, int)) for each in pair))
        turn(True)
        assert agree(pair, 40, 4)["errors"]
        turn(False)


@pytest.mark.parametrize("env_id", [COMPLEXITY, INPUT])
@pytest.mark.parametrize("answers", [False, True])
def test_what_was_tried_is_told_when_the_box_fails(
    env_id: str, answers: bool, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a trial, and at an answer that is run."""

    def fails(self: TraceStore, program: Any) -> Any:
        raise SandboxError("the lamp went out")

    fast, slow = vectors(env_id, AutoresetMode.DISABLED, 2, tasks=own, sandbox="process")
    single = slow.envs[0].unwrapped
    first, into = single.commands.first_trial, single.commands.number(Action(ActionKind.CONTINUE))
    for each in (fast, slow):
        each.reset(seed=3)
    for number in (first + 1, into, first, into):
        same(fast.step(np.full(2, number)), slow.step(np.full(2, number)))
    monkeypatch.setattr(TraceStore, "record", fails)
    trace_store("process").forget()
    last = single.commands.first_answer if answers else first + 2
    same(fast.step(np.full(2, last)), slow.step(np.full(2, last)))
    scenes = [fast.scene(place) for place in range(2)]
    assert [scene.attempts for scene in scenes] == [env.unwrapped.scene.attempts for env in slow.envs]
    assert len(scenes[0].attempts) >= 2 and scenes[0].attempts[-1].end
    assert scenes[0].program == slow.envs[0].unwrapped.scene.program
    fast.close()
    slow.close()


@every_mode
@every_id
def test_dreams_agree_with_sync(env_id: str, mode: AutoresetMode, tasks: str) -> None:
    dreams = {"backend": "rollout", "model": "static", "max_states": 40, "real_share": 0.3}
    pair = vectors(env_id, mode, 5, tasks=tasks, sandbox="process", max_moves=7, **dreams)
    assert isinstance(pair[0], RecordedVectorEnv)
    counts = agree(pair, 120, 11, legal=0.95)
    assert counts["over"] and counts["errors"], counts


@every_id
def test_dreams_of_all_programs_agree(env_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(episodes, "MOST_STATES", 2000)
    dreams = {"backend": "rollout", "model": "static", "max_states": 60, "max_moves": 12}
    counts = agree(vectors(env_id, AutoresetMode.SAME_STEP, 9, **dreams), 60, 5, legal=1.0)
    assert counts["over"], counts


@every_id
def test_they_agree_when_the_model_fails(env_id: str, tasks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dream, broken = DreamStore.dream, [False]

    def fails(self: DreamStore, program: Any, *rest: Any) -> Any:
        if broken[0] and len(program.source) % 2:
            raise ModelError("the server is gone")
        return dream(self, program, *rest)

    monkeypatch.setattr(DreamStore, "dream", fails)
    dreams = {"backend": "rollout", "model": "static", "max_states": 40, "max_moves": 4}
    for mode in MODES[:2]:
        pair = vectors(env_id, mode, 6, tasks=tasks, sandbox="process", **dreams)
        same(*(each.reset(seed=1) for each in pair))
        broken[0] = True
        assert agree(pair, 40, 4)["errors"]
        broken[0] = False


@real_id
def test_an_agent_sees_what_its_scene_holds(env_id: str, own: str) -> None:
    vector = gymnasium.make_vec(env_id, 4, tasks=own, sandbox="process", max_moves=6, render_mode="ansi")
    assert isinstance(vector, RecordedVectorEnv)
    single = gymnasium.make(env_id, tasks=own, sandbox="process").unwrapped
    rng = np.random.default_rng(0)
    observations, infos = vector.reset(seed=9)
    for _ in range(30):
        for place in range(4):
            scene = vector.scene(place)
            seen = features(scene, 64, single.answers, single.queries, single.tests, single.trials)
            same(
                {key: np.asarray(part) for key, part in seen.items()},
                {k: np.asarray(v[place]) for k, v in observations.items()},
            )
        pages = vector.render()
        assert pages is not None and all("Program:" in page for page in pages)
        observations, *_, infos = vector.step(chosen(rng, infos["action_mask"], 0.9))
    vector.close()


@real_id
def test_pages_are_those_of_single_environments(env_id: str, own: str) -> None:
    options = {"tasks": own, "sandbox": "process", "max_moves": 9, "render_mode": "ansi"}
    vector = gymnasium.make_vec(env_id, 1, autoreset_mode="SameStep", **options)
    single, rng = gymnasium.make(env_id, **options), np.random.default_rng(0)
    vector.reset(seed=3)
    _, info = single.reset(seed=3)
    for _ in range(60):
        mine, its = vector.render()[0], single.render()
        assert mine == "".join(line for line in its.splitlines(True) if not line.startswith("Reply:"))
        actions = chosen(rng, info["action_mask"][None], 0.8)
        vector.step(actions)
        *_, terminated, truncated, info = single.step(int(actions[0]))
        if terminated or truncated:
            _, info = single.reset()
    vector.close()
    single.close()


@pytest.mark.parametrize("mode", MODES[:2])
@real_id
def test_old_runs_are_forgotten_unseen(
    env_id: str, mode: AutoresetMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(episodes, "MOST_STATES", 300)
    renewed = []
    renew = episodes.Episodes._renew
    monkeypatch.setattr(episodes.Episodes, "_renew", lambda *a: renewed.append(1) or renew(*a))
    agree(vectors(env_id, mode, 4, max_moves=8), 120, 8, legal=0.9)
    assert len(renewed) > 3


def test_what_was_tried_is_forgotten_with_its_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(episodes, "MOST_STATES", 300)
    vector = gymnasium.make_vec(INPUT, 2, autoreset_mode="Disabled")
    first = vector.single_action_space.n - 8
    for task in range(12):
        _, infos = vector.reset(seed=task, options={"task": task})
        for trial in np.flatnonzero(infos["action_mask"][0, first:])[:3].tolist():
            vector.step(np.full(2, first + trial))
    assert isinstance(vector, RecordedVectorEnv)
    known: Any = vector._episodes
    assert len(known._known) <= 3 and len(known._walks.programs) < 40 and len(known._texts) < 100
    vector.close()


def test_runs_that_are_stood_on_are_not_looked_through_at_every_begin(
    tasks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(episodes, "MOST_STATES", 10)
    renewed, renew = [], episodes.Episodes._renew
    monkeypatch.setattr(episodes.Episodes, "_renew", lambda *a: renewed.append(1) or renew(*a))
    vector = gymnasium.make_vec(REACH, 4, autoreset_mode="Disabled", tasks=tasks, sandbox="process")
    vector.reset(seed=0)
    for turn in range(20):
        vector.reset(seed=turn, options={"reset_mask": np.arange(4) == 0, "task": turn % 3})
    assert len(renewed) < 5
    vector.close()


@pytest.mark.parametrize(
    "options",
    [
        {"max_tests": 1, "accusations": 1},
        {"max_tests": 2, "max_lines": 24},
        {"max_tests": 3, "accusations": 2, "least_tests": 2},
        {"max_tests": 2, "least_tests": 9},
    ],
)
def test_tests_and_accusations_agree(options: dict[str, int], bugs: str) -> None:
    pair = vectors(
        LOCALIZE, AutoresetMode.SAME_STEP, 5, tasks=bugs, sandbox="process", max_moves=9, **options
    )
    counts = agree(pair, 120, 3, legal=0.9)
    assert all(counts.values()), counts


@real_id
def test_costs_agree(env_id: str, own: str) -> None:
    costs = {"move_cost": 0.3, "refusal_cost": 0.0625}
    pair = vectors(env_id, AutoresetMode.SAME_STEP, 4, tasks=own, sandbox="process", max_moves=6, **costs)
    pair[0].reset(seed=0)
    line = pair[0].single_action_space.n - 1 if "ReachState" in env_id else 8 + 63  # far past the program
    assert (pair[0].step(np.full(4, line))[1] == -0.3625).all()
    counts = agree(pair, 40, 7, legal=0.7)
    assert counts["over"] and counts["errors"]


def test_options_and_seeds_reach_every_environment(tasks: str) -> None:
    for options, seed in (({"task": 2}, 4), ({"task": 0}, [5, None, 7]), (None, [1, 1, 1])):
        pair = vectors(FEATURES[0], AutoresetMode.NEXT_STEP, 3, tasks=tasks, sandbox="process")
        same(pair[0].reset(seed=1), pair[1].reset(seed=1))
        same(*(each.reset(seed=seed, options=dict(options) if options else None) for each in pair))
        assert pair[0].np_random_seed == pair[1].np_random_seed
        same(*(each.reset() for each in pair))


GOALS = ["n > 0", "4 hits 3", "5", "exception ValueError", "function divide", "4 if n > 0", "len(out) == 2"]


def pursue(pair: list[Any], seed: int, rounds: int = 16) -> dict[str, int]:
    """Resets both alike, some of them and all, to goals of a caller's and to others, with moves between."""
    rng, count = np.random.default_rng(seed), pair[0].num_envs
    mode, counts = pair[0].metadata["autoreset_mode"], {"success": 0, "over": 0}
    over, mask, lines = np.zeros(count, bool), pair[0].action_masks(), set[int]()
    for turn in range(rounds):
        options: dict[str, Any] = {} if turn % 4 == 3 else {"goal": GOALS[rng.integers(len(GOALS))]}
        if turn % 3:
            options["reset_mask"] = over | (rng.random(count) < 0.5)
            options["reset_mask"][turn % count] = True
        told = None if turn % 2 else rng.integers(99, size=count).tolist()
        one, other = (each.reset(seed=told, options=dict(options)) for each in pair)
        same(one, other, f"{turn}.reset")
        assert one[0] in pair[0].observation_space
        lines |= set(one[0]["goal_line"].tolist())
        which = options.get("reset_mask", np.ones(count, bool))
        mask = np.where(which[:, None], one[1]["action_mask"], mask)
        over &= ~which
        for step in range(8):
            if mode is AutoresetMode.DISABLED and over.any():
                break
            actions = chosen(rng, mask, 0.95)
            one, other = (each.step(actions) for each in pair)
            for place, name in enumerate(("observations", "rewards", "terminated", "truncated", "infos")):
                same(one[place], other[place], f"{turn}.{step}.{name}")
            mask, over = one[4]["action_mask"], one[2] | one[3]
            counts["success"] += int(one[2].sum())
            counts["over"] += int(over.sum())
    for each in pair:
        each.close()
    assert len(lines) > 2
    return counts


@every_mode
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"goal": "n > 0"},
        {"backend": "rollout", "model": "static", "max_states": 40, "real_share": 0.3},
        {"backend": "rollout", "model": "static", "max_states": 40, "goal": "4 hits 2"},
    ],
)
def test_goals_of_a_caller_agree(options: dict[str, Any], mode: AutoresetMode, tasks: str) -> None:
    pair = vectors(REACH, mode, 4, tasks=tasks, sandbox="process", max_moves=9, **options)
    assert isinstance(pair[0], RecordedVectorEnv)
    counts = pursue(pair, 7)
    assert all(counts.values()), counts


def test_a_goal_is_for_one_episode(tasks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(episodes, "MOST_STATES", 60)  # so that runs are forgotten in between
    fast, slow = pair = vectors(REACH, AutoresetMode.SAME_STEP, 3, tasks=tasks, sandbox="process")
    for each in pair:
        each.reset(seed=2, options={"goal": "5", "task": 0})
    assert fast.scene(0).question == slow.envs[0].unwrapped.scene.question
    assert str(fast.scene(0).question.goal) == "line 5"
    run_to = slow.envs[0].unwrapped.commands.number(Action(ActionKind.RUN_TO, 5))
    one, other = (each.step(np.full(3, run_to)) for each in pair)
    same(one, other)
    assert one[2].all() and (one[4]["final_info"]["success"]).all()
    assert all(not fast.scene(place).question.goal.asked for place in range(3))  # type: ignore[union-attr]
    for goal, told in (("n >", "no goal"), (7, "one line"), ("n == 99", "'any line if n == 99' holds at no")):
        for each in pair:
            with pytest.raises(TaskError, match=told):
                each.reset(options={"goal": goal})
    same(*(each.reset(seed=4) for each in pair))
    for each in pair:
        each.close()
    other_task = gymnasium.make_vec(FEATURES[0], 2, tasks=tasks, sandbox="process")
    with pytest.raises(TaskError, match="no option 'goal'; it has 'task'"):
        other_task.reset(options={"goal": "5"})
    other_task.close()


def test_goals_agree_when_the_model_fails(tasks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dream, broken = DreamStore.dream, [False]

    def fails(self: DreamStore, program: Any, *rest: Any) -> Any:
        if broken[0]:
            raise ModelError("the server is gone")
        return dream(self, program, *rest)

    monkeypatch.setattr(DreamStore, "dream", fails)
    dreams = {"backend": "rollout", "model": "static", "max_states": 40, "max_moves": 4}
    pair = vectors(REACH, AutoresetMode.SAME_STEP, 4, tasks=tasks, sandbox="process", **dreams)
    same(*(each.reset(seed=1) for each in pair))
    for goal in ("5", "4 hits 2", None, "n > 0"):
        broken[0] = True
        options = {"goal": goal} if goal else None
        same(*(each.reset(seed=1, options=options and dict(options)) for each in pair))
        same(*(each.step(np.zeros(4, int)) for each in pair))
        broken[0] = False
        same(*(each.reset(seed=1, options=options and dict(options)) for each in pair))
        same(*(each.step(np.zeros(4, int)) for each in pair))
    for each in pair:
        each.close()


def test_a_copy_is_the_callers(tasks: str) -> None:
    for copy in (True, False):
        vector = gymnasium.make_vec(FEATURES[0], 3, tasks=tasks, sandbox="process", copy=copy)
        before, infos = vector.reset(seed=0)
        kept = {key: part.copy() for key, part in before.items()}
        for number in (0, 0, 0):
            vector.step(np.full(3, number))
        assert all((before[key] == kept[key]).all() for key in kept) is copy


def test_a_mistake_is_told(tasks: str) -> None:
    vector = gymnasium.make_vec(
        FEATURES[0], 2, tasks=tasks, sandbox="process", autoreset_mode="Disabled", max_moves=1
    )
    error = gymnasium.error
    with pytest.raises(error.ResetNeeded):
        vector.step(np.zeros(2, int))
    for seeds, told in (([1], "as many seeds"), (1.5, "got 1.5"), ([0, -1], "got -1"), (True, "got True")):
        with pytest.raises(error.Error, match=told):
            vector.reset(seed=seeds)
    vector.reset(seed=np.int64(0))
    assert vector.np_random_seed == (0, 1)
    for wrong in (np.zeros(3, int), np.array([0, 999]), np.array([-1, 0]), np.zeros(2)):
        with pytest.raises(error.InvalidAction):
            vector.step(wrong)
    for wrong in (np.zeros(2, bool), np.zeros(3, bool), [True, False]):
        with pytest.raises((TypeError, ValueError), match="reset_mask"):
            vector.reset(options={"reset_mask": wrong})
    for options, told in (({"task": "a"}, "whole number"), ({"tsk": 1}, "no option 'tsk'")):
        with pytest.raises(TaskError, match=told):
            vector.reset(options=options)
    vector.step(np.zeros(2, int))
    vector.step(np.zeros(2, int))
    with pytest.raises(error.ResetNeeded, match="are over"):
        vector.step(np.zeros(2, int))
    vector.close()
    vector.close()
    for closed in (vector.reset, lambda: vector.step(np.zeros(2, int))):
        with pytest.raises(error.ClosedEnvironmentError):
            closed()


def test_it_is_the_default_vector(tasks: str) -> None:
    vector: VectorEnv[Any, Any, Any] = gymnasium.make_vec(FEATURES[0], 2, tasks=tasks, sandbox="process")
    assert isinstance(vector, RecordedVectorEnv)
    assert vector.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert vector.spec is not None and vector.spec.id == FEATURES[0]
    assert vector.np_random_seed != vector.np_random_seed[::-1]
    vector.close()


def test_ids_with_masks_are_stepped_one_by_one(tasks: str) -> None:
    name = FEATURES[0].replace("-Features-", "-Masked-")
    vector = gymnasium.make_vec(name, 2, tasks=tasks, sandbox="process")
    assert type(vector) is gymnasium.vector.SyncVectorEnv
    observations, infos = vector.reset(seed=0)
    assert (observations["action_mask"] == infos["action_mask"]).all()
    vector.close()
