"""Looks, conditions and changed futures of a dream: with a true model they are the real debugger's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import (
    Action,
    Debugger,
    Edit,
    IllegalAction,
    Program,
    RecordedDebugger,
    State,
)
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.completion import Completion, Request
from debugworld.worldmodel.data import oracle
from debugworld.worldmodel.markov import Shell
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.thinker import Granularity

COLLATZ = Program(
    "def halve(n):\n    half = n // 2\n    return half\n\n\n"
    "def f(n):\n    steps = 0\n    for limit in range(20):\n        if n == 1:\n            break\n"
    "        if n % 2 == 0:\n            n = halve(n)\n        else:\n            n = 3 * n + 1\n"
    "        steps += 1\n    return steps\n",
    "f(6)",
)
FAILING = Program(
    "class Odd(ValueError):\n    pass\n\n\ndef g(n):\n    if n % 2:\n        raise Odd(n)\n    return n\n\n\n"
    "def f(n):\n    t = 0\n    for i in range(n):\n        try:\n            t += g(i)\n"
    "        except ValueError:\n            t = t - 1\n    return [][t]\n",
    "f(4)",
)


def do(debugger: Debugger, *commands: str) -> State:
    """Does commands; returns the last state."""
    return [debugger.step(Action.parse(command)) for command in commands][-1]


class Truth:
    """Answers statements from recorded runs and expressions by evaluating them."""

    def __init__(self, *programs: Program) -> None:
        self._oracle = oracle.Oracle()
        self._answers: dict[str, str] = {}
        for program in programs:
            trace = record(program)
            states = [*trace.states, trace.final]
            shell = Shell(program)
            shell.start()
            shell.accept(states[0])
            begun = max((edit.index for edit in program.edits), default=0)
            for index in range(len(states) - 1):
                if shell.certain() is None:
                    outcome = shell.outcome_of(states, index)
                    assert outcome is not None
                    if index >= begun:
                        assert self._answers.setdefault(shell.prompt(), str(outcome)) == str(outcome)
                    shell.apply(outcome)
                shell.accept(states[index + 1])
                for edit in program.edits:
                    if edit.frame and edit.index == index + 1:  # the states do not show it yet
                        shell.stack[-1 - edit.frame].locals[edit.name] = edit.expression

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        return [Completion(self._answer(request.prompt), (-0.1,), (-0.1,), True) for request in requests]

    def _answer(self, prompt: str) -> str:
        if prompt.startswith("?"):
            answer = self._oracle.answer(prompt)
            return str(answer) if answer else f"X NameError: name {prompt[1:].split()[0]!r} is not defined"
        return self._answers[prompt]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A plain process: the programs here are our own."""
    with open_sandbox("process", timeout=5.0) as sandbox:
        yield sandbox


def _both(box: Sandbox, program: Program, *others: Program) -> tuple[RecordedDebugger, NeuralDebugger]:
    real = RecordedDebugger(box.record, box.session)
    neural = NeuralDebugger(Truth(program, *others), granularity=Granularity.LINE)  # type: ignore[arg-type]
    assert real.reset(program) == neural.reset(program)
    return real, neural


def _run(real: RecordedDebugger, neural: NeuralDebugger, script: str) -> None:
    """Does the same with both and compares states and replies."""
    for text in script.split("; "):
        action = Action.parse(text)
        assert (real.refusal(action) is None) == (neural.refusal(action) is None), text
        if real.refusal(action) is not None:
            continue
        assert neural.step(action) == real.step(action), text
        assert neural.reply == real.reply, text


@pytest.mark.parametrize(
    "script",
    [
        "break 12 if n > 5; continue; continue; continue",
        "break 12 if undefined > 5; continue",
        "break 15 hits 3; continue; continue",
        "break 15 hits 2 if n % 2 == 0; continue; continue; reverse_continue",
        "break function halve if n == 10; continue; continue",
        "break change steps in f; continue; continue; continue",
        "break change n in f if n > 8; continue; continue; continue",
        "break change half in halve; continue; continue",
        "run_until n == 16; run_until half == 4; run_until n == 99",
        "step_into 3; continue; back_into 3; break 12 if n == 8; reverse_continue; continue",
    ],
)
def test_conditions_and_changes(box: Sandbox, script: str) -> None:
    _run(*_both(box, COLLATZ), script)


@pytest.mark.parametrize("name", ["ValueError", "Odd", "Exception", "IndexError", "LookupError", "KeyError"])
def test_exception_breakpoints_know_the_bases(box: Sandbox, name: str) -> None:
    _run(*_both(box, FAILING), f"break exception {name}; continue; continue; continue")


