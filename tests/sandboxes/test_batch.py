"""The batch moves its cursors like as many recorded debuggers, action by action."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.batch import EVENTS, RecordedBatch, TraceBatch
from debugworld.sandboxes.debugger import Action, Event, Program, RecordedDebugger, Trace
from debugworld.sandboxes.debugger.recorder import record

PROGRAMS = (
    Program(
        "def f(n):\n    # odd ones out\n    t = 0\n"
        "    for i in range(n):\n        t += g(\n            i\n        )\n"
        "    return t\n\ndef g(i):\n    print('g', i)\n    return i * 2\n",
        "f(3)",
    ),
    Program(
        "def f(n):\n    if n:\n        f(n - 1)\n    return h(n)\n\ndef h(n):\n    return 1 // n\n", "f(2)"
    ),
    Program("x = 1\nwhile x < 5:\n    x += 1\nprint(x)\n"),
    Program("def f():\n    raise SystemExit(3)\n", "f()"),
)
LINES = 12


@cache
def runs() -> tuple[tuple[Program, Trace], ...]:
    return tuple((program, record(program)) for program in PROGRAMS)


@cache
def traces() -> TraceBatch:
    return TraceBatch(runs(), LINES)


def debuggers(chosen: list[int]) -> list[RecordedDebugger]:
    made = []
    for number in chosen:
        debugger = RecordedDebugger(lambda program: dict(runs())[program])
        debugger.reset(PROGRAMS[number])
        made.append(debugger)
    return made


def check(batch: RecordedBatch, single: list[RecordedDebugger]) -> None:
    """Everything a batch shows is what the debuggers show."""
    numbering = batch.traces.numbering
    assert batch.positions.tolist() == [each.position for each in single]
    assert batch.done.tolist() == [each.done for each in single]
    for cursor, debugger in enumerate(single):
        state = debugger.state
        assert batch.state(cursor) == state
        assert tuple(np.flatnonzero(batch.breakpoints[cursor])) == debugger.breakpoint_lines
        assert batch.points(cursor) == tuple(point.line for point in debugger.breakpoints)
        assert EVENTS[batch.look(batch.traces.events)[cursor]] is state.event
        assert batch.look(batch.traces.lines)[cursor] == state.line
        assert batch.look(batch.traces.depths)[cursor] == state.depth
    legal = [
        [each.refusal(numbering.action(number)) is None for number in range(len(numbering))]
        for each in single
    ]
    assert batch.masks().tolist() == np.array(legal, np.int8).tolist()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_it_is_the_recorded_debugger_many_times(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(PROGRAMS) - 1), min_size=1, max_size=5))
    batch, single = RecordedBatch(traces(), len(chosen)), debuggers(chosen)
    batch.reset(np.array(chosen))
    check(batch, single)
    numbering = traces().numbering
    plain = st.integers(0, 7)
    any_number = st.one_of(plain, st.integers(0, len(numbering) - 1))
    for _ in range(data.draw(st.integers(1, 12))):
        numbers = [data.draw(any_number) for _ in chosen]
        legal = []
        for debugger, number in zip(single, numbers, strict=True):
            action = numbering.action(number)
            legal.append(debugger.refusal(action) is None)
            if legal[-1]:
                debugger.step(action)
        batch.step(np.array(numbers))
        assert batch.refused.tolist() == [not good for good in legal]
        check(batch, single)


def test_some_cursors_start_anew_while_others_go_on() -> None:
    batch, single = RecordedBatch(traces(), 3), debuggers([0, 0, 2])
    batch.reset(np.array([0, 0, 2]))
    number = traces().numbering.number
    for text in ("break 11", "continue", "step_over"):
        batch.step(np.full(3, number(Action.parse(text))))
        for debugger in single:
            if debugger.refusal(Action.parse(text)) is None:
                debugger.step(Action.parse(text))
    single[1:] = debuggers([1, 3])
    batch.reset(np.array([1, 3]), np.array([1, 2]))
    check(batch, single)
    batch.reset(np.array([1]), np.array([True, False, False]))
    single[0] = debuggers([1])[0]
    check(batch, single)


def test_actions_have_numbers() -> None:
    numbering = traces().numbering
    for number in range(len(numbering)):
        assert numbering.number(numbering.action(number)) == number
    for text in (
        "step_into 2",
        "break 3 if x",
        "break 13",
        "break function f",
        "run_to a.py:3",
        "evaluate x",
    ):
        with pytest.raises(ValueError):
            numbering.number(Action.parse(text))
    with pytest.raises(ValueError, match="0 to"):
        numbering.action(len(numbering))


def test_the_numbers_are_those_of_the_environments() -> None:
    from debugworld.envs.command import CommandSet

    commands, numbering = CommandSet(LINES, 0), traces().numbering
    assert len(commands) == len(numbering)
    assert [commands.action(n) for n in range(len(commands))] == [
        numbering.action(n) for n in range(len(numbering))
    ]


def test_a_table_of_ones_own_is_read_at_the_cursors() -> None:
    batch = RecordedBatch(traces(), 2)
    batch.reset(np.array([0, 2]))
    table = traces().table(lambda program, state: [len(state.locals), len(program.lines)])
    assert table.shape == (len(traces().events), 2)
    batch.step(np.array([0, 0]))
    batch.step(np.array([0, 0]))
    states = [batch.state(0), batch.state(1)]
    assert states[0].event is Event.CALL
    assert batch.look(table).tolist() == [
        [len(states[0].locals), len(PROGRAMS[0].lines)],
        [len(states[1].locals), len(PROGRAMS[2].lines)],
    ]


def test_what_is_wrong_is_said() -> None:
    batch = RecordedBatch(traces(), 2)
    with pytest.raises(ValueError, match="2 cursors"):
        batch.step(np.zeros(3, np.int64))
    for number in (-1, len(traces().numbering)):
        with pytest.raises(ValueError, match="numbers 0 to"):
            batch.step(np.array([0, number]))
    with pytest.raises(IndexError, match="0 to 3"):
        batch.reset(np.array([4, 0]))
    with pytest.raises(ValueError):
        TraceBatch([])
    with pytest.raises(ValueError):
        RecordedBatch(traces(), 0)


def test_runs_are_added_under_the_cursors() -> None:
    grown = TraceBatch(runs()[:1], LINES)
    batch, single = RecordedBatch(grown, 3), debuggers([0, 0, 0])
    number = grown.numbering.number
    for run in (1, 2, 3):
        for text in ("break 11", "continue", "step_into"):
            batch.step(np.full(3, number(Action.parse(text))))
            for debugger in single:
                if debugger.refusal(Action.parse(text)) is None:
                    debugger.step(Action.parse(text))
        grown.extend(runs()[run : run + 1])
        check(batch, single)
        [single[run - 1]] = debuggers([run])
        batch.reset(np.array([run]), np.array([run - 1]))
        check(batch, single)
    whole = traces()
    for table in ("starts", "ends", "events", "lines", "depths", "targets", "binding", "stops"):
        assert (getattr(grown, table) == getattr(whole, table)).all()


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_cursors_that_are_not_meant_stay(data: st.DataObject) -> None:
    batch, single = RecordedBatch(traces(), 3), debuggers([0, 1, 2])
    batch.reset(np.array([0, 1, 2]))
    numbering = traces().numbering
    for _ in range(8):
        numbers = [data.draw(st.integers(0, len(numbering) - 1)) for _ in single]
        meant = np.array([data.draw(st.booleans()) for _ in single])
        batch.step(np.array(numbers), meant)
        for debugger, number, does, refused in zip(single, numbers, meant, batch.refused, strict=True):
            action = numbering.action(number)
            legal = debugger.refusal(action) is None
            assert refused == (does and not legal)
            if does and legal:
                debugger.step(action)
        check(batch, single)


def test_another_run_of_a_source_is_entered_with_the_breakpoints_that_there_are() -> None:
    calls = [Program(PROGRAMS[0].source, f"f({count})") for count in (3, 5)]
    told = [(program, record(program)) for program in calls]
    batch, single = RecordedBatch(TraceBatch(told, LINES), 2), []
    for cursor in range(2):
        debugger = RecordedDebugger(lambda program: dict(told)[program])
        debugger.reset(calls[0])
        single.append(debugger)
        for action in ("break 5", "break 12", "continue", "step_into"):
            debugger.step(Action.parse(action))
            number = batch.traces.numbering.number(Action.parse(action))
            batch.step(np.full(2, number), np.arange(2) == cursor)
    check(batch, single)
    points = single[1].breakpoints
    single[1].reset(calls[1])
    for point in points:
        single[1].bind(point)
    batch.enter(np.array([1]), np.array([1]))
    check(batch, single)
    for _ in range(12):
        for debugger in single:
            if not debugger.done:
                debugger.step(Action.parse("continue"))
        batch.step(np.full(2, batch.traces.numbering.number(Action.parse("continue"))))
        check(batch, single)
