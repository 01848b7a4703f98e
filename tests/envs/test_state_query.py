"""StateQuery: what a variable holds at another moment, in both directions of time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.envs import DebugEnv, Query
from debugworld.envs.query import draw_query, ordinal
from debugworld.sandboxes.debugger import Event, Program, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate

Make = Callable[..., DebugEnv]
TEXT, FEATURES = "debugworld/StateQuery-Text-v0", "debugworld/StateQuery-Features-v0"


@given(st.integers(1, 999), st.sampled_from(["n", "größe"]), st.integers(1, 130))
def test_queries_read_back(line: int, name: str, visit: int) -> None:
    assert Query.parse(str(Query(line, name, visit))) == Query(line, name, visit)


def test_ordinals() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111, 113)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th", "113th")
    ]
    with pytest.raises(ValueError, match="no query"):
        Query.parse("n at line 3")


def truth(trace: Trace, query: Query) -> str:
    """The value, by counting through the run."""
    passes = 0
    for state in trace.states:
        passes += state.event is Event.LINE and state.line == query.line
        if passes == query.visit:
            return state.locals[query.name]
    raise AssertionError(f"{query} is never reached")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 12))
def test_what_is_drawn_is_true_and_can_be_reached(seed: int, chance: int, moves: int) -> None:
    trace = record(generate(seed).program)
    drawn = draw_query(trace, moves, np.random.default_rng(chance), away_from=0)
    if drawn is not None:
        query, value = drawn
        assert value == truth(trace, query)
        assert not moves or query.visit < moves


def test_what_changes_is_asked_before_what_does_not() -> None:
    trace = record(Program("def f(a):\n    for i in range(4):\n        b = i * a\n    return b\n", "f(2)"))
    for chance in range(30):
        drawn = draw_query(trace, 20, np.random.default_rng(chance), away_from=0)
        assert drawn is not None
        query, _ = drawn
        only_a = (query.line, query.visit) == (2, 1)
        assert query.line == 4 or (query.name == "a") is only_a, "i and b change in the loop"


@pytest.mark.parametrize("env_id", [TEXT, FEATURES])
def test_only_the_truth_is_right(env_id: str, make: Make) -> None:
    env = make(env_id)
    for seed in range(12):
        env.reset(seed=seed)
        assert env._scene is not None and env._scene.question.query is not None
        question = env._scene.question
        trace = record(env._scene.program)
        expected = truth(trace, question.query)
        assert question.candidates.count(expected) == 1
        for place, text in enumerate(question.candidates):
            env.reset(seed=seed)
            said = f"answer {text}" if env_id == TEXT else len(env._family.commands) - 8 + place
            _, reward, terminated, _, info = env.step(said)
            assert terminated and info["success"] is (text == expected) and reward == float(text == expected)


def test_half_of_the_episodes_begin_inside_the_run(make: Make) -> None:
    env = make(TEXT)
    starts, past = [], 0
    for seed in range(60):
        page, _ = env.reset(seed=seed)
        assert env._scene is not None
        question, position = env._scene.question, env.debugger.position
        assert position == question.start and question.query is not None
        assert f"Passes of line {question.query.line} so far: {env._scene.passes}" in page
        starts.append(position)
        past += question.query.visit <= env._scene.passes
        assert env._scene.state == record(env._scene.program).states[position], "only its own output"
    assert 15 < sum(start > 0 for start in starts) < 45
    assert past > 5, "some ask about the past"


def test_the_way_to_the_moment_is_shown(make: Make) -> None:
    """Runs to the line count its passes, and at the moment the variable stands there."""
    env = make(FEATURES, max_moves=30)
    met = 0
    for seed in range(20):
        observation, _ = env.reset(seed=seed)
        assert env._scene is not None and env._scene.question.query is not None
        query, commands = env._scene.question.query, env._family.commands
        while env._scene.passes < query.visit:
            number = commands.first_answer - 3 * commands.max_lines + query.line - 1  # run_to
            observation, _, terminated, truncated, info = env.step(number)
            assert not (terminated or truncated or "error" in info)
            met += env._scene.passes == query.visit
            assert observation["query"][-1] == float(env._scene.passes == query.visit)
        assert observation["query_line"] == query.line
        assert observation["lines"][query.line - 1, 4] == 1
    assert met > 5


@pytest.mark.parametrize("backend", ["neural", "lockstep"])
def test_a_dream_takes_the_true_past(backend: str, make: Make, tiny_checkpoint: Path) -> None:
    options = {"backend": backend, "model": str(tiny_checkpoint), "max_states": 40}
    real, dream = make(TEXT), make(TEXT, **options)
    inside = 0
    for seed in range(10):
        page, _ = real.reset(seed=seed)
        dreamt, info = dream.reset(seed=seed)
        assert dreamt == page and not info["fault"]
        inside += dream.debugger.position > 0
        states = dream.debugger.tree.states[: dream.debugger.position + 1]
        assert list(states) == list(real.debugger.tree.states[: len(states)])
        for _ in range(3):  # the past stays the true one
            if dream.step("back")[4].get("error"):
                break
            assert dream.debugger.state.locals == real.debugger.tree.states[dream.debugger.position].locals
    assert inside


@pytest.mark.parametrize("family", ["Text", "Features"])
def test_what_can_be_asked_at_all_is_asked_with_every_seed(family: str, make: Make, tmp_path: Path) -> None:
    """One moment of this run can be asked about, and half of the episodes would begin there."""
    path = tmp_path / "one.jsonl"
    path.write_text('{"source": "def f(x):\\n    return x\\n", "call": "f(1)"}', "utf-8")
    env_id = f"debugworld/StateQuery-{family}-v0"
    env = make(env_id, tasks=f"jsonl/{path}")
    vector = gymnasium.make_vec(env_id, 12, tasks=f"jsonl/{path}", sandbox="process")
    try:
        observations, _ = vector.reset(seed=0)
        for seed in range(12):
            observation, _ = env.reset(seed=seed)
            expected = observations if family == "Text" else observations["line"]
            assert expected[seed] == (observation if family == "Text" else observation["line"])
    finally:
        vector.close()
