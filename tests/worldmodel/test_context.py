"""A debugger over a format is the real one, if its model is; and tells what it left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import (
    BASIC_KINDS,
    Action,
    ActionKind,
    Event,
    ExitCode,
    IllegalAction,
    Program,
    RecordedDebugger,
    State,
)
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.context import ContextDebugger, open_debugger
from debugworld.worldmodel.conversation import CodecRequest
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.engine import Completion
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import CODECS, open_codec

from .oracle import Oracle

LOOP = Program("def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n", "f(30)")
KINDS = st.lists(st.sampled_from(BASIC_KINDS), max_size=15)


def dreaming(program: Program, name: str, **options: int) -> tuple[ContextDebugger, Oracle]:
    """Returns a debugger over a model that knows a program's run."""
    trace = record(program)
    states = [*trace.states, trace.final]
    codec = open_codec(name)
    oracle = Oracle(codec, lambda _: states[len(debugger.tree)])
    debugger = ContextDebugger(oracle, codec, **options)
    return debugger, oracle


def shown(name: str, state: State) -> object:
    """What a format shows of a state."""
    if open_codec(name).exact:
        return state
    if state.exit is not None:
        return state.event, state.exit.code
    values = state.locals if state.event in (Event.CALL, Event.LINE) else None
    return state.event, state.source, state.line, state.function, state.depth, values, state.value


@pytest.mark.parametrize("name", sorted(CODECS))
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), kinds=KINDS, data=st.data())
def test_with_a_true_model_it_is_the_real_debugger(
    name: str, seed: int, kinds: list[ActionKind], data: st.DataObject
) -> None:
    program = generate(seed).program
    real, (neural, _) = RecordedDebugger(record), dreaming(program, name, context=10**6)
    assert real.reset(program) == neural.reset(program)
    for kind in kinds:
        line = data.draw(st.integers(1, len(program.lines))) if kind.takes_line else None
        action = Action(kind, line)
        assert real.refusal(action) == neural.refusal(action)
        if real.refusal(action) is None:
            assert shown(name, real.step(action)) == shown(name, neural.step(action))
            assert (real.position, real.done, real.breakpoints) == (
                neural.position,
                neural.done,
                neural.breakpoints,
            )


@pytest.mark.parametrize("name", sorted(CODECS))
def test_a_history_that_is_too_long_loses_its_oldest_states_and_says_so(name: str) -> None:
    neural, oracle = dreaming(LOOP, name, context=2500, max_tokens=300)
    neural.reset(LOOP)
    neural.step(Action(ActionKind.STEP_INTO))
    assert neural.dropped == 0 and neural.info["dropped"] == ""
    assert neural.step(Action(ActionKind.CONTINUE)).exit is not None
    assert all(len(prompt.encode()) <= 2200 for prompt in oracle.prompts)
    assert 0 < neural.dropped < len(neural.tree)
    assert neural.info["dropped_states"] == neural.dropped
    assert str(neural.dropped) in neural.info["dropped"]
    real = RecordedDebugger(record)
    real.reset(LOOP)
    real.step(Action(ActionKind.CONTINUE))
    for mine, true in zip(neural.tree.states, real.tree.states, strict=True):
        assert shown(name, mine)[0] == shown(name, true)[0] if name in ("cwm", "paper") else mine == true  # type: ignore[index]


@pytest.mark.parametrize("jumps", ["rollout", "direct"])
def test_an_answer_that_is_cut_ends_the_dream_and_is_told(jumps: Literal["rollout", "direct"]) -> None:
    class Endless:
        def complete(self, requests: list[CodecRequest]) -> list[Completion]:
            return [Completion("<|line|>", (-0.1,), (-0.1,), False) for _ in requests]

    neural = open_debugger(Endless(), "changes", jumps)  # type: ignore[arg-type]
    neural.reset(LOOP)
    assert neural.info["cut_answers"] == 0
    state = neural.step(Action(ActionKind.STEP_INTO))
    assert state.exit is not None and state.exit.reason == "token_budget"
    assert (neural.info["cut_answers"], neural.info["dropped"]) == (1, "1 answer was cut short")
    neural.reset(LOOP)
    assert (neural.info["cut_answers"], neural.info["dropped"]) == (0, "")


