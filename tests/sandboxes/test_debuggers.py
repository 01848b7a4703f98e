"""The real debuggers, recorded and live: every move and look, asked of both, on each CPython at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import (
    Action,
    Breakpoint,
    Debugger,
    Event,
    IllegalAction,
    LiveDebugger,
    Program,
    ProgramError,
    RecordedDebugger,
    parse_actions,
)

COUNT = """\
def count(s, t):
    n = 0
    for c in s:
        n += int(c == t)
    return n
"""
NESTED = """\
LIMIT = 3


def outer(a):
    kept = []

    def inner(b):
        nonlocal a
        a += b
        kept.append(a)
        return a

    total = inner(1)
    total += inner(2)
    return total + LIMIT


class Box:
    size = 1

    def grow(self, by):
        self.size = self.size + by
        return self.size
"""
VERSIONS = ("3.11", "3.12", "3.13")


@pytest.fixture(scope="module")
def box(interpreter: Callable[[str], str]) -> Iterator[Callable[[str], Sandbox]]:
    opened: dict[str, Sandbox] = {}

    def get(version: str) -> Sandbox:
        if version not in opened:
            opened[version] = open_sandbox("process", timeout=5.0, python=interpreter(version))
        return opened[version]

    yield get
    for sandbox in opened.values():
        sandbox.close()


@pytest.fixture(params=VERSIONS)
def sandbox(request: pytest.FixtureRequest, box: Callable[[str], Sandbox]) -> Sandbox:
    return box(request.param)


@pytest.fixture(params=["recorded", "live"])
def debugger(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Debugger]:
    made: Debugger = (
        RecordedDebugger(sandbox.record, sandbox.session)
        if request.param == "recorded"
        else LiveDebugger(sandbox.session)
    )
    with made:
        yield made


def do(debugger: Debugger, script: str) -> None:
    for action in parse_actions(script):
        debugger.step(action)


def test_the_worked_example_of_a_script_of_actions(debugger: Debugger) -> None:
    debugger.reset(Program(COUNT, "count('berry', 'r')"))
    do(debugger, "break 4 if c == 'r'; continue")
    assert debugger.state.locals["c"] == "'r'"
    do(debugger, "evaluate n * 2; set n = 40; step_over")
    assert (debugger.state.line, debugger.state.locals["n"]) == (3, "41")
    do(debugger, "continue; continue")
    assert debugger.done
    do(debugger, "back_over")
    assert debugger.state.value == "42"


def test_hits_count_from_where_the_breakpoint_was_set(debugger: Debugger) -> None:
    debugger.reset(Program(COUNT, "count('abcdef', 'r')"))
    do(debugger, "run_to 4; break 4 hits 3; continue")
    assert debugger.state.locals["c"] == "'d'"
    do(debugger, "continue")
    assert debugger.state.locals["c"] == "'e'"


def test_function_exception_and_change_breakpoints(debugger: Debugger) -> None:
    source = """\
def f(d):
    try:
        return d['x']
    except KeyError:
        d['x'] = 1
    return g(d)


def g(d):
    d['x'] = 2
    return d
