"""Knobs: what may be asked of the generator's programs in a URI."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .generated import GeneratedProgram
from .generator.features import TAGS
from .programs import STATE_BUDGETS, generate

KNOBS = ("difficulty", "tags")
"""Their names in a URI."""
_LEVELS = re.compile(r"([1-9])(?:-([1-9]))?")
_MOST = len(STATE_BUDGETS)


@dataclass(frozen=True, slots=True)
class Knobs:
    """How hard the programs of seeds are, and what they hold; see `programs.generate`."""

    lowest: int = 1
    """The lowest difficulty."""
    highest: int = _MOST
    """The highest; seeds take the difficulties between in turn."""
    tags: frozenset[str] = frozenset()
    """Tags that each program carries all at once."""

    @staticmethod
    def parse(difficulty: str | None = None, tags: str | None = None) -> Knobs:
        """Reads the knobs of a URI: ``difficulty=3`` or ``difficulty=2-4``, and ``tags=while,dict``.

        Raises:
            ValueError: a difficulty is out of range, or there is no such tag.
        """
        lowest, highest, wanted = 1, _MOST, frozenset[str]()
        if difficulty is not None:
            found = _LEVELS.fullmatch(difficulty)
            lowest, highest = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
            if not 1 <= lowest <= highest <= _MOST:
                raise ValueError(
                    f"difficulty is a number from 1 to {_MOST} or a range such as 2-4; got {difficulty!r}"
                )
        if tags is not None:
            wanted = frozenset(tags.split(","))
            if unknown := sorted(wanted - TAGS):
                told = ", ".join(map(repr, unknown))
                raise ValueError(
                    f"there is no tag {told}; there are, joined by commas: {', '.join(sorted(TAGS))}"
                )
        return Knobs(lowest, highest, wanted)

    def level(self, seed: int) -> int:
        """Returns the difficulty of a seed's program."""
        return self.lowest + seed % (self.highest - self.lowest + 1)

    def make(self, seed: int, level: int | None = None) -> GeneratedProgram:
        """Returns the program of a seed.

        Args:
            seed: The seed.
            level: A difficulty in place of the seed's own.

        Raises:
            ValueError: no program with all of the tags came up.
        """
        return generate(seed, self.level(seed) if level is None else level, self.tags)