def test_a_program_that_is_too_long_is_refused() -> None:
    neural, _ = dreaming(LOOP, "changes", context=150, max_tokens=100)
    neural.reset(LOOP)
    with pytest.raises(ModelError, match="longer context"):
        neural.step(Action(ActionKind.STEP_INTO))
    with pytest.raises(ValueError, match="between 1 and the context"):
        dreaming(LOOP, "changes", context=100, max_tokens=100)


@pytest.mark.parametrize("name", sorted(CODECS))
def test_an_assignment_rewrites_the_context(name: str) -> None:
    neural, oracle = dreaming(LOOP, name)
    neural.reset(LOOP)
    neural.step(Action(ActionKind.STEP_INTO, count=4))
    assert neural.state.locals == {"n": "30", "t": "0"}
    neural.step(Action(ActionKind.STEP_INTO))
    neural.step(Action(ActionKind.BACK_INTO))
    neural.step(Action.parse("set t = [7, 'x']"))
    assert neural.state.locals == {"n": "30", "t": "[7, 'x']"}
    assert len(neural.tree) == 5, "what was dreamt after it is forgotten"
    assert neural.program.edits
    neural.step(Action(ActionKind.STEP_INTO))
    assert "[7, 'x']" in oracle.prompts[-1]
    with pytest.raises(IllegalAction, match="no local 'z'"):
        neural.step(Action.parse("set z = 1"))


def test_what_a_format_has_no_word_for_is_refused() -> None:
    neural, _ = dreaming(LOOP, "cwm")
    neural.reset(LOOP)
    neural.step(Action(ActionKind.STEP_INTO, count=3))
    with pytest.raises(IllegalAction, match="evaluated"):
        neural.step(Action.parse("set n = n + 1"))
    with pytest.raises(IllegalAction, match="evaluate"):
        neural.step(Action.parse("evaluate n + 1"))


def test_an_expression_is_answered_by_the_model() -> None:
    class Reckoner:
        def complete(self, requests: list[CodecRequest]) -> list[Completion]:
            assert requests[0].prompt.endswith("<|do|><|evaluate|>1 + 1")
            return [Completion("<|value|>2", (-0.5,), (-0.5,), True)]

    neural = ContextDebugger(Reckoner(), "changes")  # type: ignore[arg-type]
    neural.reset(LOOP)
    neural.step(Action.parse("evaluate 1 + 1"))
    assert neural.reply == "2"
    assert neural.confidence == pytest.approx(0.6065, abs=1e-3)


@pytest.mark.parametrize("text", ["", "nonsense", "<|line_sep|>{}", "<|line|><|1|>"])
@pytest.mark.parametrize("name", ["paper", "changes"])
def test_an_answer_that_is_none_ends_the_dream(name: str, text: str) -> None:
    class Babbler:
        def complete(self, requests: list[CodecRequest]) -> list[Completion]:
            return [Completion(text, (-1.0,), (-1.0,), True)]

    neural = ContextDebugger(Babbler(), name)  # type: ignore[arg-type]
    neural.reset(LOOP)
    state = neural.step(Action(ActionKind.STEP_INTO))
    assert state.exit is not None
    assert (state.exit.code, state.exit.reason) == (ExitCode.NEVER, "incoherent")


def test_unknown_formats_and_jumps_that_a_format_lacks_are_refused() -> None:
    oracle = Oracle(open_codec("cwm"), lambda _: record(LOOP).final)
    with pytest.raises(ModelError, match="no format 'json'; the formats are changes, cwm, history, paper"):
        open_debugger(oracle, "json")
    with pytest.raises(ModelError, match="no jumps"):
        open_debugger(oracle, "cwm", jumps="direct")


def test_a_true_history_is_taken_over() -> None:
    trace = record(LOOP)
    neural, _ = dreaming(LOOP, "changes", context=10**5)
    neural.reset(LOOP)
    assert neural.ground(trace.states[:10]) == trace.states[9]
    assert neural.step(Action(ActionKind.STEP_INTO)) == trace.states[10]
    with pytest.raises(IllegalAction, match="entry state"):
        neural.ground([])
    assert replace(neural.state, locals={}) != trace.states[9]
