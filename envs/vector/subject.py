"""What episodes walk over: a run, with what may be asked about it."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.debugger import Exit, ExitCode, Program, Trace

from ..rows import Rows

Subjects = npt.NDArray[np.object_]
"""Each a `Subject` ``(k,)``."""
BROKEN = Trace("", (), Exit(ExitCode.NEVER, "fault"))
"""The run of a program that could not be recorded: nothing but an end."""


class Subject:
    """A run of a program and the questions about it.

    Args:
        program: The program.
        trace: Its run, what may be seen of it, or a dream; `BROKEN` where the box or the model failed.
        rows: What may be asked, by the real run.
        kind: What tells the run from others of the program.
        recorded: The real run, where that is another than is walked over.
    """

    __slots__ = ("key", "number", "program", "recorded", "rows", "trace")

    def __init__(
        self, program: Program, trace: Trace, rows: Rows, kind: Hashable = "", recorded: Trace | None = None
    ) -> None:
        self.program, self.trace, self.rows = program, trace, rows
        self.recorded = trace if recorded is None else recorded
        self.key: tuple[str, Hashable] = (program.digest, kind)
        """Equal for runs that are the same."""
        self.number = -1
        """Its own among those that are drawn again and again; -1 for any other."""


class _Nothing(Rows):
    """Of a run about which nothing can be asked."""

    def draw(self, rng: np.random.Generator) -> None:
        return None


NOTHING = _Nothing(BROKEN, 1)
"""The rows of a run about which nothing can be asked, or that could not be recorded."""
