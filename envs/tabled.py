"""Tasks whose questions about a run are rows of a table, for one environment and for many."""

from __future__ import annotations

from abc import abstractmethod

from debugworld.sandboxes.debugger import Program, Trace

from .answer import same_value
from .command import Answer
from .environment import DebugEnv
from .rows import Row, Rows
from .scene import Question


class TabledEnv(DebugEnv):
    """An environment of such a task; see `DebugEnv`."""

    @property
    def wish(self) -> str:
        """What a caller asks for in place of what would be drawn; empty for nothing."""
        return ""

    @abstractmethod
    def rows(self, program: Program, trace: Trace) -> Rows | None:
        """Returns what may be asked about a real run, the same object every time; None for nothing."""

    @abstractmethod
    def question(self, program: Program, rows: Rows, row: Row) -> Question:
        """Puts a row into words."""

    def _pose(self, program: Program, trace: Trace) -> Question | None:
        rows = self.rows(program, trace)
        row = None if rows is None else rows.draw(self.np_random)
        if rows is None or row is None:
            return None
        self._truth = rows.truth(row) if rows.truths else ""
        self._posed = self.question(program, rows, row)
        return self._posed

    def _answered(self, answer: Answer) -> bool:
        return same_value(answer.text, self._truth)
