"""Short convolutions as sums of shifted rows, which end where an example of a packed row ends.

Lfm2's convolution sees the token itself and a few before it, also when those belong to another example: the
stock module ignores restarting positions, and where it is told the boundaries (``seq_idx``) it refuses them
unless a CUDA kernel is installed. The one here honours them everywhere, in plain PyTorch; and where a model
is compiled, the sums become part of the kernels around them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers.models.lfm2.modeling_lfm2 import Lfm2ShortConv

from debugworld.worldmodel.errors import ModelError


class SeparateShortConv(Lfm2ShortConv):
    """Lfm2's short convolution; with the owners of tokens, started anew at the beginning of each example."""

    def forward(
        self,
        hidden_states: torch.Tensor,
        past_key_values: Any = None,
        attention_mask: torch.Tensor | None = None,
        seq_idx: torch.Tensor | None = None,
        **options: Any,
    ) -> torch.Tensor:
        """Mixes as the stock module does; with ``seq_idx`` only within equal numbers."""
        if past_key_values is not None or attention_mask is not None:
            mixed: torch.Tensor = super().forward(hidden_states, past_key_values, attention_mask, **options)
            return mixed
        before, after, inner = self.in_proj(hidden_states).chunk(3, dim=-1)
        return self.out_proj(after * separate_convolution(before * inner, self.conv, seq_idx))


def separate_convolution(inner: torch.Tensor, conv: nn.Conv1d, owners: torch.Tensor | None) -> torch.Tensor:
    """Returns a causal depthwise convolution that looks back only within an example.

    Args:
        inner: shape ``(rows, tokens, width)``.
        conv: weights, shape ``(width, 1, kernel)``, the last one for the token itself.
        owners: number of the example of each token, shape ``(rows, tokens)``; None where a row is one.
    """
    weights = conv.weight[:, 0].to(inner.dtype)
    out = inner * weights[:, -1]
    for lag in range(1, weights.shape[1]):
        earlier = inner[:, :-lag] * weights[:, -1 - lag]
        if owners is not None:
            earlier = earlier * (owners[:, lag:] == owners[:, :-lag])[..., None]
        out = out + nn.functional.pad(earlier, (0, 0, lag, 0))
    return out if conv.bias is None else out + conv.bias.to(inner.dtype)


def keep_apart(model: nn.Module) -> None:
    """Makes a model fit for packed rows: its convolutions keep to an example.

    Raises:
        ModelError: the model mixes tokens by something that is not known to stop at an example's end.
    """
    known = [module.conv for module in model.modules() if isinstance(module, Lfm2ShortConv)]
    for module in model.modules():
        mixes = isinstance(module, nn.Conv1d | nn.RNNBase) or "Mamba" in type(module).__name__
        if type(module) is Lfm2ShortConv:
            module.__class__ = SeparateShortConv
        elif mixes and not any(module is conv for conv in known):
            raise ModelError(
                f"{type(model).__name__} mixes tokens by {type(module).__name__}, which would leak from one"
                " packed example into the next; set packed = false"
            )


def takes_owners(model: nn.Module) -> bool:
    """Tells whether a model wants ``seq_idx``."""
    return any(isinstance(module, SeparateShortConv) for module in model.modules())
