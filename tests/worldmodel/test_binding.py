"""Binding arguments to parameters, against Python's own."""

from __future__ import annotations

import ast
import inspect

from hypothesis import given
from hypothesis import strategies as st

from debugworld.worldmodel.markov.binding import bind, constant

SIGNATURES = st.sampled_from(
    [
        "",
        "a",
        "a, b=2",
        "a, /, b, *, c=3",
        "*args",
        "a, *args, k",
        "**rest",
        "a, b=None, *args, k=-1, **rest",
        "a, /, **a2",
    ]
)


@given(
    SIGNATURES,
    st.lists(st.integers(0, 9), max_size=4),
    st.dictionaries(st.sampled_from("abck"), st.integers(0, 9)),
)
def test_arguments_are_bound_as_python_binds_them(
    signature: str, placed: list[int], named: dict[str, int]
) -> None:
    names: dict[str, object] = {}
    exec(f"def f({signature}): pass", names)
    function = names["f"]
    assert callable(function)
    node = ast.parse(f"def f({signature}): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    found = bind(node.args, list(map(repr, placed)), {name: repr(value) for name, value in named.items()})
    try:
        bound = inspect.signature(function).bind(*placed, **named)
    except TypeError:
        assert found is None
        return
    bound.apply_defaults()
    assert found == {name: repr(value) for name, value in bound.arguments.items()}


def test_only_what_nothing_can_change_is_constant() -> None:
    texts = ["1", "-1.5", "'a'", "(1, ('b',))", "()", "None", "[1]", "x", "(x,)", "...", "-'a'"]
    found = [constant(ast.parse(text, mode="eval").body) for text in texts]
    assert found == ["1", "-1.5", "'a'", "(1, ('b',))", "()", "None", None, None, None, None, None]
