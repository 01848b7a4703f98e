"""The shipped tests serve somebody's new task, and find what is wrong with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from debugworld.envs.conformance import Conformance

NEW_TASK = """
import gymnasium
from dataclasses import replace
from debugworld.envs import DebugEnv
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
    dream = {{"model": {model!r}, "max_states": 30}}
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


def outcome(folder: Path, model: Path, doc: str = DOC, extra: str = "", only: str = "test") -> str:
    """Writes the task and its tests into one file, lets pytest run them or some, returns what it said."""
    (folder / "test_mine.py").write_text(NEW_TASK.format(doc=doc, extra=extra, model=str(model)))
    words = ["-q", "-p", "no:cacheprovider", "-k", only, "test_mine.py"]
    run = [sys.executable, "-m", "pytest", *words]
    return subprocess.run(run, cwd=folder, capture_output=True, text=True, timeout=200).stdout


def test_a_new_task_has_its_tests_in_a_few_lines(tmp_path: Path, tiny_checkpoint: Path) -> None:
    told = outcome(tmp_path, tiny_checkpoint)
    count = sum(name.startswith("test_") for name in vars(Conformance))
    assert told.splitlines()[-1].startswith(f"{count} passed in "), told


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
        (
            DOC,
            "    def _info(self, success):\n        return super()._info(success) | {'confidence': 2.0}\n",
            "test_the_checker_has_no_complaint_about_a_dream",
        ),
        (
            DOC,
            "    def _look(self, *told):\n        scene = super()._look(*told)\n"
            "        return replace(scene, notes=(str(id(self)),))\n",
            "test_vectors_agree_with_single_environments",
        ),
    ],
)
def test_what_is_wrong_is_found(
    doc: str, extra: str, test: str, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    told = outcome(tmp_path, tiny_checkpoint, doc, extra, test)
    assert f"FAILED test_mine.py::TestCountStates::{test}" in told, told
