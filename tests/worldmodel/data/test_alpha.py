"""Keys: equal for what differs in names and writing only, different for all else, on every CPython."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import Program, ProgramError
from debugworld.worldmodel.data.alpha import function_keys, keys_of, source_key
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.rewrites import rewrite
from debugworld.worldmodel.data.statements import generate_statement

ONE = '''
class Stack:
    """A stack."""
    def __init__(self, first=0):
        self.data: list[int] = [first]

    def push_all(self, values):
        for value in values:
            self.data.append(value)  # one by one
        return [v for v in self.data if (kept := v) > first_of(values)]

def first_of(items, *, default=None):
    try:
        return items[0]
    except IndexError as error:
        return default
'''
TWO = """
from typing import List
class Pile:
    def __init__(me, start = 0):
        me.cells = [start]
    def put(me, xs: List[int]) -> List[int]:
        for x in xs: me.cells.append(x)
        return [c for c in me.cells if (last := c) > head(xs)]

def head(seq, *, fallback=None):
    "The first."
    try: return (seq[0])
    except IndexError as e: return fallback
"""


def test_names_comments_annotations_and_layout_do_not_count() -> None:
    one = keys_of(Program(ONE, "Stack().push_all([first_of([2], default=3), 4])"))
    two = keys_of(Program(TWO, "Pile().put([head([2], fallback=3), 4])"))
    assert one == two
    assert keys_of(Program(TWO, "Pile().put([head([2], fallback=3), 5])")).source == two.source
    assert keys_of(Program(TWO, "Pile().put([head([2], fallback=3), 5])")).program != two.program


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("def f(a, b):\n    return a - b\n", "def f(a, b):\n    return b - a\n"),
        ("def f(a):\n    return a + 1\n", "def f(a):\n    return a + 2\n"),
        ("def f(a):\n    return a + 1\n", "def f(a):\n    return a + 1.0\n"),
        ("def f(a):\n    return a + 1\n", "def f(a):\n    return a + True\n"),
        ("def f(a):\n    return len(a)\n", "def f(a):\n    return sum(a)\n"),
        ("def f(a):\n    return a.upper()\n", "def f(a):\n    return a.lower()\n"),
        ("def f(a):\n    return a\n", "def f(a):\n    yield a\n"),
        ("x = 1\ndef f():\n    return x\n", "x = 1\ndef f():\n    x = 1\n    return x\n"),
        ("def f(a, b=1):\n    return a\n", "def f(a, *, b=1):\n    return a\n"),
        ("def f(a):\n    return [b for b in a]\n", "def f(a):\n    return {b for b in a}\n"),
        ("import math\ndef f(a):\n    return math.pi\n", "import cmath\ndef f(a):\n    return cmath.pi\n"),
        ("class A:\n    x: int\n", "class A:\n    x: int\n    y: int\n"),
    ],
)
def test_what_a_program_does_counts(one: str, two: str) -> None:
    assert source_key(one) != source_key(two)


def test_the_same_name_in_two_functions_is_two_names() -> None:
    one = "def f(a):\n    return a\ndef g(a):\n    return f(a)\n"
    two = "def p(q):\n    return q\ndef r(s):\n    return p(s)\n"
    assert source_key(one) == source_key(two)


def test_a_name_of_an_outer_function_is_one_name() -> None:
    body = (
        "def f(n):\n    def add(x):\n        nonlocal n\n        n += x\n        return n\n    return add\n"
    )
    assert source_key(body) == source_key(body.replace("N", "start"))
    crossed = (
        "def f(n):\n    def add(x):\n        nonlocal n\n        n += n\n        return x\n    return add\n"
    )
    assert source_key(body) != source_key(crossed)


def test_functions_have_keys_where_they_are_long_enough() -> None:
    def long(name: str, x: str) -> str:
        tests = "".join(f"    if {x} > {n}:\n        {x} -= {n}\n" for n in range(10))
        return f"def {name}({x}):\n    '''Says nothing.'''\n{tests}    return {x}\n"

    alone = Program(long("f", "a")).module
    (key,) = function_keys(alone)
    method = "class C:\n" + "".join(f"    {line}\n" for line in long("g", "b").splitlines())
    assert list(function_keys(Program("def h(x):\n    return x\n" + method).module)) == [key]
    assert not list(function_keys(Program("def h(x):\n    return x\n").module))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([generate, generate_statement]), st.integers(1, 5))
def test_renaming_changes_no_key(seed, make, difficulty) -> None:  # type: ignore[no-untyped-def]
    program = make(seed, difficulty).program
    found = rewrite(program, "rename", seed)
    if found is not None:
        assert keys_of(found.program) == keys_of(program), found.program.source
        assert found.program.source != program.source


def test_different_programs_have_different_keys() -> None:
    programs = [generate(seed, 3).program for seed in range(200)]
    assert len({keys_of(program).program for program in programs}) == 200


def test_what_does_not_parse_is_told() -> None:
    with pytest.raises(ProgramError):
        source_key("def f(:\n")


def test_keys_are_the_same_on_every_cpython(interpreter: Callable[[str], str]) -> None:
    others = [interpreter(version) for version in ("3.11", "3.12", "3.13")]
    script = (
        "import sys; sys.dont_write_bytecode = True\n"
        "from types import ModuleType\n"
        "package = ModuleType('debugworld'); package.__path__ = [sys.argv[1]]\n"
        "sys.modules['debugworld'] = package\n"
        "for name in ('worldmodel', 'worldmodel.data'):\n"
        "    part = ModuleType('debugworld.' + name)\n"
        "    part.__path__ = [sys.argv[1] + '/' + name.replace('.', '/')]\n"
        "    sys.modules['debugworld.' + name] = part\n"
        "from debugworld.sandboxes.debugger import Program\n"
        "from debugworld.worldmodel.data.alpha import keys_of\n"
        "from debugworld.worldmodel.data.programs import generate\n"
        f"print(keys_of(Program({ONE!r}, 'first_of([1])')))\n"
        "for seed in range(40): print(keys_of(generate(seed, 3).program))\n"
    )
    root = str(Path(__file__).resolve().parents[3])
    told = {exe: subprocess.run([exe, "-c", script, root], capture_output=True, text=True) for exe in others}
    assert all(answer.returncode == 0 for answer in told.values()), [a.stderr[-500:] for a in told.values()]
    assert len({answer.stdout for answer in told.values()}) == 1, sys.version
