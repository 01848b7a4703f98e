"""Rewards: what commands cost and what being done pays."""

from __future__ import annotations

from dataclasses import dataclass

SUCCESS_REWARD = 1.0
"""Paid once, when the task is done."""
MOVE_COST = 0.01
"""Taken for every move, refused ones included, where an environment is made with no other cost."""
REFUSAL_COST = 0.01
"""Taken besides when a move is refused, likewise."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one of a task's own commands came to."""

    reward: float = 0.0
    """Paid beside the cost of a move."""
    terminated: bool = False
    """Whether the episode is over."""
    success: bool = False
    """Whether the task is done."""
    error: str = ""
    """A fault of the box or the model; empty where there was none."""
