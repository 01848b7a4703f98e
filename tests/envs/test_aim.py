"""Goals of ReachState that a caller writes: where they hold, how they are shown, and what is no goal."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest

from debugworld.agents import make_agent, run_episode
from debugworld.envs import DebugEnv, Goal, TaskError, validate
from debugworld.envs.episode import RecordEpisodes

Make = Callable[..., DebugEnv]
TEXT, FEATURES = "debugworld/ReachState-Text-v0", "debugworld/ReachState-Features-v0"
BERRY, RUN = {"task": 0}, {"task": 2}
HERE = {"sandbox": "process"}


def reached(env: gymnasium.Env[Any, Any], *words: str) -> list[bool]:
    """Says words until one reaches the goal; tells of each whether it did."""
    told = []
    for word in words:
        _, _, terminated, truncated, info = env.step(word)
        told.append(info["success"])
        if terminated or truncated:
            break
    return told


@pytest.mark.parametrize(
    ("goal", "task", "words", "shown"),
    [
        ("n == 1", BERRY, ["b 4, n == 1", "c"], "any line if n == 1"),
        ("n > 0 and c == 'r'", BERRY, ["u 4", "u 4", "u 4", "u 4"], "any line if n > 0 and c == 'r'"),
        ("4 if n > 0", BERRY, ["u 4", "u 4", "u 4", "u 4"], "line 4 if n > 0"),
        ("4, n > 0", BERRY, ["u 4", "u 4", "u 4", "u 4"], "line 4 if n > 0"),
        ("4 hits 3", BERRY, ["u 4", "u 4", "u 4"], "line 4 hits 3"),
        ("5", BERRY, ["u 5"], "line 5"),
        ("len(out) == 2", RUN, ["u 8", "u 8", "u 8"], "any line if len(out) == 2"),
        ("'no' in out", RUN, ["b 8, 'no' in out", "c"], "any line if 'no' in out"),
        ("exception ValueError", RUN, ["u 3", "n"], "exception ValueError"),
        ("exception Exception", RUN, ["u 3", "n"], "exception Exception"),
        ("function divide", RUN, ["u 10", "s"], "function divide"),
    ],
)
def test_a_goal_is_reached_where_the_debugger_says(
    goal: str, task: dict[str, int], words: list[str], shown: str, make: Make
) -> None:
    env = make(TEXT, **HERE, goal=goal)
    page, _ = env.reset(seed=0, options=task)
    assert f"\nGoal: {shown}\n" in page
    assert reached(env, *words) == [False] * (len(words) - 1) + [True]
    read = Goal.parse(shown)
    assert str(read) == shown and read.line == (int(goal[0]) if goal[0].isdecimal() else 0)


def test_an_option_goes_before_the_argument_for_one_episode(make: Make) -> None:
    env = make(TEXT, **HERE, goal="5")
    page, _ = env.reset(seed=0, options={**BERRY, "goal": "4 hits 2"})
    assert "Goal: line 4 hits 2\n" in page
    twin = copy.deepcopy(env)
    assert reached(twin, "u 4", "u 4") == reached(env, "u 4", "u 4") == [False, True]
    assert "Goal: line 5\n" in env.reset(seed=0, options=BERRY)[0]
    plain = make(TEXT, **HERE)
    first, _ = plain.reset(seed=3)
    plain.reset(seed=3, options={"goal": "n == 1"})
    assert plain.reset(seed=3)[0] == first, "what is drawn stays as it was"


def test_programs_that_never_meet_it_are_not_drawn(make: Make) -> None:
    env = make(TEXT, **HERE, goal="exception ValueError")
    for seed in range(8):
        assert "def divide" in env.reset(seed=seed)[0]
    with pytest.raises(TaskError, match="the goal 'exception ValueError' holds at no stop after the entry"):
        env.reset(seed=0, options=BERRY)
    with pytest.raises(TaskError, match="holds at no stop after the entry"):
        env.reset(seed=0, options={**BERRY, "goal": "no_such_name > 3"})


@pytest.mark.parametrize("goal", ["n >", "x = 3", "n > 3\nm", "", "7 hits 0", 7, "if"])
def test_what_is_no_goal_says_what_would_be_one(goal: Any, make: Make) -> None:
    with pytest.raises(TaskError, match="goal"):
        make(TEXT, **HERE, goal=goal)
    env = make(TEXT, **HERE)
    with pytest.raises(TaskError, match="goal"):
        env.reset(seed=0, options={"goal": goal})


@pytest.mark.filterwarnings("ignore")
def test_conditions_are_evaluated_in_a_process_only_where_it_is_named() -> None:
    with pytest.raises(TaskError, match="sandbox='process'"):
        gymnasium.make(TEXT, goal="n > 3")
    env = gymnasium.make(TEXT, goal="3 hits 2")  # the states tell
    assert "Goal: line 3 hits 2\n" in env.reset(seed=0)[0]
    env.close()


def test_features_show_it(make: Make) -> None:
    env = make(FEATURES, **HERE, goal="4 if n > 0")
    seen, _ = env.reset(seed=0, options=BERRY)
    kinds, (line, away, *flags) = seen["goal"][:3].tolist(), seen["goal"][3:].tolist()
    assert kinds == [1, 0, 0] and line > 0 and away != 0 and flags == [0, 0, 0, 0]
    assert seen["goal_line"] == 4 and seen["lines"][3, 4] == 1
    other, _ = env.reset(seed=0, options={**BERRY, "goal": "n > 0"})
    assert other["goal_line"] == 0 and not other["lines"][:, 4].any() and other in env.observation_space
    assert not np.array_equal(seen["goal_text"], other["goal_text"])
    agent = make_agent("scripted", env)
    for _ in range(30):
        seen, _, terminated, _, _ = env.step(agent.act(other, {}))
        other = seen
        if terminated:
            break
    assert terminated and seen["goal"][-2:].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("goal", "words"),
    [("4 hits 3", ["u 4", "u 4", "u 4"]), ("n == 1", ["u 4", "u 4", "u 4", "n"]), ("5", ["u 4", "u 5"])],
)
def test_a_dreamt_stop_counts_that_shows_what_a_real_one_does(
    goal: str, words: list[str], make: Make
) -> None:
    """In a dream only what is shown counts; this one is true throughout."""
    dream = make(TEXT, **HERE, goal=goal, backend="rollout", model="static", real_share=1.0)
    real = make(TEXT, **HERE, goal=goal)
    for env in (dream, real):
        env.reset(seed=0, options=BERRY)
    assert reached(dream, *words) == reached(real, *words) == [False] * (len(words) - 1) + [True]
    goal_there = dream.scene.question.goal
    assert goal_there is not None and goal_there.holds(dream.scene.state)
    assert not goal_there.holds(dream.debugger.tree.states[0])


def test_agents_play_and_episodes_are_played_again(make: Make) -> None:
    env = RecordEpisodes(gymnasium.make(TEXT, **HERE, goal="n > 3"))
    for name in ("scripted", "step", "random"):
        episode = run_episode(env, make_agent(name, env.unwrapped), 1)  # type: ignore[arg-type]
        assert not episode.fault
    assert all(validate(episode).agrees for episode in env.episodes)
    env.close()


def test_vectors_play_it_as_single_environments_do() -> None:
    options = {**HERE, "goal": "n > 3", "max_moves": 6}
    own = gymnasium.make_vec(FEATURES, 2, vectorization_mode="vector_entry_point", **options)
    sync = gymnasium.make_vec(FEATURES, 2, vectorization_mode="sync", **options)
    (mine, _), (theirs, _) = own.reset(seed=5), sync.reset(seed=5)
    for _ in range(8):
        assert all(np.array_equal(mine[key], theirs[key]) for key in theirs)
        mine, *rest = own.step(np.zeros(2, np.int64))
        theirs, *others = sync.step(np.zeros(2, np.int64))
        assert all(np.array_equal(a, b) for a, b in zip(rest[:3], others[:3], strict=True))
    own.close()
    sync.close()