"""
    debugger.reset(Program(source, "f({})"))
    do(debugger, "break exception LookupError; break function g; break change d in f; continue")
    assert (debugger.state.event, debugger.state.value) == (Event.EXCEPTION, "KeyError: 'x'")
    do(debugger, "continue")
    assert (debugger.state.line, debugger.state.locals["d"]) == (6, "{'x': 1}")
    do(debugger, "continue")
    assert (debugger.state.event, debugger.state.function) == (Event.CALL, "g")
    do(debugger, "continue")  # the caller's variable changes in the callee
    assert (debugger.state.function, debugger.state.line) == ("g", 11)
    do(debugger, "reverse_continue 2")
    assert (debugger.state.event, debugger.state.line) == (Event.LINE, 6)


def test_a_breakpoint_answers_whether_it_can_bind(debugger: Debugger) -> None:
    source = "x = [\n    1,\n    2,\n]\n\n# a comment\ny = 3\n"
    debugger.reset(Program(source))
    assert debugger.bind(Breakpoint(2)).breakpoint.line == 1
    assert debugger.bind(Breakpoint(6)).breakpoint.line == 7
    never = debugger.bind(Breakpoint.parse("function nowhere"))
    assert not never.bound and "nowhere" in never.reason
    with pytest.raises(IllegalAction, match="nowhere"):
        debugger.step(Action.parse("break function nowhere"))
    assert [b.line for b in debugger.breakpoints] == [1, 7]


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("s.upper() + t", "'BERRYr'"),
        ("[c for c in s if c == t]", "['r', 'r']"),
        ("(lambda: len(s))()", "5"),
        ("1 / 0", "exception: ZeroDivisionError: division by zero"),
        ("missing", "exception: NameError: name 'missing' is not defined"),
        ("__import__('time').sleep(60)", "timeout: it did not end within 1 s"),
        ("[0] * 10 ** 12", "memory: MemoryError"),
        ("__import__('os')._exit(3)", "killed: its process ended with status 768"),
        ("'x' * 100_000", "'" + "x" * 500 + "…'"),
    ],
)
def test_expressions_are_bounded(box: Callable[[str], Sandbox], expression: str, answer: str) -> None:
    with LiveDebugger(box("3.11").session) as debugger:
        debugger.reset(Program(COUNT, "count('berry', 'r')"))
        do(debugger, "run_to 2")
        assert str(debugger.evaluate(expression)) == answer
        assert debugger.step(Action.parse("step_into")).locals == {"s": "'berry'", "t": "'r'", "n": "0"}


def test_an_expression_leaves_no_trace(debugger: Debugger) -> None:
    debugger.reset(Program("items = [1, 2]\nprint('a')\nx = len(items)\n"))
    do(debugger, "run_to 3")
    assert debugger.evaluate("items.append(print('lost')) or globals().clear() or 5").text == "5"
    do(debugger, "step_over")
    assert debugger.state.locals == {"items": "[1, 2]", "x": "2"}
    assert debugger.state.stdout == ""


def test_frames_can_be_climbed_and_looked_into(debugger: Debugger) -> None:
    debugger.reset(Program(NESTED, "outer(5)"))
    do(debugger, "run_to 9")
    frames = debugger.frames()
    assert [f.function for f in frames] == ["outer.<locals>.inner", "outer", "main"]
    assert frames[0].locals == debugger.state.locals
    assert frames[1].line == 13
    do(debugger, "up; evaluate kept")
    assert debugger.reply == "[]"
    do(debugger, "up")
    with pytest.raises(IllegalAction, match="3 frames"):
        do(debugger, "up")
    do(debugger, "down 2; evaluate b; step_over")
    assert debugger.selected == 0


def test_locals_of_every_kind_can_be_assigned(debugger: Debugger) -> None:
    """A plain local, one that is not bound yet, a cell, a free variable, a caller's local, a global."""
    debugger.reset(Program(NESTED, "outer(5)"))
    do(debugger, "run_to 9; set b = 100")
    assert debugger.state.locals["b"] == "100"
    do(debugger, "set a = 1000; up; set kept = ['changed']; set total = 7; set LIMIT = 50; step_into 3")
    assert debugger.state.value == "1100"
    do(debugger, "step_into")
    do(debugger, "step_return")
    assert debugger.state.function == "outer"
    assert debugger.state.value == str(1100 + 1102 + 50)
    assert debugger.state.locals["kept"] == "['changed', 1100, 1102]"


def test_an_assignment_that_cannot_be_made_changes_nothing(debugger: Debugger) -> None:
    debugger.reset(Program(COUNT, "count('berry', 'r')"))
    do(debugger, "run_to 4")
    before = debugger.state
    for wrong in ("set nowhere = 1", "set n = 1 / 0", "set n = missing"):
        with pytest.raises(IllegalAction, match="nowhere|ZeroDivisionError|missing"):
            do(debugger, wrong)
    assert debugger.state == before
    assert debugger.program.edits == ()


