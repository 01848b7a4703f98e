"""Breakpoints, counts and output against their definitions, written out naively, on real runs in a box."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Breakpoint,
    BreakpointKind,
    Event,
    Program,
    RecordedDebugger,
    State,
)

PROGRAM = Program(
    """\
import sys
total = 0

class Short(LookupError):
    pass

def f(n):
    global total
    t = 0
    for i in range(n):
        print("turn", i)
        t += g(i, [])
        total += i % 2
    return t + deep(n)

def g(i, seen):
    if i == 2:
        try:
            h(i)
        except LookupError:
            print("caught", file=sys.stderr)
    note(seen, i)
    return i * 2

def h(i):
    if i > 2:
        raise ValueError(i)
    raise Short(i)

def note(seen, i):
    seen.append(i)

def deep(n):
    k = n
    if n:
        print(end="down ")
        k += deep(n - 1)
    return k

def steps(n):
    for i in range(n):
        yield i
        print("step", i)

def use(n):
    return sum(steps(n)) + f(n)
""",
    "use(3)",
    "drill.py",
)
LINES = sorted(PROGRAM.outline.stop_lines)
GLOBALS = ("total",)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process") as sandbox:
        yield sandbox


@dataclass(frozen=True)
class Moment:
    """What is known of one place in time: the state, the stack and the module's variables."""

    state: State
    stack: tuple[tuple[int, str, dict[str, str]], ...]
    """The activations, innermost first: index of the first state, function, locals."""
    variables: dict[str, str]


@dataclass(frozen=True)
class History:
    """A run as it was looked at, state by state."""

    moments: tuple[Moment, ...]
    end: int

    def holds(self, point: Breakpoint, index: int) -> bool:
        """Whether a breakpoint's kind and condition hold at a place, by their definitions."""
        if index == self.end:
            return False
        moment = self.moments[index]
        state = moment.state
        if not self._happens(point, index):
            return False
        if point.condition is None:
            return True
        names: dict[str, Any] = {}
        for shown in (moment.variables, state.locals):
            for name, text in shown.items():
                try:
                    names[name] = ast.literal_eval(text)
                except (ValueError, SyntaxError):
                    names[name] = object()
        try:
            return bool(eval(point.condition, {}, names))
        except Exception:
            return False

    def _happens(self, point: Breakpoint, index: int) -> bool:
        state = self.moments[index].state
        before = self.moments[index - 1] if index else None
        if point.kind is BreakpointKind.LINE:
            return state.event is Event.LINE and state.line == point.line
        if point.kind is BreakpointKind.FUNCTION:
            return state.event is Event.CALL and state.function.split(".")[-1] == point.name
        if point.kind is BreakpointKind.EXCEPTION:
            if state.event is not Event.EXCEPTION or before is None:
                return False
            if before.state.event is Event.EXCEPTION and before.state.value == state.value:
                return False  # a callee reported it
            return self._derives((state.value or "").split(":")[0], point.name)
        if before is None:
            return False
        if not point.function:
            return before.variables.get(point.name) != self.moments[index].variables.get(point.name)
        here, there = (self._innermost(m, point.function) for m in (self.moments[index], before))
        if here is None or there is None or here[0] != there[0]:
            return False
        return here[2].get(point.name) != there[2].get(point.name)

    @staticmethod
    def _innermost(moment: Moment, function: str) -> tuple[int, str, dict[str, str]] | None:
        return next((each for each in moment.stack if each[1] == function), None)

    @staticmethod
    def _derives(name: str, base: str) -> bool:
        bases = {"Short": (LookupError,)}.get(name) or (getattr(builtins, name),)
        wanted = getattr(builtins, base, None)
        return name == base or (wanted is not None and issubclass(bases[0], wanted))

    def passes(self, point: Breakpoint, since: int, index: int) -> bool:
        """Whether a breakpoint that was set at a place stops at another one."""
        if not self.holds(point, index):
            return False
        if point.hits == 1:
            return True
        return sum(self.holds(point, i) for i in range(since + 1, index + 1)) >= point.hits


