"""Program sets of public collections: CRUXEval, HumanEval and MBPP."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from debugworld.envs.bug import Case
from debugworld.sandboxes.debugger import Program

from .straight_line import cases_of
from .table import Hub, field_of, read_table

CRUXEVAL = Hub("cruxeval-org/cruxeval")
HUMANEVAL = Hub("openai/openai_humaneval")
MBPP = Hub("google-research-datasets/mbpp", "full")
MBPP_SANITIZED = Hub("google-research-datasets/mbpp", "sanitized")
NO_CASES = "tests with no assertion that is one expression"
"""Why a row is left out."""


@dataclass(frozen=True)
class ProgramRow:
    """A program of a collection with its tests."""

    group: str
    """The problem that it solves, by one name in every collection that has it."""
    name: str
    """What the collection calls it."""
    source: str
    """The program."""
    calls: tuple[str, ...]
    """Ways to enter it."""
    outputs: tuple[str, ...] = ()
    """For each call an expression that it is equal to."""

    @property
    def programs(self) -> Iterator[Program]:
        """One program for each call."""
        return (Program(self.source, call, self.name) for call in self.calls)


def cruxeval(path: str | None, _left_out: Counter[str]) -> Iterator[ProgramRow]:
    """Yields the functions of CRUXEval (Gu et al., 2024): ``code``, ``input``, ``output``, ``id``."""
    for place, row in read_table(CRUXEVAL, path):
        name = field_of(row, place, "id")
        call = f"f({field_of(row, place, 'input')})"
        output = (row["output"],) if isinstance(row.get("output"), str) else ()
        yield ProgramRow(name, name, field_of(row, place, "code"), (call,), output)


def humaneval(path: str | None, left_out: Counter[str]) -> Iterator[ProgramRow]:
    """Yields the answers of HumanEval (Chen et al., 2021), entered as its assertions do."""
    for place, row in read_table(HUMANEVAL, path):
        name = field_of(row, place, "task_id", "id")
        entry = field_of(row, place, "entry_point")
        source = field_of(row, place, "prompt") + field_of(row, place, "canonical_solution")
        cases = check_cases(field_of(row, place, "test"), entry)
        yield from _entered(humaneval_group(name), name, source, cases, left_out)


def mbpp(path: str | None, left_out: Counter[str]) -> Iterator[ProgramRow]:
    """Yields the answers of MBPP (Austin et al., 2021), full or sanitized, entered as their assertions do."""
    return _mbpp(MBPP, path, left_out)


def mbpp_sanitized(path: str | None, left_out: Counter[str]) -> Iterator[ProgramRow]:
    """Yields the rows that the authors of MBPP checked by hand; a local path is read as it is."""
    return _mbpp(MBPP_SANITIZED, path, left_out)


def _mbpp(hub: Hub, path: str | None, left_out: Counter[str]) -> Iterator[ProgramRow]:
    for place, row in read_table(hub, path):
        number = row.get("task_id")
        imports = "\n".join(_texts(row.get("test_imports")))
        setup = str(row.get("test_setup_code") or "")
        source = "\n".join(part for part in (imports, field_of(row, place, "code"), setup) if part)
        tests = "\n".join(_texts(row.get("test_list")))
        source = source.replace("\r\n", "\n")
        yield from _entered(f"mbpp/{number}", f"MBPP/{number}", source, assertion_cases(tests), left_out)


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _entered(
    group: str, name: str, source: str, cases: list[Case], left_out: Counter[str]
) -> Iterator[ProgramRow]:
    if cases:
        calls, outputs = (case.call for case in cases), (case.expected for case in cases)
        yield ProgramRow(group, name, source, tuple(calls), tuple(outputs))
    else:
        left_out[NO_CASES] += 1


def humaneval_group(name: str) -> str:
    """Returns the group of a problem of HumanEval, by any of its names: ``HumanEval/7``, ``Python/7``."""
    return f"humaneval/{name.rpartition('/')[2]}"


def assertion_cases(text: str) -> list[Case]:
    """Returns the cases of plain statements; of a text that does not parse there are none."""
    try:
        return cases_of(ast.parse(text).body, {})[0]
    except (SyntaxError, ValueError, RecursionError):
        return []


def check_cases(test: str, entry: str) -> list[Case]:
    """Returns the cases of a test in HumanEval's form, a function ``check`` of the function under test."""
    try:
        tree = ast.parse(test)
    except (SyntaxError, ValueError, RecursionError):
        return []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "check" and len(node.args.args) == 1:
            under_test = node.args.args[0].arg
            return cases_of(node.body, {under_test: ast.Name(id=entry, ctx=ast.Load())})[0]
    return assertion_cases(test)
