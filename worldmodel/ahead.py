"""Predicting more than the next token while training.

After Gloeckle et al. 2024, "Better & Faster Large Language Models via Multi-token Prediction": heads on a
shared trunk predict the tokens t+2 to t+k through the model's own output layer. Their heads are transformer
layers; here each is a residual block of one linear layer, which any architecture takes. The exported model
does not have them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from debugworld.worldmodel.packing import IGNORED

PREFIX = "ahead."
"""Beginning of the names of the heads' weights in the model they hang on."""


class AheadHeads(nn.Module):
    """Heads for the tokens after the next one.

    Args:
        width: of the model.
        ahead: tokens predicted at each place, the next one included; at least 2.
    """

    def __init__(self, width: int, ahead: int) -> None:
        super().__init__()
        blocks = [nn.Linear(width, width, bias=False) for _ in range(ahead - 1)]
        for block in blocks:
            nn.init.zeros_(block.weight)  # at first each head says what the next token's does
        self.blocks = nn.ModuleList(blocks)

    def loss(
        self,
        hidden: torch.Tensor,
        output: nn.Module,
        labels: torch.Tensor,
        positions: torch.Tensor | None,
        items: torch.Tensor | float | None,
    ) -> torch.Tensor:
        """Returns the mean of the heads' losses.

        Args:
            hidden: what the output layer reads, shape ``(rows, tokens, width)``.
            output: the output layer.
            labels: shape ``(rows, tokens)``.
            positions: of each token in its example; None where a row is one example.
            items: what the sum of losses is divided by; None for the number of labels.
        """
        total = hidden.new_zeros((), dtype=torch.float32)
        for distance, block in enumerate(self.blocks, start=2):
            wanted = labels[:, distance:]
            if positions is not None:
                same = positions[:, distance:] == positions[:, :-distance] + distance
                wanted = wanted.masked_fill(~same, IGNORED)
            here = hidden[:, :-distance]
            logits = output(here + nn.functional.silu(block(here))).float()
            loss = nn.functional.cross_entropy(
                logits.flatten(0, 1), wanted.flatten(), ignore_index=IGNORED, reduction="sum"
            )
            total = total + loss / (items if items is not None else (wanted != IGNORED).sum().clamp(min=1))
        return total / len(self.blocks)


def add_heads(model: Any, ahead: int) -> None:
    """Hangs heads on a model and adds their loss to the one it returns while training."""
    output = model.get_output_embeddings()
    model.ahead = AheadHeads(model.config.hidden_size, ahead)
    read: list[torch.Tensor] = []

    def keep(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if model.training and not read:
            read.append(inputs[0])

    def add(module: Any, args: Any, kwargs: dict[str, Any], result: Any) -> Any:
        if not module.training or kwargs.get("labels") is None:
            read.clear()
            return result
        hidden = read[0]
        extra = module.ahead.loss(
            hidden, output, kwargs["labels"], kwargs.get("position_ids"), kwargs.get("num_items_in_batch")
        )
        read.clear()
        result.loss = result.loss + extra
        return result

    output.register_forward_pre_hook(keep)
    model.register_forward_hook(add, with_kwargs=True)
