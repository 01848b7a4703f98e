"""Suites: the tests of a bug that an episode shows, one of a few arrangements of its cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np

from .bug import Bug
from .chance import below
from .judge import Result

ARRANGEMENTS = 32
"""Arrangements of the cases of one bug."""


class Suite(NamedTuple):
    """The tests of one arrangement."""

    places: tuple[int, ...]
    """Their places among the bug's cases, in the order in which they are shown."""
    first: int
    """Which of them is debugged first: the first that fails."""


class Judged:
    """A bug some of whose cases are known to fail.

    Args:
        bug: The bug.
        results: What its cases came to in the faulty program; one fails at least.
        most: Tests that a suite has at most.
    """

    def __init__(self, bug: Bug, results: Sequence[Result], most: int) -> None:
        self.bug, self.results = bug, tuple(results)
        self._most = most
        self._seed = crc32(bug.buggy.encode(errors="replace"))

    def draw(self, rng: np.random.Generator) -> int:
        """Draws the number of an arrangement."""
        return below(ARRANGEMENTS, rng)

    def suite(self, number: int) -> Suite:
        """Returns an arrangement: cases in random order, where none of them fails with one that does."""
        order = np.random.default_rng((self._seed, number)).permutation(len(self.results)).tolist()
        failing = [place for place in order if not self.results[place].passes]
        places = order[: self._most]
        if failing[0] not in places:
            places[-1] = failing[0]
        return Suite(tuple(places), places.index(failing[0]))
