"""The model that a run trains: fresh, or a base to fine-tune, and made ready for its batches."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from debugworld.worldmodel.ahead import add_heads
from debugworld.worldmodel.base import add_lora, add_markers, find_base, load_base
from debugworld.worldmodel.checkpoint import MANIFEST, PROGRAMS, seal
from debugworld.worldmodel.convolution import keep_apart
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import MARKOV, open_codec
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.quiet import without_bars
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.tokenizer import build_tokenizer


def prepare_base(folder: Path, config: TrainConfig, format: str = MARKOV) -> None:
    """Writes the model that a run fine-tunes into its folder, unless it stands there.

    Raises:
        ModelError: it cannot be had, or `build_student` refuses it.
    """
    if folder.exists():
        return
    found = find_base(config)
    model, tokenizer = load_base(found, config.gguf)
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    with without_bars():
        model.save_pretrained(draft)
    tokenizer.save_pretrained(draft)
    for name in (MANIFEST, PROGRAMS):  # how it came about, where it is one of ours
        if (Path(found) / name).is_file():
            shutil.copy(Path(found) / name, draft)
    if (draft / MANIFEST).is_file():
        seal(draft)
    del model
    build_student(draft, config, format)
    draft.rename(folder)


def build_student(
    base: Path, config: TrainConfig, format: str = MARKOV
) -> tuple[Any, PreTrainedTokenizerBase]:
    """Returns the model to train and its tokenizer.

    Args:
        base: folder that `prepare_base` wrote; not read where the configuration names no base.
        config: size or base, attention, packing, compilation.
        format: what it learns to speak, whose markers it gets as tokens.

    Raises:
        ModelError: the base reads too few tokens, or the attention cannot be had.
    """
    model: Any
    markers = () if format == MARKOV else open_codec(format).markers
    if config.base:
        model, tokenizer = load_base(str(base))
        add_markers(model, tokenizer, markers)
        context = getattr(model.config, "max_position_embeddings", config.longest)
        if config.longest > context:
            raise ModelError(
                f"longest is {config.longest}, and {config.base} reads {context} tokens; lower it"
            )
    else:
        tokenizer = build_tokenizer(markers)
        tokenizer.model_max_length = config.longest
        model = build_model(config, len(tokenizer))
    if config.attention or torch.cuda.is_available():
        try:
            model.set_attn_implementation(config.attention or "sdpa")
        except (ValueError, ImportError, KeyError) as error:
            raise ModelError(f"attention = {config.attention!r} cannot be had here ({error})") from error
    if config.packed or config.compile:
        keep_apart(model)
    if config.ahead > 1:
        add_heads(model, config.ahead)
    if config.lora_rank:
        special = sorted(
            {
                *(int(getattr(tokenizer, f"{name}_token_id")) for name in ("bos", "sep", "eos")),
                *(tokenizer.get_vocab()[marker] for marker in markers),
            }
        )
        model = add_lora(model, config, special)
    model.config.use_cache = False
    if config.compile:
        compile_blocks(model)
    return model, tokenizer


def compile_blocks(model: torch.nn.Module) -> None:
    """Compiles each of a model's repeated blocks in place, for any shape: much sooner done than the whole.

    Raises:
        ModelError: the model has none.
    """
    lists = [module for module in model.modules() if isinstance(module, torch.nn.ModuleList)]
    if not lists:
        raise ModelError(f"{type(model).__name__} has no list of blocks to compile; set compile = false")
    for block in max(lists, key=len):
        block.compile(dynamic=True)