@cache
def _history(box: Sandbox) -> History:
    with RecordedDebugger(box.record, box.session) as debugger:
        debugger.reset(PROGRAM)
        moments = []
        while not debugger.done:
            tree, position = debugger.tree, debugger.position
            opened = [tree.call_of(place) for place in (position, *tree.callers(position))]
            frames = debugger.frames()
            assert len(frames) == len(opened)
            stack = tuple(
                (call, frame.function, frame.locals) for call, frame in zip(opened, frames, strict=True)
            )
            variables = {name: debugger.evaluate(name).text for name in GLOBALS}
            moments.append(Moment(tree.states[position], stack, variables))
            debugger.step(Action(ActionKind.STEP_INTO))
        return History((*moments, Moment(debugger.tree.states[-1], (), {})), len(moments))


@pytest.fixture(scope="module")
def history(box: Sandbox) -> History:
    return _history(box)


@pytest.fixture(scope="module")
def source(box: Sandbox) -> RecordedDebugger:
    """The debugger whose forks the tests walk with, so that what it learnt is learnt once."""
    debugger = RecordedDebugger(box.record, box.session)
    debugger.reset(PROGRAM)
    return debugger


CONDITIONS = st.none() | st.sampled_from(
    ["i > 0", "i == 2", "total", "n", "len(seen) > 0", "k > n", "nowhere", "t / i > 0", "i % 2 and t < 5"]
)
POINTS = st.one_of(
    st.builds(Breakpoint, st.sampled_from(LINES), condition=CONDITIONS, hits=st.integers(1, 4)),
    st.sampled_from(
        [
            *("function f", "function deep", "function deep hits 2", "function steps", "function main"),
            *("function deep if n < 2", "exception LookupError", "exception Short", "exception ValueError"),
            *("exception Exception hits 2", "exception Short if i > 1", "exception BaseException"),
            *("change total", "change total hits 2", "change t in f", "change seen in g", "change k in deep"),
            *("change i in steps", "change i in f if i == 2", "change n in deep", "change total if i == 1"),
        ]
    ).map(Breakpoint.parse),
)
NOT_TWICE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_the_history_has_something_of_everything(history: History) -> None:
    for text in ("function steps", "exception Short", "change total", "change seen in g", "change k in deep"):
        assert any(history.holds(Breakpoint.parse(text), i) for i in range(history.end)), text
    assert {m.state.event for m in history.moments} == set(Event) - {Event.INSTRUCTION}


@NOT_TWICE
@given(st.data())
def test_breakpoints_stop_where_their_definitions_say(
    source: RecordedDebugger, history: History, data: st.DataObject
) -> None:
    debugger = source.fork()
    since: dict[Breakpoint, int] = {}
    end = history.end
    for _ in range(data.draw(st.integers(1, 8))):
        command = data.draw(st.sampled_from(["break", "break", "clear", "into", "continue", "reverse"]))
        position = debugger.position
        if command == "break":
            point = data.draw(POINTS)
            debugger.step(Action(ActionKind.BREAK, breakpoint=point))
            since.setdefault(point, position)
            assert debugger.position == position
        elif command == "clear" and since:
            point = data.draw(st.sampled_from(list(since)))
            plain = point == Breakpoint(point.line or 1)
            for each in [p for p in since if p == point or plain and p.line == point.line]:
                del since[each]
            debugger.step(Action(ActionKind.CLEAR, breakpoint=point))
        elif command == "into" and position < end:
            count = data.draw(st.integers(1, 40))
            debugger.step(Action(ActionKind.STEP_INTO, count=count))
            assert debugger.position == min(position + count, end)
        elif command == "continue" and position < end:
            debugger.step(Action(ActionKind.CONTINUE))
            later = range(position + 1, end)
            hit = (i for i in later if any(history.passes(p, s, i) for p, s in since.items()))
            assert debugger.position == next(hit, end), since
        elif command == "reverse" and position:
            debugger.step(Action(ActionKind.REVERSE_CONTINUE))
            earlier = range(position - 1, 0, -1)
            hit = (i for i in earlier if any(history.passes(p, s, i) for p, s in since.items()))
            assert debugger.position == next(hit, 0), since
        assert debugger.breakpoints == tuple(since)


@NOT_TWICE
@given(st.data())
def test_run_until_stops_at_the_first_line_under_a_condition(
    source: RecordedDebugger, history: History, data: st.DataObject
) -> None:
    debugger, end = source.fork(), history.end
    position = data.draw(st.integers(0, end - 1))
    if position:
        debugger.step(Action(ActionKind.STEP_INTO, count=position))
    condition = data.draw(CONDITIONS.filter(bool))
    debugger.step(Action(ActionKind.RUN_UNTIL, text=condition or ""))
    lines = (i for i in range(position + 1, end) if history.moments[i].state.event is Event.LINE)
    point = Breakpoint(1, condition=condition)
    true = (i for i in lines if history.holds(replace(point, line=history.moments[i].state.line), i))
    assert debugger.position == next(true, end)


