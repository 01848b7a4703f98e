"""Bugs from a file of rows: a faulty program and its repair with tests, one JSON object each.

A row has ``buggy``, ``fixed`` and ``tests`` (a list of ``{"call", "expected"}``); it may
have ``id`` or ``name``, ``group``, ``bug_lines``, ``description`` and ``bug_kind``. A row
without ``tests`` may have ``test_code`` (statements) instead: what of it are plain
assertions becomes cases.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Any

from debugworld.envs.bug import Bug, Case
from debugworld.envs.errors import TaskError

from .difference import lines_at_fault
from .programs import NO_CASES, check_cases
from .table import Hub, field_of, read_table

NO_COMPILE = "programs that do not compile, which no debugger can enter"
"""Why a row is left out."""


def bug_rows(path: str, left_out: Counter[str]) -> Iterator[Bug]:
    """Yields the bugs of a file.

    Args:
        path: the file.
        left_out: counts what is left out, by reason.

    Raises:
        TaskError: the file cannot be read, or a row is no bug.
    """
    names: Counter[str] = Counter()
    for place, row in read_table(Hub(path), path):
        buggy, fixed = field_of(row, place, "buggy"), field_of(row, place, "fixed")
        name = str(row.get("id") or row.get("name") or place)
        group = str(row.get("group") or name)
        cases = _pairs(row.get("tests") or [], place)
        if not cases and isinstance(row.get("test_code"), str):
            cases = check_cases(row["test_code"], str(row.get("entry_point") or "candidate"))
        lines = row.get("bug_lines") or lines_at_fault(buggy, fixed)
        if not isinstance(lines, (list, tuple)) or not all(
            isinstance(line, int) and 0 < line <= buggy.count("\n") + 1 for line in lines
        ):
            raise TaskError(f"{place}: 'bug_lines' holds numbers of lines of 'buggy', from 1; got {lines}")
        names[name] += 1
        bug = Bug(
            name if names[name] == 1 else f"{name}#{names[name]}",
            group,
            buggy,
            fixed,
            tuple(cases),
            tuple(lines),
            str(row.get("description") or ""),
            str(row.get("bug_kind") or row.get("kind") or ""),
        )
        if usable(bug, left_out):
            yield bug


def usable(bug: Bug, left_out: Counter[str]) -> bool:
    """Tells whether a bug has cases and compiles, and counts it where not."""
    if not bug.cases:
        left_out[NO_CASES] += 1
        return False
    try:
        compile(bug.buggy, bug.name, "exec", dont_inherit=True)
        compile(bug.fixed, bug.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        left_out[NO_COMPILE] += 1
        return False
    return True


def _pairs(tests: Any, place: str) -> list[Case]:
    if not isinstance(tests, (list, tuple)):
        tests = [tests]
    cases = []
    for test in tests:
        call, expected = (test.get("call"), test.get("expected")) if isinstance(test, dict) else (None, None)
        if not (_is_expression(call) and _is_expression(expected)):
            raise TaskError(
                f"{place}: 'tests' is a list of objects with Python expressions in 'call' and 'expected'; "
                f"got {test!r}"
            )
        cases.append(Case(str(call).strip(), str(expected).strip()))
    return cases


def _is_expression(text: Any) -> bool:
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, AttributeError, TypeError, RecursionError, MemoryError):
        return False
    return True
