"""Environments whose debuggers ask a model, stepped side by side: what all ask goes to it in one batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.vector.utils import iterate

from debugworld.worldmodel.completion import CompletionEngine
from debugworld.worldmodel.gathering import Gatherer

from ..environment import DebugEnv
from .refusals import look_open
from .seeds import Seeds, spread


class _Done(gymnasium.Wrapper[Any, Any, Any, Any]):
    """An environment whose next results are there before they are asked for."""

    def __init__(self, env: DebugEnv) -> None:
        super().__init__(env)
        self.task = env
        self.results: deque[Any] = deque()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        found: tuple[Any, dict[str, Any]] = self.results.popleft()
        return found

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        found: tuple[Any, Any, bool, bool, dict[str, Any]] = self.results.popleft()
        return found


class TogetherVectorEnv(SyncVectorEnv):
    """`gymnasium.vector.SyncVectorEnv`, but all environments go on at once and ask their model together.

    Args:
        task: The environments' class.
        num_envs: How many.
        autoreset_mode: As `gymnasium.vector.SyncVectorEnv` takes it.
        copy: As `gymnasium.vector.SyncVectorEnv` takes it.
        **options: As the task's class takes them.

    Raises:
        TaskError: an argument names nothing that there is, or the task set is unusable.
    """

    envs: list[_Done]  # type: ignore[assignment]

    def __init__(
        self,
        task: type[DebugEnv],
        num_envs: int = 1,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        **options: Any,
    ) -> None:
        makers = [lambda: _Done(task(**options))] * num_envs
        super().__init__(makers, copy=copy, autoreset_mode=autoreset_mode)
        self._model = options.get("model")
        backend = options.get("backend", "real")
        self._asks, self._rollout = backend != "real", backend == "rollout"
        self._gatherer: Gatherer | None = None

    def reset(
        self, *, seed: Seeds = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begins new episodes; see `gymnasium.vector.SyncVectorEnv.reset`."""
        look_open(self)
        seeds = spread(seed, self.num_envs)
        own = dict(options or {})
        which = own.pop("reset_mask", None)
        places = range(self.num_envs) if which is None else np.flatnonzero(which).tolist()
        self._do({place: _resetting(self.envs[place].task, seeds[place], own) for place in places})
        return super().reset(seed=seeds, options=None if options is None else dict(options))

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Does one action in each environment; see `gymnasium.vector.SyncVectorEnv.step`."""
        look_open(self)
        each = list(iterate(self.action_space, actions))
        work: dict[int, Callable[[], list[Any]]] = {}
        for place, (env, action) in enumerate(zip(self.envs, each, strict=True)):
            if self.autoreset_mode is AutoresetMode.NEXT_STEP and self._autoreset_envs[place]:
                work[place] = _resetting(env.task, None, None)
            else:
                work[place] = _stepping(env.task, action, self.autoreset_mode is AutoresetMode.SAME_STEP)
        self._do(work)
        return super().step(actions)

    def close_extras(self, **kwargs: Any) -> None:
        """Closes the environments and ends the threads."""
        super().close_extras(**kwargs)
        if self._gatherer is not None:
            self._gatherer.close()

    def _do(self, work: dict[int, Callable[[], list[Any]]]) -> None:
        """Works out the next results of some environments."""
        for env in self.envs:
            env.results.clear()
        gatherer = self._opened() if self._asks else None
        jobs = list(work.values())
        found = [each() for each in jobs] if gatherer is None else gatherer.run(jobs)
        for place, results in zip(work, found, strict=True):
            self.envs[place].results.extend(results)

    def _opened(self) -> Gatherer | None:
        """Returns what gathers the questions; None where no model is asked."""
        if self._gatherer is None:
            engine = self._engine()
            if engine is None:
                self._asks = False
                return None
            self._gatherer = Gatherer(engine, self.num_envs)
            for env in self.envs:
                env.task._engine = self._gatherer
        return self._gatherer

    def _engine(self) -> CompletionEngine | None:
        if not self._rollout:
            from debugworld.worldmodel.opening import engine_of

            return engine_of(self._model)
        task = self.envs[0].task
        task._open()
        assert task._dreams is not None
        return task._dreams.engine


def _resetting(env: DebugEnv, seed: int | None, options: dict[str, Any] | None) -> Callable[[], list[Any]]:
    return lambda: [env.reset(seed=seed, options=options)]


def _stepping(env: DebugEnv, action: Any, goes_on: bool) -> Callable[[], list[Any]]:
    def step() -> list[Any]:
        found: list[Any] = [env.step(action)]
        if goes_on and (found[0][2] or found[0][3]):
            found.append(env.reset())
        return found

    return step
