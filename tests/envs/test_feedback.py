"""Random feedback: seeded, as costly as the true one, and silent about the program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence

from debugworld.envs import ENV_IDS, DebugEnv, load_task_set
from debugworld.envs.feedback import disguise
from debugworld.envs.scene import Scene
from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.recorder import record

Make = Callable[..., DebugEnv]


def play(env: DebugEnv, seed: int, actions: list[Any]) -> list[Any]:
    """Plays the same actions; returns what they brought."""
    found = [env.reset(seed=seed)]
    for action in actions:
        found.append(env.step(action))
        if found[-1][2] or found[-1][3]:
            break
    return found


def drawn(env: DebugEnv, seed: int, count: int) -> list[Any]:
    """Legal actions, drawn as the episode goes."""
    env.action_space.seed(seed)
    _, info = env.reset(seed=seed)
    found = []
    for _ in range(count):
        action = env.action_space.sample(mask=info["action_mask"])
        found.append(action)
        *_, terminated, truncated, info = env.step(action)
        if terminated or truncated:
            break
    return found


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_masks_costs_and_ends_stay(env_id: str, make: Make) -> None:
    true, noisy, again = make(env_id), make(env_id, feedback="random"), make(env_id, feedback="random")
    apart = 0
    for seed in range(3):
        actions = drawn(true, seed, 8)
        right, wrong, same = (play(env, seed, actions) for env in (true, noisy, again))
        assert len(right) == len(wrong)
        assert data_equivalence(right[0], wrong[0]), "the first look is true"
        for (_, *a, info), (observation, *b, other) in zip(right[1:], wrong[1:], strict=True):
            assert a == b and data_equivalence(info, other)
            assert observation in noisy.observation_space
        assert data_equivalence(wrong, same), "a seed gives the same noise"
        apart += sum(not data_equivalence(a[0], b[0]) for a, b in zip(right[1:], wrong[1:], strict=True))
        true.reset(), noisy.reset()
        assert noisy.scene.question == true.scene.question, "the next episodes are the same, too"
    assert apart > 3


def test_two_runs_of_one_source_look_the_same(make: Make) -> None:
    """The noise does not depend on what the program does: another call gives the very same looks."""
    source = "def f(x):\n    y = x * x\n    return y + 1\n"
    env = make("debugworld/OutputPrediction-Text-v0")
    env.reset(seed=0)
    scene = env.scene
    looks = []
    for x in (3, 50):
        program = Program(source, f"f({x})")
        states = record(program).whole
        truth = replace(scene, program=program, state=states[4], stack=(states[4],))
        rng = np.random.default_rng(7)
        looks.append([disguise(truth, record, rng) for _ in range(20)])
    hidden = [[_without_call(each) for each in part] for part in looks]
    assert hidden[0] == hidden[1]
    assert len({each.state.line for each in looks[0]} - {0}) == 3, "the lines are those of the program"
    assert len({each.state.function for each in looks[0]}) > 3


def _without_call(scene: Scene) -> tuple[object, ...]:
    frames = [replace(frame, source="") for frame in (scene.state, *scene.stack)]
    return (*frames, scene.passes, scene.attempts)


def test_a_program_is_never_its_own_noise(make: Make) -> None:
    env = make("debugworld/OutputPrediction-Text-v0", tasks="builtin/roman", feedback="random", max_moves=60)
    env.reset(seed=0)
    sources = {program.text: program for program in load_task_set("builtin").programs}
    names = {p.name for p in sources.values()}
    assert "roman" in names
    for _ in range(40):
        env.step("s")
        assert env.scene.state.function not in ("value", "compare")
