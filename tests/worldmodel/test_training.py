"""A run that was killed goes on as if it had not been; what it exports loads; what is damaged says so."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from debugworld.worldmodel.batches import BatchStream, Mixture
from debugworld.worldmodel.checkpoint import load_model, training_programs
from debugworld.worldmodel.clock import Ending
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.store import ExampleStore
from debugworld.worldmodel.tokenizer import build_tokenizer
from debugworld.worldmodel.training import newest_checkpoint, train

Damage = Callable[[Path], None]
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
    for part in ("model.safetensors", "optimizer.pt"):  # bit for bit, in float32
        once, twice = (root / name / "run" / "checkpoint-40" / part for name in ("whole", "killed"))
        _same(_read(once), _read(twice), part)


def _read(path: Path) -> object:
    return load_file(path) if path.suffix == ".safetensors" else torch.load(path, weights_only=True)


def _same(one: object, other: object, where: str) -> None:
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key, value in one.items():
            _same(value, other[key], f"{where}.{key}")
    elif isinstance(one, list | tuple):
        for place, value in enumerate(one):
            _same(value, other[place], f"{where}.{place}")
    else:
        assert one == other, where


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


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _flip(path: Path) -> None:
    """Damages the middle of a file, which keeps its size and its index."""
    read = bytearray(path.read_bytes())
    middle = len(read) // 2
    read[middle : middle + 300] = (byte ^ 0x55 for byte in read[middle : middle + 300])
    path.write_bytes(read)


@pytest.mark.parametrize("damage", [_cut, _flip])
@pytest.mark.parametrize("file", ["model.safetensors", "optimizer.pt", "trainer_state.json"])
def test_a_damaged_checkpoint_is_said_and_not_resumed(
    root: Path,
    checkpoint: Path,
    tmp_path: Path,
    file: str,
    damage: Damage,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "run"
    shutil.copytree(root / "whole" / "run", run)
    newest = newest_checkpoint(run)
    assert newest is not None and newest.name == "checkpoint-40" and not capsys.readouterr().err
    damage(newest / file)
    before = newest_checkpoint(run)
    assert before is not None and before != newest and not newest.exists()
    assert f"{newest} is damaged and goes; going on from {before.name}" in capsys.readouterr().err
    for older in run.glob("checkpoint-*"):
        damage(older / file)
    with pytest.raises(ModelError, match=rf"{before} is damaged, and there is no other"):
        newest_checkpoint(run)
    assert before.exists(), "what may be mended is kept"


def test_a_checkpoint_from_before_has_no_digests(root: Path, checkpoint: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(root / "whole" / "run", tmp_path / "run"))
    for each in run.iterdir():
        (each / "sha256.json").unlink()
    newest = newest_checkpoint(run)
    assert newest is not None and newest.name == "checkpoint-40"


def test_a_half_written_checkpoint_alone_starts_again(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-7").mkdir()
    (tmp_path / "checkpoint-7" / "model.safetensors").write_bytes(b"half")
    assert newest_checkpoint(tmp_path) is None and not list(tmp_path.iterdir())


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


def test_ctrl_c_saves_before_it_leaves(root: Path, mixture: Mixture) -> None:
    out = root / "interrupted"
    config = dataclasses.replace(CONFIG, steps=100_000, save_minutes=10.0)
    config.save(root / "long.json")
    source = CHILD.replace("recipe.json", "long.json").replace('"killed"', '"interrupted"')
    source += "print('LEFT')"
    child = subprocess.Popen(
        [sys.executable, "-c", source, str(root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    for line in child.stdout:
        if "'loss'" in line:  # it is in its steps
            break
    child.send_signal(signal.SIGINT)
    rest, errors = child.communicate(timeout=60)
    assert child.returncode == 0 and "LEFT" in rest, errors[-2000:]
    newest = newest_checkpoint(out / "run")
    assert newest is not None and not (out / "checkpoint").exists()
    saved = json.loads((newest / "trainer_state.json").read_text())["global_step"]
    assert int(newest.name.partition("-")[2]) == saved > 0
    dataclasses.replace(config, steps=saved + 2).save(out / "recipe.json")
    done = train(mixture, out, config, resume=True)
    assert done.steps == saved + 2 and done.ending is Ending.FINISHED


def test_a_part_ends_with_a_checkpoint_and_the_next_goes_on(mixture: Mixture, tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, steps=30, save_minutes=10.0, part_minutes=1e-6)
    first = train(mixture, tmp_path, config)
    assert first.ending is Ending.PART and first.steps == 1
    assert load_model(first.checkpoint)[2]["steps"] == 1
    second = train(mixture, tmp_path, config, resume=True)
    assert second.ending is Ending.PART and second.steps == 2
    config.changed({"part_minutes": 0.0}).save(tmp_path / "recipe.json")
    assert train(mixture, tmp_path, config, resume=True).ending is Ending.FINISHED


@pytest.mark.parametrize("least", [0.0, 1.0])
def test_metrics_held_out_loss_and_the_look(
    mixture: Mixture, tmp_path: Path, capsys: pytest.CaptureFixture[str], least: float
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    config = dataclasses.replace(
        CONFIG, steps=45, held_out=0.1, evaluate_minutes=0.001, look_after=0.0001, look_least=least
    )
    result = train(mixture, tmp_path, config)
    assert result.look is not None and 0 <= result.look < 1
    told = capsys.readouterr().err
    assert ("WARNING" in told) == (least == 1.0) and "shortest held-out examples" in told
    events = EventAccumulator(str(tmp_path / "logs"))
    events.Reload()
    tags = set(events.Tags()["scalars"])
    wanted = {"train/loss", "train/learning_rate", "train/tokens_per_second", "train/mfu", "eval/look_exact"}
    assert wanted | {"eval/sums_loss", "eval/copies_loss", "eval/sums_exact"} <= tags
    losses = [event.value for event in events.Scalars("eval/copies_loss")]
    assert losses[-1] < losses[0]
    assert 0 < events.Scalars("train/mfu")[-1].value < 1


def test_extra_heads_learn_and_are_not_exported(mixture: Mixture, tmp_path: Path) -> None:
    result = train(mixture, tmp_path, dataclasses.replace(CONFIG, steps=12, ahead=3))
    kept = load_file(tmp_path / "run" / "checkpoint-12" / "model.safetensors")
    heads = [weights for name, weights in kept.items() if name.startswith("ahead.")]
    assert len(heads) == 2 and all(weights.abs().max() > 0 for weights in heads)
    assert not [n for n in load_file(result.checkpoint / "model.safetensors") if n.startswith("ahead.")]
    model, tokenizer, _ = load_model(result.checkpoint)
    assert model.generate(**tokenizer("1 + 1\n", return_tensors="pt"), max_new_tokens=2).shape[1] > 8


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"tokens_per_batch": 8}, "store sums has .* tokens_per_batch is 8; raise it to"),
        ({"packed": True, "row_tokens": 8}, "row_tokens is 8"),
        ({"longest": 8}, "longest is 8"),
        ({"attention": "telepathy"}, "attention = 'telepathy' cannot be had"),
        ({"fsdp": True}, "set fsdp = false"),
    ],
)
def test_what_cannot_work_is_told_before_it_starts(
    mixture: Mixture, tmp_path: Path, changes: dict[str, object], text: str
) -> None:
    with pytest.raises(ModelError, match=text):
        train(mixture, tmp_path, dataclasses.replace(CONFIG, **changes))


def test_a_damaged_store_is_told(root: Path, tmp_path: Path) -> None:
    broken = tmp_path / "sums"
    shutil.copytree(root / "sums", broken)
    (broken / "text.npy").write_bytes((broken / "text.npy").read_bytes()[:-50])
    with pytest.raises(ModelError, match="write it again"):
        ExampleStore(broken)


def test_an_optimizer_state_of_an_earlier_version_is_taken(checkpoint: Path, root: Path) -> None:
    from debugworld.worldmodel.model import build_model
    from debugworld.worldmodel.optimizer import MuonAdamW

    state = torch.load(root / "whole" / "run" / "checkpoint-40" / "optimizer.pt", weights_only=True)
    count = len(state["param_groups"][0]["params"])
    old = {
        "parts": [
            {
                "state": {i: v for i, v in state["state"].items() if i < count},
                "param_groups": state["param_groups"][:1],
            },
            {
                "state": {i - count: v for i, v in state["state"].items() if i >= count},
                "param_groups": [
                    {**group, "params": [i - count for i in group["params"]]}
                    for group in state["param_groups"][1:]
                ],
            },
        ]
    }
    optimizer = MuonAdamW(build_model(CONFIG, 261), 0.1, 0.1, 0.0)
    optimizer.load_state_dict(old)
    _same(optimizer.state_dict()["state"], state["state"], "state")
    assert optimizer.parts[1].param_groups[0] is optimizer.param_groups[1]


def test_resident_examples_are_learnt_and_counted(mixture: Mixture, tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, resident=True, steps=60, learning_rate=0.05)
    result = train(mixture, tmp_path / "resident", config)
    assert 60 * 128 < result.tokens < 60 * 256 and result.loss < 5.0  # from 5.6
    again = train(mixture, tmp_path / "again", config)
    first, second = (load_file(r.checkpoint / "model.safetensors") for r in (result, again))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.slow
def test_compiled_blocks_learn_the_same(mixture: Mixture, tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, resident=True, attention="sdpa", steps=5)
    plain = train(mixture, tmp_path / "plain", config)
    compiled = train(mixture, tmp_path / "compiled", dataclasses.replace(config, compile=True))
    first, second = (load_file(r.checkpoint / "model.safetensors") for r in (plain, compiled))
    assert first.keys() == second.keys()
    for name in first:
        assert torch.linalg.norm((first[name] - second[name]).float()) < 0.1 * torch.linalg.norm(
            first[name].float()
        )


@pytest.mark.parametrize("kind", ["Float32Muon", "StackedMuon"])
def test_our_steps_of_muon_are_pytorchs_but_for_rounding(kind: str) -> None:
    """Tall and wide matrices, several of a shape, over several steps, with momentum and decay."""
    from debugworld.worldmodel import optimizer as module

    torch.manual_seed(0)
    shapes = [(24, 24), (40, 16), (16, 40), (24, 24), (40, 16)]
    ours = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
    theirs = [torch.nn.Parameter(weights.detach().clone()) for weights in ours]
    settings = {"lr": 0.05, "weight_decay": 0.1, "momentum": 0.9}
    optimizers = getattr(module, kind)(ours, **settings), torch.optim.Muon(theirs, **settings)
    for _ in range(5):
        before = [weights.detach().clone() for weights in ours]
        for own, other in zip(ours, theirs, strict=True):
            own.grad = torch.randn(own.shape)
            other.grad = own.grad.clone()
            other.data.copy_(own.data)
        for optimizer in optimizers:
            optimizer.step()
        for was, own, other in zip(before, ours, theirs, strict=True):
            step, expected = own.detach() - was, other.detach() - was
            assert torch.linalg.norm(step - expected) < 0.06 * torch.linalg.norm(expected)
    assert optimizers[0].state_dict()["state"].keys() == optimizers[1].state_dict()["state"].keys()


def test_orthogonal_steps_have_singular_values_about_one() -> None:
    from debugworld.worldmodel.optimizer import orthogonal

    torch.manual_seed(1)
    for shape in ((30, 12), (12, 30), (20, 20)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape), (3.4445, -4.775, 2.0315), 5, 1e-7))
        assert float(values.min()) > 0.3
        assert float(values.max()) < 1.3
