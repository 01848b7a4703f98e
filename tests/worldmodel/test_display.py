"""A container with one item set looks as the interpreter shows it, or nothing is said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.sandboxes.debugger.limits import MAX_ITEMS
from debugworld.sandboxes.debugger.values import Renderer
from debugworld.worldmodel.markov.display import with_item

values = st.integers(-5, 30) | st.text("a'\",: []{\\é", max_size=3) | st.lists(st.integers(0, 3), max_size=2)
keys = st.integers(-2, 9) | st.text("ab':", max_size=2) | st.booleans() | st.floats(0, 2)


@given(st.lists(values, max_size=5) | st.dictionaries(keys, values, max_size=5), keys, values)
def test_a_set_item_shows_as_it_does(container: Any, key: Any, value: Any) -> None:
    before, told = (Renderer().text(one) for one in (container, value))
    found = with_item(before, f"[{key!r}]", told)
    try:
        container[key] = value
    except (IndexError, TypeError):
        assert found is None
        return
    assert found is None or found == Renderer().text(container)
    kinds = {type(one) for one in (*container, key)} if isinstance(container, dict) else {type(key)}
    if kinds == {int} or kinds == {str}:
        assert found is not None


@pytest.mark.parametrize(
    ("text", "suffix", "value"),
    [
        ("[1, 2]", "[2]", "0"),
        ("[1, 2]", "[0:1]", "[3]"),
        ("[1, 2]", "[0]", "[1, 2]"),
        ("{'a': 1}", "[1]", "0"),
        ("{True: 1}", "[1]", "0"),
        ("{1, 2}", "[1]", "0"),
        ("(1, 2)", "[1]", "0"),
        ("deque([1])", "[0]", "2"),
        ("[1, …]", "[0]", "2"),
        ("{'a': 1}", "['b…']", "2"),
        ("[<A at #1>, 2]", "[1]", "3"),
        ("[1, 2]", ".x", "3"),
        ("[" + "[" * 6 + "]" * 6 + "]", "[0]", "[[[[[[[1]]]]]]]"),
        ("{" + ", ".join(f"{n}: 0" for n in range(MAX_ITEMS)) + "}", "[777]", "1"),
    ],
)
def test_what_is_not_certain_is_not_said(text: str, suffix: str, value: str) -> None:
    assert with_item(text, suffix, value) is None
