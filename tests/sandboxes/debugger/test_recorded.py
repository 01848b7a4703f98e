"""Looking, changing and forking on a recorded run, with live sessions of a real box behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import (
    Action,
    Breakpoint,
    Call,
    Edit,
    Event,
    Exit,
    ExitCode,
    IllegalAction,
    Program,
    RecordedDebugger,
    State,
    Trace,
)
from debugworld.sandboxes.debugger.recorder import record
from debugworld.sandboxes.debugger.session import Session

SOURCE = """\
limit = 10

def f(n):
    xs = [n]
    for i in range(n):
        xs.append(g(i, xs))
        print(i)
    return sum(xs)

def g(i, xs):
    j = i * 2
    if j > limit:
        raise ValueError(j)
    return j
"""
PROGRAM = Program(SOURCE, "f(3)", "sums.py")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process") as sandbox:
        yield sandbox


class Counted:
    """Starts sessions and counts those that are open."""

    def __init__(self, start: Callable[[Program], Session]) -> None:
        self._start = start
        self._open: set[int] = set()
        self.started = 0

    @property
    def open(self) -> int:
        return len(self._open)

    def __call__(self, program: Program) -> Session:
        session, number = self._start(program), self.started
        self.started += 1
        self._open.add(number)
        close = session.close

        def closing() -> None:
            self._open.discard(number)
            close()

        session.close = closing  # type: ignore[method-assign]
        return session


@pytest.fixture
def sessions(box: Sandbox) -> Counted:
    return Counted(box.session)


@pytest.fixture
def debugger(box: Sandbox, sessions: Counted) -> Iterator[RecordedDebugger]:
    with RecordedDebugger(box.record, sessions) as made:
        made.reset(PROGRAM)
        yield made
    assert sessions.open == 0, "close leaves nothing behind"


def do(debugger: RecordedDebugger, *texts: str) -> State:
    for text in texts:
        debugger.step(Action.parse(text))
    return debugger.state


def test_an_expression_is_evaluated_in_any_frame_and_leaves_no_trace(
    debugger: RecordedDebugger, sessions: Counted
) -> None:
    state = do(debugger, "run_to 12")
    assert str(debugger.evaluate("j + limit")) == "10"
    assert debugger.evaluate("xs.append(99) or len(xs)").text == "2"
    assert debugger.evaluate("len(xs)").text == "1", "side effects are discarded"
    assert str(debugger.evaluate("1 / j")) == "exception: ZeroDivisionError: division by zero"
    assert debugger.evaluate("n", 1).text == "3"
    assert debugger.state is state
    do(debugger, "up", "evaluate (n, i)")
    assert (debugger.selected, debugger.reply) == (1, "(3, 0)")
    do(debugger, "down", "evaluate j")
    assert (debugger.selected, debugger.reply) == (0, "0")
    do(debugger, "up 2")
    assert do(debugger, "step_into").line == 14 and debugger.selected == 0 and debugger.reply == ""
    assert sessions.started == 1, "one session goes along while the debugger goes forward"
    do(debugger, "back_into 3", "evaluate i")
    assert (debugger.reply, sessions.started, sessions.open) == ("0", 2, 1)


def test_frames_show_the_callers_as_they_are_now(debugger: RecordedDebugger, sessions: Counted) -> None:
    assert [frame.function for frame in debugger.frames()] == ["main"]
    assert sessions.started == 0, "the innermost frame is the state itself"
    state = do(debugger, "run_to 14")
    inner, outer, entry = debugger.frames()
    assert (inner.function, inner.line, inner.locals) == ("g", 14, state.locals)
    assert (outer.function, outer.line, outer.source) == ("f", 6, "xs.append(g(i, xs))")
    assert outer.locals == {"n": "3", "xs": "[3]", "i": "0"}
    assert (entry.function, entry.depth, entry.locals) == ("main", 0, {})
    do(debugger, "continue")
    assert debugger.frames() == ()


def test_a_call_is_shown_whole_without_a_session(debugger: RecordedDebugger, sessions: Counted) -> None:
    do(debugger, "run_to 6")
    call = debugger.call()
    assert (call.function, call.line, call.arguments, call.value, call.raised) == (
        "f",
        3,
        {"n": "3"},
        "9",
        False,
    )
    assert [(c.function, c.arguments["i"], c.value) for c in call.calls] == [
        ("g", str(i), str(2 * i)) for i in range(3)
    ]
    assert all(c.calls == () for c in call.calls)
    do(debugger, "step_return")
    assert debugger.call() == call, "the same from any of its states"
    do(debugger, "continue")
    with pytest.raises(IllegalAction, match="ended"):
        debugger.call()
    assert sessions.started == 0


def test_a_call_that_raised_or_never_ended_says_so() -> None:
    debugger = RecordedDebugger(record)
    debugger.reset(replace(PROGRAM, call="f(9)"))
    do(debugger, "run_to 13")
    assert (debugger.call().value, debugger.call().raised) == ("ValueError: 12", True)
    debugger = RecordedDebugger(lambda program: record(program, max_events=4))
    debugger.reset(PROGRAM)
    do(debugger, "step_into 3")
    assert debugger.call() == Call("f", 3, {"n": "3"}, None)


def test_an_assignment_changes_the_future_and_not_the_past(
    debugger: RecordedDebugger, box: Sandbox, sessions: Counted
) -> None:
    before = do(debugger, "break 14 hits 2", "break 14 if i == 2", "run_to 12", "run_to 12")
    past, position = debugger.tree.states[: debugger.position], debugger.position
    state = do(debugger, "set j = 7")
    assert debugger.position == position and debugger.tree.states[:position] == past
    assert before.compare(state) == {"locals.j": ("2", "7")}
    assert debugger.program.edits == (Edit(position, 0, "j", "7"),)
    assert debugger.evaluate("j").text == "7"
    assert sessions.open == 1
    assert do(debugger, "step_return").value == "7"
    assert [str(point) for point in debugger.breakpoints] == ["14 hits 2", "14 if i == 2"]
    assert do(debugger, "continue").locals["i"] == "2", "breakpoints are looked for in the new future"
    do(debugger, "up", "set i = 40")
    assert [edit.frame for edit in debugger.program.edits] == [0, 1]
    do(debugger, "set limit = -5", "step_return 2")
    assert debugger.state.value == str(3 + 0 + 7 + 4)
    assert do(debugger, "continue").stdout == "" and debugger.done
    assert "40\n" in "".join(each.stdout for each in debugger.tree.states)
    assert box.record(debugger.program) == debugger.trace, "the changed program is a program, too"
    debugger.restart()
    assert debugger.program.edits == () and debugger.tree.states[:position] == past


def test_an_earlier_assignment_gives_up_the_later_ones(debugger: RecordedDebugger) -> None:
    do(debugger, "run_to 12", "run_to 12", "set j = 7")
    later = debugger.position
    do(debugger, "back_to_call 2", "evaluate n", "set n = 2")
    assert [(edit.name, edit.index) for edit in debugger.program.edits] == [("n", debugger.position)]
    do(debugger, "run_to 12", "run_to 12", "evaluate j")
    assert (debugger.position, debugger.reply) == (later, "2")
    assert do(debugger, "step_return 2").value == "4"


@pytest.mark.parametrize(
    ("name", "expression", "why"),
    [("j", "1 / 0", "ZeroDivisionError"), ("nowhere", "1", "no variable"), ("j", "1 +", "no expression")],
)
def test_a_failed_assignment_changes_nothing(
    debugger: RecordedDebugger, name: str, expression: str, why: str
) -> None:
    state, trace = do(debugger, "run_to 12"), debugger.trace
    with pytest.raises(IllegalAction, match=why):
        debugger.assign(name, expression)
    assert debugger.state is state and debugger.trace is trace and debugger.program == PROGRAM
    assert debugger.evaluate("j").text == "0"


def test_the_output_of_a_stop_stays_when_something_is_assigned(debugger: RecordedDebugger) -> None:
    before = do(debugger, "run_to 7", "step_over 6")
    assert before.stdout == "0\n1\n"
    assert do(debugger, "set n = 0").compare(before) == {"locals.n": ("0", "3")}


def test_forks_go_their_own_ways_and_are_stops_to_go_back_to(
    debugger: RecordedDebugger, sessions: Counted
) -> None:
    stop = do(debugger, "break 14", "run_to 12")
    kept = debugger.fork()
    assert kept.tree is debugger.tree, "what was recorded is shared"
    do(debugger, "set j = 50", "clear 14", "step_return")
    assert debugger.state.value == "ValueError: 50"
    assert kept.state == stop and kept.program == PROGRAM and kept.breakpoints == (Breakpoint(14),)
    assert do(kept, "continue").line == 14
    assert debugger.restore(kept) is kept.state
    assert debugger.program == PROGRAM and debugger.breakpoints == (Breakpoint(14),)
    do(debugger, "clear 14", "step_into")
    assert kept.breakpoints == (Breakpoint(14),) and kept.state.line == 14
    assert debugger.evaluate("j").text == kept.evaluate("j").text == "0"
    assert sessions.open == 2
    kept.close()
    kept.close()
    with pytest.raises(IllegalAction, match="cannot take over"):
        debugger.restore(object())
    with pytest.raises(IllegalAction, match="no program yet"):
        debugger.restore(RecordedDebugger(record))
    assert debugger.program == PROGRAM
    with pytest.raises(IllegalAction, match="reset"):
        RecordedDebugger(record).fork()


def test_two_stops_are_compared_part_by_part(debugger: RecordedDebugger) -> None:
    first = do(debugger, "run_to 6")
    kept = debugger.fork()
    second = do(debugger, "run_to 6")
    assert kept.state.compare(second) == {
        "locals.xs": ("[3]", "[3, 0]"),
        "locals.i": ("0", "1"),
        "stdout": ("", "0\n"),
    }
    assert first.compare(first) == {}
    inner = do(debugger, "step_into 2")
    assert first.compare(inner)["locals.n"] == ("3", None)
    assert inner.compare(first)["depth"] == (2, 1)
    swapped = replace(first, locals=dict(reversed(first.locals.items())))
    assert first.compare(swapped) == {"locals": (["n", "xs", "i"], ["i", "xs", "n"])}


def test_where_breakpoints_hold_is_learnt_once(debugger: RecordedDebugger, sessions: Counted) -> None:
    do(debugger, "break 14", "break function g", "continue", "run_to 7")
    assert sessions.started == 0, "the states tell where plain breakpoints hold"
    do(debugger, "break 14 if i", "continue", "clear 14 if i", "break 14 hits 2 if i", "continue")
    assert sessions.started == 1
    do(debugger, "break 13 if i", "break exception ValueError", "reverse_continue 9", "continue")
    assert sessions.started == 1, "no state was there, or raised: there is nothing to ask"
    do(debugger, "run_until i == 1", "back_into 3", "run_until i == 1")
    assert sessions.started == 2
    do(debugger.fork(), "break 14 if i", "reverse_continue", "continue")
    assert (sessions.started, sessions.open) == (2, 0)


def test_a_debugger_with_a_trace_only_says_what_it_lacks() -> None:
    debugger = RecordedDebugger(record)
    debugger.reset(PROGRAM)
    assert debugger.abilities == {"fork"}
    do(debugger, "run_to 12", "break 14 hits 2", "break function g", "continue")
    for text in ("break 3 if n", "break exception ValueError", "break change limit", "run_until n"):
        with pytest.raises(IllegalAction, match="conditions"):
            debugger.step(Action.parse(text))
    with pytest.raises(IllegalAction, match="conditions"):
        debugger.bind(Breakpoint(14, condition="n"))
    for text in ("evaluate n", "set n = 1", "up"):
        assert "cannot do that" in (debugger.refusal(Action.parse(text)) or "")
    for ask in (lambda: debugger.evaluate("n"), debugger.frames, lambda: debugger.assign("n", "1")):
        with pytest.raises(IllegalAction, match="only the trace"):
            ask()


def test_a_frame_that_cannot_be_shown_is_not_selected() -> None:
    def broken(program: Program) -> Session:
        raise IllegalAction("not now")

    debugger = RecordedDebugger(record, broken)
    debugger.reset(PROGRAM)
    do(debugger, "run_to 12")
    with pytest.raises(IllegalAction, match="not now"):
        debugger.step(Action.parse("up"))
    assert debugger.selected == 0


RESTLESS = Program("import os\ndef f():\n    k = os.getpid()\n    m = 1\n    return m\n", "f()")


def test_a_program_that_does_not_repeat_its_run_is_told(box: Sandbox) -> None:
    with RecordedDebugger(box.record, box.session) as debugger:
        debugger.reset(RESTLESS)
        do(debugger, "step_into 2", "evaluate 1 + 1")
        assert debugger.reply == "2", "up to there it is the same"
        do(debugger, "run_to 4")
        trace = debugger.trace
        for ask in (lambda: debugger.evaluate("k"), debugger.frames, lambda: debugger.assign("m", "1")):
            with pytest.raises(IllegalAction, match=r"does not repeat its run: .* locals\.k was"):
                ask()
        assert debugger.trace is trace


def test_a_new_run_that_departs_before_the_assignment_is_not_taken(box: Sandbox) -> None:
    """The check is on the new recording, not on the session alone."""
    recorded: list[Trace] = []

    def tampered(program: Program) -> Trace:
        trace = box.record(program)
        recorded.append(trace)
        if not program.edits:
            return trace
        first = replace(trace.states[1], locals={"x": "1"})
        return replace(trace, states=(trace.states[0], first, *trace.states[2:]))

    with RecordedDebugger(tampered, box.session) as debugger:
        debugger.reset(PROGRAM)
        do(debugger, "run_to 12")
        with pytest.raises(IllegalAction, match="does not repeat"):
            debugger.assign("j", "5")
        assert debugger.program == PROGRAM and debugger.trace is recorded[0]


def test_a_failed_test_is_a_stop(box: Sandbox) -> None:
    source = "def helper(n):\n    assert n < 2\ndef test_a():\n    helper(1)\ndef test_b():\n    helper(3)\n"
    with RecordedDebugger(box.record) as debugger:
        debugger.reset(Program(source, tests=True))
        state = do(debugger, "break failure", "continue")
        assert (state.event, state.function, state.line) == (Event.EXCEPTION, "test_b", 6)
        assert do(debugger, "continue").event is Event.EXIT
        assert do(debugger, "reverse_continue") == debugger.tree.states[debugger.position]
        assert debugger.state.function == "test_b"


def test_a_lost_box_changes_nothing(box: Sandbox) -> None:
    def fails(program: Program) -> Trace:
        if program.edits:
            raise OSError("the box is gone")
        return box.record(program)

    with RecordedDebugger(fails, box.session) as debugger:
        debugger.reset(PROGRAM)
        do(debugger, "run_to 12")
        state = debugger.state
        with pytest.raises(OSError):
            debugger.assign("j", "5")
        assert debugger.state is state and debugger.evaluate("j").text == "0"


def test_a_run_that_was_cut_short_is_searched_as_far_as_it_was_recorded() -> None:
    endless = Program("def f(n):\n    while True:\n        n += 1\n", "f(0)")
    with (
        open_sandbox("process", max_events=200, timeout=5.0) as short,
        RecordedDebugger(short.record, short.session) as debugger,
    ):
        debugger.reset(endless)
        assert do(debugger, "break 3 if n % 50 == 49", "continue").locals["n"] == "49"
        assert do(debugger, "continue 5").exit == Exit(ExitCode.NEVER, "step_budget")
        assert do(debugger, "back_into", "run_until n == 3").event is Event.EXIT
        assert do(debugger, "reverse_continue 9").event is Event.CALL


def test_a_program_that_ends_early_when_it_runs_again_is_told(box: Sandbox, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    source = (
        f"import os\ndef f(n):\n    n += 1\n    if os.path.exists({str(mark)!r}):\n        os._exit(3)\n"
        f"    open({str(mark)!r}, 'w').close()\n    return n\n"
    )
    with RecordedDebugger(box.record, box.session) as debugger:
        debugger.reset(Program(source, "f(1)"))
        do(debugger, "run_to 7")
        with pytest.raises(IllegalAction, match="it ended before"):
            debugger.evaluate("n")
        mark.unlink()
        assert do(debugger, "back_into 2", "evaluate n").line == 4
        assert debugger.reply == "2"


def test_a_long_run_is_searched_in_several_pieces(box: Sandbox, sessions: Counted) -> None:
    source = (
        "t = 0\ndef f(n):\n    global t\n    for i in range(n):\n        t += i % 500 == 499\n    return t\n"
    )
    with RecordedDebugger(box.record, sessions) as debugger:
        debugger.reset(Program(source, "f(2600)"))
        do(debugger, "break change t")
        found = []
        while not debugger.done:
            found.append(do(debugger, "continue").locals.get("i"))
        assert found == ["499", "999", "1499", "1999", "2499", None]
        assert sessions.started == 3
        do(debugger, "clear change t", "break 5 if i % 1000 == 7")
        assert do(debugger, "reverse_continue").locals["i"] == "2007"
        assert do(debugger, "reverse_continue 2").locals["i"] == "7"
