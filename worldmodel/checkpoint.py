"""A trained model as a folder: what `AutoModelForCausalLM` and `AutoTokenizer` read, and a manifest.

``manifest.json`` tells how the model came about and what its weights are, ``README.md`` the former to people;
``programs.npy`` (uint64) holds the first eight bytes of the content hash of every program it was trained on,
so that an evaluation can leave those out.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.model_card import CARD, model_card
from debugworld.worldmodel.quiet import drop_kernel_advice, without_bars
from debugworld.worldmodel.weights import altered, check_model, digests, read_weights

MANIFEST = "manifest.json"
"""File that tells how a checkpoint came about."""
DIGESTS = "sha256"
"""Entry of the manifest with the digests of the weights, by the names of their files."""
PROGRAMS = "programs.npy"
"""File with the hashes of the programs that it was trained on."""
SHIPPED = Path(__file__).parent / "checkpoint"
"""The checkpoint that comes with the package."""


def export(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    path: Path,
    manifest: dict[str, Any],
    weights: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Writes a checkpoint folder with weights in bfloat16; one that stood there is replaced.

    Args:
        model: its weights are left as they are.
        tokenizer: saved beside them.
        path: the folder.
        manifest: plain JSON; an entry ``programs`` (hexadecimal content hashes) goes into its own file.
        weights: what to write instead of the model's own.
    """
    draft = path.with_name(path.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    programs = manifest.get("programs", [])
    own = model.state_dict() if weights is None else weights
    narrow = {name: value.to(torch.bfloat16) for name, value in own.items()}
    with without_bars():
        model.save_pretrained(draft, state_dict=narrow)
    tokenizer.save_pretrained(draft)
    if programs:
        hashes = np.array([int(digest[:16], 16) for digest in programs], dtype=np.uint64)
        np.save(draft / PROGRAMS, hashes)
    told = {key: value for key, value in manifest.items() if key != "programs"} | {"programs": len(programs)}
    (draft / MANIFEST).write_text(json.dumps(told, indent=1) + "\n")
    (draft / CARD).write_text(model_card(told), encoding="utf-8")
    seal(draft)
    shutil.rmtree(path, ignore_errors=True)
    draft.rename(path)


def seal(path: Path) -> None:
    """Writes the digests of a checkpoint's weights, as they are now, into its manifest."""
    told = json.loads((path / MANIFEST).read_text())
    told[DIGESTS] = digests(sorted(path.glob("*.safetensors")))
    (path / MANIFEST).write_text(json.dumps(told, indent=1) + "\n")


def read_model(where: str | Path, **options: Any) -> PreTrainedModel:
    """Reads a model as `read_weights` does; where a manifest says what its weights are, they must be those.

    Raises:
        ModelError: the weights are others, or some are missing.
    """
    manifest = Path(where) / MANIFEST
    told = json.loads(manifest.read_text()).get(DIGESTS, {}) if manifest.is_file() else {}
    changed = altered(Path(where), told)
    if changed:
        raise ModelError(f"{', '.join(changed)} is not what was written: {MANIFEST} has another SHA-256")
    return read_weights(where, **options)


def load_model(path: Path | None = None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, dict[str, Any]]:
    """Reads a checkpoint for inference: float32, no gradients, dropout off.

    Args:
        path: a folder that `export` wrote; None takes the one that ships with the package.

    Returns:
        The model, its tokenizer and the manifest.

    Raises:
        ModelError: the folder is missing or damaged, or what the model says are no numbers.
    """
    path = path or SHIPPED
    drop_kernel_advice()
    if not (path / "config.json").is_file():
        raise ModelError(f"{path} holds no checkpoint; make one with: debugworld train --out DIR")
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        tokenizer = AutoTokenizer.from_pretrained(path)
        model = read_model(path, dtype=torch.float32)
    except Exception as error:  # each library below fails in ways of its own
        raise ModelError(f"the checkpoint {path} is damaged ({error}); copy or train it again") from error
    if model.config.vocab_size != len(tokenizer):
        raise ModelError(f"the checkpoint {path} is damaged: model and tokenizer differ in vocabulary")
    check_model(model, f"the checkpoint {path}")
    return model.eval().requires_grad_(False), tokenizer, manifest


def format_of(path: Path) -> str:
    """Returns the format that a checkpoint says it speaks; empty where there is none, or it says nothing.

    Raises:
        ModelError: its manifest cannot be read.
    """
    try:
        return str(json.loads((path / MANIFEST).read_text()).get("format", ""))
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"the checkpoint {path} is damaged ({error}); copy or train it again") from error


def training_programs(path: Path | None = None) -> frozenset[int]:
    """Returns the first eight bytes of the hash of each program a checkpoint was trained on, as integers."""
    file = (path or SHIPPED) / PROGRAMS
    return frozenset(map(int, np.load(file))) if file.exists() else frozenset()


def training_of(path: Path) -> tuple[frozenset[int], bool]:
    """Returns what `training_programs` does, and whether those are all that a checkpoint was trained on.

    They are not where it began from another model whose training is not known, or where their file is
    missing.
    """
    manifest = json.loads((path / MANIFEST).read_text())
    seen = training_programs(path)
    return seen, _is_known(manifest) and (bool(seen) or not manifest.get("programs", 0))


def _is_known(manifest: Mapping[str, Any]) -> bool:
    base = manifest.get("base")  # the manifest of a base that is a checkpoint, too
    return not manifest.get("recipe", {}).get("base") or (isinstance(base, Mapping) and _is_known(base))
