"""Small task sets, and environments that are closed again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gymnasium
import pytest

from debugworld.envs import DebugEnv
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


@pytest.fixture
def make(tasks: str) -> Iterator[Callable[..., DebugEnv]]:
    """Makes environments over the four tasks; closes them at the end."""
    made: list[gymnasium.Env[Any, Any]] = []

    def make(env_id: str, **options: Any) -> DebugEnv:
        env = gymnasium.make(env_id, **{"tasks": tasks, "sandbox": "process", **options})
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
