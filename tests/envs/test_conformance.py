"""The shipped tests serve somebody's new task, and find what is wrong with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

NEW_TASK = """
import gymnasium
from debugworld.envs import DebugEnv, OutputPrediction
from debugworld.envs.answer import candidates
from debugworld.envs.conformance import Conformance
from debugworld.envs.scene import Question


class CountStates(DebugEnv):
    {doc}

    answers = 4

    def _pose(self, program, trace):
        self._truth = str(len(trace.states))
        choice = candidates(trace, self._truth, self.answers, self.np_random)
        return Question("say how many states the run has, as 'answer NUMBER'", candidates=choice)

    def _answered(self, answer):
        return answer.text == self._truth

    def _reached(self, debugger):
        return False
{extra}

gymnasium.register("mine/CountStates-v0", lambda **options: CountStates(**options))


class TestCountStates(Conformance):
    env_id = "mine/CountStates-v0"
    arguments = {{"tasks": "builtin"}}
"""
DOC = (
    '"""Count.\n\n    '
    + "\n\n    ".join(
        f"## {heading}\n    Told."
        for heading in (
            *("Description", "Action Space", "Observation Space", "Starting State", "Reward"),
            *("Episode End", "Information", "Arguments", "Version History"),
        )
    )
    + '\n    """'
)


def outcome(folder: Path, doc: str = DOC, extra: str = "") -> str:
    """Writes the task and its tests into one file, lets pytest run it, returns what it said."""
    (folder / "test_mine.py").write_text(NEW_TASK.format(doc=doc, extra=extra))
    words = ["-q", "-p", "no:cacheprovider", "-k", "not dream and not vectors", "test_mine.py"]
    run = [sys.executable, "-m", "pytest", *words]
    return subprocess.run(run, cwd=folder, capture_output=True, text=True, timeout=200).stdout


def test_a_new_task_has_its_tests_in_a_few_lines(tmp_path: Path) -> None:
    told = outcome(tmp_path)
    assert " passed" in told and "failed" not in told, told


@pytest.mark.parametrize(
    ("doc", "extra", "test"),
    [
        ('"""Count."""', "", "test_the_documentation_has_every_heading"),
        (
            DOC,
            "    def action_masks(self):\n        return super().action_masks() * 0 + 1\n",
            "test_the_mask_agrees_with_the_debugger",
        ),
        (
            DOC,
            "    def reset(self, seed=None, options=None):\n        return super().reset(options=options)\n",
            "test_seeds_bind",
        ),
        (
            DOC,
            "    def _move(self, action):\n        self.debugger.step(action)\n        return ''\n",
            "test_a_fault_in_a_move_truncates",
        ),
    ],
)
def test_what_is_wrong_is_found(doc: str, extra: str, test: str, tmp_path: Path) -> None:
    told = outcome(tmp_path, doc, extra)
    assert f"FAILED test_mine.py::TestCountStates::{test}" in told, told
