"""``debugworld train`` in each format: the checkpoint says it, and is used without being told."""

from __future__ import annotations

import json
from pathlib import Path

import gymnasium
import pytest

from debugworld.cli import main
from debugworld.worldmodel.batches import Mixture
from debugworld.worldmodel.checkpoint import format_of, load_model, training_programs
from debugworld.worldmodel.context import ContextDebugger
from debugworld.worldmodel.data.recording import RecordConfig, record_dataset
from debugworld.worldmodel.data.split import EVALUATION_SEED
from debugworld.worldmodel.data.walk_set import WalkConfig, make_trajectories
from debugworld.worldmodel.formats import CODECS, open_codec
from debugworld.worldmodel.opening import open_neural

SOURCE = "def f(n):\n    t = n + 1\n    return t\n"
TINY = (
    *("steps=3", "hidden_size=16", "layers=2", "heads=2", "longest=1024", "tokens_per_batch=4096"),
    *("threads=1", "held_out=0.2", "evaluate_minutes=1e-6"),
)
DATA = ("data.generated=0", "data.statements=0", "data.drills=0", "data.workers=1", "data.sandbox=process")


def train(out: Path, *words: str, settings: tuple[str, ...] = ()) -> int:
    data = () if "--data" in words else DATA
    told = [word for setting in (*TINY, *data, *settings) for word in ("--set", setting)]
    return main(["train", "--out", str(out), *told, *words])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of runs with trajectories of all policies over them."""
    path = tmp_path_factory.mktemp("runs")
    sources = ("generated/0/8", f"generated/{EVALUATION_SEED}/2")
    record_dataset(RecordConfig(sources, sandbox="process", workers=1), path)
    make_trajectories(path, WalkConfig(walks=3, sandbox="process", workers=1))
    return path


@pytest.mark.parametrize("name", CODECS)
def test_a_format_is_learnt_and_then_known(
    name: str, runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, checkpoint = tmp_path / "run", tmp_path / "run" / "checkpoint"
    assert train(out, "--format", name, "--runs", str(runs)) == 0
    mixture = Mixture.open(out / "data")
    kinds = {"runs-steps"} if name == "cwm" else {"runs-steps", "runs-walks"}
    assert mixture.format == name and set(mixture.stores) == kinds
    assert all(example.parts for store in mixture.stores.values() for example in store)

    model, tokenizer, manifest = load_model(checkpoint)
    assert manifest["format"] == format_of(checkpoint) == name
    assert manifest["programs"] == len(training_programs(checkpoint)) > 4
    assert set(open_codec(name).markers) <= tokenizer.get_vocab().keys()
    assert tokenizer.model_max_length == model.config.max_position_embeddings == 1024

    program, told = tmp_path / "p.py", tmp_path / "told.json"
    program.write_text(SOURCE)
    words = ["run", str(program), "--call", "f(1)", "--backend", "neural", "--model", str(checkpoint)]
    assert main([*words, "--actions", "step_into; step_into", "--json", str(told)]) == 0
    steps = json.loads(told.read_text())["steps"]
    assert len(steps) == 3 and not any(step["refused"] for step in steps[:2])
    debugger = open_neural(checkpoint)
    assert isinstance(debugger, ContextDebugger) and debugger.codec.name == name

    env_id, tasks = "debugworld.envs:debugworld/ReachState-Text-v0", f"file/{program}?call=f(1)"
    with gymnasium.make(
        env_id, backend="neural", model=str(checkpoint), tasks=tasks, sandbox="process", max_states=4
    ) as env:
        env.reset(seed=0)
        *_, info = env.step("step_into")
        assert "error" not in info
        played = env.unwrapped.debugger  # type: ignore[attr-defined]
        assert isinstance(played, ContextDebugger) and played.codec.name == name


def test_programs_are_walked_over_where_no_trajectories_are_given(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"source": SOURCE, "calls": ["f(1)", "f(2)"], "group": "g"}) + "\n")
    settings = ("data.generated=3", "data.walks=4", "held_out=0.0", "evaluate_minutes=0.0")
    out = tmp_path / "run"
    assert train(out, "--format", "changes", "--programs", str(rows), settings=settings) == 0
    stores = Mixture.open(out / "data").stores
    assert set(stores) == {"generated-steps", "generated-walks", "real-steps", "real-walks"}
    assert len(stores["real-steps"]) == 2 < len(stores["real-walks"]) <= 8
    text = "".join(part for example in stores["real-walks"] for part in example.parts)
    assert "<|step_over|>" in text or "<|run_to|>" in text


@pytest.mark.parametrize(
    ("words", "settings", "message"),
    [
        (["--format", "morse"], (), "there is no format 'morse'; there are: markov, changes"),
        (
            ["--format", "paper"],
            ("data.kinds={parts=1.0}",),
            "no kind of example 'parts' in the format paper",
        ),
        ([], ("data.kinds={walks=1.0}",), "no kind of example 'walks' in the format markov"),
        (["--format", "paper"], ("resident=true", "data.generated=2"), "without markers"),
    ],
)
def test_what_does_not_go_together_is_told(
    words: list[str],
    settings: tuple[str, ...],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert train(tmp_path / "run", *words, settings=settings) == 2
    assert message in capsys.readouterr().err


def test_runs_without_trajectories_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "runs"
    record_dataset(RecordConfig(("generated/0/4",), sandbox="process", workers=1), path)
    assert train(tmp_path / "run", "--format", "paper", "--runs", str(path)) == 2
    assert f"debugworld data trajectories {path}" in capsys.readouterr().err
    settings = ("data.kinds={steps=1.0}", "held_out=0.0", "evaluate_minutes=0.0")
    assert train(tmp_path / "other", "--format", "paper", "--runs", str(path), settings=settings) == 0


def test_examples_made_earlier_say_their_format(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "one" / "data"
    assert train(tmp_path / "one", "--format", "changes", "--runs", str(runs)) == 0
    assert train(tmp_path / "two", "--data", str(data), "--format", "paper") == 2
    assert "are in the format changes" in capsys.readouterr().err
    assert train(tmp_path / "three", "--data", str(data)) == 0
    assert format_of(tmp_path / "three" / "checkpoint") == "changes"
