"""Spectra and patches: formulae against worked examples, edits against texts."""

from __future__ import annotations

from math import inf, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.envs import TaskCommand, TaskKind
from debugworld.envs.page import spans
from debugworld.envs.patch import compiled, edited, patch, similarity, size
from debugworld.envs.spectrum import (
    FORMULAE,
    Spectrum,
    code_lines,
    credit,
    dstar,
    lines_run,
    ochiai,
    rank_of,
    ranking,
    tarantula,
)
from debugworld.sandboxes.debugger import IllegalAction, Program
from debugworld.sandboxes.debugger.recorder import record

SOURCE = "def f(x):\n    y = x\n\n    if x:\n        y = 2\n    return y\n"


def test_the_formulae() -> None:
    assert ochiai(2, 1, 2, 3) == pytest.approx(2 / sqrt(2 * 3))
    assert tarantula(2, 1, 2, 3) == pytest.approx(1 / (1 + 1 / 3))
    assert ochiai(0, 3, 2, 3) == tarantula(0, 3, 2, 3) == 0
    assert ochiai(0, 0, 0, 0) == tarantula(0, 0, 0, 0) == 0
    assert tarantula(1, 0, 1, 0) == 1
    assert dstar(2, 1, 3, 3) == 2**2 / (1 + 1) and dstar(0, 0, 2, 3) == 0
    assert dstar(2, 0, 2, 3) == inf


@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9), st.integers(0, 9))
def test_suspicion_is_a_share(failed: int, passed: int, failing: int, passing: int) -> None:
    if failed <= failing and passed <= passing:
        assert 0 <= ochiai(failed, passed, failing, passing) <= 1
        assert 0 <= tarantula(failed, passed, failing, passing) <= 1


def test_the_ranking_puts_what_only_failing_runs_have_first() -> None:
    spectrum = Spectrum.of([((1, 2, 4), False), ((1, 2), True), ((1, 3), True)])
    assert spectrum.counts(2) == (1, 1)
    for formula in FORMULAE:
        assert ranking(spectrum, (1, 2, 3, 4), formula) == [4, 2, 1, 3]


def test_credit_is_the_share_that_need_not_be_inspected() -> None:
    assert [credit(rank, 10) for rank in (0, 1, 2, 6)] == [0, 1, 0.9, 0.5]
    assert rank_of([3, 5, 2], {2, 5}) == 2 and rank_of([3], {2}) == 0


def test_the_lines_of_a_run_are_those_of_the_source() -> None:
    program = Program(SOURCE, "f(0)")
    assert lines_run(program, record(program).states) == (2, 4, 6)
    assert code_lines(SOURCE) == (1, 2, 4, 5, 6)


@given(st.sets(st.integers(1, 40)))
def test_spans_read_back(lines: set[int]) -> None:
    text = spans(sorted(lines))
    found: list[int] = []
    for part in filter(None, text.split(", ")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    assert found == sorted(lines)


@pytest.mark.parametrize(
    ("kind", "line", "text", "result"),
    [
        (TaskKind.EDIT, 2, "    y = 1", SOURCE.replace("y = x", "y = 1")),
        (TaskKind.EDIT, 2, "    y = 1\n    z = 2", SOURCE.replace("y = x", "y = 1\n    z = 2")),
        (TaskKind.EDIT, 2, "", SOURCE.replace("    y = x", "")),
        (TaskKind.DELETE, 2, "", SOURCE.replace("    y = x\n", "")),
        (TaskKind.INSERT, 1, "import re", "import re\n" + SOURCE),
        (TaskKind.INSERT, 7, "f(1)", SOURCE + "f(1)\n"),
        (TaskKind.REPLACE, 4, "    y = 3\n", "def f(x):\n    y = x\n\n    y = 3\n    return y\n"),
        (TaskKind.REPLACE, 1, "def f(x):\n    return 2\n", "def f(x):\n    return 2\n"),
    ],
)
def test_edits(kind: TaskKind, line: int, text: str, result: str) -> None:
    assert edited(SOURCE, TaskCommand(kind, line, text)) == result


@pytest.mark.parametrize(
    ("kind", "line", "text", "reason"),
    [
        (TaskKind.EDIT, 7, "x", "no line 7; edit takes the lines 1 to 6"),
        (TaskKind.INSERT, 8, "x", "no line 8; insert takes the lines 1 to 7"),
        (TaskKind.DELETE, 9, "", "no line 9"),
        (TaskKind.EDIT, 2, "    y = x", "change nothing"),
        (TaskKind.REPLACE, 3, "x", "no statement begins at line 3"),
    ],
)
def test_edits_that_are_none(kind: TaskKind, line: int, text: str, reason: str) -> None:
    with pytest.raises(IllegalAction, match=reason):
        edited(SOURCE, TaskCommand(kind, line, text))


def test_a_decorated_function_is_replaced_whole() -> None:
    source = "import functools\n@functools.cache\ndef f():\n    return 1\nx = 2\n"
    command = TaskCommand(TaskKind.REPLACE, 2, "def f():\n    return 3")
    assert edited(source, command) == "import functools\ndef f():\n    return 3\nx = 2\n"


def test_what_cannot_be_debugged_is_told() -> None:
    assert compiled(SOURCE, "f(1)", 8) is None
    assert "8 lines, and 7 are allowed" in str(compiled(SOURCE, "f(1)", 7))
    assert "does not define 'g'" in str(compiled(SOURCE, "g(1)", 20))
    assert "line 2" in str(compiled("def f(x):\nreturn", "f(1)", 20))


lines = st.lists(st.sampled_from(["a = 1", "b = 2", "", "-- x", "++ y", "c = 3"]), max_size=8)


@given(lines, lines)
def test_patches(old: list[str], new: list[str]) -> None:
    before, after = ("".join(line + "\n" for line in each) for each in (old, new))
    assert (patch(before, after) == "") is (old == new)
    assert similarity(before, after, after) == (0 if old == new else 1)
    assert similarity(before, before, after) == 0
    assert (size(before, after) == 0) is (old == new)
    assert size(before, after) <= max(len(old), len(new))
