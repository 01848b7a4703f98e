"""A curriculum over a vector of environments, which measure and draw together."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from gymnasium.vector.utils import iterate

from .curriculum import Measure, TaskSampler
from .errors import NothingToAsk, TaskError

Flags = npt.NDArray[np.bool_]
Infos = dict[str, Any]


class VectorCurriculum(VectorWrapper):
    """Chooses the task of each episode by how all environments did before, as `Curriculum` does for one.

    The vector is made with ``autoreset_mode="Disabled"``, and this begins its episodes in mode ``SameStep``:
    the step that ends one begins the next, the last observation and info stand in ``infos["final_obs"]`` and
    ``infos["final_info"]``, and ``infos["task"]`` tells which tasks are played, int64 ``(num_envs,)``. It
    steps the tables of recorded runs in numpy, and any other vector of `gymnasium.make_vec`.

    Args:
        env: A vector over a task set, of `gymnasium.make_vec`.
        tasks: Number of tasks.
        by: ``band`` or ``progress``, see `TaskSampler`, as for the rest.
        rate: Weight of the newest result.
        explore: Share of the draws that take what was not played for the longest.
        sampler: What measures and draws, in place of one made from the arguments above.

    Raises:
        TaskError: an argument is out of range, or the vector begins episodes by itself.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        tasks: int,
        by: Measure = "band",
        rate: float = 0.1,
        explore: float = 0.1,
        sampler: TaskSampler | None = None,
    ) -> None:
        if env.metadata.get("autoreset_mode") is not AutoresetMode.DISABLED:
            raise TaskError(
                "a curriculum begins the episodes; make the vector with autoreset_mode='Disabled'"
            )
        super().__init__(env)
        self.metadata = {**env.metadata, "autoreset_mode": AutoresetMode.SAME_STEP}
        self.sampler = TaskSampler(tasks, by, rate, explore) if sampler is None else sampler
        self._rng, _ = seeding.np_random()
        self._tasks = np.zeros(env.num_envs, np.int64)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, Infos]:
        """Starts an episode of a chosen task in all environments; there are no options.

        Args:
            seed: As the vector takes it; the first of several seeds the curriculum, too.
            options: None.

        Raises:
            TaskError: there are options, or no task can be played.
        """
        if options:
            raise TaskError(f"a curriculum chooses the tasks of all environments; leave {options!r} out")
        first = seed if seed is None or isinstance(seed, int) else seed[0]
        if first is not None:
            self._rng, _ = seeding.np_random(first)
        observations, infos = self.env.reset(seed=seed)  # type: ignore[arg-type]  # vectors take several
        return self._begin(np.ones(self.num_envs, bool), observations, infos)

    def step(self, actions: Any) -> tuple[Any, Any, Flags, Flags, Infos]:
        """Does one action in each environment, takes in what ended, and begins what comes next."""
        observations, rewards, terminated, truncated, infos = self.env.step(actions)
        over = np.asarray(terminated | truncated)
        infos = {**infos, "task": self._tasks.copy(), "_task": np.ones(self.num_envs, bool)}
        if not over.any():
            return observations, rewards, terminated, truncated, infos
        last = np.full(self.num_envs, None, object)
        seen = tuple(iterate(self.observation_space, observations))
        for place in np.flatnonzero(over).tolist():
            last[place] = deepcopy(seen[place])  # resets may write over it
            if not infos["fault"][place]:
                self.sampler.update(int(self._tasks[place]), bool(infos["success"][place]))
        told = {"final_obs": last, "_final_obs": over, "final_info": infos, "_final_info": over}
        observations, after = self._begin(over, observations, infos)
        return observations, rewards, terminated, truncated, {**after, **told}

    def _begin(self, which: Flags, observations: Any, infos: Infos) -> tuple[Any, Infos]:
        """Begins an episode of a task of its own in some environments."""
        found = {name: np.array(value) for name, value in infos.items() if isinstance(value, np.ndarray)}
        for place in np.flatnonzero(which).tolist():
            observations, fresh = self._placed(place)
            for name, value in fresh.items():
                if isinstance(value, np.ndarray):
                    found.setdefault(name, np.zeros_like(value))[place] = value[place]
            for name in found.keys() - fresh.keys():
                found[name][place] = None if found[name].dtype == object else 0
        found["task"], found["_task"] = self._tasks.copy(), np.ones(self.num_envs, bool)
        return observations, found

    def _placed(self, place: int) -> tuple[Any, Infos]:
        """Begins an episode of a drawn task in one environment; those that cannot be played are left out."""
        mask = np.arange(self.num_envs) == place
        while True:
            self._tasks[place] = task = self.sampler.draw(self._rng)
            try:
                return self.env.reset(options={"reset_mask": mask, "task": task})
            except NothingToAsk:
                self.sampler.usable[task] = False
