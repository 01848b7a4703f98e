"""Observations that carry the mask, for learners that look for it there.

RLlib's action-masking modules read it from the observation, and infos do not reach them.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import RecordConstructorArgs


class MaskedObservations(gymnasium.ObservationWrapper[Any, Any, Any], RecordConstructorArgs):
    """Shows the features in one row beside the action mask.

    An observation is ``{"observations": float32 (features,), "action_mask": float32 (actions,)}``; the row
    is the flattened `Dict` of the features family, each `Discrete` one-hot; the mask has 1 for what is legal.

    Args:
        env: An environment of the features family.

    Raises:
        TypeError: its actions are not numbered, so that no mask can stand for them.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        RecordConstructorArgs.__init__(self)
        super().__init__(env)
        if not isinstance(env.action_space, spaces.Discrete):
            raise TypeError(f"a mask needs numbered actions, not {env.action_space}; use a Features id")
        flat = spaces.flatten_space(env.observation_space)
        assert isinstance(flat, spaces.Box)
        self.observation_space = spaces.Dict(
            {
                "observations": spaces.Box(flat.low.astype(np.float32), flat.high.astype(np.float32)),
                "action_mask": spaces.Box(0, 1, (int(env.action_space.n),), np.float32),
            }
        )

    def observation(self, observation: Any) -> dict[str, np.ndarray[Any, Any]]:
        """Returns the flattened observation and the mask as they are now."""
        row = spaces.flatten(self.env.observation_space, observation)
        mask = self.env.get_wrapper_attr("action_masks")()
        return {"observations": np.asarray(row, np.float32), "action_mask": mask.astype(np.float32)}
