"""Changed calls: of the same types, reproducible, and kept only where a run shows something new."""

from __future__ import annotations

import ast
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.mutation import Novelty, mutate, mutated, novel
from debugworld.worldmodel.data.programs import generate

SCALARS = st.one_of(
    st.integers(-(10**6), 10**6),
    st.floats(-1e6, 1e6),
    st.booleans(),
    st.text("ab (),9", max_size=8),
    st.none(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.integers(0, 9), st.text("xyz", max_size=3)), inner, max_size=4),
        st.sets(st.integers(0, 50), min_size=1, max_size=4),
    ),
    max_leaves=12,
)


def alike(one: Any, two: Any) -> bool:
    """Whether two values have the same type; of a tuple, also as many parts of the same types."""
    if type(one) is not type(two):
        return False
    if isinstance(one, tuple):
        return len(one) == len(two) and all(map(alike, one, two))
    if isinstance(one, (list, set)):
        kinds = {type(item) for item in one}
        return all(type(item) in kinds for item in two)
    if isinstance(one, dict):
        return {type(v) for v in two.values()} <= {type(v) for v in one.values()}
    return True


@settings(max_examples=300, deadline=None)
@given(VALUES, st.integers(0, 10**6))
def test_types_stay(value: Any, seed: int) -> None:
    new = mutate(value, random.Random(seed))
    assert alike(value, new), (value, new)
    assert ast.literal_eval(repr(new)) == new
    if type(value) is int and value >= 0:
        assert new >= 0


@settings(max_examples=100, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=3), st.integers(0, 1000))
def test_calls_keep_their_shape_and_are_reproducible(values: list[Any], seed: int) -> None:
    call = f"f({', '.join(map(repr, values))}, k={values[0]!r})"
    program = Program("def f(*a, **k):\n    return 1\n", call)
    found = list(mutated(program, seed, 4))
    assert found == list(mutated(program, seed, 4)) and len(set(found)) == len(found) <= 4
    for other in found:
        tree = ast.parse(other.call or "", mode="eval").body
        assert isinstance(tree, ast.Call) and len(tree.args) == len(values)
        assert all(map(alike, values, map(ast.literal_eval, tree.args)))
        assert other.source == program.source and other.call != program.call


def test_relations_are_kept_most_of_the_time() -> None:
    program = Program("def f(a, b, m): ...\n", "f([3, 1, 2], [9, 8, 7], [[1, 2], [3, 4], [5, 6]])")
    found = [ast.literal_eval(p.call[1:] if p.call else "") for p in mutated(program, 0, 200)]
    assert len(found) == 200
    assert sum(len(a) == len(b) for a, b, _ in found) > 120
    assert sum(len({len(row) for row in m}) == 1 for *_, m in found) > 130
    lone = Program("def f(a): ...\n", "f([1, 2, 5, 9])")
    rows = [ast.literal_eval(p.call[1:] if p.call else "") for p in mutated(lone, 0, 200)]
    assert sum(row == sorted(row) for row in rows) > 130
    assert sum(len(set(row)) == len(row) for row in rows) > 120


@pytest.mark.parametrize("call", [None, "f()", "f(x)", "f(None)"])
def test_where_there_is_nothing_to_change(call: str | None) -> None:
    assert not list(mutated(Program("x = 1\ndef f(a=1): ...\n", call), 0, 5))


def test_inner_calls_change_too() -> None:
    program = Program("class A:\n    def __init__(self, n): ...\n    def m(self, s): ...\n", "A(5).m('abc')")
    found = {p.call for p in mutated(program, 0, 30)}
    assert any("A(5)" not in str(call) for call in found) and any("'abc'" not in str(call) for call in found)


def test_only_what_is_new_and_ends_is_novel() -> None:
    source = "def f(n):\n    if n > 5:\n        return 1 // (n - 9)\n    return 0\n"

    def run(n: int) -> Any:
        return record(Program(source, f"f({n})"))

    known = Novelty()
    assert known.add(run(1)) == (True, True)
    assert known.add(run(2)) == (True, False), "another value, the same path"
    assert known.add(run(2)) == (False, False)
    assert novel(run(7), known)
    assert not novel(run(7), known)
    assert not novel(run(9), known), "it raises"


def test_generated_programs_yield_new_runs() -> None:
    tried = kept = 0
    for seed in range(30):
        program, known = generate(seed, 3).program, Novelty()
        known.add(record(program))
        for other in mutated(program, 0, 3):
            tried += 1
            kept += novel(record(other, 2_000), known)
    assert kept > 0.6 * tried > 50