def test_looks_and_frames(box: Sandbox) -> None:
    real, neural = _both(box, COLLATZ)
    _run(real, neural, "run_to 3; eval n + half; eval half == 3 and n > 3; eval n // 0; eval nothing")
    assert neural.evidence.kind in ("certain", "step")
    _run(real, neural, "up; eval n * 2; eval limit; down; eval n")
    assert neural.frames() == real.frames()
    for expression, frame in (("n", 7), ("n +", None)):
        with pytest.raises(IllegalAction):
            neural.evaluate(expression, frame)


@pytest.mark.parametrize(
    ("before", "edit"),
    [
        ("run_to 9", Edit(4, 0, "n", "n - 2")),
        ("run_to 9; step_into; step_into; step_into", Edit(7, 1, "n", "100")),
        ("step_into; step_into", Edit(2, 0, "n", "5")),
    ],
)
def test_an_assignment_makes_a_new_future(box: Sandbox, before: str, edit: Edit) -> None:
    real, probe = RecordedDebugger(box.record, box.session), RecordedDebugger(box.record, box.session)
    probe.reset(COLLATZ)
    for text in before.split("; "):
        probe.step(Action.parse(text))
    changed = Program(COLLATZ.source, COLLATZ.call, edits=(Edit(probe.position, *edit.to_json()[1:]),))
    real.reset(COLLATZ)
    neural = NeuralDebugger(Truth(COLLATZ, changed), granularity=Granularity.LINE)  # type: ignore[arg-type]
    neural.reset(COLLATZ)
    _run(real, neural, before)
    assert neural.assign(edit.name, edit.expression, edit.frame) == real.assign(
        edit.name, edit.expression, edit.frame
    )
    assert neural.program == real.program
    _run(real, neural, "step_into; step_into; step_over; step_return")
    _run(real, neural, "continue; back_into; reverse_continue")
    again = NeuralDebugger(Truth(COLLATZ, changed), granularity=Granularity.LINE)  # type: ignore[arg-type]
    again.reset(changed)
    again.step(Action.parse("continue"))
    assert again.tree.states == [*record(changed).states, record(changed).final]


def test_what_cannot_be_set_or_watched_is_told(box: Sandbox) -> None:
    _, neural = _both(box, COLLATZ)
    neural.step(Action.parse("run_to 9"))
    before = neural.state
    for text, reason in (
        ("set m = 3", "no local 'm'"),
        ("set n = n // 0", "raises ZeroDivisionError"),
        ("break change total", "variables of the module"),
    ):
        with pytest.raises(IllegalAction, match=reason):
            neural.step(Action.parse(text))
    assert neural.state == before and not neural.program.edits


def test_another_source_is_another_future(box: Sandbox) -> None:
    source = COLLATZ.source.replace("3 * n + 1", "n + 1")
    other = Program(source, COLLATZ.call)
    real, neural = _both(box, COLLATZ, other)
    _run(real, neural, "break 12 if n > 5; continue; continue")
    assert neural.restart(source) == real.restart(source)
    assert neural.breakpoints == real.breakpoints
    _run(real, neural, "continue; continue; back_into")


def test_forks_of_a_dream_go_their_own_ways_and_are_stops_to_go_back_to() -> None:
    probe = RecordedDebugger(record)
    probe.reset(COLLATZ)
    do(probe, "run_to 3")
    edited = replace(COLLATZ, edits=(Edit(probe.position, 0, "half", "16"),))
    debugger = NeuralDebugger(Truth(COLLATZ, edited), granularity="line")  # type: ignore[arg-type]
    with pytest.raises(IllegalAction, match="reset"):
        debugger.fork()
    debugger.reset(COLLATZ)
    do(debugger, "break 3", "continue")
    stop, known = debugger.state, len(debugger.tree)
    kept = debugger.fork()
    assert kept.state == stop and kept.breakpoints == debugger.breakpoints
    assert kept.confidences == debugger.confidences
    do(debugger, "set half = 16", "clear 3", "continue")
    assert debugger.done and len(kept.tree) == known, "nothing was dreamt for the other"
    assert kept.state == stop and not kept.program.edits and debugger.program.edits
    assert do(kept, "continue").compare(stop)["locals.half"] == ("5", "3")
    assert do(kept, "back_over").line == 2, "it has the past, too"
    assert debugger.restore(kept) == kept.state
    assert debugger.program == COLLATZ and debugger.breakpoints == kept.breakpoints
    do(debugger, "clear 3", "continue")
    assert debugger.done and kept.state.line == 2
    assert [str(point) for point in kept.breakpoints] == ["3"]
    with pytest.raises(IllegalAction, match="cannot take over"):
        debugger.restore(RecordedDebugger(record))
    with pytest.raises(IllegalAction, match="no program yet"):
        debugger.restore(type(debugger)(debugger.engine))
    assert debugger.done and debugger.program == COLLATZ
