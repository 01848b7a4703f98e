"""The optimizer: Muon for the matrices inside the network, AdamW for all other weights.

On short runs Muon's orthogonalised steps learn more from a token than AdamW's, by more than they cost. Both
halves come from PyTorch; here they are one optimizer, as trainers expect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class MuonAdamW(torch.optim.Optimizer):
    """Muon and AdamW over the two kinds of weights of one model.

    Args:
        model: matrices of its linear layers, the output layer left out, go to Muon; AdamW gets the
            embeddings, the convolutions and, without weight decay, the norms.
        muon_rate: learning rate of Muon: the spectral norm of a step.
        adamw_rate: learning rate of AdamW.
        weight_decay: of both.
    """

    def __init__(self, model: nn.Module, muon_rate: float, adamw_rate: float, weight_decay: float) -> None:
        output = getattr(model, "get_output_embeddings", lambda: None)()
        inner = [
            layer.weight for layer in model.modules() if isinstance(layer, nn.Linear) and layer is not output
        ]
        known = {id(weight) for weight in inner}
        rest = [weight for weight in model.parameters() if id(weight) not in known]
        groups = [
            {"params": [weight for weight in rest if weight.ndim > 1], "weight_decay": weight_decay},
            {"params": [weight for weight in rest if weight.ndim == 1], "weight_decay": 0.0},
        ]
        self.parts: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.Muon(inner, lr=muon_rate, weight_decay=weight_decay, momentum=0.95),
            torch.optim.AdamW(groups, lr=adamw_rate, betas=(0.9, 0.95), fused=True),
        )
        super().__init__([*inner, *rest], {})
        self._share_groups()

    def _share_groups(self) -> None:
        """Shows the parts' groups as one list, so that a schedule reaches both."""
        self.param_groups = [group for part in self.parts for group in part.param_groups]

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Takes a step with both parts."""
        loss = closure() if closure else None
        for part in self.parts:
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Returns the state of both parts."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes the state of both parts back."""
        for part, state in zip(self.parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self._share_groups()
