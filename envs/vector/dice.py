"""Random numbers of many generators, drawn ahead, so that many are taken at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.utils import seeding

_AHEAD = 512
"""Numbers that are drawn from a generator at a time."""


class Dice:
    """Generators, each of which gives the numbers that `numpy.random.Generator.random` would give one by one.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        self.seeds = [-1] * count
        """The seeds of those that were asked for; -1 for the others."""
        self._generators: list[np.random.Generator | None] = [None] * count
        self._states: list[Any] = [None] * count
        self._numbers = np.zeros((count, _AHEAD))
        self._used = np.full(count, _AHEAD)
        self._shared = False

    def seed(self, place: int, seed: int | None) -> None:
        """Begins a generator anew.

        Args:
            place: Number of the generator.
            seed: Its seed; None lets the operating system choose.
        """
        self._generators[place], self.seeds[place] = seeding.np_random(seed)
        self._used[place] = _AHEAD

    def generator(self, place: int) -> np.random.Generator:
        """Returns a generator that stands behind the last number that was taken; it is for use at once."""
        found = self._generators[place]
        if found is None:
            self.seed(place, None)
            return self.generator(place)
        used = int(self._used[place])
        if used < _AHEAD:
            found.bit_generator.state = self._states[place]
            found.random(used)
            self._used[place] = _AHEAD
        return found

    def share(self) -> tuple[np.random.Generator, ...]:
        """Returns all generators to somebody who may keep them; nothing is drawn ahead from then on."""
        self._shared = True
        return tuple(map(self.generator, range(len(self._generators))))

    def take(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Takes the next number of each of some generators; float64 ``(k,)`` in [0, 1).

        Args:
            places: Numbers of the generators ``(k,)``, none twice.
        """
        if self._shared:
            return np.array([self.generator(place).random() for place in places.tolist()])
        used = self._used.take(places)
        empty = places[used == _AHEAD]
        if empty.size:
            for place in empty.tolist():
                generator = self.generator(place)
                self._states[place] = generator.bit_generator.state
                generator.random(out=self._numbers[place])
            used[used == _AHEAD] = 0
        self._used[places] = used + 1
        return self._numbers.take(places * _AHEAD + used)
