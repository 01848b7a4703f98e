"""A vector of Gymnasium's as Stable-Baselines3 takes one, without a copy of each environment's results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv
from stable_baselines3.common.vec_env import VecEnv


class MaskedVecEnv(VecEnv):
    """Plays a vector of environments with action masks.

    The end of the move budget counts as an end of the task, since observations tell how many moves are left.

    Args:
        vector: Its autoreset mode is ``SAME_STEP``.
        seed: Of the first environment, one more for each next.
    """

    def __init__(self, vector: VectorEnv[Any, Any, Any], seed: int) -> None:
        assert vector.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
        self.vector = vector
        """The environments."""
        self.render_mode = None
        super().__init__(vector.num_envs, vector.single_observation_space, vector.single_action_space)
        self._seed: int | None = seed
        self._actions: npt.NDArray[np.int64] = np.zeros(vector.num_envs, np.int64)
        self._returns, self._lengths = np.zeros(vector.num_envs), np.zeros(vector.num_envs, np.int64)
        self._masks: npt.NDArray[np.int8] = np.zeros((0,), np.int8)

    def reset(self) -> Any:
        """Begins new episodes; only the first time with the seed."""
        observations, infos = self.vector.reset(seed=self._seed)
        self._seed, self._masks = None, infos["action_mask"]
        self._returns[:], self._lengths[:] = 0, 0
        return observations

    def step_async(self, actions: npt.NDArray[np.int64]) -> None:
        """Takes the actions."""
        self._actions = actions

    def step_wait(self) -> Any:
        """Does them; infos have ``episode`` and ``is_success`` where an episode is over."""
        observations, rewards, terminated, truncated, infos = self.vector.step(self._actions)
        over = terminated | truncated
        self._masks = infos["action_mask"]
        self._returns += rewards
        self._lengths += 1
        told: list[dict[str, Any]] = [{}] * self.num_envs
        if over.any():
            last = infos["final_info"]
            for place in np.flatnonzero(over).tolist():
                episode = {"r": float(self._returns[place]), "l": int(self._lengths[place]), "t": 0.0}
                told[place] = {"episode": episode, "is_success": bool(last["success"][place])}
            self._returns[over], self._lengths[over] = 0, 0
        return observations, rewards.astype(np.float32), over, told

    def close(self) -> None:
        """Closes the environments."""
        self.vector.close()

    def has_attr(self, attr_name: str) -> bool:
        """Tells what sb3-contrib asks: there are masks."""
        return attr_name == "action_masks"

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Returns the render mode, and nothing else."""
        if attr_name != "render_mode":
            raise AttributeError(f"the environments stand side by side and share no {attr_name!r} to get")
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refuses: the environments are arrays."""
        raise AttributeError(f"the environments stand side by side and have no {attr_name!r} to set")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Returns the masks, an array for each environment."""
        if method_name != "action_masks":
            raise AttributeError(f"the environments stand side by side and have no method {method_name!r}")
        return list(self._masks)

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Tells that none is."""
        return [False] * self.num_envs

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Takes the seed of the next reset."""
        self._seed = seed
        return [None if seed is None else seed + place for place in range(self.num_envs)]
