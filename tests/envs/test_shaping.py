"""Shaping leaves the best policies what they are: its discounted sum depends on the ends alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from debugworld.envs import DebugEnv, TaskError
from debugworld.envs.shaping import FAR, distances, potential
from debugworld.sandboxes.debugger import Action, ActionKind, RecordedDebugger
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate

Make = Callable[..., DebugEnv]
TASKS = ("OutputPrediction", "StateQuery", "ReachState")


@pytest.mark.parametrize("seed", range(6))
def test_distances_are_those_of_a_search(seed: int) -> None:
    """Breadth first over a debugger that really moves."""
    program = generate(seed).program
    trace = record(program)
    chance = np.random.default_rng(seed)
    aims = sorted({int(chance.integers(len(trace.states))) for _ in range(2)})
    found = distances(program, trace, aims, 64)
    moves = [Action(k) for k in ActionKind if k.moves and k.value in (
        "step_into", "step_over", "step_return", "continue", "back_into", "back_over", "back_to_call",
        "reverse_continue",
    )]  # fmt: skip
    moves += [Action(ActionKind.RUN_TO, line) for line in program.outline.stop_lines if line <= 64]
    for start in chance.choice(len(trace.states) + 1, 8):
        reached, frontier, count = {int(start)}, {int(start)}, 0
        while not reached.intersection(aims) and frontier:
            new = set()
            for place in frontier:
                for move in moves:
                    debugger = RecordedDebugger(record)
                    debugger.reset(program)
                    debugger._stand(debugger.tree, place)
                    if debugger.refusal(move) is None:
                        debugger.step(move)
                        new.add(debugger.position)
            frontier, count = new - reached, count + 1
            reached |= new
        assert found[start] == (count if reached.intersection(aims) else FAR)


def test_potentials() -> None:
    assert [potential(d) for d in (0, 1, 3, int(FAR))] == [1.0, 0.5, 0.25, 0.0]


@pytest.mark.parametrize("backend", ["real", "neural"])
@pytest.mark.parametrize("task", TASKS)
def test_the_sum_of_shaping_telescopes(task: str, backend: str, make: Make, tiny_checkpoint: Path) -> None:
    """So it is the same for all ways between two states: the best policy stays the best."""
    options = {"backend": backend, "model": str(tiny_checkpoint), "max_states": 30, "max_moves": 8}
    env = make(f"debugworld/{task}-Features-v0", shaping=0.5, discount=0.9, **options)
    plain = make(f"debugworld/{task}-Features-v0", **options)
    ended, differs = 0, 0
    for seed in range(40):
        env.action_space.seed(seed)
        _, info = env.reset(seed=seed)
        plain.reset(seed=seed)
        first = env._potential()
        assert 0 < first <= 1 and info["shaping"] == 0.0
        total, factor = 0.0, 1.0
        while True:
            action = env.action_space.sample(mask=info["action_mask"])
            _, reward, terminated, truncated, info = env.step(action)
            _, bare, *ends, other = plain.step(action)
            assert ends == [terminated, truncated] and "shaping" not in other
            assert reward == pytest.approx(bare + info["shaping"])
            total += factor * info["shaping"]
            factor *= 0.9
            differs += info["shaping"] != 0
            if terminated or truncated:
                break
        ended += terminated
        last = 0.0 if terminated else env._potential()
        assert total == pytest.approx(0.5 * (factor * last - first))
    assert differs > 12 and (ended or backend == "neural")


def test_a_way_to_the_goal_is_paid_as_it_is_gone(make: Make) -> None:
    env = make("debugworld/ReachState-Text-v0", shaping=1.0, discount=1.0)
    page, _ = env.reset(seed=1, options={"task": 1})
    while True:
        before = env._potential()
        *_, terminated, truncated, info = env.step("s")
        if terminated or truncated:
            break
        assert info["shaping"] == pytest.approx(env._potential() - before)
    assert terminated and info["shaping"] == -before


@pytest.mark.parametrize("task", ["InputPrediction", "Complexity"])
def test_tasks_without_a_moment_are_not_shaped(task: str, make: Make) -> None:
    env = make(f"debugworld/{task}-Text-v0", shaping=3.0)
    env.reset(seed=0)
    _, reward, *_, info = env.step("s")
    assert info["shaping"] == 0.0 and reward in (-0.01, -0.02)


@pytest.mark.parametrize(
    "options", [{"shaping": float("nan")}, {"discount": 0.0}, {"discount": 1.5}, {"feedback": "loud"}]
)
def test_wrong_arguments(options: dict[str, object], make: Make) -> None:
    with pytest.raises(TaskError, match="need a finite shaping|true, random"):
        make("debugworld/ReachState-Text-v0", **options)
