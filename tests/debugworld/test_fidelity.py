"""``debugworld fidelity`` scores by action and part, and leaves out what was trained on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from debugworld.cli import main
from debugworld.envs.task_set import load_task_set


def test_scores_of_generated_programs(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "fidelity.json"
    words = ["--model", str(tiny_checkpoint), "--tasks", "generated/1073741824/2", "--per-action", "1"]
    assert main(["fidelity", *words, "--json", str(out)]) == 0
    data = json.loads(out.read_text())
    assert data["programs"] == 2
    assert data["leaked"] == 0
    assert data["actions"]["step_into"]["count"] == 2
    assert {"event", "line", "frame", "locals", "value", "stdout", "exit"} == set(
        data["actions"]["run_to"]["parts"]
    )
    assert "step_return" in capsys.readouterr().out


def test_programs_seen_in_training_are_left_out(
    tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = "generated/1073741830/1"
    seen = np.array([int(p.digest[:16], 16) for p in load_task_set(uri).programs], dtype=np.uint64)
    file = tiny_checkpoint / "programs.npy"
    before = file.read_bytes() if file.exists() else None
    np.save(file, seen)
    try:
        assert main(["fidelity", "--model", str(tiny_checkpoint), "--tasks", uri]) == 2
    finally:
        file.unlink() if before is None else file.write_bytes(before)
    assert "trained on every one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--tasks", "nothing/here"], "names no task set"),
        (["--per-action", "0"], "at least 1"),
        (["--model", "nowhere"], "holds no checkpoint"),
    ],
)
def test_bad_input(words: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fidelity", *words]) == 2
    assert text in capsys.readouterr().err
