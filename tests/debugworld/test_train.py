"""``debugworld train``: the smoke run goes from programs to a checkpoint that debugs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from debugworld.cli import main
from debugworld.worldmodel.checkpoint import load_model, training_programs


@pytest.mark.slow
def test_smoke_goes_through_all_of_it(tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "debugworld", "train", "--smoke", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "states right" in done.stdout
    model, tokenizer, manifest = load_model(out / "checkpoint")
    assert model.config.vocab_size == len(tokenizer)
    assert manifest["steps"] > 0
    assert manifest["programs"] == len(training_programs(out / "checkpoint")) > 100


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--minutes", "0"], "must be positive"),
        (["--resume", "nowhere"], "nowhere"),
        (["--programs", "nowhere.jsonl"], "nowhere.jsonl"),
    ],
)
def test_bad_input(
    words: list[str],
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", *words]) == 2
    assert text in capsys.readouterr().err


def test_a_run_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old").write_text("x")
    assert main(["train", "--out", str(tmp_path)]) == 2
    assert "--resume" in capsys.readouterr().err
