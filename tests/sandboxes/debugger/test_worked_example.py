"""Golden test: the worked example of the neural debugger paper (fig. C.1), forward and backward."""

from __future__ import annotations

import pytest

from debugworld.sandboxes.debugger import (
    Action,
    Breakpoint,
    Event,
    IllegalAction,
    Program,
    RecordedDebugger,
)
from debugworld.sandboxes.debugger.recorder import record

SOURCE = """\
def count(s, t):
    n = 0
    for c in s:
        n += int(c == t)
    return n
"""
CALL = 'count("berry", "r")'
ENTRY = f"return {CALL}"


def _loop() -> list[tuple[str, str, dict[str, str]]]:
    """The alternation of the loop's lines over b e r r y, with n as it stands before each."""
    states = []
    bound: dict[str, str] = {"n": "0"}
    for letter, after in zip("berry", (0, 0, 1, 2, 2), strict=True):
        states.append(("line", "for c in s:", dict(bound)))
        bound["c"] = repr(letter)
        states.append(("line", "n += int(c == t)", dict(bound)))
        bound["n"] = str(after)
    return [*states, ("line", "for c in s:", dict(bound)), ("line", "return n", dict(bound))]


ARGUMENTS = {"s": "'berry'", "t": "'r'"}
GOLDEN = [
    ("call", "def main():", 0, {}, None),
    ("line", ENTRY, 0, {}, None),
    ("call", "def count(s, t):", 1, ARGUMENTS, None),
    ("line", "n = 0", 1, ARGUMENTS, None),
    *((event, source, 1, ARGUMENTS | bound, None) for event, source, bound in _loop()),
    ("return", "return n", 1, ARGUMENTS | {"n": "2", "c": "'y'"}, "2"),
    ("return", ENTRY, 0, {}, "2"),
]


@pytest.fixture
def debugger() -> RecordedDebugger:
    """Stands at the entry of the worked example."""
    made = RecordedDebugger(record)
    made.reset(Program(SOURCE, CALL))
    return made


def _seen(debugger: RecordedDebugger) -> tuple[object, ...]:
    state = debugger.state
    return (state.event.value, state.source, state.depth, state.locals, state.value)


def test_trace_is_the_papers_state_by_state() -> None:
    trace = record(Program(SOURCE, CALL))
    seen = [(s.event.value, s.source, s.depth, s.locals, s.value) for s in trace.states]
    assert seen == GOLDEN
    assert trace.exit.to_json() == {"code": "normal", "reason": "exit"}
    assert [list(state.locals) for state in trace.states[5:7]] == [["s", "t", "n", "c"]] * 2
    assert {state.function for state in trace.states} == {"main", "count"}
    assert [state.line for state in trace.states[:4]] == [6, 7, 1, 2]


def test_step_into_walks_the_trace_and_back_into_walks_it_back(debugger: RecordedDebugger) -> None:
    into, back = Action.parse("step_into"), Action.parse("back_into")
    forward = [_seen(debugger)]
    while not debugger.done:
        debugger.step(into)
        forward.append(_seen(debugger))
    assert forward[:-1] == GOLDEN
    assert debugger.state.event is Event.EXIT
    backward = []
    while debugger.position:
        debugger.step(back)
        backward.append(_seen(debugger))
    assert backward == GOLDEN[::-1]


def test_forward_moves(debugger: RecordedDebugger) -> None:
    step = debugger.step
    step(Action.parse("step_over"))
    assert _seen(debugger) == GOLDEN[1]
    step(Action.parse("step_over"))
    assert _seen(debugger) == GOLDEN[-1], "step over never goes down into count"
    assert step(Action.parse("step_over")).event is Event.EXIT

    debugger.reset(debugger.program)
    step(Action.parse("run_to 4"))
    assert _seen(debugger) == GOLDEN[5]
    step(Action.parse("step_return"))
    assert _seen(debugger) == GOLDEN[-2], "step return stops at the return of the current level"
    step(Action.parse("step_over"))
    assert _seen(debugger) == GOLDEN[-1], "at the level's end, one level up"
    debugger.reset(debugger.program)
    assert step(Action.parse("continue")).event is Event.EXIT, "with no breakpoint set, to the exit"


def test_inverse_moves(debugger: RecordedDebugger) -> None:
    step = debugger.step
    step(Action.parse("continue"))
    step(Action.parse("back_into"))
    assert _seen(debugger) == GOLDEN[-1]
    step(Action.parse("back_over"))
    assert _seen(debugger) == GOLDEN[1], "skips the callee"
    step(Action.parse("run_to 4"))
    step(Action.parse("back_to_call"))
    assert _seen(debugger) == GOLDEN[2], "the call shows the function's arguments"
    step(Action.parse("back_over"))
    assert _seen(debugger) == GOLDEN[1], "at the level's start, one level up"
    step(Action.parse("reverse_continue"))
    assert _seen(debugger) == GOLDEN[0], "no breakpoint: the entry"
    with pytest.raises(IllegalAction, match="entry"):
        step(Action.parse("back_into"))


def test_persistent_breakpoints_in_both_directions(debugger: RecordedDebugger) -> None:
    step = debugger.step
    step(Action.parse("break 4"))
    assert debugger.breakpoints == (Breakpoint(4),)
    hits = []
    while step(Action.parse("continue")).event is not Event.EXIT:
        hits.append(debugger.state.locals["c"])
    assert hits == ["'b'", "'e'", "'r'", "'r'", "'y'"]
    back = []
    while debugger.position:
        step(Action.parse("reverse_continue"))
        back.append(debugger.state.locals.get("c"))
    assert back == ["'y'", "'r'", "'r'", "'e'", "'b'", None]
    step(Action.parse("clear 4"))
    assert step(Action.parse("continue")).event is Event.EXIT


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ("break 1", "never bind.*nearest line that can stop is 2"),
        ("run_to 99", "never bind"),
        ("clear 4", "no breakpoint on line 4"),
        ("back_over", "entry"),
        ("back_to_call", "entry"),
    ],
)
def test_illegal_actions_are_refused_with_a_reason(debugger: RecordedDebugger, action: str, why: str) -> None:
    before = debugger.state
    with pytest.raises(IllegalAction, match=why):
        debugger.step(Action.parse(action))
    assert debugger.state is before


def test_no_forward_move_from_the_exit(debugger: RecordedDebugger) -> None:
    debugger.step(Action.parse("continue"))
    with pytest.raises(IllegalAction, match="ended"):
        debugger.step(Action.parse("step_into"))
    assert debugger.step(Action.parse("back_to_call")).source == "def main():"


@pytest.mark.parametrize("text", ["fly", "run_to", "step_into 0", "break 0", ""])
def test_texts_that_are_no_action(text: str) -> None:
    with pytest.raises(IllegalAction):
        Action.parse(text)


def test_a_debugger_without_a_program_says_so() -> None:
    with pytest.raises(IllegalAction, match="reset"):
        RecordedDebugger(record).step(Action.parse("step_into"))
