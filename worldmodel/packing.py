"""Several examples in one row, blind to one another.

A row holds examples one after another; positions count from zero in each. Attention that is given such
positions and no mask stays within an example: transformers builds the block-diagonal mask. Short convolutions
need more, see `convolution`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from debugworld.worldmodel.errors import ModelError

Encoded = tuple[list[int], list[bool]]
"""Tokens of an example, and which of them are learnt: completions, and what ends them."""
IGNORED = -100
"""Label of a token that is not learnt from (the prompt, padding)."""


def pack(lengths: Sequence[int] | np.ndarray, size: int) -> list[list[int]]:
    """Puts examples into rows, longest first, each into the first row with room.

    Args:
        lengths: tokens of each example.
        size: tokens of a row.

    Returns:
        The places of the examples in each row.

    Raises:
        ModelError: an example is longer than a row.
    """
    order = np.argsort(-np.asarray(lengths), kind="stable")
    if len(order) and lengths[order[0]] > size:
        raise ModelError(
            f"an example of {lengths[order[0]]} tokens does not fit into a packed row of {size} tokens;"
            " raise row_tokens"
        )
    rows: list[list[int]] = []
    room = np.empty(len(lengths), dtype=np.int64)
    for place in order:
        fitting = room[: len(rows)] >= lengths[place]
        row = int(fitting.argmax()) if fitting.any() else len(rows)
        if row == len(rows):
            rows.append([])
            room[row] = size
        rows[row].append(int(place))
        room[row] -= lengths[place]
    return rows


def packed_batch(rows: Sequence[Sequence[Encoded]], size: int, padding: int) -> dict[str, torch.Tensor]:
    """Returns rows of examples as tensors, int64, shape ``(rows, size)``.

    ``position_ids`` restart with each example, and once more where the padding begins; ``seq_idx`` (int32)
    numbers the examples of a row; ``labels`` are `IGNORED` but for completions.
    """
    ids = torch.full((len(rows), size), padding)
    labels, positions = torch.full_like(ids, IGNORED), torch.zeros_like(ids)
    owners = torch.zeros_like(ids, dtype=torch.int32)
    for row, examples in enumerate(rows):
        start = 0
        for number, (tokens, learnt) in enumerate(examples):
            end = start + len(tokens)
            ids[row, start:end] = torch.tensor(tokens)
            labels[row, start:end] = torch.where(torch.tensor(learnt), ids[row, start:end], IGNORED)
            positions[row, start:end] = torch.arange(len(tokens))
            owners[row, start:end] = number
            start = end
        positions[row, start:] = torch.arange(size - start)
        owners[row, start:] = len(examples)
    return {"input_ids": ids, "labels": labels, "position_ids": positions, "seq_idx": owners}


def padded_batch(examples: Sequence[Encoded], padding: int) -> dict[str, torch.Tensor]:
    """Returns examples as tensors, int64, shape ``(examples, longest)``, padded at the right."""
    ids = torch.full((len(examples), max(len(tokens) for tokens, _ in examples)), padding)
    labels = torch.full_like(ids, IGNORED)
    for row, (tokens, learnt) in enumerate(examples):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        labels[row, : len(tokens)] = torch.where(torch.tensor(learnt), ids[row, : len(tokens)], IGNORED)
    return {"input_ids": ids, "labels": labels}
