"""Distances: none between equal values, less the nearer they are, and none for a condition that holds."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.worldmodel.search.closeness import UNKNOWN, gaps, of_condition, of_texts, of_values, value_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_distances_are_within_their_bounds(one: Any, other: Any) -> None:
    assert of_values(one, one) == 0
    assert 0 <= of_values(one, other) <= 1
    assert 0 <= of_texts(repr(one), repr(other)) <= 1
    assert all(isinstance(gap, (int, float)) for gap in gaps(one, other))


@pytest.mark.parametrize(
    ("wanted", "near", "far"),
    [
        (10, 11, 40),
        (1.5, 2, "1.5"),
        ("house", "mouse", "tree"),
        ([1, 2, 3], [1, 2, 4], [1, 2, 90]),
        ([1, 2, 3], [1, 2], [7, 8]),
        ({"a": 1}, {"a": 2}, {"b": 1}),
        ({1, 2}, {1}, {5}),
        ((1, 2), (1, 3), [1, 2]),
    ],
)
def test_nearer_values_are_nearer(wanted: Any, near: Any, far: Any) -> None:
    assert 0 < of_values(near, wanted) < of_values(far, wanted) <= 1


def test_what_is_no_literal_is_compared_as_text() -> None:
    assert of_texts("<a>", "<a>") == 0
    assert 0 < of_texts("<Node 1>", "<Node 2>") < of_texts("<Node 1>", "7")


def test_gaps_tell_by_how_much_numbers_are_off() -> None:
    assert gaps(3, 10) == [7] and gaps(3, 3) == [] and gaps(True, 3) == []
    assert gaps({"sum": [1, 5], "x": "a"}, {"sum": [4, 5], "x": "b"}) == [3]
    assert gaps(10**40, 1) == [] and gaps("a", 1) == []


LOCALS = {"n": "5", "words": "['a', 'b']", "d": "{'k': 3}", "o": "<object>", "s": "'abc'", "z": "0"}


def test_values_of_simple_expressions_are_told() -> None:
    def told(text: str) -> Any:
        return value_of(ast.parse(text, mode="eval").body, LOCALS)

    assert told("n + 2 * len(words)") == 9 and told("words[-1]") == "b" and told("d['k']") == 3
    assert told("-4") == -4 and told("max(words)") == "b" and told("n % 3") == 2
    for text in ("o", "o + 1", "missing", "n / z", "words[9]", "s * 99", "len(n)", "open('x')", "n ** n"):
        assert told(text) is UNKNOWN


@pytest.mark.parametrize(
    "condition",
    [
        "n == 5", "n != 4", "n < 6", "n <= 5", "n > 4", "n >= 5", "not n > 5", "'a' in words",
        "'z' not in words",
        "n > 1 and n < 9", "n > 90 or n == 5", "words", "not z", "'b' in s", "z is not None", "words < ['b']",
    ],
)  # fmt: skip
def test_a_condition_is_at_no_distance_where_it_holds(condition: str) -> None:
    test = ast.parse(condition, mode="eval").body
    assert of_condition(test, True, LOCALS) == 0 < of_condition(test, False, LOCALS) <= 1


def test_conditions_get_nearer() -> None:
    test = ast.parse("n == 40 and len(words) > 2", mode="eval").body
    found = [
        of_condition(test, True, {"n": n, "words": words})
        for n, words in [
            ("0", "[]"),
            ("35", "[]"),
            ("35", "[1, 2]"),
            ("40", "[1, 2]"),
            ("40", "[1, 2, 3]"),
        ]
    ]
    assert found == sorted(found, reverse=True) and len(set(found)) == 5
    assert of_condition(ast.parse("f(n) > 3", mode="eval").body, True, LOCALS) == 1
    assert of_condition(ast.parse("1 < n < 3", mode="eval").body, True, LOCALS) == 1
