"""Episodes that begin together, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.growing import Growing

from ..answer import CHOICES
from .subject import Subject
from .world import World

Rows = npt.NDArray[np.int64]
_UNKNOWN = -2


class Begun:
    """What some episodes are about, by the numbers of a world; each array is ``int64 (k,)``.

    Args:
        world: The runs.
        subjects: What they walk over.
        rows: What is asked, as `Subject.rows` number it ``(k, 3)``.
    """

    def __init__(self, world: World, subjects: Sequence[Subject], rows: Rows) -> None:
        self.subjects = subjects
        """What they walk over."""
        self.rows = rows
        """What is asked, as `Subject.rows` number it; int64 ``(k, 3)``."""
        starts, asked, offered = rows.T
        self.runs = world.runs(subjects)
        """Numbers of the runs."""
        questions, truths = world.firsts.rows.take(self.runs, axis=0).T
        lengths = world.traces.ends[self.runs] - world.traces.starts[self.runs]
        self.starts = np.where(lengths == 1, 0, starts)
        """Indices of the states where the episodes begin; a run that broke has but one."""
        self.asked = questions + asked
        """Numbers of what is asked; each run's questions have numbers of their own."""
        self.truths = truths + offered // CHOICES
        """Numbers of the true values; each run's have numbers of their own."""
        self.choices = offered % CHOICES
        """Numbers of the choices of candidates, below `CHOICES`."""


class Worked:
    """Rows of numbers by number, each worked out when it is first looked up.

    Args:
        width: Numbers in a row.
    """

    def __init__(self, width: int) -> None:
        self._rows = Growing(np.int32, (width,))

    def look(self, numbers: Rows, work_out: Callable[[int], Sequence[int]]) -> npt.NDArray[np.int32]:
        """Returns rows; int32 ``(k, width)``.

        Args:
            numbers: Of the rows ``(k,)``.
            work_out: Returns a row that was not seen, by the place of its number in ``numbers``; its first
                number is at least -1.
        """
        missing = int(numbers.max()) + 1 - len(self._rows)
        if missing > 0:
            self._rows.add(np.full((missing, self._rows.rows.shape[1]), _UNKNOWN))
        rows: npt.NDArray[Any] = self._rows.rows
        found = rows.take(numbers, axis=0)
        unknown = np.flatnonzero(found[:, 0] == _UNKNOWN)
        if unknown.size:
            for place in unknown.tolist():
                if rows[numbers[place], 0] == _UNKNOWN:
                    rows[numbers[place]] = work_out(place)
            found = rows.take(numbers, axis=0)
        return found
