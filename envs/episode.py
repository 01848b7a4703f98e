"""Episodes on paper: recorded as they are played, saved as JSON, replayed to see that they agree.

An episode is the id and arguments of an environment, a seed, a task and what was done; with what it brought,
observations by digest. Whoever has it can play it again and must come to the same: see `validate`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from .errors import TaskError

VERSION = 1
"""Of the JSON form."""


@dataclass(frozen=True, slots=True)
class Step:
    """One action and what it brought."""

    action: int | str | dict[str, int | str]
    """Element of the action space."""
    observation: str
    """Digest of the observation, see `digest`."""
    reward: float
    terminated: bool
    truncated: bool


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode of one environment."""

    env_id: str
    """Registered id."""
    arguments: dict[str, Any]
    """Of `gymnasium.make`, those of the id left out."""
    seed: int
    """Of the reset."""
    options: dict[str, Any]
    """Of the reset."""
    start: str
    """Digest of the first observation."""
    steps: tuple[Step, ...]
    """Actions in time."""

    @property
    def ended(self) -> bool:
        """Whether the last step ended it."""
        return bool(self.steps) and (self.steps[-1].terminated or self.steps[-1].truncated)

    def to_json(self) -> dict[str, Any]:
        """Returns it as plain JSON data."""
        return {"version": VERSION, **dataclasses.asdict(self)}

    @staticmethod
    def from_json(data: Any) -> Episode:
        """Reads what `to_json` wrote.

        Raises:
            TaskError: it is no episode, or of another version.
        """
        try:
            fields = dict(data)
            version = fields.pop("version")
            steps = tuple(Step(**step) for step in fields.pop("steps"))
            episode = Episode(**fields, steps=steps)
            for name, kind in (("env_id", str), ("seed", int), ("arguments", dict), ("options", dict)):
                if not isinstance(getattr(episode, name), kind):
                    raise TypeError(f"its {name} is {getattr(episode, name)!r}")
        except (KeyError, TypeError, ValueError) as error:
            raise TaskError(f"this is no saved episode ({error}); RecordEpisodes makes them") from None
        if version != VERSION:
            raise TaskError(f"the episode has version {version}, and {VERSION} is read; record it again")
        return episode


def digest(observation: Any) -> str:
    """Returns 16 hexadecimal digits that tell observations of one space apart."""
    found = hashlib.sha256()
    for part in _parts(observation):
        found.update(part)
        found.update(b"\0")
    return found.hexdigest()[:16]


def _parts(observation: Any) -> Iterator[bytes]:
    if isinstance(observation, dict):
        for name in sorted(observation):
            yield name.encode()
            yield from _parts(observation[name])
    elif isinstance(observation, np.ndarray):
        yield str((observation.dtype, observation.shape)).encode()
        yield np.ascontiguousarray(observation).tobytes()
    else:
        yield repr(observation).encode(errors="backslashreplace")


def _plain(action: Any) -> Any:
    """Returns an action as JSON has it."""
    if isinstance(action, dict):
        return {name: _plain(part) for name, part in action.items()}
    return action if isinstance(action, str) else int(action)


class RecordEpisodes(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Keeps the episodes that are played.

    An episode that is begun without a seed gets one drawn from the wrapper's own generator, so that it can be
    played again by itself; with a seed, everything is as without the wrapper.

    Args:
        env: An environment that `gymnasium.make` made.
        log: File that each episode is added to as soon as it is over, as `load_episodes` reads them.

    Attributes:
        episodes: Those that are over, in time.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], log: Path | None = None) -> None:
        super().__init__(env)
        if env.spec is None:
            raise TaskError("only an environment that gymnasium.make made can be made again; use its id")
        self.episodes: list[Episode] = []
        self._now: Episode | None = None
        self._log = log

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begins an episode; one that was not over is kept as it stands."""
        self._keep()
        if seed is None:
            seed = int(self.np_random.integers(2**31))
        observation, info = self.env.reset(seed=seed, options=options)
        spec = self.env.spec
        assert spec is not None
        known = gymnasium.spec(spec.id).kwargs
        arguments = {key: value for key, value in spec.kwargs.items() if key not in known}
        self._now = Episode(spec.id, arguments, seed, options or {}, digest(observation), ())
        return observation, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Does one action and writes it down."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        step = Step(_plain(action), digest(observation), float(reward), terminated, truncated)
        assert self._now is not None
        self._now = dataclasses.replace(self._now, steps=(*self._now.steps, step))
        if terminated or truncated:
            self._keep()
        return observation, reward, terminated, truncated, info

    def close(self) -> None:
        """Keeps an episode that was not over, and closes."""
        self._keep()
        super().close()

    def save(self, path: Path) -> None:
        """Writes the kept episodes as JSON Lines, in place of what the file holds."""
        path.write_text("".join(map(_line, self.episodes)), encoding="utf-8")

    def _keep(self) -> None:
        if self._now is not None and self._now.steps:
            self.episodes.append(self._now)
            if self._log is not None:
                with self._log.open("a", encoding="utf-8") as file:
                    file.write(_line(self._now))
        self._now = None


def _line(episode: Episode) -> str:
    return json.dumps(episode.to_json()) + "\n"


def load_episodes(path: Path) -> list[Episode]:
    """Reads what `RecordEpisodes.save` wrote.

    Raises:
        TaskError: a line is no episode; the text names it.
    """
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            found.append(Episode.from_json(json.loads(line)))
        except (ValueError, TaskError) as error:
            raise TaskError(f"{path}, line {number}: {error}") from None
    return found


@dataclass(frozen=True, slots=True)
class Validation:
    """What playing an episode again came to."""

    agrees: bool
    """Whether everything was as it is written."""
    step: int
    """Number of the first step that was not, from 1; 0 for the start; -1 where all agree."""
    field: str
    """What was not: ``observation``, ``reward``, ``terminated`` or ``truncated``; ``length`` where it ended
    early."""
    written: Any = None
    """As the episode has it."""
    found: Any = None
    """As it came."""


def validate(episode: Episode, **arguments: Any) -> Validation:
    """Plays an episode again and compares.

    Args:
        episode: What was saved.
        **arguments: Of `gymnasium.make`, in place of the episode's: another ``sandbox``, for instance.

    Raises:
        gymnasium.error.Error: there is no such environment, or an action is none of its action space.
        TaskError: its task set is not there, or an argument or an option is none.
    """
    env = gymnasium.make(episode.env_id, **(episode.arguments | arguments))
    try:
        observation, _ = env.reset(seed=episode.seed, options=episode.options)
        if digest(observation) != episode.start:
            return Validation(False, 0, "observation", episode.start, digest(observation))
        for number, step in enumerate(episode.steps, 1):
            observation, reward, terminated, truncated, _ = env.step(step.action)
            found = Step(step.action, digest(observation), float(reward), terminated, truncated)
            for field in ("terminated", "truncated", "reward", "observation"):
                if getattr(found, field) != getattr(step, field):
                    return Validation(False, number, field, getattr(step, field), getattr(found, field))
            if (terminated or truncated) and number < len(episode.steps):
                return Validation(False, number, "length", len(episode.steps), number)
        return Validation(True, -1, "")
    finally:
        env.close()
