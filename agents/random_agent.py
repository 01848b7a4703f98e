"""The agent that every other one has to beat."""

from __future__ import annotations

from typing import Any

from gymnasium import Space


class RandomAgent:
    """Draws uniformly from the commands that the mask allows.

    Args:
        action_space: Space to draw from; its sampler takes ``info["action_mask"]``.
    """

    def __init__(self, action_space: Space[Any]) -> None:
        self._space = action_space

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; a seed fixes the draws."""
        if seed is not None:
            self._space.seed(seed)

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns a random legal action."""
        return self._space.sample(mask=info["action_mask"])
