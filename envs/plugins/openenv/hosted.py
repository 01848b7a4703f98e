"""The server's side of one session: an environment of Gymnasium behind OpenEnv's interface."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import gymnasium
import numpy as np
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import EnvironmentMetadata

from debugworld.envs.command import parse
from debugworld.envs.environment import DebugEnv
from debugworld.envs.errors import TaskError
from debugworld.envs.page import page

from .models import DebugAction, DebugObservation, DebugState


class HostedEnvironment(Environment[DebugAction, DebugObservation, DebugState]):
    """One session's environment.

    Sessions share the traces of a process and its box, so that one thread serves them all.

    Args:
        env_id: A registered id of either family.
        **arguments: Of `gymnasium.make`.

    Raises:
        gymnasium.error.Error: there is no such id.
        TaskError: it is none of this package's, or an argument names nothing that there is.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True
    REQUIRES_SINGLE_THREAD_EXECUTOR = True

    def __init__(self, env_id: str = "debugworld/ReachState-Text-v0", **arguments: Any) -> None:
        super().__init__()
        self._env = gymnasium.make(env_id, **arguments)
        base = self._env.unwrapped
        if not isinstance(base, DebugEnv) or "action_mask" in getattr(
            self._env.observation_space, "spaces", ()
        ):
            raise TaskError(f"{env_id} cannot be served; use a Text or Features id of debugworld")
        self._base = base
        self._state = DebugState(env_id=env_id)
        self._over = True

    def reset(
        self, seed: int | None = None, episode_id: str | None = None, task: int | None = None, **_: Any
    ) -> DebugObservation:
        """Starts an episode.

        Args:
            seed: Seeds what is drawn; without one the draws go on.
            episode_id: Name of the episode; made up where there is none.
            task: Number of a task of the set; drawn where there is none.

        Raises:
            TaskError: there is no such task.
        """
        options = None if task is None else {"task": task}
        observation, info = self._env.reset(seed=seed, options=options)
        self._over = False
        self._state = DebugState(
            episode_id=episode_id or str(uuid4()), env_id=self._state.env_id, seed=seed, task=task
        )
        return self._shown(observation, info)

    def step(self, action: DebugAction, timeout_s: float | None = None, **_: Any) -> DebugObservation:
        """Does one command; in the text family, what is no command is refused and costs a move.

        Raises:
            IllegalAction: the environment has numbered actions, and the command has no number.
            gymnasium.error.ResetNeeded: no episode is running.
        """
        if self._over:
            raise gymnasium.error.ResetNeeded("no episode is running; call reset first")
        observation, reward, terminated, truncated, info = self._env.step(self._said(action.command))
        self._over = terminated or truncated
        self._state.step_count += 1
        return self._shown(observation, info, float(reward), terminated, truncated)

    @property
    def state(self) -> DebugState:
        """Which episode is running, and how many commands it has had."""
        return self._state

    def get_metadata(self) -> EnvironmentMetadata:
        """Names the environment and what it asks."""
        text = (type(self._base).__doc__ or "").partition("\n")[0]
        return EnvironmentMetadata(name=self._state.env_id, description=text, version="0")

    def close(self) -> None:
        """Frees the environment."""
        self._env.close()

    def _said(self, command: str) -> Any:
        """Returns the action that a command is in the environment's own space."""
        if self._base.shows_text:
            return command
        return self._base.say(parse(command, self._base.kinds))

    def _shown(
        self,
        observation: Any,
        info: dict[str, Any],
        reward: float | None = None,
        terminated: bool = False,
        truncated: bool = False,
    ) -> DebugObservation:
        features = None
        if isinstance(observation, dict):
            features = {name: np.asarray(value).tolist() for name, value in observation.items()}
        return DebugObservation(
            page=page(self._base.scene),
            features=features,
            action_mask=[int(bit) for bit in info["action_mask"]],
            success=bool(info["success"]),
            truncated=truncated,
            error=info.get("error", ""),
            reward=reward,
            done=terminated or truncated,
        )
