"""Variation: calls in parts, constants for arguments, children of calls; types and functions are kept."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.search.constants import Constants
from debugworld.worldmodel.search.variation import Arguments, Parent, children, seeded

CLOSE = Program(
    "def close(word, n=3, *, pairs=()):\n"
    "    if word == 'sesame' and n > 41:\n"
    "        return pairs\n"
    "    return word[::-1] + '!'\n",
    "close('a', n=7, pairs=[(1, 'x')])",
)


def test_a_call_is_taken_apart_and_put_together() -> None:
    for call in ("close('a', n=7, pairs=[(1, 'x')])", "A(3).b(x, [1])", "f()"):
        assert str(Arguments.of(call)) == call
    assert (
        Arguments.of("f(*[1])") is Arguments.of("f(**{})") is Arguments.of("3 +") is Arguments.of("3") is None
    )
    found = Arguments.of("f(x, n=2)")
    assert found is not None and found.values[1] == 2 and str(found.with_value(1, [4])) == "f(x, n=[4])"
    assert found.with_value(1, float("nan")) is found


def test_constants_are_those_of_the_text_and_the_target() -> None:
    found = Constants(CLOSE, "['dcba!', 5]")
    assert {"dcba!", "!abcd", "abcd", "sesame", "!"} <= set(found.like(""))
    assert {5, 3, 41} <= set(found.like(0)) and 41.0 in found.like(1.5)
    assert [5, "dcba!"] in found.wanted and found.like({}) == []
    assert Constants(CLOSE).wanted == Constants(CLOSE, "<object>").wanted == []


def test_what_is_looked_for_is_tried_first() -> None:
    found = list(seeded(CLOSE, Constants(CLOSE, "'dcba!'"), 0, 8))
    assert found[0] == "close('dcba!', n=7, pairs=[(1, 'x')])" and len(found) == 8
    assert "close('abcd', n=7, pairs=[(1, 'x')])" in found
    assert found == list(seeded(CLOSE, Constants(CLOSE, "'dcba!'"), 0, 8)) == list(dict.fromkeys(found))
    assert list(seeded(replace(CLOSE, call="close(None)"), Constants(CLOSE), 0, 8)) == []


def test_the_programs_constants_are_tried_together() -> None:
    found = list(seeded(CLOSE, Constants(CLOSE), 0, 300))
    assert any("'sesame'" in call and "n=41" in call for call in found)
    assert any("n=42" in call for call in found)


@given(
    st.recursive(
        st.integers()
        | st.text(max_size=5)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.booleans(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    ),
    st.integers(0, 99),
)
def test_a_value_keeps_its_type(value: Any, seed: int) -> None:
    assert type(Constants(CLOSE, "[1, 'a']").put(value, random.Random(seed))) is type(value)


@pytest.mark.parametrize("number", range(6))
def test_children_are_other_calls_of_the_same_types(number: int) -> None:
    program = generate(number, 1 + number % 5).program
    known = Arguments.of(program.call)
    assert known is not None
    parents = [Parent(known, (7.0, 0.5))]
    found = list(children(program, parents, Constants(program), number, 20))
    assert found == list(children(program, parents, Constants(program), number, 20))
    assert found == list(dict.fromkeys(found)) and program.call not in found and len(found) > 3
    for call in found:
        apart = Arguments.of(call)
        assert apart is not None and apart.names == known.names and apart.function == known.function
        assert [type(value) for value in apart.values] == [type(value) for value in known.values]
        replace(program, call=call).check()


def test_children_take_steps_and_arguments_of_one_another() -> None:
    program = Program("def f(a, b):\n    return a + b\n", "f(1, 2)")
    one, other = Arguments.of("f(1000, 2)"), Arguments.of("f(1, 2000)")
    assert one is not None and other is not None
    found = set(children(program, [Parent(one), Parent(other)], Constants(program), 0, 200))
    assert "f(1000, 2000)" in found
    found = set(children(program, [Parent(one, (345,))], Constants(program), 0, 200))
    assert {"f(1345, 2)", "f(1000, 347)"} <= found
    assert list(children(program, [], Constants(program), 0, 5)) == []