def test_going_back_before_an_assignment_and_forward_again_meets_it_again(debugger: Debugger) -> None:
    debugger.reset(Program(COUNT, "count('berry', 'r')"))
    do(debugger, "run_to 4; set n = 10; step_over; back_to_call; run_to 4")
    assert debugger.state.locals["n"] == "10"
    do(debugger, "back_to_call; step_into; set s = 'rr'; continue; back_over")
    assert debugger.state.value == "2"
    assert [edit.name for edit in debugger.program.edits] == ["s"]


def test_a_stop_can_be_kept_and_gone_back_to(debugger: Debugger) -> None:
    debugger.reset(Program(COUNT, "count('berry', 'r')"))
    do(debugger, "run_to 4; break 5")
    with debugger.fork() as kept:
        do(debugger, "set n = 5; continue; step_over")
        changed = debugger.state
        assert changed.value == "7"
        assert debugger.restore(kept) == kept.state
        assert [b.line for b in debugger.breakpoints] == [5]
        do(debugger, "continue; step_over")
        assert debugger.state.value == "2"
        assert debugger.state.compare(changed) == {"locals.n": ("2", "7"), "value": ("2", "7")}
        assert kept.state.line == 4
        do(kept, "step_over")
        assert kept.state.line == 3


def test_restarting_with_another_source_keeps_what_can_be_kept(debugger: Debugger) -> None:
    debugger.reset(Program(COUNT, "count('berry', 'r')"))
    do(debugger, "break 4 if c == 'r'; break 2; break function count; run_to 4; set n = 9")
    shorter = COUNT.replace("    n = 0\n", "").replace("(s, t)", "(s, t, n=0)")
    state = debugger.restart("# a new first line\n\n" + shorter.replace("return n", "return -n"))
    assert (state.event, state.function) == (Event.CALL, "main")
    assert [str(b) for b in debugger.breakpoints] == ["5 if c == 'r'", "function count"]
    assert debugger.reply == "breakpoints removed: 2"
    assert debugger.program.edits == ()
    with pytest.raises(ProgramError):
        debugger.restart("def (")
    assert [str(b) for b in debugger.breakpoints] == ["5 if c == 'r'", "function count"]
    do(debugger, "clear function count; continue; clear 5 if c == 'r'; continue; back_over")
    assert debugger.state.value == "-2"


def test_a_call_as_a_whole(debugger: Debugger) -> None:
    debugger.reset(Program(NESTED, "outer(5)"))
    do(debugger, "run_to 14")
    call = debugger.call()
    assert (call.function, call.arguments, call.value, call.raised) == ("outer", {"a": "5"}, "17", False)
    assert [(c.function, c.arguments.get("b"), c.value) for c in call.calls] == [
        ("outer.<locals>.inner", "1", "6"),
        ("outer.<locals>.inner", "2", "8"),
    ]


def test_programs_of_several_files_with_arguments_and_input(debugger: Debugger) -> None:
    files = {"shapes.py": "def area(w, h):\n    return w * h\n"}
    source = """\
import sys
from shapes import area
w, h = map(int, input().split())
print(area(w, h), sys.argv[1:])
print('!', file=sys.stderr)
"""
    debugger.reset(Program(source, files=files, argv=("-v",), stdin="3 4\n"))
    do(debugger, "break shapes.py:2; continue")
    assert (debugger.state.file, debugger.state.locals) == ("shapes.py", {"w": "3", "h": "4"})
    do(debugger, "set w = 5; continue")
    assert (debugger.state.stdout, debugger.state.stderr) == ("20 ['-v']\n", "!\n")


def test_a_test_suite_stops_where_a_test_fails(debugger: Debugger) -> None:
    source = """\
def double(n):
    return n + n


def test_good():
    assert double(2) == 4


def test_bad():
    x = double(3)
    assert x == 7
"""
    debugger.reset(Program(source, tests=True))
    do(debugger, "break failure; continue")
    assert (debugger.state.event, debugger.state.function, debugger.state.line) == (
        Event.EXCEPTION,
        "test_bad",
        11,
    )
    assert debugger.evaluate("x").text == "6"
    do(debugger, "continue")
    assert debugger.state.exit is not None and debugger.state.exit.code == "error"


