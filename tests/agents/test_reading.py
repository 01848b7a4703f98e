"""A page, read back, is the program and the stop that it was written from."""

from __future__ import annotations

import gymnasium
import pytest

import debugworld  # noqa: F401  registers the environments
from debugworld.agents.reading import Reading, alike
from debugworld.envs import DebugEnv


@pytest.mark.parametrize("task", ["ReachState", "StateQuery", "OutputPrediction"])
@pytest.mark.parametrize("tasks", ["builtin", "generated/5/40"])
def test_pages_are_read_back(task: str, tasks: str) -> None:
    env = gymnasium.make(f"debugworld/{task}-Text-v0", tasks=tasks, sandbox="process")
    inner = env.unwrapped
    assert isinstance(inner, DebugEnv)
    for seed in range(25):
        page, info = env.reset(seed=seed)
        over = False
        for command in ("s", "s", "n", "b 2", "r", "c", "back"):
            if over:
                break
            reading, debugger = Reading.of(page), inner.debugger
            assert (reading.program.text, reading.program.call) == (
                debugger.program.text,
                debugger.program.call,
            )
            assert alike(reading.state, debugger.state)
            assert len(reading.stack) == (0 if debugger.done else debugger.state.depth + 1)
            assert reading.moves_left == inner.max_moves - info["moves"]
            assert reading.goal == inner.scene.question.goal and reading.query == inner.scene.question.query
            assert reading.error == info.get("error", "")
            page, _, terminated, truncated, info = env.step(command)
            over = terminated or truncated
    env.close()


@pytest.mark.parametrize("text", ["", "Task: none", "Task: x\nMoves left: 3\nProgram:\n       1  pass"])
def test_what_is_no_page_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no whole page"):
        Reading.of(text)
