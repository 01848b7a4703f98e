"""Actions and their text form."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import (
    BASIC_KINDS,
    Action,
    ActionKind,
    Breakpoint,
    IllegalAction,
    parse_actions,
)

NAMES = st.sampled_from(["n", "total", "größe", "_x"])
EXPRESSIONS = st.sampled_from(
    ["n > 3", "a == 'x; y'", "[i for i in (1, 2)]", "f(1)[0]", "not n", "lambda: 0"]
)
LINES = st.integers(1, 10**6)
FILES = st.sampled_from(["", "", "shapes.py", "pack/__init__.py"])
POINTS = st.builds(
    Breakpoint, LINES, file=FILES, condition=st.none() | EXPRESSIONS, hits=st.integers(1, 9)
) | st.sampled_from(
    list(map(Breakpoint.parse, ("function f.<locals>.g", "exception KeyError hits 2", "failure")))
)
PLAIN = [kind for kind in ActionKind if kind.takes_count]


@st.composite
def actions(draw: st.DrawFn) -> Action:
    kind = draw(st.sampled_from(list(ActionKind)))
    if kind in (ActionKind.BREAK, ActionKind.CLEAR):
        return Action(kind, breakpoint=draw(POINTS))
    if kind is ActionKind.RUN_TO:
        return Action(kind, draw(LINES), file=draw(FILES))
    if kind is ActionKind.SET:
        return Action(kind, name=draw(NAMES), text=draw(EXPRESSIONS))
    if kind in (ActionKind.RUN_UNTIL, ActionKind.EVALUATE):
        return Action(kind, text=draw(EXPRESSIONS))
    return Action(kind, count=draw(st.integers(1, 99)))


@given(actions())
def test_the_text_form_is_read_back(action: Action) -> None:
    assert Action.parse(str(action)) == action
    assert Action.parse(f"  {action}  ") == action
    assert hash(Action.parse(str(action))) == hash(action)
    copied = pickle.loads(pickle.dumps(action))
    assert (copied, copied.code) == (action, action.code)


@given(st.lists(actions(), max_size=6), st.sampled_from([";", "; ", "\n", " ;\n"]))
def test_a_script_is_split_between_actions_only(script: list[Action], between: str) -> None:
    assert parse_actions(between.join(map(str, script))) == script


@given(actions(), actions())
def test_equal_codes_are_equal_moves(one: Action, other: Action) -> None:
    """A table of targets belongs to one action: only those that no table knows share a code."""
    assert (one.code == other.code) == (one == other) or one.code == other.code == -1


@pytest.mark.parametrize("kind", BASIC_KINDS)
def test_every_plain_move_has_a_code(kind: ActionKind) -> None:
    if kind.takes_line:
        return
    assert Action(kind).code >= 0
    assert Action(kind, count=2).code == -1


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("eval n * 2", Action(ActionKind.EVALUATE, text="n * 2")),
        ("p n", Action(ActionKind.EVALUATE, text="n")),
        ("assign n = 1", Action(ActionKind.SET, name="n", text="1")),
        ("set n=1 == 2", Action(ActionKind.SET, name="n", text="1 == 2")),
        ("jump a.py:3", Action(ActionKind.RUN_TO, 3, file="a.py")),
        (
            "break 7 hits 2 if n > 3",
            Action(ActionKind.BREAK, breakpoint=Breakpoint(7, condition="n > 3", hits=2)),
        ),
        ("break 7", Action(ActionKind.BREAK, 7)),
        ("clear function f", Action(ActionKind.CLEAR, breakpoint=Breakpoint.parse("function f"))),
    ],
)
def test_words_that_mean_the_same(text: str, meant: Action) -> None:
    assert Action.parse(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fly",
        "step_into x",
        "step_into 0",
        "step_into -1",
        "run_to",
        "run_to x",
        "run_to 0",
        "run_to 3 4",
        "break",
        "break 0",
        "break x",
        "break function",
        "break 7 if n >",
        "break 7 hits 0",
        "clear",
        "set n",
        "set n == 1",
        "set 1 = n",
        "set n = 1 +",
        "evaluate",
        "evaluate n = 1",
        "run_until",
        "run_until while True: pass",
    ],
)
def test_texts_that_are_no_action(text: str) -> None:
    with pytest.raises(IllegalAction):
        Action.parse(text)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Action(ActionKind.STEP_INTO, 3),
        lambda: Action(ActionKind.STEP_INTO, text="n"),
        lambda: Action(ActionKind.STEP_INTO, breakpoint=Breakpoint(3)),
        lambda: Action(ActionKind.EVALUATE, text="n", count=2),
        lambda: Action(ActionKind.EVALUATE, text="n", name="n"),
        lambda: Action(ActionKind.STEP_OVER, file="a.py"),
    ],
)
def test_actions_that_make_no_sense(make: object) -> None:
    with pytest.raises(IllegalAction):
        make()  # type: ignore[operator]


def test_kinds_are_equal_to_their_words_in_dictionaries_too() -> None:
    assert {kind: kind.value for kind in ActionKind}["step_over"] == "step_over"
    assert ActionKind.BACK_INTO.backward and not ActionKind.STEP_INTO.backward
    assert not ActionKind.EVALUATE.moves and ActionKind.RUN_UNTIL.moves
