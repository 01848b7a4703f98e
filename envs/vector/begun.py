"""Episodes that begin together, as arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..answer import CHOICES
from .subject import Subjects
from .world import World

Rows = npt.NDArray[np.int64]


class Begun:
    """What some episodes are about, by the numbers of a world; each array is ``int64 (k,)``.

    Args:
        world: The runs.
        subjects: What they walk over ``(k,)``.
        rows: What is asked, as `Subject.rows` number it ``(k, 3)``.
        numbers: Each one's `Subject.number` ``(k,)``; None where some are not known.
    """

    def __init__(self, world: World, subjects: Subjects, rows: Rows, numbers: Rows | None = None) -> None:
        self.subjects = subjects
        """What they walk over."""
        self.rows = rows
        """What is asked, as `Subject.rows` number it; int64 ``(k, 3)``."""
        starts, asked, offered = rows.T
        self.runs = world.runs(subjects, numbers)
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
