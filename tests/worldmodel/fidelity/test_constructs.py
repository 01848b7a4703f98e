"""What a step is filed under."""

from __future__ import annotations

import pytest

from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.fidelity.constructs import CONSTRUCTS, constructs_of

CASES = {
    "strings": ("def f():\n    s = 'a' + 'b'\n    return s\n", "strings"),
    "floats": ("def f():\n    x = 1 / 4\n    return x\n", "floats"),
    "big": ("def f():\n    x = 2 ** 40\n    return x\n", "big ints"),
    "dict": ("def f():\n    d = dict(a=1)\n    return d\n", "dict order"),
    "recursion": ("def f(n=2):\n    if n == 0:\n        return 0\n    return f(n - 1)\n", "recursion"),
    "closure": ("def f():\n    def g():\n        return 1\n    return g()\n", "closures"),
    "exception": (
        "def f():\n    try:\n        return 1 // 0\n    except ZeroDivisionError:\n        return 2\n",
        "exceptions",
    ),
    "generator": ("def g():\n    yield 1\n\ndef f():\n    return list(g())\n", "generators"),
    "class": (
        "class A:\n    def __init__(self):\n        self.x = 1\n\ndef f():\n    return A().x\n",
        "classes",
    ),
    "comprehension": ("def f():\n    return [i for i in range(2)]\n", "comprehension"),
    "alias": ("def f():\n    a = [1]\n    b = a\n    b.append(2)\n    return a\n", "aliasing"),
    "native": ("def f():\n    return len('abc')\n", "native calls"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_run_is_filed_under_what_it_does(name: str) -> None:
    source, tag = CASES[name]
    program = Program(source, "f()")
    states = [*(trace := record(program)).states, trace.final]
    assert tag in constructs_of(program, states)


def test_what_does_not_happen_is_not_told() -> None:
    program = Program("def f(a, b):\n    c = a + b\n    return c\n", "f(1, 2)")
    states = [*(trace := record(program)).states, trace.final]
    assert set(constructs_of(program, states)) <= {"calls"}
    found = {tag for source, tag in CASES.values()}
    assert found <= set(CONSTRUCTS)
