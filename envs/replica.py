"""Replicas: what is pickled or copied of an environment, and how it is made again.

A debugger, a box and a model's engine cannot be copied, but an episode follows from the arguments, the
generator's state at the reset and the actions, so that a copy plays the episode again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np


@dataclass
class Course:
    """What an episode has been so far."""

    chance: Any
    """State of the generator's bits when the episode was drawn."""
    options: dict[str, Any] | None
    """Options of its reset."""
    actions: list[Any] = field(default_factory=list)
    """What was done since."""

    def add(self, action: Any) -> None:
        """Adds an action, which the caller may change afterwards."""
        self.actions.append(dict(action) if isinstance(action, dict) else action)


class Replica(gymnasium.Env[Any, Any]):
    """An environment of which `pickle` and `copy` make another one at the same point of the same episode."""

    _made_with: tuple[tuple[Any, ...], dict[str, Any]]
    _course: Course | None = None

    def __new__(cls, *arguments: Any, **options: Any) -> Replica:
        """Remembers what the environment is made with."""
        made = super().__new__(cls)
        made._made_with = arguments, options
        return made

    def __reduce__(self) -> tuple[Callable[..., Replica], tuple[Any, ...]]:
        """Returns what `_again` takes."""
        chance = self._np_random.bit_generator.state if self._np_random is not None else None
        state = {
            "spec": self.spec,
            "action_space": self.action_space,
            "_np_random_seed": self._np_random_seed,
        }
        return _again, (type(self), *self._made_with, chance, self._course, state)


def _again(
    kind: Callable[..., Replica],
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    chance: Any,
    course: Course | None,
    state: dict[str, Any],
) -> Replica:
    """Makes an environment, and plays the episode that was begun.

    Args:
        kind: Its class.
        arguments: What it is made with.
        options: The same by name.
        chance: State of its generator's bits, if it has one, for when no episode was begun.
        course: The episode.
        state: Attributes that nothing else gives back.
    """
    env = kind(*arguments, **options)
    if chance is not None:
        bits = np.random.PCG64()
        bits.state = chance if course is None else course.chance
        env._np_random = np.random.Generator(bits)
    if course is not None:
        shown, env.render_mode = env.render_mode, None
        env.reset(options=course.options)
        for action in course.actions:
            env.step(action)
        env.render_mode = shown
    for name, value in state.items():
        setattr(env, name, value)
    return env
