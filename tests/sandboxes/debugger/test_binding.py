"""Where breakpoints bind, what is said where they cannot, and how they follow an edited source."""

from __future__ import annotations

import pytest

from debugworld.sandboxes.debugger import (
    Action,
    Breakpoint,
    IllegalAction,
    Program,
    RecordedDebugger,
)
from debugworld.sandboxes.debugger.binding import bind, moved
from debugworld.sandboxes.debugger.recorder import record

SOURCE = '''\
"""A module."""
import json
from decimal import DivisionByZero as Nought

LIMIT = 3


class Odd(Exception):
    """Raised for odd numbers."""

    def show(self):
        return "odd"


@staticmethod
def f(
    n,
    m=1,
):
    """Says
    what it does.
    """
    global LIMIT
    # a comment
    total = sum(
        [n,
         m]
    )

    if (
        total
        > 3
    ):
        total = 3  # cut
    else:
        # nothing to do
        total += 1
    try:
        LIMIT = [k for k in range(total)]
    except (
        ValueError,
        TypeError,
    ):
        raise Odd
    finally:
        pass

    def inner():
        return total
    match total:
        case (
            1
        ):
            return 1
    return inner()


'''
CALLED = Program(SOURCE, "f(1)", "sums.py")
SCRIPT = Program(SOURCE, name="sums.py")


def line_of(text: str, start: int = 0) -> int:
    """1-based line that begins with a text."""
    lines = SOURCE.split("\n")
    return next(i for i, line in enumerate(lines[start:], start + 1) if line.strip().startswith(text))


def lands(program: Program, line: int) -> int:
    """The line a breakpoint binds to; 0 for never."""
    binding = bind(program, Breakpoint(line))
    return binding.breakpoint.line if binding.bound else 0


@pytest.mark.parametrize(
    ("asked", "bound"),
    [
        ("total = sum(", "total = sum("),
        ("[n,", "total = sum("),
        ("m]", "total = sum("),
        ("# a comment", "total = sum("),
        ("what it does.", "total = sum("),
        ("global LIMIT", "total = sum("),
        ("> 3", "if ("),
        ("):\n", ""),
        ("total = 3", "total = 3"),
        ("else:", "total += 1"),
        ("# nothing to do", "total += 1"),
        ("ValueError,", "except ("),
        ("TypeError,", "except ("),
        ("finally:", "pass"),
        ("case (", "1"),
        ("return inner()", "return inner()"),
    ],
)
def test_a_line_binds_to_the_statement_it_is_part_of(asked: str, bound: str) -> None:
    if not bound:
        closing = [i for i, text in enumerate(SOURCE.split("\n"), 1) if text.strip() == "):"]
        below = [line_of("if ("), line_of("except ("), line_of("1")]
        assert [lands(CALLED, line) for line in closing[1:]] == below
        return
    assert lands(CALLED, line_of(asked)) == line_of(bound)


def test_what_runs_before_the_trace_can_only_stop_in_a_script() -> None:
    limit, decorator, head = line_of("LIMIT"), line_of("@staticmethod"), line_of("def f(")
    assert [lands(CALLED, line) for line in (1, 4, limit, decorator, head, head + 1)] == [0] * 6
    assert lands(SCRIPT, 1) == line_of("import json"), "a docstring is like a comment"
    assert lands(SCRIPT, 4) == limit
    assert [lands(SCRIPT, line) for line in (decorator, head, head + 1, head + 3)] == [head] * 4
    assert lands(SCRIPT, limit + 1) == line_of("class Odd"), "blank: the next of the same module"


def test_a_blank_line_stays_within_its_function() -> None:
    blank = line_of("def inner") - 1
    assert lands(CALLED, blank) == line_of("def inner")
    last = SOURCE.count("\n")
    assert lands(SCRIPT, last) == 0, "nothing of the module comes after it"


def test_every_line_of_a_program_binds_to_a_stop_or_to_none() -> None:
    for program in (CALLED, SCRIPT):
        for line in range(1, len(program.lines) + 3):
            there = lands(program, line)
            assert there == 0 or there in program.outline.stop_lines
            if line in program.outline.stop_lines:
                assert there == line


def test_never_names_the_nearest_line_and_the_debugger_refuses() -> None:
    binding = bind(CALLED, Breakpoint(5))
    assert not binding.bound and 'nearest line that can stop is 12: return "odd"' in binding.reason
    assert str(binding).startswith("never: sums.py: a breakpoint on line 5")
    debugger = RecordedDebugger(record)
    debugger.reset(Program("def g():\n    return 1\n", "g()"))
    assert not debugger.bind(Breakpoint(9)).bound and debugger.breakpoints == ()
    with pytest.raises(IllegalAction, match="nearest line that can stop is 4"):
        debugger.step(Action.parse("break 9"))


def test_the_debugger_keeps_the_line_it_bound_to() -> None:
    debugger = RecordedDebugger(record)
    debugger.reset(Program("def g(a):\n    # see below\n    return (\n        a\n    )\n", "g(1)"))
    debugger.step(Action.parse("break 2"))
    assert debugger.reply == "bound: 3" and debugger.breakpoint_lines == (3,)
    debugger.step(Action.parse("break 4"))
    assert debugger.breakpoints == (Breakpoint(3),), "the same line is the same breakpoint"
    assert debugger.step(Action.parse("continue")).line == 3
    debugger.step(Action.parse("clear 5"))
    assert debugger.breakpoints == ()


