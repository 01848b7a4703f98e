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
    "dict": ("def f():\n    d = dict(a=1, b=2)\n    return d\n", "dict order"),
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
    "alias of an object": (
        "class A:\n    pass\n\ndef f():\n    a = A()\n    b = [a][0]\n    return b\n",
        "aliasing",
    ),
    "alias by a change": (
        "def f():\n    a, b = ([[0]] * 2)\n    a.append(1)\n    return b\n",
        "aliasing",
    ),
    "Counter": (
        "from collections import Counter\n\ndef f():\n    d = Counter('aab')\n    return d\n",
        "dict order",
    ),
    "imported": ("from math import floor\n\ndef f():\n    return floor(1.5)\n", "native calls"),
    "method of a literal": (
        "class A:\n    def join(self):\n        return 1\n\ndef f():\n    return ' '.join(['a'])\n",
        "native calls",
    ),
    "native": ("def f():\n    return len('abc')\n", "native calls"),
}


NEGATIVE = {
    "own methods": (
        "class A:\n    def grow(self):\n        return 1\n\ndef f():\n    return A().grow()\n",
        "native calls",
    ),
    "shadowed": ("def f(len=lambda x: 1):\n    return len('abc')\n", "native calls"),
    "a callback": (
        "class A:\n    def __init__(self, g):\n        self.g = g\n\ndef f():\n    return A(lambda: 1).g()\n",
        "native calls",
    ),
    "a set with a colon": ("def f():\n    s = {'a:b', 'c:d'}\n    return s\n", "dict order"),
    "one item": ("def f():\n    d = {'a:b, c:d': 1}\n    return d\n", "dict order"),
    "dicts of one item": ("def f():\n    d = {'a': {'b': 1}}\n    return d\n", "dict order"),
    "alike": ("def f():\n    a = [1]\n    b = [1]\n    return a\n", "aliasing"),
    "alike again": (
        "def f():\n    a = [1]\n    b = [1]\n    a, b = [2], [2]\n    return a\n",
        "aliasing",
    ),
    "alike and fixed": ("def f():\n    a = (1, 2)\n    b = a\n    return b\n", "aliasing"),
    "alike objects": (
        "class A:\n    pass\n\ndef f():\n    a = A()\n    b = A()\n    return b\n",
        "aliasing",
    ),
    "a number in a text": ("def f():\n    s = 'is 1.5 or 12345678901'\n    return s\n", "floats"),
    "a big number in a text": ("def f():\n    s = 'is 12345678901'\n    return s\n", "big ints"),
    "called side by side": (
        "def g():\n    return 1\n\ndef h():\n    return g()\n\ndef f():\n    return g() + h()\n",
        "recursion",
    ),
}


@pytest.mark.parametrize("name", NEGATIVE)
def test_a_run_is_not_filed_under_what_only_looks_so(name: str) -> None:
    source, tag = NEGATIVE[name]
    program = Program(source, "f()")
    states = [*(trace := record(program)).states, trace.final]
    assert tag not in constructs_of(program, states)


def test_what_a_call_leaves_alone_is_not_changed_by_its_return() -> None:
    program = Program("def g():\n    return 1\n\ndef f():\n    s = 'a'\n    n = g()\n    return n\n", "f()")
    states = record(program).states
    [back] = [n for n, one in enumerate(states) if one.function == "f" and "n" in one.locals][:1]
    assert states[back - 1].function == "g"
    assert "strings" not in constructs_of(program, states, back - 1, back)
    [bound] = [n for n, one in enumerate(states) if one.function == "f" and "s" in one.locals][:1]
    assert "strings" in constructs_of(program, states, bound - 1, bound)


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
