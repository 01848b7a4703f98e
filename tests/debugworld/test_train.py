"""``debugworld train``: the smoke run goes from programs to a checkpoint that debugs."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from debugworld.cli import main
from debugworld.worldmodel.checkpoint import load_model, training_programs
from debugworld.worldmodel.data import examples


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
        (["--set", "learning_rate=nan"], "learning_rate must be finite, not nan"),
        (["--recipe", "nano", "--set", "minutes=0", "--set", "steps=12"], "--set steps=12, is enough"),
        (["--set", "data.weights={generated=-1.0}"], "examples of 'generated' need a positive weight"),
        (
            ["--set", "data.weights={generated=1.0}"],
            "examples of 'statements' need a positive weight, not None",
        ),
        (["--set", "data.weights={generatd=1.0}"], "no source 'generatd'; there are: generated"),
        (["--set", "data.kinds={parts=0.0}"], "the share of 'parts' must be positive"),
        (["--set", "data.kinds={parts=inf}"], "kinds must be finite"),
        (["--data", "x", "--set", "data.kinds={foo=1.0}"], "leave data.kinds out"),
        (["--data", "x", "--runs", "y"], "leave --runs out"),
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
    assert text in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_base_that_cannot_be_packed_is_told_before_examples_are_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from transformers import MambaConfig, MambaForCausalLM

    from debugworld.worldmodel.tokenizer import build_tokenizer

    base, out, tokenizer = tmp_path / "base", tmp_path / "out", build_tokenizer()
    sizes = {"vocab_size": len(tokenizer), "hidden_size": 16, "state_size": 4, "num_hidden_layers": 1}
    MambaForCausalLM(MambaConfig(**sizes)).save_pretrained(base)
    tokenizer.save_pretrained(base)
    settings = (f"base={base}", "packed=true", "steps=1", "longest=64", "data.longest=64")
    words = [word for setting in settings for word in ("--set", setting)]
    assert main(["train", *words, "--out", str(out)]) == 2
    assert "set packed = false" in capsys.readouterr().err and not (out / "data").exists()
    assert main(["train", *words, "--out", str(out), "--set", "optimizer=x"]) == 2
    assert "is not empty" not in capsys.readouterr().err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_making_of_examples_goes_on(
    how: signal.Signals, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, out = tmp_path / "rows.jsonl", tmp_path / "run"
    rows.write_text('{"source": "def f(n):\\n    return n + 1\\n", "calls": ["f(1)"], "group": "g"}\n')
    settings = (
        *("steps=2", "hidden_size=16", "layers=2", "heads=2", "threads=1", "tokens_per_batch=512"),
        *("data.generated=400", "data.statements=0", "data.drills=0", "data.sandbox=process"),
    )
    words = [word for setting in settings for word in ("--set", setting)]
    command = [
        sys.executable,
        "-m",
        "debugworld",
        "train",
        *words,
        "--programs",
        rows.name,
        "--out",
        str(out),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as child:
        until = time.monotonic() + 120
        while not list(out.glob("data/parts/*.gz")) and time.monotonic() < until:
            time.sleep(0.01)
        child.send_signal(how)
        told, errors = child.communicate(timeout=60)  # which ends when no worker holds the pipes any more
    assert not (out / "data" / "mixture.json").exists(), "the examples were made before it could be stopped"
    kept = {path: path.stat().st_mtime_ns for path in out.glob("data/parts/*.gz")}
    assert kept and "Traceback" not in errors
    if how is not signal.SIGKILL:
        assert child.returncode == 130 and f"go on with: debugworld train --resume {out}" in told

    assert main(["train", *words, "--out", str(out)]) == 2
    assert f"go on with --resume {out}" in capsys.readouterr().err
    assert main(["train", "--resume", str(out), "--set", "data.generated=1"]) == 2
    seen = []
    real = examples.Made.load
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            examples.Made, "load", lambda path: seen.append((path, path.stat().st_mtime_ns)) or real(path)
        )
        assert main(["train", "--resume", str(out), "--set", "data.workers=1"]) == 0
    assert kept.items() <= set(seen), "what was made is not made again"
    assert "trained 2 steps" in capsys.readouterr().out
    assert (out / "data" / "real.digests").read_text().strip() and not (out / "data" / "parts").exists()


def test_the_last_step_is_in_the_loss_that_is_told(tmp_path: Path) -> None:
    import json

    settings = (
        *("steps=12", "hidden_size=16", "layers=2", "heads=2", "threads=1", "tokens_per_batch=512"),
        *("data.generated=5", "data.statements=0", "data.drills=0", "data.workers=1"),
    )
    words = [word for setting in settings for word in ("--set", setting)]
    assert main(["train", *words, "--out", str(tmp_path / "run")]) == 0
    state = json.loads((tmp_path / "run" / "run" / "checkpoint-12" / "trainer_state.json").read_text())
    reports = [entry for entry in state["log_history"] if "loss" in entry]
    assert [entry["step"] for entry in reports] == [1, 12]
    assert load_model(tmp_path / "run" / "checkpoint")[2]["loss"] == round(reports[-1]["loss"], 4)


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
