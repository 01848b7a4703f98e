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
        self.shared = False
        """Whether somebody else may draw from them, at any time."""
        self._moved = np.ones(count, bool)

    def seed(self, place: int, seed: int | None) -> None:
        """Begins a generator anew.

        Args:
            place: Number of the generator.
            seed: Its seed; None lets the operating system choose.
        """
        self._generators[place], self.seeds[place] = seeding.np_random(seed)
        self._used[place] = _AHEAD
        self._moved[place] = True

    def generator(self, place: int) -> np.random.Generator:
        """Returns a generator that stands behind the last number that was taken; it is for use at once."""
        self._moved[place] = True
        return self._standing(place)

    def share(self) -> tuple[np.random.Generator, ...]:
        """Returns all generators to somebody who may keep them; nothing is drawn ahead from then on."""
        self.shared = True
        return tuple(map(self.generator, range(len(self._generators))))

    def moved(self) -> npt.NDArray[np.int64]:
        """Returns the generators that have been seeded or taken since this was asked last ``(k,)``."""
        found = np.flatnonzero(self._moved)
        self._moved[found] = False
        return found

    def ahead(
        self,
        places: npt.NDArray[np.int64],
        count: int,
        behind: npt.NDArray[np.int64] | None = None,
    ) -> npt.NDArray[np.float64]:
        """Returns the next numbers of some generators without taking them; float64 ``(k, count)`` in [0, 1).

        Args:
            places: Numbers of the generators ``(k,)``, none twice.
            count: How many numbers of each; 512 at most.
            behind: How many numbers to leave out before them ``(k,)``; none by default, and none where others
                may draw. With them 512 numbers at most.
        """
        if self.shared:
            return np.array([self._peek(place, count) for place in places.tolist()]).reshape(-1, count)
        skipped = np.zeros(len(places), np.int64) if behind is None else behind
        used = self._used.take(places) + skipped
        low = np.flatnonzero(used > _AHEAD - count)
        if low.size:
            for place in places[low].tolist():
                generator = self._standing(place)
                self._states[place] = generator.bit_generator.state
                generator.random(out=self._numbers[place])
                self._used[place] = 0
            used[low] = skipped[low]
        return self._numbers.take((places * _AHEAD + used)[:, None] + np.arange(count))

    def skip(self, places: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> None:
        """Takes numbers of some generators that `ahead` has just returned.

        Args:
            places: Numbers of the generators ``(k,)``, none twice.
            counts: How many numbers of each ``(k,)``.
        """
        if self.shared:
            for place, count in zip(places.tolist(), counts.tolist(), strict=True):
                self.generator(place).random(count)
        else:
            self._used[places] += counts

    def _standing(self, place: int) -> np.random.Generator:
        found = self._generators[place]
        if found is None:
            self.seed(place, None)
            return self._standing(place)
        used = int(self._used[place])
        if used < _AHEAD:
            found.bit_generator.state = self._states[place]
            found.random(used)
            self._used[place] = _AHEAD
        return found

    def _peek(self, place: int, count: int) -> npt.NDArray[np.float64]:
        bits = self.generator(place).bit_generator
        state = bits.state
        numbers = self.generator(place).random(count)
        bits.state = state
        return numbers
