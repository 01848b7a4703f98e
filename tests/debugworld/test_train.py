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
        (["--recipe", "huge"], "take one of mini, nano, small, smollm2"),
        (["--recipe", "nano", "--set", "minuts=3"], "did you mean minutes"),
        (["--set", "data.generatd=3"], "did you mean generated"),
        (["--set", "data.generated=many"], "generated must be int"),
        (["--data", "nowhere"], "no finished example stores"),
        (["--resume", "nowhere", "--recipe", "nano"], "leave --recipe"),
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


@pytest.mark.parametrize(
    ("settings", "text"),
    [(["base=nowhere", 'gguf=""'], "nowhere"), (["fsdp=true"], "shards over several GPUs")],
)
def test_what_cannot_be_trained_is_told_before_examples_are_made(
    settings: list[str],
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    words = [word for setting in settings for word in ("--set", setting)]
    assert main(["train", "--recipe", "smollm2", *words, "--set", "data.generated=1", "--out", "out"]) == 2
    assert text in capsys.readouterr().err and not (tmp_path / "out" / "data").exists()


def test_a_run_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old").write_text("x")
    assert main(["train", "--out", str(tmp_path)]) == 2
    assert "--resume" in capsys.readouterr().err


def test_a_recipe_trains_on_stores_made_earlier_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from debugworld.worldmodel.batches import Mixture
    from debugworld.worldmodel.store import ExampleStore

    data, out = tmp_path / "data", tmp_path / "run"
    data.mkdir()
    pairs = ((f"{a} + {b}\n", str(a + b)) for a in range(20) for b in range(20))
    Mixture({"sums": ExampleStore.write(data / "sums", pairs)}, {"sums": 1.0}).save(data)
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        "steps = 6\nhidden_size = 16\nlayers = 2\nheads = 2\ntokens_per_batch = 256\n"
        "packed = true\nrow_tokens = 64\nlongest = 64\nthreads = 1\npart_minutes = 1e-6\n"
    )
    assert main(["train", "--recipe", str(recipe), "--data", str(data), "--out", str(out)]) == 0
    assert f"start the next with: debugworld train --resume {out}" in capsys.readouterr().out
    assert main(["train", "--resume", str(out), "--set", "hidden_size=32"]) == 2
    assert "keeps its hidden_size" in capsys.readouterr().err
    assert main(["train", "--resume", str(out), "--set", "part_minutes=0", "--set", "steps=4"]) == 0
    assert "trained 4 steps" in capsys.readouterr().out
    assert load_model(out / "checkpoint")[2]["recipe"]["packed"] is True
