"""Each operator does what its name says, once at each place, and leaves the rest of the text alone."""

from __future__ import annotations

import ast
import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.envs.mutants import OPERATORS
from debugworld.envs.mutants.operators import mutations_of
from debugworld.worldmodel.data.programs import generate

PROGRAM = '''\
@dec
class C(B):
    """A text."""

    def f(self, xs: list[int], n: int = 3) -> "int":
        for x in xs[1:n]:  # a comment
            if x < n and not x:
                break
            try:
                y = -x & ~3
            except KeyError:
                y = "a" + "b"
            y += n / 2
        while self.z is None:
            continue
        return y % n
'''
EXPECTED = {
    "AOD": {"            y = x & ~3".replace("    y", "        y")},
    "AOR": {
        "        return y // n",
        "        return y * n",
        "            y += n // 2",
        "            y += n * 2",
    },
    "ASR": {"            y -= n / 2"},
    "BCR": {"                continue", "            break"},
    "COD": {"            if x < n and x:"},
    "COI": {"            if not (x < n and not x):", "        while not (self.z is None):"},
    "DDL": set(),
    "EHD": {"                raise"},
    "EXS": {"                pass"},
    "LCR": {"            if x < n or not x:"},
    "LOD": {"                y = -x & 3"},
    "LOR": {"                y = -x | ~3"},
    "OIL": {"            break"},
    "RIL": {"        for x in reversed(xs[1:n]):  # a comment"},
    "ROR": {
        "            if x <= n and not x:",
        "            if x > n and not x:",
        "        while self.z is not None:",
    },
    "SIR": {"        for x in xs[:n]:  # a comment", "        for x in xs[1:]:  # a comment"},
    "SVD": {"        while z is None:"},
    "ZIL": {"            break"},
}


def changed(source: str, mutant: str) -> tuple[list[str], list[str]]:
    lines = list(difflib.ndiff(source.splitlines(), mutant.splitlines()))
    return [s[2:] for s in lines if s[0] == "-"], [s[2:] for s in lines if s[0] == "+"]


@pytest.mark.parametrize("operator", EXPECTED)
def test_what_an_operator_writes(operator: str) -> None:
    mutants = [m.source() for m in mutations_of(PROGRAM) if m.operator == operator]
    added = [changed(PROGRAM, mutant)[1] for mutant in mutants]
    assert mutants and {line for lines in added for line in lines} == EXPECTED[operator]
    assert all(len(lines) <= 1 for lines in added)


def test_constants_and_variables_are_one_off() -> None:
    def lines(operator: str) -> set[str]:
        mutants = [m.source() for m in mutations_of(PROGRAM) if m.operator == operator]
        return {line.strip() for mutant in mutants for line in changed(PROGRAM, mutant)[1]}

    assert {'def f(self, xs: list[int], n: int = 4) -> "int":', "y = \"a\" + ''"} <= lines("CRP")
    assert {"if (x + 1) < n and not x:", "if x < (n - 1) and not x:", "return y % (n + 1)"} <= lines("UOI")
    assert "# a comment" in "".join(lines("CRP"))


def test_statements_are_deleted_but_for_texts_and_definitions() -> None:
    mutants = [m.source() for m in mutations_of(PROGRAM) if m.operator == "SDL"]
    assert len(mutants) == 10
    for mutant in mutants:
        assert '"""A text."""' in mutant and "def f" in mutant and mutant.count("pass") == 1


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_mutants_of_any_program_parse(seed: int) -> None:
    source = generate(seed).program.text
    for mutation in mutations_of(source)[::5]:
        text = mutation.source()
        assert mutation.operator in OPERATORS and text != source
        ast.parse(text)  # it may still not compile: a name may be bound no more
