"""Bugs: a program that fails some of its tests, with the program that passes them all."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, Self, overload, runtime_checkable

from debugworld.sandboxes.debugger import Program

from .errors import TaskError

_ENTRY_LINES = 2


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

    @property
    def digest(self) -> str:
        """SHA-256 of what is played, in hexadecimal digits: the programs, the cases and the lines."""
        cases = [[case.call, case.expected] for case in self.cases]
        told = json.dumps([self.buggy, self.fixed, cases, self.lines])
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def length(self) -> int:
        """Lines of the longer of the two programs, with its entry."""
        return max(Program(text).text.count("\n") for text in (self.buggy, self.fixed)) + _ENTRY_LINES


@runtime_checkable
class MadeBugs(Protocol):
    """Bugs that are made when they are asked for."""

    left_out: Counter[str]
    """What was dropped so far, by reason."""

    def within(self, max_lines: int) -> Self:
        """Returns bugs of the same kind, none longer than so many lines, and makes none yet."""


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

    @property
    def programs(self) -> Sequence[Program]:
        """The faulty program of each bug, entered by its first case; made as the bugs are."""
        return _Entered(self.bugs)

    def within(self, max_lines: int) -> BugSet:
        """Returns the bugs whose programs have at most so many lines, their entry included.

        Bugs that are made when they are asked for are made of shorter programs, rather
        than all made and most thrown away.

        Raises:
            TaskError: there are none.
        """
        if isinstance(self.bugs, MadeBugs):
            made = self.bugs.within(max_lines)
            return replace(self, bugs=made, left_out=made.left_out)
        tested = [bug for bug in self.bugs if bug.cases]
        kept = tuple(bug for bug in tested if bug.length <= max_lines)
        if not tested:
            raise TaskError(f"{self.uri}: no bug has cases")
        if not kept:
            shortest = min(bug.length for bug in tested)
            raise TaskError(
                f"{self.uri}: every program has more than {max_lines} lines, its entry included; "
                f"use max_lines={shortest} or more"
            )
        return replace(self, bugs=kept)


class _Entered(Sequence[Program]):
    def __init__(self, bugs: Sequence[Bug]) -> None:
        self._bugs = bugs

    def __len__(self) -> int:
        return len(self._bugs)

    @overload
    def __getitem__(self, index: int) -> Program: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Program, ...]: ...
    def __getitem__(self, index: int | slice) -> Program | tuple[Program, ...]:
        if isinstance(index, slice):
            return tuple(bug.program(bug.cases[0]) for bug in self._bugs[index])
        bug = self._bugs[index]
        return bug.program(bug.cases[0])
