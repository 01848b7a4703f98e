"""Verdicts: what a program's cases come to when they are run in a box."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from debugworld.sandboxes.debugger import Program, ProgramError, Trace

from .answer import outcome
from .bug import Bug, Case
from .judge import same

Record = Callable[[Program], Trace]
"""Runs a program in a box."""
NOT_RIGHT = "cases that the right program does not pass"
"""Why a case is left out."""
NOT_FAULTY = "bugs whose every case the faulty program passes"
"""Why a bug is left out."""


def comes_to(record: Record, source: str, expression: str) -> str | None:
    """Returns the text of what an expression comes to in a program; None where it comes to nothing.

    Raises:
        SandboxError: the box failed.
    """
    try:
        return outcome(record(Program(source, expression)))
    except ProgramError:
        return None


def expected_value(record: Record, bug: Bug, case: Case) -> str | None:
    """Returns the text of what a case expects, evaluated with the right program unless it is a literal.

    Raises:
        SandboxError: the box failed.
    """
    try:
        return repr(ast.literal_eval(case.expected))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return comes_to(record, bug.fixed, case.expected)


def passes(record: Record, source: str, call: str, expected: str) -> bool:
    """Tells whether a call in a program comes to a value, as `judge.same` compares them.

    Raises:
        SandboxError: the box failed.
    """
    found = comes_to(record, source, call)
    return found is not None and same(found, expected)


def checked(record: Record, bug: Bug, left_out: Counter[str]) -> Bug | None:
    """Returns a bug with the cases that its right program passes; None where the faulty one passes them, too.

    Args:
        record: runs a program.
        bug: one whose cases nobody ran yet.
        left_out: counts what is left out, by reason.

    Raises:
        SandboxError: the box failed.
    """
    kept: list[Case] = []
    faulty = False
    for case in bug.cases:
        expected = expected_value(record, bug, case)
        if expected is None or (bug.fixed and not passes(record, bug.fixed, case.call, expected)):
            left_out[NOT_RIGHT] += 1
            continue
        kept.append(case)
        faulty = faulty or not passes(record, bug.buggy, case.call, expected)
    if faulty:
        return replace(bug, cases=tuple(kept))
    left_out[NOT_FAULTY] += 1
    return None
