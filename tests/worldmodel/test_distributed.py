"""Two processes train as one: the same steps, sharded or not, resumed where they stood."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from debugworld.worldmodel.batches import Mixture
from debugworld.worldmodel.checkpoint import load_model
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.store import ExampleStore

SHARDED_ON_CPU = """
# accelerate shards only over accelerators and leaves FSDP out on CPUs; torch itself shards there, over gloo.
from accelerate.state import AcceleratorState, DistributedType
plain = AcceleratorState.__init__
def init(self, *args, **kwargs):
    plain(self, *args, **kwargs)
    plugin = kwargs.get("fsdp_plugin") or self.__dict__.get("fsdp_plugin")
    if plugin is not None and self.distributed_type == DistributedType.MULTI_CPU:
        self.distributed_type, self.fsdp_plugin = DistributedType.FSDP, plugin
AcceleratorState.__init__ = init
"""
COMMAND = """
import sys
from debugworld.cli import main
sys.exit(main(sys.argv[1:]))
"""
SETTINGS = {
    "hidden_size": 16,
    "layers": 2,
    "heads": 2,
    "tokens_per_batch": 256,
    "threads": 1,
    "held_out": 0.1,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    pairs = ((f"{a} + {b}\n", str(a + b)) for a in range(40) for b in range(40))
    Mixture({"sums": ExampleStore.write(folder / "sums", pairs)}, {"sums": 1.0}).save(folder)
    return folder


def _two_processes(script: Path, *words: str) -> subprocess.CompletedProcess[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    launch = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", str(port), str(script)]
    return subprocess.run(
        [sys.executable, *launch, *words],
        capture_output=True,
        text=True,
        timeout=280,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def _train(script: Path, data: Path, out: Path, steps: tuple[int, int], **changes: object) -> None:
    """Trains for some steps, then goes on."""
    settings = SETTINGS | {"steps": steps[0]} | changes
    flags = [part for key, value in settings.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    for words in (
        ["train", "--data", str(data), "--out", str(out), *flags],
        ["train", "--resume", str(out), "--set", f"steps={steps[1]}"],
    ):
        done = _two_processes(script, *words)
        assert done.returncode == 0, done.stderr[-3000:]
        assert done.stdout.count("checkpoint: ") == 1, "only the first process reports"


@pytest.mark.long
def test_sharded_and_replicated_training_agree_and_resume(data: Path, tmp_path: Path) -> None:
    script = tmp_path / "sharded.py"
    script.write_text(SHARDED_ON_CPU + COMMAND)
    plain, sharded = tmp_path / "plain", tmp_path / "fsdp"
    _train(script, data, plain, (4, 8))
    _train(script, data, sharded, (4, 8), fsdp=True)
    assert (sharded / "run" / "checkpoint-8" / "pytorch_model_fsdp.bin").exists(), "it was sharded"
    assert not (plain / "run" / "checkpoint-8" / "pytorch_model_fsdp.bin").exists()
    states = [
        json.loads((out / "run/checkpoint-8/trainer_state.json").read_text()) for out in (plain, sharded)
    ]
    assert states[0]["num_input_tokens_seen"] == states[1]["num_input_tokens_seen"] > 2000
    one, other = (load_file(out / "run" / "checkpoint-8" / "model.safetensors") for out in (plain, sharded))
    for name, weights in one.items():
        apart = float((weights - other[name]).norm() / weights.norm())
        assert apart < 0.1, name  # Muon orthogonalises in bfloat16; the order of sums is another when sharded
        if "embed" in name or "norm" in name:
            assert apart < 2e-3, name  # AdamW's
    model, tokenizer, manifest = load_model(sharded / "checkpoint")
    assert manifest["steps"] == 8
    assert model.generate(**tokenizer("1 + 1\n", return_tensors="pt"), max_new_tokens=2).shape[1] > 8


@pytest.mark.long
def test_resident_examples_are_counted_over_all_processes(data: Path, tmp_path: Path) -> None:
    script = tmp_path / "plain.py"
    script.write_text(COMMAND)
    _train(script, data, tmp_path / "run", (4, 8), resident=True)
    state = json.loads((tmp_path / "run/run/checkpoint-8/trainer_state.json").read_text())
    assert 8 * 256 < state["num_input_tokens_seen"] <= 2 * 8 * 256


def test_sharding_alone_is_refused(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from debugworld.cli import main

    words = ["train", "--data", str(data), "--out", str(tmp_path / "run"), "--set", "fsdp=true"]
    assert main(words) == 2
    assert "torchrun" in capsys.readouterr().err
    assert TrainConfig().fsdp is False
