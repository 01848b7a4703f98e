"""Recipes: the packaged ones are sound, files and settings are read, what is wrong is told with a remedy."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.recipe import Recipe, TrainConfig, from_table, recipe_names
from debugworld.worldmodel.tokenizer import build_tokenizer


def test_packaged_recipes() -> None:
    assert recipe_names() == ["mini", "nano", "small", "smollm2"]
    sizes = {}
    for name in ("nano", "mini", "small"):
        config = Recipe.load(name).train
        model = build_model(config, len(build_tokenizer()))
        sizes[name] = model.num_parameters()
    assert 2 * sizes["nano"] <= 16e6, "bytes of a checkpoint in bfloat16"
    assert 2 * sizes["mini"] <= 16 * 2**20
    assert 20e6 <= sizes["small"] <= 60e6
    assert Recipe.load("small").train.part_minutes == 25
    assert Recipe.load("smollm2").train.gguf.endswith(".gguf")


def test_data_tables_fit_the_data(tmp_path: Path) -> None:
    from debugworld.worldmodel.data.examples import DataConfig

    for name in recipe_names():
        table = dict(Recipe.load(name, ["data.programs=['a.jsonl']"]).data)
        assert from_table(DataConfig, table, "[data]").programs == (Path("a.jsonl"),)


def test_a_file_and_settings(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("steps = 7\nhidden_size = 64\n[data]\ngenerated = 5\n")
    recipe = Recipe.load(str(file), ["hidden_size=32", "base=some/model", "data.seed=3"])
    assert recipe.train == TrainConfig(minutes=None, steps=7, hidden_size=32, base="some/model")
    assert recipe.data == {"generated": 5, "seed": 3}
    assert Recipe.load(str(file), ["minutes=2.5"]).train.steps is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps = ", "not a TOML file"),
        ("stepz = 3", "unknown setting stepz; did you mean steps"),
        ("zzz = 3", "known are minutes, steps"),
        ("hidden_size = '32'", "hidden_size must be int, not '32'"),
        ("packed = 1", "packed must be bool"),
        ("steps = 1.5", "steps must be int"),
        ("heads = 3", "must be an even multiple of heads 3"),
        ("hidden_size = 0", "at least 1"),
        ("heads = 0", "at least 1"),
        ("warmup = 2.0", "a share from 0 to 1"),
        ("save_minutes = -1.0", "0 or more"),
        ("held_out = 1.0", "below 1"),
        ("look_after = 2.0", "set held_out"),
        ("optimizer = 'sgd'", "one of muon, adamw"),
        ("lora_rank = 8", "base is empty"),
        ("gguf = 'x.gguf'", "base is empty"),
        ("compile = true", "packed = true"),
        ("packed = true\nrow_tokens = 8192", "does not fit into a batch"),
        ("ahead = 2\nfsdp = true", "set ahead = 1"),
        ("minutes = 1.0\nsteps = 1", "either minutes or steps"),
        ("minutes = 1.0\nsteps = 1", "--set steps=12, is enough"),
        ("minutes = nan", "minutes must be finite, not nan"),
        ("minutes = inf", "minutes must be finite"),
        ("learning_rate = nan", "learning_rate must be finite, not nan"),
        ("data = 3", "written \\[data\\]"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(ModelError, match=message):
        Recipe.load(str(file))


def test_names_and_settings_that_are_not() -> None:
    with pytest.raises(ModelError, match="take one of mini, nano, small, smollm2"):
        Recipe.load("huge")
    for setting, message in {
        "minutes": "KEY=VALUE",
        "a.b=1": "data.KEY",
        "minuts=3": "did you mean minutes",
    }.items():
        with pytest.raises(ModelError, match=message):
            Recipe.load("nano", [setting])


def test_a_run_keeps_its_shape() -> None:
    config = TrainConfig()
    assert config.resumed({"minutes": 9.0, "hidden_size": 256}).minutes == 9.0
    with pytest.raises(ModelError, match="keeps its hidden_size"):
        config.resumed({"hidden_size": 512})


@dataclass(frozen=True)
class _Table:
    count: int = 1
    weights: dict[str, float] = field(default_factory=dict)
    files: tuple[Path, ...] = ()


def test_tables_become_dataclasses() -> None:
    table = {"count": 2, "weights": {"a": 1}, "files": ["x", "y"]}
    assert from_table(_Table, table, "t") == _Table(2, {"a": 1}, (Path("x"), Path("y")))
    for bad in ({"count": True}, {"weights": {"a": "b"}}, {"files": "x"}, {"files": [1]}, {"cont": 1}):
        with pytest.raises(ModelError, match="^t: "):
            from_table(_Table, bad, "t")


def test_a_recipe_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text('{"minutes": 5.0, "steps": null, "hidden_size": 128}')
    assert TrainConfig.load(tmp_path / "recipe.json").hidden_size == 128
    TrainConfig(seed=4).save(tmp_path / "recipe.json")
    assert TrainConfig.load(tmp_path / "recipe.json").seed == 4
