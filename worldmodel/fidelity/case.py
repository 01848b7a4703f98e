"""A case: a program with its real run, and what a measure needs to ask about it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger import ExitCode, Program, ProgramError, State, StateTree, Trace
from debugworld.worldmodel.crux import CruxRow

SLACK = 16
"""States beyond twice the true run's after which a dream is ended: it is wrong by then."""


@dataclass(frozen=True)
class Case:
    """One program, as it really runs."""

    program: Program
    """What runs."""
    trace: Trace
    """How it really runs."""
    box: Sandbox
    """Where other runs of it are made, for what one run does not tell."""
    row: CruxRow | None = None
    """The row that it comes from, where it is one of CRUXEval's."""

    @property
    def key(self) -> str:
        """16 hexadecimal digits that tell the case from others."""
        return self.program.digest[:16]

    @cached_property
    def tree(self) -> StateTree:
        """All states of the run, the exit included."""
        return StateTree([*self.trace.states, self.trace.final])

    @property
    def states(self) -> Sequence[State]:
        """The states of `tree`."""
        return self.tree.states

    @property
    def budget(self) -> int:
        """States that a dream of it may have."""
        return 2 * len(self.tree) + SLACK

    def chance(self, seed: int, measure: str) -> random.Random:
        """Returns the source of chance of a measure: the same for every subject."""
        return random.Random(f"{seed} {measure} {self.program.digest}")


def usable(trace: Trace, program: Program) -> bool:
    """Whether a run can be asked about: it has states, came to an end, and has lines to stop at."""
    return bool(trace.states) and trace.exit.code is not ExitCode.NEVER and bool(program.outline.stop_lines)


class UnstableTruth(ValueError):
    """Two recordings of one program differ, so neither is the truth."""


def record_case(
    box: Sandbox, program: Program, row: CruxRow | None = None, *, twice: bool = True
) -> Case | None:
    """Records a case; None where the program cannot be asked about.

    Args:
        box: runs it.
        program: what runs.
        row: the row that it comes from.
        twice: whether a second, independent recording has to agree.

    Raises:
        UnstableTruth: it does not.
        SandboxError: the box failed.
    """
    try:
        trace = box.record(program)
    except ProgramError:
        return None
    if not usable(trace, program):
        return None
    if twice:
        again = box.record(program)
        if (again.states, again.exit) != (trace.states, trace.exit):
            raise UnstableTruth(
                f"{program.name}: two recordings differ; it depends on time, chance or addresses"
            )
    return Case(program, trace, box, row)


def positions(case: Case, choose: random.Random, count: int) -> Iterator[int]:
    """Draws places of a run from which something can follow."""
    for _ in range(count):
        yield choose.randrange(len(case.tree) - 1)
