"""A curriculum: tasks are drawn by how hard an agent has found them so far.

Two measures of what is worth playing. ``band`` prefers tasks of middling success, by
``p (1 - p)`` of the success rate ``p``: neither mastered nor hopeless (goals of
intermediate difficulty, Florensa et al. 2018; the proximal curriculum, Tzannetos et al.
2023). ``progress`` prefers tasks whose success rate moves, up or down, by the distance of
a fast average from a slow one (Matiisen et al. 2017; Kanitscheider et al. 2021).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, get_args

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.utils import RecordConstructorArgs, seeding

from .errors import NothingToAsk, TaskError

Measure = Literal["band", "progress"]
"""What makes a task worth playing."""
_SLOWER = 5
"""How many times slower the slow average is than the fast one."""
_FLOOR = 1e-3
"""Least weight of a task; keeps a draw possible where nothing stands out."""
_UNKNOWN = 0.5
"""Success rate of a task that nobody played."""


class TaskSampler:
    """Draws tasks by measured difficulty.

    Args:
        count: number of tasks.
        by: the measure.
        rate: weight of the newest result in a task's success rate, in (0, 1]; a task's
            first results weigh more, as in a plain average.
        explore: share of the draws that take the task not played for the longest, in
            (0, 1], so that each is played again within some ``count / explore`` draws.

    Raises:
        TaskError: an argument is out of range.
    """

    def __init__(self, count: int, by: Measure = "band", rate: float = 0.1, explore: float = 0.1) -> None:
        if count < 1:
            raise TaskError(f"a curriculum needs at least one task; got {count}")
        if by not in get_args(Measure):
            raise TaskError(f"by={by!r} is no measure; use one of: {', '.join(get_args(Measure))}")
        if not 0 < rate <= 1 or not 0 < explore <= 1:
            raise TaskError(f"need 0 < rate <= 1 and 0 < explore <= 1; got {rate} and {explore}")
        self.by, self.rate, self.explore = by, rate, explore
        self.success: npt.NDArray[np.float64] = np.full(count, _UNKNOWN)
        """``(count,)``: the success rate of each task, a moving average."""
        self.slow: npt.NDArray[np.float64] = np.full(count, _UNKNOWN)
        """``(count,)``: the same, slower."""
        self.tries: npt.NDArray[np.int64] = np.zeros(count, np.int64)
        """``(count,)``: how often each was played."""
        self.usable: npt.NDArray[np.bool_] = np.ones(count, np.bool_)
        """``(count,)``: whether an episode can be made of it."""
        self._last: npt.NDArray[np.int64] = np.full(count, -1)
        self._time = 0

    def __len__(self) -> int:
        return len(self.success)

    def weights(self) -> npt.NDArray[np.float64]:
        """Returns the chances ``(count,)`` of the draws that do not explore; they sum to one.

        Raises:
            TaskError: no task is usable.
        """
        if not self.usable.any():
            raise TaskError(f"none of the {len(self)} tasks can be played")
        if self.by == "band":
            raw = self.success * (1 - self.success)
        else:
            raw = np.abs(self.success - self.slow)
            raw[self.tries == 0] = raw.max(initial=_FLOOR)
        raw = np.where(self.usable, np.maximum(raw, _FLOOR), 0.0)
        return np.asarray(raw / raw.sum(), np.float64)

    def draw(self, rng: np.random.Generator) -> int:
        """Returns the number of a task to play next."""
        weights = self.weights()
        if rng.random() < self.explore:
            waiting = np.where(self.usable, self._last, np.iinfo(np.int64).max)
            task = int(rng.choice(np.flatnonzero(waiting == waiting.min())))
        else:
            task = int(rng.choice(len(self), p=weights))
        self._last[task] = self._time
        self._time += 1
        return task

    def update(self, task: int, success: bool) -> None:
        """Takes in how a task went."""
        for average, rate in ((self.success, self.rate), (self.slow, self.rate / _SLOWER)):
            step = max(rate, 1 / (int(self.tries[task]) + 2))
            average[task] += step * (float(success) - average[task])
        self.tries[task] += 1

    def to_json(self) -> dict[str, Any]:
        """Returns what was measured as plain JSON data."""
        names = ("success", "slow", "tries", "usable", "_last")
        return {name.strip("_"): getattr(self, name).tolist() for name in names} | {"time": self._time}

    def load_json(self, data: dict[str, Any]) -> None:
        """Takes over what `to_json` wrote.

        Raises:
            TaskError: it is something else, or about another number of tasks.
        """
        try:
            read = {
                name: np.asarray(data[name.strip("_")], getattr(self, name).dtype)
                for name in ("success", "slow", "tries", "usable", "_last")
            }
            time = int(data["time"])
        except (KeyError, TypeError, ValueError) as error:
            raise TaskError(f"this is no state of a curriculum: {error!r}") from None
        shapes = {array.shape for array in read.values()}
        if shapes != {(len(self),)}:
            raise TaskError(
                f"the state is about {sorted(shapes)} tasks, this curriculum about {len(self)}; "
                "use the same task set"
            )
        for name, array in read.items():
            setattr(self, name, array)
        self._time = time


class Curriculum(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Chooses the task of each episode by how the agent did before; ``info["task"]`` tells which.

    An episode counts once it ends, by ``info["success"]`` of its last step; one that was
    broken off, or that ended by a fault of the box or the model, does not. A ``task`` in the
    options of a reset goes before the curriculum, and counts as well. Chance comes from the
    seeds of resets alone; what is drawn depends on what was measured, too. Environments of
    one process share what they measure where they are given one sampler; else each has its
    own. `RecordEpisodes` belongs inside, where it sees the task.

    Args:
        env: an environment over a task set; it takes ``options={"task": i}``.
        tasks: number of tasks; None asks the environment's task set.
        by: ``band`` or ``progress``, see `TaskSampler`, as for the rest.
        rate: weight of the newest result.
        explore: share of the draws that take what was not played for the longest.
        sampler: what measures and draws, shared with whoever has it too, in place of one made
            from the arguments above; the environment's spec does not tell of it.

    Raises:
        TaskError: an argument is out of range, or the number of tasks is not to be had.
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        tasks: int | None = None,
        by: Measure = "band",
        rate: float = 0.1,
        explore: float = 0.1,
        sampler: TaskSampler | None = None,
    ) -> None:
        RecordConstructorArgs.__init__(self, tasks=tasks, by=by, rate=rate, explore=explore)
        gymnasium.Wrapper.__init__(self, env)
        if sampler is None:
            sampler = TaskSampler(_count(env) if tasks is None else tasks, by, rate, explore)
        self.sampler = sampler
        self._rng, _ = seeding.np_random()
        self._task: int | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Starts an episode of a task that the curriculum chooses.

        Raises:
            TaskError: no task can be played.
        """
        if seed is not None:
            self._rng, _ = seeding.np_random(seed)
        given = dict(options or {})
        chosen = given.get("task")
        while True:
            self._task = self.sampler.draw(self._rng) if chosen is None else chosen
            try:
                observation, info = self.env.reset(seed=seed, options={**given, "task": self._task})
                return observation, {**info, "task": self._task}
            except NothingToAsk:
                if chosen is not None:
                    raise
                self.sampler.usable[self._task] = False

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Does a step, and takes in the result of an episode that it ends."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        over = terminated or truncated
        if over and self._task is not None and not info.get("fault", False):
            self.sampler.update(self._task, bool(info["success"]))
        return observation, reward, terminated, truncated, {**info, "task": self._task}

    def save(self, path: str | Path) -> None:
        """Writes what was measured, and where chance stands, as JSON."""
        data = {"sampler": self.sampler.to_json(), "random": self._rng.bit_generator.state}
        Path(path).write_text(json.dumps(data), "utf-8")

    def load(self, path: str | Path) -> None:
        """Takes over what `save` wrote; the next reset draws what it would have drawn.

        Raises:
            TaskError: the file cannot be read or is about other tasks.
        """
        try:
            data = json.loads(Path(path).read_text("utf-8"))
            rng, _ = seeding.np_random()
            rng.bit_generator.state = data["random"]
            self.sampler.load_json(data["sampler"])
            self._rng = rng
        except TaskError:
            raise
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TaskError(f"{path} holds no state of a curriculum: {error!r}") from None


def _count(env: gymnasium.Env[Any, Any]) -> int:
    """Returns the number of tasks of an environment's task set or bug set."""
    for holder, tasks in (("bug_set", "bugs"), ("task_set", "programs")):
        found = getattr(getattr(env.unwrapped, holder, None), tasks, None)
        if found is not None:
            return len(found)
    raise TaskError(f"{env} has no task set to count; say how many tasks there are with tasks=")
