"""The optimizers: Muon for the matrices inside the network with AdamW for all other weights, or AdamW alone.

On short runs from scratch Muon's orthogonalised steps learn more from a token than AdamW's, by more than they
cost. Both halves come from PyTorch; here they are one optimizer, as trainers expect. Muon's step is our own
where the processor does not multiply bfloat16 in hardware, as on most laptops.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

BETAS = (0.9, 0.95)
"""Decay rates of AdamW's moments."""


def fast_bfloat16() -> bool:
    """Tells whether this machine multiplies bfloat16 in hardware; emulated, it is far slower than float32."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


class Float32Muon(torch.optim.Muon):
    """PyTorch's Muon, whose steps are made orthogonal in float32 instead of bfloat16.

    Emulated bfloat16 multiplies far slower than float32; `benchmarks/training.py` prints the share of a
    step that the optimizer takes. Settings and state are PyTorch's.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Takes a step."""
        loss = closure() if closure else None
        for group in self.param_groups:
            rate, momentum = group["lr"], group["momentum"]
            for weights in group["params"]:
                if weights.grad is None:
                    continue
                state = self.state[weights]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(weights.grad)
                mean = state["momentum_buffer"].lerp_(weights.grad, 1 - momentum)
                update = weights.grad.lerp(mean, momentum) if group["nesterov"] else mean
                update = orthogonal(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
                rows, columns = weights.shape
                weights.mul_(1 - rate * group["weight_decay"])
                weights.add_(update, alpha=-rate * math.sqrt(max(1, rows / columns)))
        return loss


class StackedMuon(torch.optim.Muon):
    """PyTorch's Muon, which makes matrices of one shape orthogonal together.

    A small network has dozens of small matrices, and a GPU spends longer on being told of each product than
    on the product. Settings and state are PyTorch's, and so is the result but for rounding.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Takes a step."""
        loss = closure() if closure else None
        for group in self.param_groups:
            rate, momentum = group["lr"], group["momentum"]
            learnt = [weights for weights in group["params"] if weights.grad is not None]
            for weights in learnt:
                if "momentum_buffer" not in self.state[weights]:
                    self.state[weights]["momentum_buffer"] = torch.zeros_like(weights.grad)
            if not learnt:
                continue
            grads = [weights.grad for weights in learnt]
            means = [self.state[weights]["momentum_buffer"] for weights in learnt]
            torch._foreach_lerp_(means, grads, 1 - momentum)
            updates = torch._foreach_lerp(grads, means, momentum) if group["nesterov"] else means
            torch._foreach_mul_(learnt, 1 - rate * group["weight_decay"])
            alike: dict[tuple[int, int], list[int]] = {}
            for place, weights in enumerate(learnt):
                rows, columns = weights.shape
                alike.setdefault((min(rows, columns), max(rows, columns)), []).append(place)
            for places in alike.values():
                wide = [updates[p] if _is_wide(updates[p]) else updates[p].T for p in places]
                stack = torch.stack(wide).bfloat16()
                found = orthogonal(stack, group["ns_coefficients"], group["ns_steps"], group["eps"])
                for place, step in zip(places, found, strict=True):
                    weights = learnt[place]
                    rows, columns = weights.shape
                    scale = -rate * math.sqrt(max(1, rows / columns))
                    weights.add_((step if _is_wide(weights) else step.T).to(weights.dtype), alpha=scale)
        return loss


def _is_wide(matrix: torch.Tensor) -> bool:
    return matrix.shape[0] <= matrix.shape[1]


def orthogonal(
    matrix: torch.Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> torch.Tensor:
    """Returns about the nearest orthogonal matrix, by the Newton-Schulz iteration of Jordan et al. (2024).

    Args:
        matrix: float, shape ``(..., rows, columns)``.
        coefficients: of the polynomial: of the first, third and fifth power.
        steps: iterations.
        eps: least norm that is divided by.
    """
    first, third, fifth = coefficients
    tall = matrix.shape[-2] > matrix.shape[-1]
    found = matrix.mT if tall else matrix
    found = found / found.norm(dim=(-2, -1), keepdim=True).clamp(min=eps)
    for _ in range(steps):
        gram = found @ found.mT
        found = first * found + (third * gram + fifth * (gram @ gram)) @ found
    return found.mT if tall else found


class MuonAdamW(torch.optim.Optimizer):
    """Muon and AdamW over the two kinds of weights of one model.

    Args:
        model: matrices of its linear layers, the output layer left out, go to Muon; AdamW gets the
            embeddings, the convolutions and, without weight decay, the norms. Frozen weights stay out.
        muon_rate: learning rate of Muon: the spectral norm of a step.
        adamw_rate: learning rate of AdamW.
        weight_decay: of both.
    """

    def __init__(self, model: nn.Module, muon_rate: float, adamw_rate: float, weight_decay: float) -> None:
        output = getattr(model, "get_output_embeddings", lambda: None)()
        inner = [
            layer.weight
            for layer in model.modules()
            if isinstance(layer, nn.Linear) and layer is not output and layer.weight.requires_grad
        ]
        known = {id(weight) for weight in inner}
        rest = [weight for weight in model.parameters() if id(weight) not in known and weight.requires_grad]
        muon = (
            StackedMuon if torch.cuda.is_available() else torch.optim.Muon if fast_bfloat16() else Float32Muon
        )
        self.parts: tuple[torch.optim.Optimizer, ...] = (
            muon(inner, lr=muon_rate, weight_decay=weight_decay, momentum=0.95),
            torch.optim.AdamW(_decayed(rest, weight_decay), lr=adamw_rate, betas=BETAS, fused=True),
        )
        super().__init__([group for part in self.parts for group in part.param_groups], {})
        self._share()

    def _share(self) -> None:
        """Lets the parts work on the groups and the state of the whole."""
        first = len(self.parts[0].param_groups)
        for part, groups in zip(
            self.parts, (self.param_groups[:first], self.param_groups[first:]), strict=True
        ):
            part.param_groups, part.state = groups, self.state

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Takes a step with both parts."""
        loss = closure() if closure else None
        for part in self.parts:
            part.step()
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes a state back, also one of an earlier version, which kept the parts' states apart."""
        super().load_state_dict(_joined(state_dict["parts"]) if "parts" in state_dict else state_dict)
        self._share()


def adamw(model: nn.Module, rate: float, weight_decay: float) -> torch.optim.Optimizer:
    """Returns AdamW over all weights of a model that are trained; decay is for matrices only."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    return torch.optim.AdamW(_decayed(weights, weight_decay), lr=rate, betas=BETAS, fused=True)


def _decayed(weights: list[nn.Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Returns groups of weights with and without decay; an empty one is left out."""
    groups = [
        {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": weight_decay},
        {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the states of several optimizers as that of one over all their weights in a row."""
    state: dict[int, Any] = {}
    groups: list[dict[str, Any]] = []
    for part in parts:
        start = sum(len(group["params"]) for group in groups)
        state |= {start + place: value for place, value in part["state"].items()}
        groups += [
            {**group, "params": [start + p for p in group["params"]]} for group in part["param_groups"]
        ]
    return {"state": state, "param_groups": groups}
