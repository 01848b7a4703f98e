"""HumanEvalFix: bugs that people put into the answers of HumanEval (Muennighoff et al., 2023, OctoPack)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from debugworld.envs.bug import Bug

from .bug_rows import usable
from .difference import lines_at_fault
from .programs import check_cases, humaneval_group
from .table import Hub, field_of, read_table

HUB = Hub("bigcode/humanevalpack", files="data/python/data/humanevalpack.jsonl")


def humanevalfix(path: str | None, left_out: Counter[str]) -> Iterator[Bug]:
    """Yields the bugs of HumanEvalPack's Python part.

    Args:
        path: a copy of the user's; None for the hub.
        left_out: counts what is left out, by reason.

    Raises:
        TaskError: the rows cannot be had, or one lacks a field.
    """
    for place, row in read_table(HUB, path):
        entry = field_of(row, place, "entry_point")
        number = field_of(row, place, "task_id").rpartition("/")[2]
        head = field_of(row, place, "declaration")
        imports = str(row.get("import") or "").strip()
        if imports:
            head = f"{imports}\n{head}"
        buggy = head + field_of(row, place, "buggy_solution")
        fixed = head + field_of(row, place, "canonical_solution")
        bug = Bug(
            f"HumanEvalFix/{number}",
            humaneval_group(number),
            buggy,
            fixed,
            tuple(check_cases(field_of(row, place, "test"), entry)),
            lines_at_fault(buggy, fixed),
            str(row.get("docstring") or row.get("prompt") or "").strip(),
            str(row.get("bug_type") or ""),
        )
        if usable(bug, left_out):
            yield bug
