"""A model's name says how it is asked: on the command line, in environments, and in fidelity alike."""

from __future__ import annotations

import json
from pathlib import Path

import gymnasium
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from debugworld.cli import main
from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import Action, Program
from debugworld.worldmodel.context import ContextDebugger
from debugworld.worldmodel.direct_debugger import DirectDebugger
from debugworld.worldmodel.engines import open_engine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.formats import open_codec
from debugworld.worldmodel.model_name import ModelName
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.opening import engine_of, open_dream, open_neural
from debugworld.worldmodel.tokenizer import build_tokenizer

ENV = "debugworld.envs:debugworld/ReachState-Text-v0"
SOURCE = "def f(n):\n    t = n + 1\n    return t\n"


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random model that knows the markers of a format, and does not say so."""
    path = tmp_path_factory.mktemp("changes")
    torch.manual_seed(0)
    tokens = build_tokenizer(open_codec("changes").markers)
    tokens.model_max_length = 1024
    shape = LlamaConfig(
        vocab_size=len(tokens),
        hidden_size=32,
        intermediate_size=64,
        num_attention_heads=2,
        num_hidden_layers=1,
        max_position_embeddings=1024,
    )
    LlamaForCausalLM(shape).save_pretrained(path)
    tokens.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def telling(changes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model as a checkpoint that says its format."""
    path = tmp_path_factory.mktemp("telling")
    for file in changes.iterdir():
        (path / file.name).symlink_to(file)
    (path / "manifest.json").write_text(json.dumps({"format": "changes"}))
    return path


def test_names_are_taken_apart(tmp_path: Path, telling: Path) -> None:
    assert ModelName.read(None) == ModelName.read("shipped") == ModelName("shipped", {})
    assert ModelName.read(None).model is None and ModelName.read(None).format == "markov"
    name = ModelName.read("a/b?format=paper&jumps=direct")
    assert name == ModelName("a/b", {"format": "paper", "jumps": "direct"}) and name.model == Path("a/b")
    address = "http://host:1/v1?model=x&jumps=direct"
    served = ModelName.read(address)
    assert served == ModelName("http://host:1/v1", {"model": "x", "jumps": "direct"})
    assert ModelName.read("http://host:1/v1?format=paper").format == "markov"
    assert served.model == "http://host:1/v1?model=x" and served.format == "markov"
    odd = tmp_path / "what?format=cwm"
    odd.mkdir()
    assert ModelName.read(odd) == ModelName(str(odd), {})
    assert ModelName.read(telling).format == "changes"
    assert ModelName.read(f"{telling}?format=history").format == "history"


def test_a_damaged_manifest_is_told(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("[1]")
    with pytest.raises(ModelError, match="damaged"):
        ModelName.read(tmp_path)


def test_the_debugger_fits_the_name(changes: Path, telling: Path, tiny_checkpoint: Path) -> None:
    ours = open_neural(f"{tiny_checkpoint}?granularity=line&jumps=auto", max_states=9)
    assert isinstance(ours, NeuralDebugger) and ours.max_states == 9
    assert (ours.granularity, ours.jumps) == ("line", "auto")
    stepping = open_neural(f"{changes}?format=changes", max_states=7)
    assert isinstance(stepping, ContextDebugger) and stepping.max_states == 7
    assert isinstance(open_dream(telling), ContextDebugger)
    assert isinstance(open_neural(f"{telling}?jumps=direct"), DirectDebugger)
    assert engine_of(f"{changes}?format=changes") is engine_of(f"{changes}?format=changes&jumps=direct")


@pytest.mark.parametrize(("name", "granularity"), [("ours", "steps"), ("stock", "expression")])
def test_only_what_was_trained_on_our_questions_is_asked_in_steps_by_itself(
    name: str, granularity: str, tiny_checkpoint: Path, changes: Path
) -> None:
    folder = tiny_checkpoint if name == "ours" else changes
    with open_sandbox("process") as box:
        subject = open_subject(str(folder), box)
    neural = open_neural(folder)
    assert isinstance(neural, NeuralDebugger) and isinstance(subject.debugger, NeuralDebugger)
    assert neural.granularity == subject.debugger.granularity == subject.about["granularity"] == granularity


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?format=changes&granularity=line", "no setting granularity=line; there are: format="),
        ("?format=morse", "no setting format=morse"),
        ("?format=changes&jumps=auto", "no setting jumps=auto"),
        ("?jumps=sideways", "no setting jumps=sideways; there are: format=markov"),
        ("?format=cwm", "lacks 1[0-9]* of the"),
    ],
)
def test_settings_that_a_model_has_not_are_told(query: str, message: str, changes: Path) -> None:
    with pytest.raises(ModelError, match=message):
        open_neural(f"{changes}{query}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shipped?format=paper", "speaks no format; leave format=paper out"),
        ("facebook/cwm?format=cwm", "from the hub: hf download facebook/cwm --local-dir DIR, and give DIR"),
        ("./nowhere/model?format=cwm", "is no folder of a model that speaks a format$"),
    ],
)
def test_a_model_that_is_not_here_is_told_with_the_way_to_it(name: str, message: str) -> None:
    with open_sandbox("process") as box:
        for opened in (open_neural, engine_of, lambda text: open_subject(text, box)):
            with pytest.raises(ModelError, match=message):
                opened(name)
        with pytest.raises(ModelError, match="hf download facebook/cwm"):
            open_subject("facebook/cwm", box)


def test_a_model_that_speaks_a_format_is_not_asked_our_questions(telling: Path) -> None:
    with pytest.raises(ModelError, match="speaks the format changes"):
        open_engine(telling)


def test_fidelity_reads_the_same_names(telling: Path) -> None:
    with open_sandbox("process") as box:
        about = open_subject(f"{telling}?jumps=direct", box).about
    assert (about["format"], about["jumps"]) == ("changes", "direct")


@pytest.mark.parametrize("query", ["?format=changes", "?format=changes&jumps=direct"])
def test_run_asks_as_the_name_says(
    query: str, changes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program, out = tmp_path / "p.py", tmp_path / "out.json"
    program.write_text(SOURCE)
    words = ["run", str(program), "--call", "f(1)", "--backend", "neural", "--model", f"{changes}{query}"]
    assert main([*words, "--actions", "step_over", "--json", str(out)]) == 0
    first, second = json.loads(out.read_text())["steps"]
    assert first["state"]["event"] == "call" and second["refused"] is None
    debugger = open_neural(f"{changes}{query}")
    debugger.reset(Program(SOURCE, "f(1)"))
    assert second["state"] == debugger.step(Action.parse("step_over")).to_json()


def test_an_environment_is_played_in_a_format(changes: Path, tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text(SOURCE)

    def made(query: str) -> gymnasium.Env[str, str]:
        tasks = f"file/{program}?call=f(1)"
        model = f"{changes}?format=changes{query}"
        return gymnasium.make(ENV, backend="neural", tasks=tasks, sandbox="process", model=model)

    with made("") as env:
        env.reset(seed=0)
        assert isinstance(env.unwrapped.debugger, ContextDebugger)  # type: ignore[attr-defined]
        *_, info = env.step("step_into")
        assert "error" not in info
    with made("&jumps=direct") as env, pytest.raises(ModelError, match="take jumps=rollout"):
        env.reset(seed=0)
