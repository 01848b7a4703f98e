"""Weights that are damaged, missing, or of a model that looks ahead are refused, whoever reads them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertLMHeadModel,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    PreTrainedModel,
)

from debugworld.cli import main
from debugworld.worldmodel.base import load_base
from debugworld.worldmodel.checkpoint import DIGESTS, MANIFEST, SHIPPED, export, load_model, seal
from debugworld.worldmodel.engines import open_engine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.student import prepare_base
from debugworld.worldmodel.tokenizer import build_tokenizer
from debugworld.worldmodel.tokenwise import TokenEngine
from debugworld.worldmodel.weights import digests

WEIGHTS = "model.safetensors"
SHAPE = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2)


def llama(size: int, tied: bool = False) -> PreTrainedModel:
    return LlamaForCausalLM(LlamaConfig(vocab_size=size, tie_word_embeddings=tied, **SHAPE))


def lfm2(size: int) -> PreTrainedModel:
    return build_model(TrainConfig(steps=1, minutes=None, hidden_size=32, layers=2, heads=2), size)


def mamba(size: int) -> PreTrainedModel:
    return MambaForCausalLM(MambaConfig(vocab_size=size, hidden_size=32, num_hidden_layers=2))


def gpt2(size: int) -> PreTrainedModel:
    return GPT2LMHeadModel(GPT2Config(vocab_size=size, n_embd=32, n_layer=2, n_head=2))


def bert(size: int, decoder: bool = False) -> PreTrainedModel:
    return BertLMHeadModel(BertConfig(vocab_size=size, is_decoder=decoder, **SHAPE))


def _saved(model: PreTrainedModel, folder: Path, tokenizer: Any) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _flip(path: Path) -> None:
    """Damages the end of a file, which keeps its size."""
    read = path.read_bytes()
    path.write_bytes(read[:-3000] + bytes(byte ^ 0x55 for byte in read[-3000:]))


READERS: tuple[Callable[[Path], Any], ...] = (load_model, TokenEngine.load, lambda path: load_base(str(path)))
every_reader = pytest.mark.parametrize("read", READERS, ids=["checkpoint", "stock", "base"])


@every_reader
def test_weights_that_are_not_those_that_were_written_are_refused(
    read: Callable[[Path], Any], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_checkpoint, tmp_path / "flipped"))
    read(folder)
    _flip(folder / WEIGHTS)
    with pytest.raises(ModelError, match=rf"{WEIGHTS} is not what was written: .* another SHA-256"):
        read(folder)
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelError, match="is not what was written"):
        read(folder)


def test_damage_ends_the_command(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, program = Path(shutil.copytree(tiny_checkpoint, tmp_path / "flipped")), tmp_path / "p.py"
    _flip(folder / WEIGHTS)
    program.write_text("x = 1\n")
    words = ["run", str(program), "--actions", "step_into", "--backend", "neural", "--model", str(folder)]
    assert main(words) == 2
    assert "copy or train it again" in capsys.readouterr().err


def test_the_manifest_tells_the_weights(tiny_checkpoint: Path, tmp_path: Path) -> None:
    for folder in (SHIPPED, tiny_checkpoint):
        told = json.loads((folder / MANIFEST).read_text())
        assert told[DIGESTS] == digests([folder / WEIGHTS])
    older = Path(shutil.copytree(tiny_checkpoint, tmp_path / "older"))
    told = json.loads((older / MANIFEST).read_text())
    del told[DIGESTS]
    (older / MANIFEST).write_text(json.dumps(told))
    assert load_model(older)[2] == told, "a manifest from before says nothing of them"
    seal(older)
    assert (older / MANIFEST).read_text() == (tiny_checkpoint / MANIFEST).read_text()


def test_a_run_seals_the_base_that_it_keeps(tiny_checkpoint: Path, tmp_path: Path) -> None:
    prepare_base(tmp_path / "base", TrainConfig(base=str(tiny_checkpoint)))
    load_base(str(tmp_path / "base"))
    _flip(tmp_path / "base" / WEIGHTS)
    with pytest.raises(ModelError, match="is not what was written"):
        load_base(str(tmp_path / "base"))


def test_a_model_that_answers_with_no_numbers_is_refused(tmp_path: Path) -> None:
    tokens, folder = build_tokenizer(), tmp_path / "nan"
    model = lfm2(len(tokens))
    with torch.no_grad():
        for weights in model.parameters():
            weights.fill_(torch.nan)
    export(model, tokens, folder, {})
    with pytest.raises(ModelError, match="its weights are damaged, or its training diverged"):
        open_engine(folder)
    with pytest.raises(ModelError, match="no numbers"):
        TokenEngine.load(folder)


@every_reader
@pytest.mark.parametrize("make", [llama, lfm2, mamba, gpt2, lambda size: bert(size, decoder=True)])
def test_causal_models_are_taken(make: Callable[[int], PreTrainedModel], read: Any, tmp_path: Path) -> None:
    tokens = build_tokenizer()
    folder = _saved(make(len(tokens)), tmp_path, tokens)
    (folder / MANIFEST).write_text("{}")
    read(folder)


@every_reader
def test_a_model_that_looks_ahead_is_refused(read: Any, tmp_path: Path) -> None:
    tokens = build_tokenizer()
    folder = _saved(bert(len(tokens)), tmp_path, tokens)
    (folder / MANIFEST).write_text("{}")
    with pytest.raises(ModelError, match="BertLMHeadModel makes of a token depends on the tokens after it"):
        read(folder)


@every_reader
@pytest.mark.parametrize("tied", [False, True])
def test_missing_weights_are_not_made_up(tied: bool, read: Any, tmp_path: Path) -> None:
    tokens = build_tokenizer()
    folder = _saved(llama(len(tokens), tied), tmp_path, tokens)
    (folder / MANIFEST).write_text("{}")
    weights = load_file(folder / WEIGHTS)
    assert ("lm_head.weight" in weights) is not tied
    read(folder)
    del weights["model.layers.1.self_attn.q_proj.weight"]
    save_file(weights, folder / WEIGHTS, {"format": "pt"})
    with pytest.raises(ModelError, match=r"no usable weights for model\.layers\.1\.self_attn\.q_proj"):
        read(folder)


@every_reader
def test_a_model_without_its_output_layer_is_refused(read: Any, tmp_path: Path) -> None:
    tokens = build_tokenizer()
    folder = _saved(bert(len(tokens)).bert, tmp_path, tokens)
    (folder / MANIFEST).write_text("{}")
    with pytest.raises(ModelError, match=r"no usable weights for cls\.predictions"):
        read(folder)
