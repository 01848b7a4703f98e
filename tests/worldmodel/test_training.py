"""A run that was killed goes on as if it had not been; what it exports loads; what is damaged says so."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from debugworld.worldmodel.batches import BatchStream, Mixture
from debugworld.worldmodel.checkpoint import load_model, training_programs
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.store import ExampleStore
from debugworld.worldmodel.tokenizer import build_tokenizer
from debugworld.worldmodel.training import newest_checkpoint, train

CONFIG = TrainConfig(
    minutes=None,
    steps=40,
    hidden_size=16,
    layers=2,
    heads=2,
    tokens_per_batch=256,
    save_minutes=0.002,
    threads=1,
)
CHILD = """
import sys
from pathlib import Path
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.batches import Mixture
from debugworld.worldmodel.store import ExampleStore
from debugworld.worldmodel.training import train
root = Path(sys.argv[1])
stores = {name: ExampleStore(root / name) for name in ("sums", "copies")}
train(Mixture(stores, {"sums": 2.0, "copies": 1.0}), root / "killed", TrainConfig.load(root / "recipe.json"))
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("training")
    ExampleStore.write(root / "sums", ((f"{a} + {b}\n", str(a + b)) for a in range(20) for b in range(20)))
    ExampleStore.write(root / "copies", ((f"'{n:x}'[1:]\n", f"{n:x}"[1:]) for n in range(500, 900)))
    CONFIG.save(root / "recipe.json")
    return root


@pytest.fixture(scope="module")
def mixture(root: Path) -> Mixture:
    stores = {name: ExampleStore(root / name) for name in ("sums", "copies")}
    return Mixture(stores, {"sums": 2.0, "copies": 1.0})


@pytest.fixture(scope="module")
def checkpoint(root: Path, mixture: Mixture) -> Path:
    return train(
        mixture, root / "whole", CONFIG, sources={"programs": ["0" * 15 + "7" + "f" * 48]}
    ).checkpoint


def test_killed_and_resumed_equals_uninterrupted(root: Path, mixture: Mixture, checkpoint: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(root)], stderr=subprocess.DEVNULL)
    run, deadline = root / "killed" / "run", time.monotonic() + 120
    while not list(run.glob("checkpoint-*/trainer_state.json")):
        assert child.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (root / "killed" / "checkpoint").exists(), "the run ended before it could be killed"
    half = run / "checkpoint-9999"  # as a kill in the middle of saving leaves it
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half")

    resumed = train(mixture, root / "killed", CONFIG, resume=True)
    assert resumed.steps == CONFIG.steps and not half.exists()
    assert resumed.tokens == json.loads((checkpoint / "manifest.json").read_text())["tokens"]
    whole, again = load_model(checkpoint)[0].state_dict(), load_model(resumed.checkpoint)[0].state_dict()
    for name, weights in whole.items():
        assert torch.allclose(weights, again[name], atol=1e-3), name


def test_export_and_manifest(checkpoint: Path) -> None:
    model, tokenizer, manifest = load_model(checkpoint)
    assert model.dtype == torch.float32 and not model.training
    assert (
        manifest["steps"] == 40 and manifest["stores"]["sums"]["count"] == 400 and manifest["programs"] == 1
    )
    assert training_programs(checkpoint) == {7}
    assert len(tokenizer) == model.config.vocab_size
    out = model.generate(**tokenizer("1 + 1\n", return_tensors="pt"), max_new_tokens=3)
    assert out.shape[1] > 8


def test_a_run_is_not_overwritten(root: Path, mixture: Mixture, checkpoint: Path) -> None:
    with pytest.raises(ModelError, match="holds a run already"):
        train(mixture, root / "whole", CONFIG)
    with pytest.raises(ModelError, match="no training run"):
        train(mixture, root / "elsewhere", CONFIG, resume=True)


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("model.safetensors", lambda path: path.write_bytes(path.read_bytes()[:-500])),
        ("config.json", lambda path: path.write_text("{")),
        ("tokenizer.json", lambda path: path.unlink()),
        ("manifest.json", lambda path: path.unlink()),
    ],
)
def test_damage_is_told(checkpoint: Path, tmp_path: Path, file: str, damage) -> None:  # noqa: ANN001
    broken = tmp_path / "broken"
    shutil.copytree(checkpoint, broken)
    damage(broken / file)
    with pytest.raises(ModelError, match="damaged"):
        load_model(broken)


def test_missing_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="debugworld train"):
        load_model(tmp_path / "nothing")


@pytest.mark.parametrize("file", ["model.safetensors", "optimizer.pt", "trainer_state.json"])
def test_half_written_is_not_resumed(root: Path, checkpoint: Path, tmp_path: Path, file: str) -> None:
    run = tmp_path / "run"
    shutil.copytree(root / "whole" / "run", run)
    newest = newest_checkpoint(run)
    assert newest is not None and newest.name == "checkpoint-40"
    (newest / file).write_bytes((newest / file).read_bytes()[:-100])
    assert newest_checkpoint(run) != newest and not newest.exists()


def test_newest_checkpoint_of_none(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path) is None


def test_stream_resumes_anywhere(mixture: Mixture) -> None:
    tokenizer = build_tokenizer()
    whole = iter(BatchStream(mixture, tokenizer, 128, seed=3, round_size=64))
    batches = [next(whole)["input_ids"] for _ in range(60)]
    assert all(batch.numel() <= 128 for batch in batches)
    for start in (0, 7, 59):
        part = iter(BatchStream(mixture, tokenizer, 128, seed=3, start=start, round_size=64))
        assert torch.equal(next(part)["input_ids"], batches[start])


def test_labels_are_the_completion_and_the_end(mixture: Mixture) -> None:
    tokenizer = build_tokenizer()
    batch = next(iter(BatchStream(mixture, tokenizer, 128, seed=0)))
    for ids, labels in zip(batch["input_ids"], batch["labels"], strict=True):
        prompt, _, completion = tokenizer.decode(ids).partition("<sep>")
        learnt = tokenizer.decode(labels[labels != -100])
        assert prompt.startswith("<bos>") and learnt == completion.replace("<pad>", "")
        assert learnt.endswith("<eos>")


def test_recipe_refuses_nonsense() -> None:
    with pytest.raises(ModelError, match="either minutes or steps"):
        TrainConfig(minutes=1.0, steps=1)
    with pytest.raises(ModelError, match="multiple of heads"):
        TrainConfig(hidden_size=30, heads=4)
