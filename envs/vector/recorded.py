"""Environments of the ``features`` family over recorded runs, stepped together in numpy."""

from __future__ import annotations

from typing import Any, Protocol

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from ..environment import DebugEnv
from ..page import page
from ..picture import picture
from ..scene import Scene
from ..tabled import TabledEnv
from .copies import Copies
from .dice import Dice
from .drawing import Drawing, Draws
from .episodes import REWRITTEN, Episodes, Flags, Rewards
from .refusals import look_open
from .seeds import Seeds, spread

Infos = dict[str, Any]


class Draw(Protocol):
    """Draws what the episodes of many environments are about."""

    dice: Dice
    """The environments' generators."""

    def draw(self, which: npt.NDArray[np.int64], index: int | None = None) -> Draws:
        """Draws an episode for each of some environments; see `Drawing`."""


class RecordedVectorEnv(VectorEnv[Any, Any, Any]):
    """As `gymnasium.vector.SyncVectorEnv` over environments of the backend ``real``, and many times as fast.

    Args:
        task: The environments' class.
        num_envs: How many.
        autoreset_mode: When an environment whose episode is over begins the next.
        copy: Whether observations and masks are the caller's to keep; else the next call writes over them.
        **options: As the task's class takes them; the render mode ``human`` is for one environment.

    Raises:
        TaskError: an argument names nothing that there is, or the task set is unusable.
    """

    def __init__(
        self,
        task: type[DebugEnv],
        num_envs: int = 1,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        **options: Any,
    ) -> None:
        super().__init__()
        self._task = task(**options)
        self.num_envs, self.copy = num_envs, copy
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**task.metadata, "autoreset_mode": self.autoreset_mode}
        self.render_mode = self._task.render_mode
        self.single_observation_space = self._task.observation_space
        self.single_action_space = self._task.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._episodes, self._drawing = self._parts()
        self._copies = Copies()
        self._over = np.zeros(num_envs, bool)
        self._begun = False

    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """The environments' generators."""
        return self._drawing.dice.share()

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]
        """The seeds of the environments' generators."""
        dice = self._drawing.dice
        for place in range(self.num_envs):
            dice.generator(place)
        return tuple(dice.seeds)

    def action_masks(self) -> npt.NDArray[np.int8]:
        """Returns which commands are legal now, int8 ``(num_envs, len(commands))``."""
        return self._episodes.masks.copy()

    def reset(
        self, *, seed: Seeds = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], Infos]:
        """Begins new episodes.

        Args:
            seed: Of the first environment, one more for each next; or one for each; None: the draws go on.
            options: ``reset_mask``: bool ``(num_envs,)``, which environments; all by default. What else is
                there is for each of them, as in `DebugEnv.reset`.

        Raises:
            TaskError: no program of the set fits the task, or there is no such task.
            gymnasium.error.Error: a seed is no non-negative integer, or there are too few or too many.
            gymnasium.error.ClosedEnvironmentError: it has been closed.
        """
        look_open(self)
        seeds = spread(seed, self.num_envs)
        options = dict(options or {})
        which = self._reset_mask(options.pop("reset_mask", None))
        for place in np.flatnonzero(which).tolist():
            told = seeds[place]
            if told is not None:
                self._drawing.dice.seed(place, told)
        self._begin(which, options)
        self._show()
        return self._observations(), self._infos(which, np.zeros(self.num_envs, bool))

    def step(self, actions: Any) -> tuple[dict[str, Any], Rewards, Flags, Flags, Infos]:
        """Does one action in each environment.

        Args:
            actions: Integers ``(num_envs,)``, elements of ``single_action_space``.

        Returns:
            Observations, rewards float64 ``(num_envs,)``, which episodes terminated, which were truncated,
            and infos as `gymnasium.vector.SyncVectorEnv` has them.

        Raises:
            gymnasium.error.InvalidAction: an action is no element of ``single_action_space``.
            gymnasium.error.ResetNeeded: an episode has not begun, or is over and nothing begins the next.
            gymnasium.error.ClosedEnvironmentError: it has been closed.
        """
        anew = self._over & (self.autoreset_mode is AutoresetMode.NEXT_STEP)
        numbers = self._checked(actions, ~anew)
        rewards, terminated, truncated, success = self._episodes.act(numbers, ~anew)
        self._over = terminated | truncated
        if anew.any():
            self._begin(anew)
        self._show()
        infos: Infos = {}
        if self.autoreset_mode is AutoresetMode.SAME_STEP and self._over.any():
            infos = self._finals(self._over, success)
            success = success & ~self._over
            which = np.flatnonzero(self._over)
            self._begin(self._over)
            self._episodes.show(which)
        infos |= self._infos(np.ones(self.num_envs, bool), success)
        return self._observations(), rewards, terminated, truncated, infos

    def scene(self, place: int) -> Scene:
        """Returns what an agent may see in one environment.

        Raises:
            gymnasium.error.ResetNeeded: nothing is to be seen before the first reset.
        """
        if not self._begun:
            raise gymnasium.error.ResetNeeded("there is nothing to see yet; call reset() first")
        return self._episodes.scene(place)

    def render(self) -> tuple[Any, ...] | None:
        """Returns each environment's page (``ansi``) or picture (``rgb_array``); None without a mode."""
        if self.render_mode is None or not self._begun:
            return None
        drawn = picture if self.render_mode == "rgb_array" else page
        return tuple(drawn(self.scene(place)) for place in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Frees this vector's share of the sandbox."""
        self._task.close()

    def _parts(self) -> tuple[Episodes, Draw]:
        """Returns the episodes, and what draws them."""
        task = self._task
        assert isinstance(task, TabledEnv)
        return Episodes(task, self.num_envs, self.copy), Drawing(task, self.num_envs)

    def _begin(self, which: Flags, options: dict[str, Any] | None = None) -> None:
        """Draws and begins an episode in some environments."""
        places = np.flatnonzero(which)
        self._episodes.begin(places, self._drawing.draw(places, self._task._heed(options)))
        self._over = self._over & ~which
        self._begun = True

    def _reset_mask(self, told: Any) -> Flags:
        if told is None:
            return np.ones(self.num_envs, bool)
        if not isinstance(told, np.ndarray) or told.dtype != np.bool_ or told.shape != (self.num_envs,):
            raise TypeError(f"reset_mask must be a bool array of shape ({self.num_envs},); got {told!r}")
        if not told.any():
            raise ValueError("reset_mask names no environment; leave it out to reset all")
        if not self._begun and not told.all():
            raise gymnasium.error.ResetNeeded("the first reset is for all environments; leave reset_mask out")
        return told

    def _checked(self, actions: Any, active: Flags) -> npt.NDArray[np.int64]:
        """Returns actions as numbers, 0 where none is done."""
        look_open(self)
        if not self._begun:
            raise gymnasium.error.ResetNeeded("no episode is running; call reset() first")
        if (self._over & active).any():
            over = np.flatnonzero(self._over & active).tolist()
            raise gymnasium.error.ResetNeeded(
                f"the episodes of the environments {over} are over; reset them, with options={{'reset_mask': "
                "...}"
            )
        numbers = np.asarray(actions)
        if numbers.shape != (self.num_envs,) or numbers.dtype.kind not in "iu":
            raise gymnasium.error.InvalidAction(
                f"{self.num_envs} environments need as many integers; got {numbers.dtype} {numbers.shape}"
            )
        numbers = np.where(active, numbers, 0).astype(np.int64, copy=False)
        if numbers.view(np.uint64).max() >= self._episodes.masks.shape[1]:
            raise gymnasium.error.InvalidAction(
                f"{numbers} are not all elements of {self.single_action_space}"
            )
        return numbers

    def _show(self) -> None:
        """Writes observations; with ``copy`` some right into what will be the caller's."""
        seen = self._episodes.seen
        if self.copy:
            seen.update((name, self._copies.space(name, seen[name])) for name in REWRITTEN if name in seen)
        self._episodes.show()

    def _observations(self) -> dict[str, Any]:
        seen = self._episodes.seen
        if not self.copy:
            return dict(seen)
        return {
            key: values if key in REWRITTEN else self._copies.copy(key, values)
            for key, values in seen.items()
        }

    def _infos(self, which: Flags, success: Flags) -> Infos:
        """The infos of some environments; arrays for all, zeros for the others."""
        episodes = self._episodes
        parts: dict[str, Any] = {
            "action_mask": episodes.masks,
            "success": success,
            "moves": episodes.moves,
            "fault": episodes.broken,
        }
        real = episodes.success_real(success)
        if real is not None:
            parts["success_real"] = real
        parts |= episodes.told()
        everyone, found = which.all(), {}
        for key, values in parts.items():
            if everyone:
                kept = values if key == "action_mask" and not self.copy else self._copies.copy(key, values)
            else:
                kept = np.zeros_like(values)
                kept[which] = values[which]
            found[key], found[f"_{key}"] = kept, which.copy()
        for key, (texts, there) in episodes.noted().items():
            told = which & there
            if told.any():
                noted = texts.copy()
                noted[~told] = None
                found[key], found[f"_{key}"] = noted, told
        return found

    def _finals(self, which: Flags, success: Flags) -> Infos:
        """The last observations and infos of episodes that are over."""
        places = np.flatnonzero(which)
        seen = {key: values[places] for key, values in self._episodes.seen.items()}
        last = np.full(self.num_envs, None, object)
        for number, place in enumerate(places.tolist()):
            last[place] = {
                key: values[number] if values.ndim > 1 else int(values[number])
                for key, values in seen.items()
            }
        infos = self._infos(which, success)
        return {
            "final_obs": last,
            "_final_obs": which.copy(),
            "final_info": infos,
            "_final_info": which.copy(),
        }
