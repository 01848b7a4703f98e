"""How much of a device's arithmetic a run uses: model FLOP utilisation.

A trained weight costs six operations a token (two forward, four backward), a frozen one four; attention adds
12 x layers x width x (mean tokens attended to), as in the appendix of PaLM (Chowdhery et al. 2022). Peaks are
the makers' dense figures; a processor is measured by a matrix product.
"""

from __future__ import annotations

import time
from typing import Any

import torch

PEAKS = {
    "H200": (989e12, 67e12),
    "H100 PCIe": (756e12, 51e12),
    "H100 NVL": (835e12, 60e12),
    "H100": (989e12, 67e12),
    "A100": (312e12, 19.5e12),
}
"""Operations a second of GPUs by a part of their names: bfloat16 and float32, dense."""
PROBE_SIZE = 1024
"""Rows of the square matrices of the probe."""


def token_flops(model: Any, attended: float) -> float:
    """Returns the floating-point operations of training on one token.

    Args:
        model: a causal language model of transformers.
        attended: mean tokens that a token attends to.
    """
    config = model.config
    lookup = model.get_input_embeddings().weight
    output = model.get_output_embeddings()
    tied = output is not None and output.weight is lookup
    total = 0.0
    for weights in model.parameters():
        if weights is lookup and not tied:
            continue
        total += weights.numel() * (6 if weights.requires_grad else 4)
    kinds = getattr(config, "layer_types", None) or ["full_attention"] * config.num_hidden_layers
    layers = sum("attention" in kind for kind in kinds)
    return total + 12.0 * layers * config.hidden_size * attended


def peak_flops(bfloat16: bool) -> float | None:
    """Returns the operations a second that this device can do at best; None for an unknown GPU."""
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
        return next((peaks[0 if bfloat16 else 1] for part, peaks in PEAKS.items() if _in(part, name)), None)
    return _measured(torch.bfloat16 if bfloat16 else torch.float32)


def _in(part: str, name: str) -> bool:
    return all(word.lower() in name.lower() for word in part.split())


def _measured(dtype: torch.dtype) -> float:
    """Returns the best of a few matrix products, in operations a second; a busy machine does not lower it."""
    left = torch.ones(PROBE_SIZE, PROBE_SIZE, dtype=dtype)
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        left @ left
        best = min(best, time.process_time() - begun)
    return 2.0 * PROBE_SIZE**3 / best * torch.get_num_threads()
