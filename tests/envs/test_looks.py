"""What only texts can say: looks into frames, breakpoints at all that happens, assignments."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from debugworld.envs import DebugEnv
from debugworld.envs.trace_store import MOST_LOOKS
from debugworld.sandboxes import sandbox

Make = Callable[..., DebugEnv]
OUTPUT, REACH = "debugworld/OutputPrediction-Text-v0", "debugworld/ReachState-Text-v0"
COUNT, RUN = {"task": 0}, {"task": 2}
"""``count('berry', 'r')`` and ``run([1, 0, 4])``, see conftest."""


def play(env: DebugEnv, *commands: str) -> tuple[str, dict[str, Any]]:
    """Says commands that are not refused; returns the last page and its info."""
    for command in commands:
        page, *_, info = env.step(command)
        assert "error" not in info, (command, info["error"])
    return page, info


def test_frames_are_looked_into(make: Make) -> None:
    env = make(OUTPUT)
    env.reset(seed=0, options=RUN)
    assert "\nFrame: " not in play(env, "b divide", "c")[0]
    page, _ = play(env, "up")
    assert re.search(r"\nFrame: run, line 10\n  xs = \[1, 0, 4\]\n  out = \[\]\n", page)
    assert "\nReply: [1]\n" in play(env, "p [x]")[0]
    assert "\nFrame: main, line " in play(env, "up")[0]
    assert "\nFrame: run, line 10\n" in play(env, "d")[0]
    assert "\nFrame: " not in play(env, "down")[0]
    assert "innermost frame" in env.step("d")[4]["error"]
    assert "\nFrame: " not in play(env, "up", "s")[0]


def test_changes_entries_and_exceptions_are_waited_for(make: Make) -> None:
    env = make(OUTPUT)
    env.reset(seed=0, options=RUN)
    page, _ = play(env, "b divide hits 2", "b exception ValueError", "c")
    assert "Breakpoints: function divide hits 2; exception ValueError\n" in page
    assert "\n  b = 0\n" in page and "Stop: call" in page
    assert "Stop: exception" in play(env, "c")[0]
    page, _ = play(env, "u 12", "watch out", "c")  # of the function where the program stands
    assert "Breakpoints: function divide hits 2; exception ValueError; change out in run\n" in page
    assert "\n  out = [12.0, 'no']\n" in page
    assert "out in run" not in play(env, "cl watch out")[0]


def test_a_condition_is_run_to(make: Make) -> None:
    env = make(OUTPUT)
    env.reset(seed=0, options=COUNT)
    assert "\n  n = 1\n" in play(env, "until n == 1")[0]
    assert "Stop: line at line 5 in count" in play(env, "until 5")[0]


def test_an_assignment_changes_the_run_and_not_the_truth(make: Make) -> None:
    env = make(OUTPUT)
    env.reset(seed=0, options=COUNT)
    assert "Value: 42\n" in play(env, "u 3", "!n = 40", "r")[0]
    *_, info = env.step("answer 2")
    assert info["success"]


def test_an_assignment_brings_no_passes(make: Make) -> None:
    env = make("debugworld/StateQuery-Text-v0", shaping=1.0)
    for seed in range(100):
        env.reset(seed=seed, options=COUNT)
        question = env.scene.question
        if question.start < 3 and question.query is not None and question.query.line == 4:
            break
    play(env, "u 3", "!s = 'r' * 50", *["u 4"] * 9)
    assert env.scene.passes == 0


def test_what_the_run_decides_cannot_be_assigned(make: Make) -> None:
    for task in ("ReachState", "InputPrediction", "Complexity"):
        env = make(f"debugworld/{task}-Text-v0")
        env.reset(seed=0)
        *_, terminated, _, info = env.step("!n = 3")
        assert "nothing can be assigned" in info["error"] and not terminated


def test_a_test_that_is_begun_again_has_no_assignments(make: Make) -> None:
    env = make("debugworld/FaultLocalization-Text-v0")
    env.reset(seed=0, options=COUNT)
    page, _ = play(env, "b 5", "u 3", "!s = ''", "c")
    assert "lines run so far: 2-3\n" in page
    assert "Stop: line at line 5" in page
    play(env, "test 1", "!count = len", "test 1", "s", "s")
    assert env.debugger.state.function == "count"


def test_looks_without_expressions_need_no_box_that_is_named(make: Make) -> None:
    env = make(OUTPUT, tasks="builtin/fibonacci", sandbox=None)
    env.reset(seed=0)
    assert "\nFrame: remember.<locals>.inner, line 6\n" in play(env, "b fib", "c", "up")[0]
    for text in ("p 1", "!n = 1", "until True", "b 2, True", "b fib if True", "watch n, True"):
        assert "where sandbox names a box" in env.step(text)[4]["error"]


def test_a_lockstep_assigns_on_both_sides(make: Make, tiny_checkpoint: Path) -> None:
    env = make(OUTPUT, backend="lockstep", after="forced", model=str(tiny_checkpoint), max_states=30)
    env.reset(seed=0, options=COUNT)
    _, info = play(env, "u 3", "!n = 40")
    assert not info["differences"] and env.debugger.program.edits
    assert "Value: 42" in play(env, "r")[0]


def test_random_feedback_tells_nothing_of_frames(make: Make) -> None:
    env = make(OUTPUT, feedback="random")
    env.reset(seed=0, options=COUNT)
    page, _ = play(env, "b count", "c", "up")
    assert "\nFrame: " not in page and "\nReply: " not in page


def test_more_environments_look_than_there_are_boxes(tasks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_WAIT", 0.5)
    made = [gymnasium.make(OUTPUT, tasks=tasks, sandbox="process") for _ in range(2 * MOST_LOOKS + 2)]
    for _ in range(2):
        for number, env in enumerate(made):
            base = env.unwrapped
            assert isinstance(base, DebugEnv)
            if not env.has_reset:  # type: ignore[attr-defined]
                env.reset(seed=0, options=COUNT)
                play(base, "u 4")
            assert f"\nReply: {number}\n" in play(base, f"p {number} + n")[0]
    for env in made:
        env.close()
