"""Breakpoints and their text form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import Breakpoint, BreakpointKind, IllegalAction

NAMES = st.sampled_from(["f", "Box.area", "make.<locals>.inner", "hits", "function", "x1", "größe"])
VARIABLES = st.sampled_from(["n", "total", "hits", "größe"])
CONDITIONS = st.none() | st.sampled_from(["n > 3", "'if' in text", "a if b else c", "x[1:2]"])


@st.composite
def breakpoints(draw: st.DrawFn) -> Breakpoint:
    kind = draw(st.sampled_from(list(BreakpointKind)))
    extra: Any = {"condition": draw(CONDITIONS), "hits": draw(st.integers(1, 20))}
    if kind is BreakpointKind.LINE:
        return Breakpoint(
            draw(st.integers(1, 9999)), file=draw(st.sampled_from(["", "a.py", "p/q.py"])), **extra
        )
    if kind is BreakpointKind.FAILURE:
        return Breakpoint(kind=kind, **extra)
    if kind is BreakpointKind.CHANGE:
        owner = draw(st.just("") | NAMES)
        return Breakpoint(kind=kind, name=draw(VARIABLES), function=owner, **extra)
    names = (
        st.sampled_from(["KeyError", "json.JSONDecodeError"]) if kind is BreakpointKind.EXCEPTION else NAMES
    )
    return Breakpoint(kind=kind, name=draw(names), **extra)


@given(breakpoints())
def test_the_text_form_is_read_back(point: Breakpoint) -> None:
    assert Breakpoint.parse(str(point)) == point


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-3",
        "seven",
        "7 7",
        "function",
        "function f g",
        "exception",
        "change",
        "change a.b",
        "change n of f",
        "failure now",
        "7 hits",
        "7 hits none",
        "7 hits 0",
        "7 if",
        "7 if n >",
        "7 if x = 1",
        "7 if n hits 3",
        "a.py:",
    ],
)
def test_texts_that_are_no_breakpoint(text: str) -> None:
    with pytest.raises(IllegalAction):
        Breakpoint.parse(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"line": 3, "name": "f"},
        {"line": 3, "function": "f"},
        {"kind": BreakpointKind.FUNCTION},
        {"kind": BreakpointKind.FUNCTION, "name": "f", "line": 3},
        {"kind": BreakpointKind.FUNCTION, "name": "f", "function": "g"},
        {"kind": BreakpointKind.EXCEPTION, "name": "KeyError", "file": "a.py"},
        {"kind": BreakpointKind.FAILURE, "name": "f"},
        {"line": 3, "hits": 0},
        {"line": 3, "condition": ""},
    ],
)
def test_breakpoints_that_make_no_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(IllegalAction):
        Breakpoint(**wrong)  # type: ignore[arg-type]


def test_names_mean_a_function_by_its_last_parts() -> None:
    point = Breakpoint.parse("function area")
    assert point.names("area") and point.names("Box.area") and point.names("make.<locals>.area")
    assert not point.names("subarea") and not point.names("area.inner")
    change = Breakpoint.parse("change n in Box.area")
    assert change.names_function("Box.area") and change.names_function("m.<locals>.Box.area")
    assert not change.names_function("area")
