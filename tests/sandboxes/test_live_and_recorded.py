"""A live debugger and a recorded one are one debugger: the same answers to the same commands.

Random commands are given to both over programs that nobody here wrote. The long form runs 10,000 sequences on
every CPython at hand: ``pytest -m long -k ten_thousand``.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import (
    Action,
    BreakpointKind,
    Debugger,
    Event,
    ExitCode,
    IllegalAction,
    LiveDebugger,
    Program,
    RecordedDebugger,
)

SLICE, LONG = 100, 10_000
SHORTEST, LONGEST = 4, 16
"""Commands of a sequence."""
INTERPRETERS = ("3.11", "3.12", "3.13")
_WORD = re.compile(r"[A-Za-z_]\w*")
_ADDRESSES = re.compile(r"\bid\(")
"""What makes a value of where objects lie, which another process may repeat by chance."""


def programs(folder: Path) -> list[Program]:
    with gzip.open(folder / "programs_dev.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [Program(row["source"], call, name=row["id"]) for row in rows for call in row["calls"]]


class Commander:
    """Makes up commands from what the debugger shows."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def next(self, debugger: RecordedDebugger) -> str:
        draw, state = self._random, debugger.state
        lines = sorted(debugger.program.outline.stop_lines)
        names = list(state.locals)
        if state.event is Event.EXIT or draw.random() < 0.2:
            count = draw.choice(("", "", "", " 2", " 7"))
            return draw.choice(("back_into", "back_over", "back_to_call", "reverse_continue")) + count
        kind = draw.choices(
            ("step", "run_to", "continue", "break", "clear", "until", "evaluate", "frame", "set"),
            (10, 3, 6, 6, 1, 2, 3, 2, 0.4),
        )[0]
        if kind == "step":
            count = draw.choice(("", "", "", " 3", " 20"))
            return draw.choice(("step_into", "step_over", "step_return")) + count
        if kind == "run_to":
            return f"run_to {draw.choice(lines)}"
        if kind == "continue":
            return "continue" + draw.choice(("", "", " 3"))
        if kind == "break":
            return f"break {self._breakpoint(debugger, lines, names)}"
        if kind == "clear":
            points = debugger.breakpoints
            return f"clear {draw.choice(points)}" if points else f"clear {draw.choice(lines)}"
        if kind == "until":
            return f"run_until {self._condition(names)}"
        if kind == "evaluate":
            return f"evaluate {self._expression(names)}"
        if kind == "set" and names:
            return f"set {draw.choice(names)} = {self._expression(names)}"
        return draw.choice(("up", "down"))

    def _breakpoint(self, debugger: RecordedDebugger, lines: list[int], names: list[str]) -> str:
        draw, state = self._random, debugger.state
        suffix = f" hits {draw.randint(2, 4)}" if draw.random() < 0.2 else ""
        suffix += f" if {self._condition(names)}" if draw.random() < 0.4 else ""
        kind = draw.choices(list(BreakpointKind), (10, 2, 2, 2, 0.1))[0]
        if kind is BreakpointKind.LINE:
            return f"{draw.choice(lines)}{suffix}"
        if kind is BreakpointKind.FUNCTION:
            return f"function {state.function}{suffix}"
        if kind is BreakpointKind.EXCEPTION:
            return f"exception {draw.choice(('Exception', 'LookupError', 'ValueError', 'TypeError'))}{suffix}"
        if kind is BreakpointKind.CHANGE and names:
            return f"change {draw.choice(names)} in {state.function}{suffix}"
        return f"failure{suffix}"

    def _condition(self, names: list[str]) -> str:
        draw = self._random
        if not names:
            return "True"
        name = draw.choice(names)
        forms = (
            "{0} > 2",
            "{0}",
            "len({0}) > 1",
            "{0} == {1}",
            "not {0}",
            "{0} in (0, 1, 'a')",
            "str({0}) > '3'",
        )
        return draw.choice(forms).format(name, draw.choice(names))

    def _expression(self, names: list[str]) -> str:
        draw = self._random
        if not names:
            return "1 + 1"
        forms = ("{0}", "{0} * 2", "[{0}, {1}]", "{0}[0]", "{0}.pop()", "sorted({0})", "type({0})", "nowhere")
        return draw.choice(forms).format(draw.choice(names), draw.choice(names))


def does(debugger: Debugger, command: str) -> tuple[object, ...]:
    """What a debugger answers, all of it."""
    try:
        action = Action.parse(command)
        state = debugger.step(action)
    except IllegalAction as error:
        return ("refused", str(error))
    return (state, debugger.reply, debugger.breakpoints, debugger.done)


def compare(sandbox: Sandbox, program: Program, seed: int) -> None:
    """Gives both the same commands; the first difference fails, with all that led to it."""
    length = random.Random(f"length {seed}").randint(SHORTEST, LONGEST)
    with (
        RecordedDebugger(sandbox.record, sandbox.session) as recorded,
        LiveDebugger(sandbox.session) as live,
    ):
        assert recorded.reset(program) == live.reset(program)
        if recorded.trace.exit.code is ExitCode.NEVER:
            return  # a budget of the recording's, which a live debugger has for each move
        commander, said = Commander(seed), []
        for place in range(length):
            command = commander.next(recorded)
            said.append(command)
            there, here = does(recorded, command), does(live, command)
            late = live.state.exit is not None and live.state.exit.reason == "timeout"
            assert not late, f"{command} took longer than the box allows"
            assert there == here, (program.name, program.call, seed, said, there, here)
            if place == length // 2:
                assert recorded.position == live.position, (program.name, program.call, seed, said)
                if not live.done:
                    assert recorded.frames() == live.frames(), (program.name, program.call, seed, said)
                with live.fork() as twin:
                    assert twin.state == live.state
                    assert isinstance(twin, LiveDebugger)
                    if not live.done:
                        assert recorded.call() == twin.call(), (program.name, program.call, seed, said)


def run(sandbox: Sandbox, chosen: list[Program], count: int) -> None:
    """Runs sequences; programs that need not do the same twice, readers of clocks and ids, are left out."""
    left_out = 0
    for seed in range(count):
        program = chosen[random.Random(seed).randrange(len(chosen))]
        try:
            compare(sandbox, program, seed)
        except AssertionError as error:
            if "took longer than" in str(error):
                left_out += 1
                continue
            if not _ADDRESSES.search(program.source) and sandbox.record(program) == sandbox.record(program):
                raise
            left_out += 1
    assert left_out <= count / 50


@pytest.fixture(scope="module")
def docker_session_box() -> Iterator[Sandbox]:
    with open_sandbox("docker", timeout=5.0, max_events=250_000) as sandbox:
        yield sandbox


@pytest.mark.docker
def test_the_same_commands_get_the_same_answers(docker_session_box: Sandbox, shared_data: Path) -> None:
    run(docker_session_box, programs(shared_data), SLICE)


@pytest.mark.long
@pytest.mark.docker
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("version", INTERPRETERS)
def test_ten_thousand_sequences_on_each_interpreter(
    version: str, shared_data: Path, interpreter: Callable[[str], str]
) -> None:
    with open_sandbox("docker", timeout=5.0, max_events=250_000, python=interpreter(version)) as sandbox:
        run(sandbox, programs(shared_data), LONG)
