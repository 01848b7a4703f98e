"""Small task sets, and environments that are closed again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gymnasium
import pytest

from debugworld.envs import BUG_ENV_IDS, DebugEnv
from debugworld.sandboxes.debugger import Debugger, Event, Program, RecordedDebugger, Trace
from debugworld.sandboxes.debugger.recorder import record

COUNT = """\
def count(s, t):
    n = 0
    for c in s:
        n += int(c == t)
    return n
"""
DIVIDE = """\
def divide(a, b):
    if b == 0:
        raise ValueError('no')
    return a / b

def run(xs):
    out = []
    for x in xs:
        try:
            out.append(divide(12, x))
        except ValueError as error:
            out.append(str(error))
    return out
"""
ROWS = [
    {"id": "count", "source": COUNT, "calls": ["count('berry', 'r')", "count('', 'x')"]},
    {"id": "run", "code": DIVIDE, "call": "run([1, 0, 4])"},
    {"id": "raises", "code": DIVIDE, "call": "divide(1, 0)"},
]


@pytest.fixture(scope="session")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> str:
    """URI of a set of four tasks."""
    path = tmp_path_factory.mktemp("tasks") / "tasks.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)), "utf-8")
    return f"jsonl/{path}"


BUGS = [
    {
        "id": "count",
        "group": "count",
        "buggy": COUNT.replace("+=", "="),
        "fixed": COUNT,
        "tests": [
            {"call": "count('berry', 'r')", "expected": "2"},
            {"call": "count('rar', 'r')", "expected": "1 + 1"},
            {"call": "count('', 'x')", "expected": "0"},
            {"call": "count('r', 'r')", "expected": "1"},
            {"call": "count('rrr', 'r')", "expected": "3"},
            {"call": "count('rrr', 'r')", "expected": "3"},
        ],
        "bug_lines": [4],
        "description": "Count a letter\nin a text.",
    },
    {
        "id": "run",
        "group": "run",
        "buggy": DIVIDE.replace("b == 0", "b == 1"),
        "fixed": DIVIDE,
        "tests": [
            {"call": "run([1, 0, 4])", "expected": "[12.0, 'no', 3]"},
            {"call": "run([4])", "expected": "[3]"},
            {"call": "run([])", "expected": "[]"},
            {"call": "divide(6, 3)", "expected": "2"},
            {"call": "divide(3, 1)", "expected": "3"},
        ],
        "bug_lines": [2],
        "description": "",
    },
]
BUG_FIELDS = {
    "origin": "here",
    "licence": "Apache-2.0",
    "entry_point": "count",
    "test_code": "",
    "failing": [0],
    "failure": "wrong_output",
    "fixed_lines": [],
    "insert_only": False,
    "explanation": "",
    "bug_kind": "",
}


@pytest.fixture(scope="session")
def bugs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """URI of a set of two bugs."""
    path = tmp_path_factory.mktemp("bugs") / "bugs.jsonl"
    path.write_text("\n".join(json.dumps(BUG_FIELDS | row) for row in BUGS), "utf-8")
    return f"jsonl/{path}"


@pytest.fixture
def make(tasks: str, bugs: str) -> Iterator[Callable[..., DebugEnv]]:
    """Makes environments over the four tasks, or the two bugs; closes them at the end."""
    made: list[gymnasium.Env[Any, Any]] = []

    def make(env_id: str, **options: Any) -> DebugEnv:
        uri = "builtin" if "Complexity" in env_id else bugs if env_id in BUG_ENV_IDS else tasks
        env = gymnasium.make(env_id, **{"tasks": uri, "sandbox": "process", **options})
        made.append(env)
        assert isinstance(env.unwrapped, DebugEnv)
        return env.unwrapped

    yield make
    for env in made:
        env.close()


def blur(program: Program) -> Trace:
    """A run as a poor model would dream it: from the sixth state on, numbers in locals are one off."""
    trace = record(program)
    states = list(trace.states)
    for index in range(5, len(states)):
        wrong = {k: str(int(v) + 1) if v.isdecimal() else v for k, v in states[index].locals.items()}
        states[index] = replace(states[index], locals=wrong)
        if states[index].event is Event.RETURN:
            states[index] = replace(states[index], value="'dream'")
    return replace(trace, states=tuple(states))


@pytest.fixture
def dream() -> Debugger:
    """A debugger that dreams as `blur` does."""
    return RecordedDebugger(blur)
