"""The canonical trace, construct by construct."""

from __future__ import annotations

import pytest

from debugworld.sandboxes.debugger import Event, Program, ProgramError, Trace
from debugworld.sandboxes.debugger.recorder import record


def _shape(trace: Trace) -> list[tuple[str, int, int]]:
    return [(state.event.value, state.line, state.depth) for state in trace.states]


def _run(source: str, call: str | None = "f()") -> Trace:
    return record(Program(source, call))


def test_comprehensions_and_lambdas_are_part_of_their_statement() -> None:
    source = (
        "def g(x):\n    return x + 1\n"
        "def f():\n"
        "    xs = [g(x) for x in range(2)\n          if x >= 0]\n"
        "    return sorted(xs, key=lambda q: -g(q))\n"
    )
    trace = _run(source)
    inner = [("call", 1, 2), ("line", 2, 2), ("return", 2, 2)]
    assert _shape(trace)[2:] == [
        ("call", 3, 1),
        ("line", 4, 1),
        *inner * 2,
        ("line", 6, 1),
        *inner * 2,
        ("return", 6, 1),
        ("return", 8, 0),
    ]
    assert all("x" not in s.locals for s in trace.states if s.function == "f")


def test_a_frame_left_by_an_exception_ends_in_its_exception_state() -> None:
    source = """\
def g():
    try:
        return 1 / 0
    finally:
        a = 1
def f():
    try:
        g()
    except ZeroDivisionError as e:
        return str(e)
"""
    trace = _run(source)
    assert _shape(trace)[5:] == [
        ("call", 1, 2),
        ("line", 2, 2),
        ("line", 3, 2),
        ("exception", 3, 2),
        ("line", 5, 2),
        ("exception", 5, 2),
        ("exception", 8, 1),
        ("line", 9, 1),
        ("line", 10, 1),
        ("return", 10, 1),
        ("return", 12, 0),
    ]
    assert {s.value for s in trace.states if s.event == "exception"} == {
        "ZeroDivisionError: division by zero"
    }


def test_a_generator_resumes_by_call_and_yields_by_return() -> None:
    trace = _run("def g():\n    yield 1\n    yield 2\ndef f():\n    return sum(g())\n")
    assert _shape(trace)[4:-2] == [
        ("call", 1, 2),
        ("line", 2, 2),
        ("return", 2, 2),
        ("call", 1, 2),
        ("line", 3, 2),
        ("return", 3, 2),
        ("call", 1, 2),
        ("return", 3, 2),
    ]
    assert [s.value for s in trace.states if s.event == "return"][:3] == ["1", "2", "None"]


def test_a_script_begins_and_ends_in_its_module() -> None:
    trace = _run("x = 1\ndef g():\n    return x\nprint(g())\n", None)
    assert trace.states[0].function == trace.states[-1].function == "<module>"
    assert _shape(trace) == [
        ("call", 1, 0),
        ("line", 1, 0),
        ("line", 2, 0),
        ("line", 4, 0),
        ("call", 2, 1),
        ("line", 3, 1),
        ("return", 3, 1),
        ("return", 4, 0),
    ]
    assert trace.states[-1].stdout == "1\n"
    assert list(trace.states[-1].locals) == ["x", "g"]


def test_stdout_stands_at_the_stop_after_it() -> None:
    trace = _run("def f():\n    print('a')\n    print('b', end='')\n")
    assert [(s.line, s.stdout) for s in trace.states if s.stdout] == [(3, "a\n"), (3, "b")]


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        ("return 1", "normal", "exit"),
        ("raise SystemExit", "normal", "exit"),
        ("raise SystemExit(0)", "normal", "exit"),
        ("raise SystemExit(3)", "error", "exit"),
        ("raise SystemExit('no')", "error", "exit"),
        ("raise KeyError('k')", "error", "uncaught"),
        ("while True:\n        x = 1", "never", "step_budget"),
    ],
)
def test_exit_codes(body: str, code: str, reason: str) -> None:
    trace = record(Program(f"def f():\n    {body}\n", "f()"), max_events=200)
    assert trace.exit.to_json() == {"code": code, "reason": reason}


def test_the_budget_is_a_number_of_states() -> None:
    trace = record(Program("def f():\n    while True:\n        x = 1\n", "f()"), max_events=17)
    assert len(trace.states) == 17
    with pytest.raises(ProgramError, match="max_events"):
        record(Program("x = 1\n"), max_events=0)


def test_a_function_of_the_program_called_main_is_not_hidden_by_the_wrapper() -> None:
    assert _run("def main(n):\n    return n * 2\n", "main(4)").states[-1].value == "8"


def test_two_runs_are_byte_equal() -> None:
    source = (
        "import random\nclass A: pass\ndef f():\n    return [A(), random.random(), {'b', 'a'}, f, object()]\n"
    )
    assert _run(source) == _run(source)


@pytest.mark.parametrize(
    ("source", "call", "text"),
    [
        ("def f(:\n    pass\n", "f()", r"line 1.*\n.*def f\(:\n +\^"),
        ("def f(): pass\n", "f(", "does not parse"),
        ("def f(): pass\n", "g()", "does not define 'g'.*defines: f"),
        ("x = '\0'\n", None, "."),
    ],
)
def test_programs_that_cannot_be_debugged(source: str, call: str | None, text: str) -> None:
    with pytest.raises(ProgramError, match=f"(?s){text}"):
        Program(source, call).check()


def test_a_program_that_finds_the_recorder_cannot_make_it_fail() -> None:
    trace = _run("import sys\ndef f():\n    t = sys.gettrace()\n    b = [t, 1]\n    return len(b)\n")
    assert trace.exit.to_json() == {"code": "normal", "reason": "exit"}
    assert "Tracer" in trace.states[-2].locals["t"]


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "\r\n"])
def test_the_entry_stands_after_the_last_line(end: str) -> None:
    source = "def f():\n    return 1" + end
    trace = _run(source)
    assert trace.states[0].line == len(source.splitlines()) + 1
    assert trace.states[-1].value == "1"


def test_a_generator_that_is_closed_closes_the_one_it_draws_from() -> None:
    """What the interpreter finalizes makes no states, however deep, and the trace goes on after it."""
    source = (
        "def low(n):\n    for i in range(n):\n        yield i\n\n\n"
        "def middle(n):\n    for i in low(n):\n        yield i\n\n\n"
        "def high(n):\n    for i in middle(n):\n        yield i\n\n\n"
        "def f(n):\n    for i in high(n):\n        if i == 1:\n            break\n"
        "    for j in low(2):\n        pass\n    return i\n"
    )
    states = record(Program(source, "f(9)")).states
    assert [state.line for state in states if state.function == "f" and state.event is Event.LINE] == [
        *(17, 18, 17, 18, 19),
        *(20, 21, 20, 21, 20, 22),
    ]
    assert [(state.function, state.value) for state in states[-2:]] == [("f", "1"), ("main", "1")]
