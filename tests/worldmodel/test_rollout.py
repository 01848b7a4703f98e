"""A dream that is dreamt once is what stepping the neural debugger shows, move by move."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from debugworld.envs import load_task_set
from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Event,
    Exit,
    ExitCode,
    IllegalAction,
    Program,
    State,
    Trace,
)
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.baselines import CopyDebugger, StaticEngine
from debugworld.worldmodel.fidelity.real import RealDebugger
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.rollout import Reality, RolloutDebugger, dream

PROGRAMS = load_task_set("builtin").programs[:12]
PLAIN = (
    ActionKind.STEP_INTO,
    ActionKind.STEP_OVER,
    ActionKind.STEP_RETURN,
    ActionKind.CONTINUE,
    ActionKind.BACK_INTO,
    ActionKind.BACK_OVER,
    ActionKind.BACK_TO_CALL,
    ActionKind.REVERSE_CONTINUE,
)
FOREVER = Program("def f(n):\n    while n:\n        n = n\n    return n\n", "f(1)")


class Box:
    """Records in this process."""

    session = None

    def record(self, program: Program) -> Trace:
        return record(program)


def moves(program: Program) -> list[Action]:
    plain = [Action(kind) for kind in PLAIN]
    stops = sorted(program.outline.stop_lines)
    return [*plain, *(Action(kind, line) for kind in (ActionKind.RUN_TO, ActionKind.BREAK) for line in stops)]


def rolled(debugger: Any, most: int) -> RolloutDebugger:
    def rollout(program: Program, given: Sequence[State]) -> Trace:
        return dream(debugger, program, most, given)[0]

    return RolloutDebugger(rollout)


def opened(name: str, tiny_checkpoint: Path, most: int) -> NeuralDebugger:
    if name == "static":
        return NeuralDebugger(StaticEngine(), most, granularity="line")
    return NeuralDebugger.load(None if name == "shipped" else tiny_checkpoint, most)


@pytest.mark.parametrize("start", [0, 3])
@pytest.mark.parametrize("name", ["static", "tiny", pytest.param("shipped", marks=pytest.mark.slow)])
def test_all_moves_lead_where_stepping_leads(name: str, start: int, tiny_checkpoint: Path) -> None:
    most, seen = 60, 0
    asked, dreamer = opened(name, tiny_checkpoint, most), opened(name, tiny_checkpoint, most)
    for number, program in enumerate(PROGRAMS[: 4 if name == "shipped" else None]):
        chance, whole = random.Random(number), rolled(dreamer, most)
        assert asked.reset(program) == whole.reset(program)
        if start:
            given = record(program).states[: start + 1]
            assert asked.ground(given) == whole.ground(given)
        for _ in range(60):
            action = chance.choice(moves(program))
            refused = whole.refusal(action)
            assert asked.refusal(action) == refused
            if refused is None:
                assert asked.step(action) == whole.step(action), (program.name, action)
                assert asked.breakpoint_lines == whole.breakpoint_lines
                seen += 1
    assert seen > 100


def test_nothing_is_dreamt_before_a_move_needs_it() -> None:
    asked: list[int] = []

    def rollout(program: Program, given: Sequence[State]) -> Trace:
        asked.append(len(given))
        return record(program)

    debugger = RolloutDebugger(rollout)
    assert debugger.reset(PROGRAMS[0]) == record(PROGRAMS[0]).states[0] and not asked
    debugger.ground(record(PROGRAMS[0]).states[:3])
    assert debugger.position == 2 and not asked
    for kind in ("back_into", "step_into", "step_into", "step_into", "back_into", "continue"):
        debugger.step(Action.parse(kind))
    assert asked == [3] and debugger.done
    assert debugger.trace == record(PROGRAMS[0])


def test_a_fork_goes_its_own_way() -> None:
    debugger = RolloutDebugger(lambda program, given: record(program))
    debugger.reset(PROGRAMS[0])
    other = debugger.fork()
    debugger.step(Action.parse("continue"))
    assert debugger.done and not other.done
    assert other.step(Action.parse("step_into")) == record(PROGRAMS[0]).states[1]
    assert debugger.restore(other) == other.state


def test_a_dream_without_end_ends_at_the_budget() -> None:
    debugger = NeuralDebugger(StaticEngine(), granularity="line")
    trace, looks = dream(debugger, FOREVER, 25)
    assert len(trace.states) == 25 and not looks
    assert trace.exit == Exit(ExitCode.NEVER, "step_budget")
    copied, _ = dream(CopyDebugger(), PROGRAMS[0], 7)
    assert [state.event for state in copied.states] == [Event.CALL] * 7
    assert copied.exit.code is ExitCode.NEVER


def test_the_real_debugger_dreams_the_truth() -> None:
    for program in PROGRAMS:
        trace, _ = dream(RealDebugger(Box()), program, 10_000)  # type: ignore[arg-type]
        assert replace(trace, python="") == replace(record(program), python="")


class Doubtful(NeuralDebugger):
    """Is sure of every state but those of its own choosing."""

    doubts: Callable[[int], float] = staticmethod(lambda place: 1.0)

    @property
    def confidence(self) -> float:
        return self.doubts(self.position)


def test_reality_is_looked_at_within_the_budget_where_doubt_is_greatest() -> None:
    debugger = Doubtful(StaticEngine(), granularity="line")
    for program in PROGRAMS:
        true = record(program)
        debugger.doubts = lambda place: 0.5 + 0.4 / (1 + place % 7)  # type: ignore[method-assign]
        trace, looks = dream(debugger, program, 80, reality=Reality(true, 0.2))
        steps = len(trace.states)
        assert 1 <= looks <= max(1, 0.2 * steps)


def test_all_that_may_be_looked_at_is_the_truth() -> None:
    debugger = Doubtful(StaticEngine(), granularity="line")
    debugger.doubts = lambda place: 0.9 - place / 1e4  # type: ignore[method-assign]
    for program in PROGRAMS:
        true = record(program)
        trace, looks = dream(debugger, program, 10_000, reality=Reality(true, 1.0))
        assert list(trace.states) == list(true.states) and trace.exit == true.exit
        assert looks == len(true.states)


def test_who_is_sure_looks_at_nothing_and_who_cannot_tell_is_refused() -> None:
    debugger = Doubtful(StaticEngine(), granularity="line")
    plain = dream(debugger, PROGRAMS[1], 50)
    assert dream(debugger, PROGRAMS[1], 50, reality=Reality(record(PROGRAMS[1]), 0.5)) == plain
    debugger.doubts = lambda place: math.nan  # type: ignore[method-assign]
    with pytest.raises(ModelError, match="how sure"):
        dream(debugger, PROGRAMS[1], 50, reality=Reality(record(PROGRAMS[1]), 0.5))


def test_moves_over_a_patched_dream_find_their_way() -> None:
    """States from two runs need not fit together; the moves stay in the tree and keep its laws."""
    debugger = Doubtful(StaticEngine(), granularity="line")
    debugger.doubts = lambda place: random.Random(place).random()  # type: ignore[method-assign]
    for number, program in enumerate(PROGRAMS):
        trace, _ = dream(debugger, program, 80, reality=Reality(record(program), 0.3))
        walker = RolloutDebugger(lambda program, given, trace=trace: trace)  # type: ignore[misc]
        walker.reset(program)
        chance = random.Random(number)
        for _ in range(80):
            action = chance.choice(moves(program))
            try:
                state = walker.step(action)
            except IllegalAction:
                continue
            assert 0 <= walker.position < len(walker.tree)
            assert state.line == walker.tree.states[walker.position].line