def test_a_chain_of_exceptions_shows(debugger: Debugger) -> None:
    source = """\
def f():
    try:
        {}['a']
    except KeyError as error:
        raise ValueError('no') from error
"""
    debugger.reset(Program(source, "f()"))
    do(debugger, "break exception ValueError; continue")
    assert debugger.state.value == "ValueError: no"
    assert debugger.state.chain == ("cause: KeyError: 'a'",)


def test_looking_back_from_a_sudden_end(debugger: Debugger) -> None:
    debugger.reset(Program("import os\nx = 1\nx = 2\nos._exit(3)\n"))
    do(debugger, "continue")
    assert debugger.state.exit is not None and debugger.state.exit.reason == "abrupt_exit"
    do(debugger, "back_into")
    assert debugger.state.line == 4
    do(debugger, "break 3; continue; reverse_continue")
    assert (debugger.state.line, debugger.state.locals["x"]) == (3, "1")


def test_macro_moves_are_one_move_many_times(debugger: Debugger) -> None:
    program = Program(COUNT, "count('berry', 'r')")
    debugger.reset(program)
    states = [debugger.step(Action.parse("step_into")) for _ in range(9)]
    debugger.reset(program)
    assert debugger.step(Action.parse("step_into 9")) == states[-1]
    assert debugger.step(Action.parse("back_into 4")) == states[4]
    assert debugger.step(Action.parse("run_until n == 1")).locals["n"] == "1"
    assert debugger.step(Action.parse("step_over 100")).event is Event.EXIT


def test_instructions_are_for_live_debuggers(sandbox: Sandbox) -> None:
    program = Program(COUNT, "count('berry', 'r')")
    with RecordedDebugger(sandbox.record, sandbox.session) as recorded:
        recorded.reset(program)
        with pytest.raises(IllegalAction, match="instructions"):
            recorded.step(Action.parse("step_instruction"))
    with LiveDebugger(sandbox.session) as live:
        live.reset(program)
        do(live, "run_to 2; step_instruction")
        assert (live.state.event, live.state.line) == (Event.INSTRUCTION, 2)
        assert live.state.value is not None and live.state.value.startswith("LOAD_CONST")
        assert live.step(Action.parse("step_instruction")).value == "STORE_FAST n"
        with pytest.raises(IllegalAction, match="between two states"):
            do(live, "set s = 'r'")
        do(live, "step_into")
        assert (live.state.event, live.state.line, live.state.locals["n"]) == (Event.LINE, 3, "0")


def test_a_live_move_that_takes_too_long_is_data(box: Callable[[str], Sandbox]) -> None:
    with (
        open_sandbox("process", timeout=0.5) as sandbox,
        LiveDebugger(sandbox.session) as debugger,
    ):
        debugger.reset(Program("x = 1\nwhile True:\n    x += 1\n"))
        do(debugger, "step_into; continue")
        assert debugger.state.exit is not None
        assert debugger.state.exit.to_json() == {"code": "never", "reason": "timeout"}
        debugger.restart()
        assert debugger.step(Action.parse("step_into")).line == 1


def test_a_program_that_is_not_the_same_twice_cannot_be_gone_back_in(box: Callable[[str], Sandbox]) -> None:
    source = (
        "import os\nt = os.urandom(8)\nfor i in range(int.from_bytes(t, 'big') % 1000):\n    x = i\ny = 1\n"
    )
    with LiveDebugger(box("3.11").session) as debugger:
        debugger.reset(Program(source))
        do(debugger, "run_to 5")
        with pytest.raises(IllegalAction, match="did not do the same"):
            do(debugger, "back_into")
        assert debugger.state.line == 5
        assert debugger.step(Action.parse("step_into")).locals["y"] == "1"
