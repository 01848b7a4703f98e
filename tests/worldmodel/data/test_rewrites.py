"""Rewrites: proved by running, over generated and real programs; what is not safe is left alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import ExitCode, Program, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.rewrites import REWRITES, prove, rewrite
from debugworld.worldmodel.data.rows import load_rows


def proved(programs: Iterable[Program], run: Callable[[Program], Trace]) -> Counter[str]:
    """Rewrites programs in every way, runs both forms, and counts those that did the same."""
    same = Counter[str]()
    for program in programs:
        before = run(program)
        if before.exit.code is ExitCode.NEVER:
            continue
        for name in REWRITES:
            found = rewrite(program, name)
            if found is not None:
                difference = prove(before, run(found.program), found.names)
                assert difference is None, (name, difference, program.source, found.program.source)
                same[name] += 1
    return same


def test_generated_programs_do_the_same() -> None:
    same = proved((generate(seed, 1 + seed % 5).program for seed in range(60)), lambda p: record(p, 5_000))
    assert all(same[name] for name in REWRITES if name != "while-to-for"), same


@pytest.mark.docker
@pytest.mark.slow
def test_real_programs_do_the_same(shared_data: Path) -> None:
    rows = list(load_rows(shared_data / "programs_dev.jsonl.gz"))
    random.Random(1).shuffle(rows)
    with open_sandbox("docker", max_events=5_000, timeout=5.0) as box:
        same = proved((row.programs[0] for row in rows[:40]), box.record)
    assert sum(same.values()) > 100 and same["rename"] > 20, same


CASES = {
    "rename": (
        "def f(items, *, key=0):\n    def add(x):\n        return x + key\n"
        "    return [add(i) for i in items]\n",
        "f([1, 2], key=3)",
        None,
    ),
    "mislead": (
        "def f(max_value, min_value):\n    return max_value - min_value\n",
        "f(5, 3)",
        "min_value - max_value",
    ),
    "reorder": ("def f(n):\n    a = 1\n    b = n\n    return a, b\n", "f(2)", "b = n\n    a = 1"),
    "for-to-while": (
        "def f(n):\n    t = []\n    for i in range(n):\n        t.append(i)\n    return t\n",
        "f(4)",
        "while i < n:",
    ),
    "while-to-for": (
        "def f(n):\n    t = 0\n    i = 0\n    while i < n:\n        t += i\n        i += 1\n    return t\n",
        "f(4)",
        "for i in range(n):",
    ),
    "comprehension-to-loop": (
        "def f(n):\n    i = 7\n    a = {i: i * i for i in range(n) if i % 2}\n    return a, i\n",
        "f(6)",
        "for i_ in range(n):",
    ),
    "loop-to-comprehension": (
        "def f(n):\n    t = []\n    for i in n:\n        if i:\n            t.append(i * 2)\n    return t\n",
        "f([0, 1])",
        "t = [i * 2 for i in n if i]",
    ),
    "invert-branches": (
        "def f(n):\n    if n == 1:\n        return 'a'\n    elif n < 3:\n        return 'b'\n    else:\n"
        "        return 'c' if n in (3, 4) else 'd'\n",
        "f(3)",
        "if n != 1:",
    ),
}


@pytest.mark.parametrize("name", REWRITES)
def test_each_rewrite_does_what_it_says(name: str) -> None:
    source, call, wanted = CASES[name]
    program = Program(source, call)
    found = rewrite(program, name)
    assert found is not None and found.program.source != source
    assert wanted is None or wanted in found.program.source, found.program.source
    assert prove(record(program), record(found.program), found.names) is None
    assert rewrite(program, name) == found, "the same seed, the same text"


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("def f(n):\n    for i in range(n):\n     if i == 2: continue\n     i += 1\n    return i\n", "f(4)"),
        ("def f(n):\n    for i in range(n):\n        n -= 1\n    return i, n\n", "f(4)"),
        ("def f():\n    for i in range(0):\n        pass\n    else:\n        return 'none'\n", "f()"),
        ("def f(n):\n    for i in range(n, 0, -2):\n     for i in range(i): n += 1\n    return n\n", "f(7)"),
        ("def f(n):\n    return [[i * j for i in range(j)] for j in range(n)]\n", "f(4)"),
        ("def f(xs):\n    xs = [x for x in xs for x in range(x)]\n    return xs\n", "f([2, 3])"),
        ("def f(x):\n    y = [x for x in [x, x + 1]]\n    return x, y\n", "f(1)"),
        ("def f(a, b):\n    return a if a < b else b\n", "f(float('nan'), 1)"),
        ("def f(key, value):\n    return sorted(value, key=len), key\n", "f(1, ['aa', 'b'])"),
        ("def f(max_n, min_n):\n    return max_n + missing\n", "f(1, 2)"),
        ("def f(left):\n    print(left, right)\n    right = 1\n", "f(1)"),
        ("def f(start, end=4):\n    return start - end\n", "f(1, end=2)"),
        ("def f(it):\n    a = list(it)\n    b = list(it)\n    return a, b\n", "f(iter([1, 2]))"),
    ],
)  # fmt: skip
def test_hard_cases_do_the_same(source: str, call: str) -> None:
    assert proved([Program(source, call)], record)


@pytest.mark.parametrize(
    "source",
    [
        "def f(a):\n    return locals()\n",
        "def f(a):\n    return eval('a')\n",
        "def f(**a):\n    return f2(**a)\n",
    ],
)
def test_names_that_a_program_may_see_stay(source: str) -> None:
    assert rewrite(Program(source), "rename") is None
    assert rewrite(Program(source), "mislead") is None


def test_a_difference_is_told() -> None:
    one, two = (record(Program(f"def f():\n    print({n})\n    return 1\n", "f()")) for n in (1, 2))
    assert prove(one, one) is None
    assert prove(one, two) == "stdout was '1\\n' and is '2\\n'"
    fails = record(Program("def f(a):\n    return b\n", "f(1)"))
    other = record(Program("def f(a):\n    return c\n", "f(1)"))
    assert "raised was" in str(prove(fails, other))
    assert prove(fails, other, {"c": "b"}) is None
    endless = record(Program("def f():\n    while True:\n        pass\n", "f()"), 50)
    assert "not to be told" in str(prove(endless, endless))


def test_programs_of_several_files_are_left_alone() -> None:
    program = Program("import a\nprint(a.x)\n", files=(("a.py", "x = 1\n"),))
    assert all(rewrite(program, name) is None for name in REWRITES)
    assert rewrite(Program("def f(:\n"), "rename") is None
