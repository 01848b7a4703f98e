"""Test suites under the debugger."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugworld.sandboxes.debugger import Program, ProgramError, State, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.sandboxes.debugger.suite import is_failure

FOLDER = Path(__file__).with_name("constructs")


def _suite(source: str, **options: object) -> Trace:
    return record(Program(source, tests=True, **options))  # type: ignore[arg-type]


def _endings(trace: Trace) -> list[State]:
    """Exception states at depth 1 that end their frame."""
    following = [*trace.states[1:], None]
    return [
        state
        for state, after in zip(trace.states, following, strict=True)
        if state.event == "exception"
        and state.depth == 1
        and (after is None or after.depth == 0 or after.event == "call")
    ]


def test_a_suite_in_two_files() -> None:
    files = {"shapes.py": (FOLDER / "shapes.py").read_text()}
    program = Program((FOLDER / "suite.py").read_text(), files=files, tests=True)
    trace = record(program)
    assert trace.states[-1].function == "main"
    assert trace.states[-1].value == (
        "'12 run, 4 failed: Broken.test_never, Squares.test_broken, Squares.test_parts, test_wrong; "
        "2 skipped'"
    )
    assert trace.exit.to_json() == {"code": "error", "reason": "failed"}
    assert program.expected_failures == {"test_hopeless"}
    endings = _endings(trace)
    failures = [s for s in endings if is_failure(s.function, s.value or "", program.expected_failures)]
    assert [s.function for s in failures] == ["Broken.setUp", "Squares.test_broken", "test_wrong"]
    assert len(endings) == len(failures) + 2  # one was meant to fail, one was skipped
    assert {s.file for s in trace.states} == {"", "shapes.py"}
    assert all(s.depth >= 1 for s in trace.states[2:-1])


def test_the_entry_stands_after_the_source_and_hides_nothing() -> None:
    source = (
        "def run_tests():\n    return 'mine'\n"
        "def main():\n    return 'mine, too'\n"
        "def test_it():\n    assert run_tests() == 'mine'\n"
    )
    trace = _suite(source)
    assert [(s.event.value, s.line, s.source) for s in trace.states[:2]] == [
        ("call", 7, "def main():"),
        ("line", 8, "return run_tests()"),
    ]
    assert trace.states[0].locals == trace.states[-1].locals == {}
    assert trace.states[-1].value == "'1 run, 0 failed'"
    assert trace.exit.to_json() == {"code": "normal", "reason": "exit"}


def test_a_suite_that_starts_itself_runs_once() -> None:
    source = (
        "import unittest\n"
        "class T(unittest.TestCase):\n"
        "    def test_a(self): print('ran')\n"
        "if __name__ == '__main__':\n    unittest.main()\n"
    )
    trace = _suite(source)
    assert "".join(s.stdout for s in trace.states) + trace.stdout == "ran\n"


@pytest.mark.parametrize(
    ("body", "value", "code"),
    [
        ("x = 1", "'0 run, 0 failed'", "normal"),
        ("def test_a(missing): pass", "'1 run, 1 failed: test_a'", "error"),
        ("def test_a(): raise SystemExit(0)", "'1 run, 1 failed: test_a'", "error"),
        (
            "import unittest\n@unittest.expectedFailure\ndef test_a(): pass",
            "'1 run, 1 failed: test_a'",
            "error",
        ),
        ("async def test_a(): assert False", "'1 run, 1 failed: test_a'", "error"),
        (
            "import unittest\nclass T(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls): 1/0\n"
            "    def test_a(self): pass",
            "'0 run, 1 failed: setUpClass (program.T)'",
            "error",
        ),
        (
            "import unittest\ndef load_tests(*arguments): return unittest.TestSuite()\ndef test_a(): pass",
            "'1 run, 0 failed'",
            "normal",
        ),
    ],
)
def test_how_a_suite_ends(body: str, value: str, code: str) -> None:
    trace = _suite(body + "\n")
    assert (trace.states[-1].value, trace.exit.code.value) == (value, code)


def test_an_interrupt_ends_the_suite() -> None:
    trace = _suite("def test_a():\n    raise KeyboardInterrupt\ndef test_b(): pass\n")
    assert trace.states[-1].value == "KeyboardInterrupt"
    assert trace.states[-1].function == "main"
    assert trace.exit.to_json() == {"code": "error", "reason": "uncaught"}


def test_a_source_that_fails_has_no_tests_to_run() -> None:
    trace = _suite("import nowhere\ndef test_a(): pass\n")
    assert trace.states == ()
    assert trace.exit.to_json() == {"code": "error", "reason": "uncaught"}


def test_a_spent_budget_ends_the_suite_and_is_no_failure() -> None:
    source = "def test_a():\n    while True:\n        x = 1\ndef test_b(): pass\n"
    trace = record(Program(source, tests=True), max_events=50)
    assert trace.exit.to_json() == {"code": "never", "reason": "step_budget"}
    assert len(trace.states) == 50


def test_tests_and_a_call_exclude_each_other() -> None:
    with pytest.raises(ProgramError, match="choose one"):
        Program("def test_a(): pass\n", "test_a()", tests=True).check()


@pytest.mark.parametrize(
    ("function", "error", "fails"),
    [
        ("test_a", "AssertionError: no", True),
        ("T.test_a", "KeyError", True),
        ("T.setUp", "OSError: no", True),
        ("T.tearDownClass", "OSError: no", True),
        ("T.test_a", "SkipTest: later", False),
        ("T.known", "AssertionError", False),
        ("T.helper", "AssertionError", False),
        ("test_known", "AssertionError", False),
        ("worker", "ValueError", False),
    ],
)
def test_which_ends_are_failures(function: str, error: str, fails: bool) -> None:
    assert is_failure(function, error, frozenset({"test_known"})) is fails
