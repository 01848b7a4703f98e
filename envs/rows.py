"""What a task may ask about one run, as rows of a table that is made once.

A row is drawn by number. One environment puts its row into words; many look theirs up in arrays.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from debugworld.sandboxes.debugger import Program, Trace

from .answer import CHOICES, Choices, choice, choices
from .goal import Goal
from .query import Query
from .scene import one_line

Row = tuple[int, int, int]
"""Index of the state where the episode begins, number of what is asked, number of the candidates."""


class Rows(ABC):
    """The rows of one run.

    Candidates have the numbers ``truth * CHOICES + choice``.

    Args:
        trace: The real run, or what may be seen of it.
        asked: How many things may be asked.
        truths: The true values that candidates may hold, none twice; none where there are no candidates.
        answers: Candidates of a question at most.
    """

    def __init__(self, trace: Trace, asked: int, truths: Sequence[str] = (), answers: int = 0) -> None:
        self.asked = asked
        """How many things may be asked."""
        self.truths = truths
        """The true values that candidates may hold."""
        self.trace = trace
        """The run that episodes walk over."""
        self._answers = answers

    @property
    def begins(self) -> int:
        """The trial in whose run an episode begins; -1 for none."""
        return -1

    @property
    def wish(self) -> str:
        """What a caller asks for, as `TabledEnv.wish`; empty where it is drawn."""
        return ""

    @property
    def met(self) -> Sequence[int]:
        """The indices of the states of the real run where that is reached; none where it is drawn."""
        return ()

    @property
    def end(self) -> str:
        """The end of a run that is asked for, as in `Question.end`; empty for none."""
        return ""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Row | None:
        """Draws a row; None where nothing can be asked."""

    def goal(self, asked: int) -> Goal | None:
        """Returns the stop to reach that has a number; None where a task has none."""
        return None

    def query(self, asked: int) -> Query | None:
        """Returns the moment and the variable that have a number; None where a task has none."""
        return None

    def trials(self, number: int) -> tuple[tuple[str, Program], ...]:
        """Returns what may be tried beside candidates that have a number: texts, and programs so entered."""
        return ()

    def truth(self, row: Row) -> str:
        """Returns the right answer, on one line."""
        return one_line(self.truths[row[2] // CHOICES])

    def candidates(self, number: int) -> tuple[str, ...]:
        """Returns the candidates that have a number."""
        return choice(self.trace, self.truths[number // CHOICES], self._answers, number % CHOICES)

    def choices(self, truth: int) -> Choices:
        """Returns all choices of candidates for the truth that has a number."""
        return choices(self.trace, self.truths[truth], self._answers)
