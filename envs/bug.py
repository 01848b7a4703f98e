"""Bugs: a program that fails some of its tests, with the program that passes them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from debugworld.sandboxes.debugger import Program


@dataclass(frozen=True, slots=True)
class Case:
    """One test of a program: a call and what it should come to."""

    call: str
    """An expression, evaluated in the program's namespace."""
    expected: str
    """An expression that `call` must be equal to, evaluated in the namespace of the right program."""

    def __str__(self) -> str:
        return f"{self.call} == {self.expected}"


@dataclass(frozen=True, slots=True)
class Bug:
    """A faulty program, its repair, and the tests that tell them apart."""

    name: str
    """What the set calls it; no two bugs of a set share one."""
    group: str
    """What must stay on one side of a split: the problem that the program solves."""
    buggy: str
    """Source of the faulty program."""
    fixed: str
    """Source of the right program; the agent never sees it. Empty where the origin has none."""
    cases: tuple[Case, ...]
    """Tests that the right program passes; the faulty one fails at least one."""
    lines: tuple[int, ...]
    """1-based lines of ``buggy`` at fault; where a line is only missing, the one that it belongs before.
    Empty only where there is no right program."""
    description: str = ""
    """What the program should do."""
    kind: str = ""
    """What is wrong with it, in the words of its origin."""

    def program(self, case: Case) -> Program:
        """Returns the faulty program, entered by a test's call; what is expected stays outside."""
        return Program(self.buggy, case.call, self.name)


@dataclass(frozen=True)
class BugSet:
    """Bugs to draw episodes from."""

    uri: str
    """What names the set."""
    bugs: Sequence[Bug]
    """The bugs, in a fixed order; may be made when they are asked for."""
    trusted: bool
    """Whether the programs are the package's own, so that a plain process may run them."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How much of the origin is no bug of this set, by reason."""
