"""A case: a program with its real run, and what a measure needs to ask about it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Event,
    ExitCode,
    LiveDebugger,
    Program,
    ProgramError,
    State,
    StateTree,
    Trace,
)
from debugworld.worldmodel.crux import CruxRow

BEYOND = "beyond reach"
"""What a record is called that tells of a question that was not asked."""
LEFT_OUT = "left out"
"""What a record is called that tells why a program was not asked about."""
SEEN = "it was seen in training, by content hash"
"""Why a program is left out that a measure brings."""
SLACK = 16
"""States beyond twice the true run's after which a dream is ended: it is wrong by then."""

_INTO = Action(ActionKind.STEP_INTO)


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
    """The row that it comes from, where a benchmark has it."""
    reach: int | None = None
    """States that a question may lead over; None for any number."""

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

    def budget_from(self, position: int) -> int:
        """Returns the states that a dream may have that goes on behind so many true ones."""
        if self.reach is None:
            return self.budget
        return min(self.budget, position + 1 + 2 * self.reach + SLACK)

    def within(self, states: int) -> bool:
        """Whether a question that leads over so many states is asked."""
        return self.reach is None or states <= self.reach

    def beyond(self, measure: str, states: int) -> dict[str, Any]:
        """Returns the record of a question that is not asked, since it leads over too many states."""
        told = {"case": self.key, "name": self.program.name}
        return {"measure": BEYOND, **told, "of": measure, "states": states}

    def chance(self, seed: int, measure: str) -> random.Random:
        """Returns the source of chance of a measure: the same for every subject."""
        return random.Random(f"{seed} {measure} {self.program.digest}")


def left_out(key: str, name: str, why: str) -> dict[str, Any]:
    """Returns the record of a program that is not asked about."""
    return {"measure": LEFT_OUT, "case": key, "name": name, "why": why}


def unusable(trace: Trace, program: Program) -> str:
    """Returns why a run cannot be asked about; nothing where it can."""
    if trace.exit.code is ExitCode.NEVER:
        long = trace.exit.reason == "step_budget"
        return (
            f"it has {len(trace.states):,} states and more"
            if long
            else f"it does not end ({trace.exit.reason})"
        )
    if not trace.states or not program.outline.stop_lines:
        return "it has no line to stop at"
    return ""


class Unasked(ValueError):
    """A program cannot be asked about; the text says why."""


class UnstableTruth(Unasked):
    """A program's recording is not what it does under the live debugger, so neither is the truth."""


def record_case(
    box: Sandbox,
    program: Program,
    row: CruxRow | None = None,
    *,
    twice: bool = True,
    reach: int | None = None,
) -> Case:
    """Records a case.

    Args:
        box: runs it.
        program: what runs.
        row: the row that it comes from.
        twice: whether the live debugger, which stops the program at each state, has to come to the same.
        reach: states that a question may lead over.

    Raises:
        UnstableTruth: it does not agree.
        Unasked: the program cannot be debugged, or does not end within the box's limits.
        SandboxError: the box failed.
    """
    try:
        trace = box.record(program)
    except ProgramError:
        raise Unasked("it cannot be debugged") from None
    if why := unusable(trace, program):
        raise Unasked(why)
    if twice and _stepped(box, program, len(trace.states)) != [*trace.states, trace.final]:
        raise UnstableTruth("it does not do the same twice; it depends on time, chance or addresses")
    return Case(program, trace, box, row, reach)


def _stepped(box: Sandbox, program: Program, most: int) -> list[State]:
    """Returns the states that the live debugger shows step by step: to the end, or one more than ``most``."""
    with LiveDebugger(box.session) as live:
        found = [live.reset(program)]
        while found[-1].event is not Event.EXIT and len(found) <= most:
            found.append(live.step(_INTO))
    return found


def positions(case: Case, choose: random.Random, count: int) -> Iterator[int]:
    """Draws places of a run from which something can follow."""
    for _ in range(count):
        yield choose.randrange(len(case.tree) - 1)
