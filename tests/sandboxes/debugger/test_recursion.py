"""The recursion limit: reached at one depth, on every version, with the trace intact."""

from __future__ import annotations

import sys

import pytest

from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import Program, Trace
from debugworld.sandboxes.debugger.recorder import record

COUNT = """\
import sys
def count(n):
    return count(n + 1)
def f(limit):
    sys.setrecursionlimit(limit)
    try:
        count(0)
    except RecursionError as error:
        return str(error), sys.getrecursionlimit()
"""


def _run(source: str, call: str | None = None) -> Trace:
    return record(Program(source, call), max_events=20_000)


@pytest.mark.parametrize("limit", [5, 100, 1500])
def test_frames_of_the_program_are_counted(limit: int) -> None:
    before = sys.getrecursionlimit()
    trace = _run(COUNT, f"f({limit})")
    assert trace.states[-1].value == f"('maximum recursion depth exceeded', {limit})"
    assert max(state.depth for state in trace.states) == limit - 1
    assert sum(state.event == "call" for state in trace.states) == limit
    assert trace.exit.to_json() == {"code": "normal", "reason": "exit"}
    assert sys.getrecursionlimit() == before


def test_the_refused_frame_makes_no_states_and_its_caller_shows_the_exception() -> None:
    trace = _run(COUNT, "f(4)")
    first = next(i for i, state in enumerate(trace.states) if state.event == "exception")
    assert [(s.event.value, s.function, s.depth) for s in trace.states[first - 1 : first + 4]] == [
        ("line", "count", 3),
        ("exception", "count", 3),
        ("exception", "count", 2),
        ("exception", "f", 1),
        ("line", "f", 1),
    ]


def test_a_traceback_holds_the_program_alone() -> None:
    source = COUNT.replace("return str(error)", "import traceback; traceback.print_exc(); return str(error)")
    trace = _run(source, "f(4)")
    text = "".join(state.stderr for state in trace.states) + trace.stderr
    assert text.splitlines()[1::2][:-1] == [
        '  File "<program>", line 7, in f',
        '  File "<program>", line 3, in count',
        '  File "<program>", line 3, in count',
    ]


@pytest.mark.parametrize(
    ("body", "printed"),
    [
        ("sys.setrecursionlimit(0)", "ValueError recursion limit must be greater or equal than 1"),
        ("sys.setrecursionlimit('many')", "TypeError 'str' object cannot be interpreted as an integer"),
        ("print('fine', sys.getrecursionlimit())", "fine 1000"),
    ],
)
def test_the_program_speaks_of_its_own_limit(body: str, printed: str) -> None:
    source = f"import sys\ntry:\n    {body}\nexcept Exception as e:\n    print(type(e).__name__, e)\n"
    trace = _run(source)
    assert "".join(state.stdout for state in trace.states) == printed + "\n"


def test_endless_recursion_ends_by_its_error_and_keeps_its_trace() -> None:
    with_lambdas = "f = lambda n: f(n + 1)\ntry:\n    f(0)\nexcept RecursionError:\n    x = 1\n"
    with open_sandbox("process", max_events=5_000) as box:
        plain = box.record(Program("def f(n):\n    return f(n + 1)\n", "f(0)"))
        hidden = box.record(Program(with_lambdas))
    assert plain.exit.to_json() == {"code": "error", "reason": "uncaught"}
    assert len(plain.states) == 3_000  # a call, a line and an exception in each of 1000 frames
    assert hidden.exit.to_json() == {"code": "normal", "reason": "exit"}
    assert hidden.states[-1].locals["x"] == "1"
