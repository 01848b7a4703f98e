"""Lines at fault by a line diff."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from debugworld.envs.origins.difference import lines_at_fault

RIGHT = "def f(x):\n    y = x + 1\n    y *= 2\n    return y\n"


@pytest.mark.parametrize(
    ("buggy", "lines"),
    [
        (RIGHT.replace("+ 1", "- 1"), (2,)),
        (RIGHT.replace("    y *= 2\n", ""), (3,)),
        (RIGHT.replace("    y *= 2\n", "    y *= 2\n    y = 0\n"), (4,)),
        (RIGHT.replace("    return y\n", ""), (3,)),
        (RIGHT.replace("x + 1", "x  +  1  # one more").replace("    y *= 2", "\n    y *= 2"), ()),
        (RIGHT.replace("    y *= 2", "        y *= 2"), (3,)),
        (RIGHT.replace("f(x):", "f(x:"), (1,)),
    ],
)
def test_lines(buggy: str, lines: tuple[int, ...]) -> None:
    assert lines_at_fault(buggy, RIGHT) == lines


def test_agrees_with_lines_found_by_others(shared_data: Path) -> None:
    """The rows' own lines come from a diff that leaves out annotations and imports, too."""
    rows = [json.loads(line) for line in (shared_data / "bugs_dev.jsonl").read_text("utf-8").splitlines()]
    same = sum(lines_at_fault(row["buggy"], row["fixed"]) == tuple(row["bug_lines"]) for row in rows)
    assert same >= 0.95 * len(rows), f"{same} of {len(rows)}"