@NOT_TWICE
@given(st.data())
def test_a_count_is_the_move_several_times_with_all_output_of_the_way(
    source: RecordedDebugger, data: st.DataObject
) -> None:
    jumping = source.fork()
    states = jumping.tree.states
    jumping.step(Action.parse("break 12 if i"))
    for _ in range(data.draw(st.integers(1, 6))):
        kind = data.draw(st.sampled_from([k for k in ActionKind if k.takes_count and k.moves]))
        action = Action(kind, count=data.draw(st.integers(1, 12)))
        if jumping.refusal(action) is not None:
            continue
        walking, before = jumping.fork(), jumping.position
        jumping.step(action)
        for _ in range(action.count):
            if walking.refusal(Action(kind)) is None:
                walking.step(Action(kind))
        assert jumping.position == walking.position
        here, there = jumping.state, states[jumping.position]
        passed = states[before + 1 : jumping.position + 1] or [there]
        assert here.stdout == "".join(state.stdout for state in passed)
        assert here.stderr == "".join(state.stderr for state in passed)
        assert replace(here, stdout="", stderr="") == replace(there, stdout="", stderr="")


def test_output_is_that_since_the_previous_stop(source: RecordedDebugger) -> None:
    debugger = source.fork()
    state = debugger.step(Action.parse("continue"))
    everything = "".join(each.stdout for each in debugger.tree.states)
    assert state.event is Event.EXIT and state.stdout == everything and state.stderr == "caught\n"
    assert debugger.tree.states[-1].stdout == "", "the tree's own states keep their own output"
    back = debugger.step(Action.parse("back_into 40"))
    assert back is debugger.tree.states[debugger.position]
    assert debugger.step(Action.parse("continue")).stdout == "".join(
        each.stdout for each in debugger.tree.states[-40:]
    )
    before = debugger.state
    assert debugger.step(Action.parse("break 12")) is before, "what does not move shows the same stop"


def test_a_walk_twice_over_the_same_way_shows_the_same(source: RecordedDebugger) -> None:
    """The second walk is answered by tables."""
    seen = []
    for _ in range(2):
        debugger, states = source.fork(), []
        debugger.step(Action.parse("break 12"))
        for text in ("continue", "step_over", "step_return", "run_to 12", "back_over", "back_to_call") * 2:
            states.append((debugger.step(Action.parse(text)), debugger.position))
        debugger.step(Action.parse("clear 12"))
        states.append((debugger.step(Action.parse("continue")), debugger.position))
        seen.append(states)
    assert seen[0] == seen[1]
    again = source.fork()
    for _ in range(2):
        where = [
            again.step(Action.parse(t)) for t in ("run_to 12", "step_over", "back_to_call", "back_into 99")
        ]
        assert where[-1] == again.tree.states[0]


@pytest.mark.parametrize(
    "text", ["step_instruction", "evaluate x +", "down", "up 99", "clear 12", "run_to 1"]
)
def test_what_cannot_be_done_changes_nothing(source: RecordedDebugger, text: str) -> None:
    debugger = source.fork()
    debugger.step(Action.parse("run_to 12"))
    state, position = debugger.state, debugger.position
    with pytest.raises(ValueError):
        debugger.step(Action.parse(text))
    assert (debugger.state, debugger.position) == (state, position)


def test_what_was_learnt_of_a_way_is_forgotten_with_other_breakpoints(source: RecordedDebugger) -> None:
    debugger = source.fork()
    end, seen = len(debugger.tree) - 1, []
    for command in ("step_into", "break 12", "break 14", "clear 12"):
        debugger.step(Action.parse(command))
        for _ in range(2):
            debugger.step(Action(ActionKind.STEP_INTO))
            debugger.step(Action(ActionKind.BACK_INTO, count=end))
            there = debugger.step(Action.parse("continue")).line
            if not debugger.done:
                debugger.step(Action(ActionKind.STEP_INTO, count=end))
            seen.append((there, debugger.step(Action.parse("reverse_continue")).line))
    first, last = PROGRAM.entry_line, 14
    assert seen == [(0, first)] * 2 + [(12, 12)] * 2 + [(12, last)] * 2 + [(last, last)] * 2
