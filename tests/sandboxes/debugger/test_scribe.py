"""The short way of writing lines writes what the long way does."""

from __future__ import annotations

from typing import Any

import pytest

from debugworld.sandboxes.debugger import Edit, Program
from debugworld.sandboxes.debugger.guide import Recording
from debugworld.sandboxes.debugger.recorder import Run
from debugworld.sandboxes.debugger.stage import LeaveRun
from debugworld.sandboxes.debugger.state import Event

LOOP = "def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n\n\nf(5)\n"
PROGRAMS = {
    "loop": Program(LOOP),
    "loop on one line": Program("def f(n):\n    for i in range(n): n += 1\n    return n\n", "f(3)"),
    "several lines": Program(
        "def f(n):\n    a = (n,\n         n)\n    b = [x\n         for x in a]\n    return b\n", "f(3)"
    ),
    "output": Program(
        "import sys\nfor i in range(3):\n    print(i)\n    sys.stderr.write('e')\n    i += 1\n"
    ),
    "exceptions": Program(
        "def g(n):\n    try:\n        return 1 / n\n    finally:\n        n += 1\n\n"
        "def f(n):\n    try:\n        g(n)\n    except ZeroDivisionError as e:\n        n = 2\n"
        "    raise KeyError(n)\n",
        "f(0)",
    ),
    "generators": Program(
        "def g(n):\n    try:\n        yield n\n        yield n + 1\n    finally:\n        n = 0\n\n"
        "def f():\n    a = g(1)\n    next(a)\n    a.close()\n    b = g(2)\n    return [*b]\n",
        "f()",
    ),
    "class body": Program(
        "class A:\n    '''doc'''\n    x = 1\n    def m(self):\n        return self.x\n\na = A()\na.m()\n"
    ),
    "numbered objects": Program("class A: pass\na = A()\nb = A()\nc = [a, b]\nd = b\n"),
    "recursion": Program("def f(n):\n    m = n + 1\n    return f(m)\n", "f(0)"),
    "edits": Program(LOOP, edits=(Edit(6, 0, "t", "100"),)),
    "comprehension over a local": Program(
        "def f(x):\n    y = [x for x in range(x)]\n    x = y\n    return x\n", "f(2)"
    ),
}


def written(program: Program, budget: int, short: bool) -> tuple[list[Any], int]:
    rows: list[Any] = []
    lines = 0

    def put(event: Event, line: int, depth: int, shown: dict[str, str], *rest: Any) -> None:
        rows.append((event, line, depth, list(shown.items()), *rest[:6]))

    def put_line(line: int, depth: int, shown: dict[str, str], function: str, file: str, memory: Any) -> None:
        nonlocal lines
        lines += 1
        rows.append((Event.LINE, line, depth, list(shown.items()), function, None, "", "", file, ()))

    run = Run(program)

    def leave() -> None:
        run.tracer.end()
        raise LeaveRun

    run.tracer.guide = Recording(budget, put, put_line if short else None, leave)
    rows.append(run.through())
    return rows, lines


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("budget", [7, 2000])
def test_both_ways_write_the_same(name: str, budget: int) -> None:
    long, none = written(PROGRAMS[name], budget, False)
    short, some = written(PROGRAMS[name], budget, True)
    assert short == long
    assert none == 0 < some
