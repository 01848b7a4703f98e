"""Weights on disk and in memory: that they are those that were written, all there, and of use.

What they are for, a checkpoint of ours, a base to fine-tune or a stock model, is the caller's to know.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.quiet import without_bars

_SEEN = 4
"""Tokens that the two texts of `check_model` share."""
_NOISE = 1e-4
"""Share of the largest logit up to which logits are the same; more in a coarser precision."""


def digests(files: Iterable[Path]) -> dict[str, str]:
    """Returns the SHA-256 of each file, in hexadecimal digits, by its name."""
    found = {}
    for path in files:
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def altered(folder: Path, told: Mapping[str, str]) -> list[str]:
    """Returns the names of a folder's files that are gone, or are not as their digests say."""
    there = digests(folder / name for name in told if (folder / name).is_file())
    return [name for name, digest in told.items() if there.get(name) != digest]


def read_weights(where: str | Path, **options: Any) -> PreTrainedModel:
    """Reads a causal language model, which transformers would complete with chance where weights lack.

    Args:
        where: a folder, or a name on the hub.
        **options: of `from_pretrained`.

    Raises:
        ModelError: a weight is missing, or has another shape. What transformers itself raises, it raises.
    """
    with without_bars():
        loaded: Any = AutoModelForCausalLM.from_pretrained(where, output_loading_info=True, **options)
    model: PreTrainedModel = loaded[0]
    report: dict[str, Any] = loaded[1]
    lacking = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))
    if lacking:
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        raise ModelError(f"no usable weights for {', '.join(lacking[:3])}{more}")
    return model


def check_model(model: PreTrainedModel, name: str) -> None:
    """Reads two short texts that begin alike, once, and looks at what comes of it.

    Args:
        model: where it will be used.
        name: what an error calls it.

    Raises:
        ModelError: logits are no numbers, or those of the common beginning depend on what comes after it.
    """
    size: Any = model.get_input_embeddings().num_embeddings
    ids = (torch.arange(4 * _SEEN, device=model.device).reshape(2, -1) + size // 2) % size
    ids[1, :_SEEN] = ids[0, :_SEEN]
    with torch.no_grad():
        logits = model(input_ids=ids).logits
    if not (logits < torch.inf).all():  # a token that is never said may have minus infinity
        raise ModelError(
            f"{name} answers with no numbers: its weights are damaged, or its training diverged; copy it"
            " again, or train it with a lower learning rate"
        )
    one, other = logits[:, :_SEEN].float()
    noise = max(_NOISE, 4 * torch.finfo(logits.dtype).eps) * float(one[one > -torch.inf].abs().max())
    if not torch.allclose(one, other, rtol=0, atol=noise):
        raise ModelError(
            f"{name} is no causal language model: what this {type(model).__name__} makes of a token depends"
            " on the tokens after it; take a decoder, such as a LlamaForCausalLM"
        )