@pytest.mark.parametrize(
    ("text", "script", "call"),
    [
        ("function f", True, True),
        ("function f.<locals>.inner", True, True),
        ("function inner", True, True),
        ("function show", True, True),
        ("function Odd.show", True, True),
        ("function main", False, True),
        ("function Odd", True, False),
        ("function fly", False, False),
        ("function nner", False, False),
        ("exception LookupError", True, True),
        ("exception Odd", True, True),
        ("exception Nought", True, True),
        ("exception DivisionByZero", True, True),
        ("exception json.JSONDecodeError", True, True),
        ("exception Even", False, False),
        ("exception print", False, False),
        ("change total in f", True, True),
        ("change m in f", True, True),
        ("change total in inner", True, True),
        ("change LIMIT in f", False, False),
        ("change k in f", False, False),
        ("change total in fly", False, False),
        ("change LIMIT", True, True),
        ("change f", True, True),
        ("change total", False, False),
        ("failure", False, False),
    ],
)
def test_names_bind_where_the_program_has_them(text: str, script: bool, call: bool) -> None:
    for program, wanted in ((SCRIPT, script), (CALLED, call)):
        binding = bind(program, Breakpoint.parse(text))
        assert binding.bound is wanted, binding
        assert bool(binding.reason) is not wanted


def test_reasons_say_what_there_is() -> None:
    def reason(text: str) -> str:
        return bind(CALLED, Breakpoint.parse(text)).reason

    assert "there are: Odd.show, f, f.<locals>.inner, main" in reason("function fly")
    assert "its functions are: Odd.show" in reason("function Odd")
    assert "it has: inner, m, n, total" in reason("change k in f")
    assert "its own classes are: Odd" in reason("exception Even")
    assert "Program.tests" in reason("failure")


def test_a_failure_binds_in_a_test_suite() -> None:
    program = Program("def test_one():\n    assert False\n", tests=True)
    assert bind(program, Breakpoint.parse("failure")).bound


def test_files_bind_by_their_own_lines() -> None:
    shapes = "# shapes\n\ndef area(a, b):\n\n    return (a\n            * b)\n"
    program = Program(
        "import shapes\n\ndef f():\n    return shapes.area(2, 3)\n", "f()", files={"shapes.py": shapes}
    )
    for asked in (4, 5, 6):
        assert bind(program, Breakpoint(asked, file="shapes.py")).breakpoint == Breakpoint(
            5, file="shapes.py"
        )
    assert not bind(program, Breakpoint(1, file="shapes.py")).bound
    assert "no such file" in bind(program, Breakpoint(1, file="forms.py")).reason
    assert bind(program, Breakpoint.parse("function area")).bound
    debugger = RecordedDebugger(record)
    debugger.reset(program)
    debugger.step(Action.parse("break shapes.py:6"))
    state = debugger.step(Action.parse("continue"))
    assert (state.file, state.line, state.locals) == ("shapes.py", 5, {"a": "2", "b": "3"})
    debugger.step(Action.parse("back_to_call"))
    assert debugger.step(Action.parse("run_to shapes.py:5")) == state
    assert debugger.step(Action.parse("reverse_continue")).function == "main"


OLD = "def f(n):\n    a = n + 1\n    b = a * 2\n    c = b - 3\n    return c\n"


@pytest.mark.parametrize(
    ("new", "line", "target"),
    [
        (OLD, 3, 3),
        ("# new\n\n" + OLD, 3, 5),
        (OLD.replace("    a = n + 1\n", ""), 3, 2),
        (OLD.replace("    b = a * 2\n", ""), 3, None),
        (OLD.replace("n + 1", "n + 100"), 3, 3),
        (OLD.replace("a * 2", "a * 20"), 3, 3),
        (OLD.replace("a * 2", "a * 20").replace("    a", "    # first\n    a"), 3, 4),
        (
            OLD.replace("    b = a * 2\n", "    while True:\n        print('nothing of it is left')\n"),
            3,
            None,
        ),
        (OLD.replace("    a = n + 1\n    b = a * 2\n", "    b = a * 2\n    a = n + 1\n"), 4, 4),
        ("def g():\n    b = a * 2\n\n" + OLD, 3, 6),
    ],
)
def test_a_breakpoint_follows_its_line(new: str, line: int, target: int | None) -> None:
    point = Breakpoint(line, condition="n > 1", hits=2)
    found = moved(point, Program(OLD, "f(1)"), Program(new, "f(1)"))
    assert (found and found.line) == target
    if found is not None:
        assert (found.condition, found.hits) == ("n > 1", 2)


def test_equal_lines_are_told_apart_by_their_neighbours() -> None:
    old = "def f(n):\n    n += 1\n    print(n)\n    n += 1\n    return n\n"
    new = old.replace("    print(n)\n", "    n -= 5\n    print(n)\n    n *= 3\n")
    places = [moved(Breakpoint(line), Program(old, "f(1)"), Program(new, "f(1)")) for line in (2, 3, 4, 5)]
    assert places == [Breakpoint(2), Breakpoint(4), Breakpoint(6), Breakpoint(7)]


def test_restart_keeps_what_can_be_kept_and_says_what_not() -> None:
    debugger = RecordedDebugger(record)
    debugger.reset(Program(OLD, "f(1)"))
    for text in ("break 3", "break 4 hits 2", "break function f", "continue"):
        debugger.step(Action.parse(text))
    debugger.restart("import math\n" + OLD.replace("    c = b - 3\n", "").replace("c", "b"))
    assert debugger.breakpoints == (Breakpoint(4), Breakpoint.parse("function f"))
    assert debugger.reply == "breakpoints removed: 4 hits 2"
    assert debugger.position == 0
    debugger.step(Action.parse("continue 2"))
    assert debugger.state.line == 4
