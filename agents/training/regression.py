"""Advantage-weighted regression: what was better than usual is done again (Peng et al., 2019).

A critic is fitted to the returns of the logged moves; the actor is fitted to the moves themselves, each
weighted by ``exp(advantage / temperature)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .log import Log

if TYPE_CHECKING:
    from torch import Tensor

TEMPERATURE = 0.3
"""Of the weights, in standard deviations of the advantage."""
MOST_WEIGHT = 20.0
"""Upper bound of a move's weight."""
CRITIC_SHARE = 0.5
"""How much of the log goes by before the actor learns at all."""


class AdvantageWeightedRegression:
    """The objective over a log.

    Args:
        log: What is learnt from.
        discount: Of what is paid later, in (0, 1].
        steps: Moves that will be learnt from.
    """

    def __init__(self, log: Log, discount: float, steps: int) -> None:
        self._returns = log.returns(discount)
        self._quiet = CRITIC_SHARE * min(steps, len(log))
        self._size = len(log)
        self._done = 0

    def draw(self, rng: np.random.Generator, size: int) -> npt.NDArray[np.int64]:
        """Returns the moves of a batch; int64 ``(size,)``."""
        return rng.integers(self._size, size=size)

    def losses(self, rows: npt.NDArray[np.int64], values: Tensor, chances: Tensor) -> dict[str, Tensor]:
        """Returns the parts of the loss over a batch.

        Args:
            rows: The moves.
            values: Of the critic before them, float32 ``(moves,)``.
            chances: Log-probabilities that the actor gives to them, float32 ``(moves,)``.
        """
        import torch

        returns = torch.as_tensor(self._returns[rows])
        advantage = returns - values.detach()
        scale = TEMPERATURE * advantage.std(unbiased=False).clamp(min=1e-3)
        weights = torch.exp(advantage / scale).clamp(max=MOST_WEIGHT)
        silent = self._done < self._quiet
        self._done += len(rows)
        actor = torch.zeros(()) if silent else -(weights / weights.mean() * chances).mean()
        return {"actor": actor, "critic": torch.nn.functional.mse_loss(values, returns)}
