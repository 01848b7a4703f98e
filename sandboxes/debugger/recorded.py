"""The real debugger over a recorded run: record once, then every move is a look-up."""

from __future__ import annotations

from collections.abc import Callable

from .program import Program
from .trace import Trace
from .tree import StateTree
from .treed import TreeDebugger


class RecordedDebugger(TreeDebugger):
    """Walks forward and backward over what really happened.

    Args:
        record: Runs a program once and returns its trace; usually the ``record``
            method of a sandbox.
    """

    def __init__(self, record: Callable[[Program], Trace]) -> None:
        super().__init__()
        self._record = record
        self._trace: Trace | None = None

    @property
    def trace(self) -> Trace:
        """The recorded run of the current program."""
        self.program  # noqa: B018  refuses before the first reset
        assert self._trace is not None
        return self._trace

    def _start(self, program: Program) -> StateTree:
        self._trace = self._record(program)
        return StateTree([*self._trace.states, self._trace.final])
