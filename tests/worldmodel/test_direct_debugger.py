"""Jumps asked for at once lead where the real debugger's do, forward and backward, if the model knows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import (
    BASIC_KINDS,
    Action,
    ActionKind,
    Event,
    IllegalAction,
    Program,
    RecordedDebugger,
    State,
    StateTree,
)
from debugworld.sandboxes.debugger.places import Passes
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.direct_debugger import DirectDebugger
from debugworld.worldmodel.formats import open_codec

from .oracle import Oracle

LOOP = Program("def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n", "f(30)")
NAMES = ("paper", "history", "changes")
KINDS = st.lists(st.sampled_from(BASIC_KINDS), max_size=15)


class Truth:
    """Where each action that is asked about leads on the recorded run."""

    def __init__(self, program: Program) -> None:
        trace = record(program)
        self.tree = StateTree([*trace.states, trace.final])
        self.position = 0
        self.debugger: DirectDebugger | None = None
        self.asked: list[Action | None] = []

    def __call__(self, action: Action | None) -> State:
        assert self.debugger is not None
        if self.debugger.walk.steps[-1].state == self.tree.states[0]:
            self.position = 0  # known without a question
        self.asked.append(action)
        before = self.position
        if action is None:  # the state before the exit
            self.position = len(self.tree) - 2
        else:
            places = [(self.tree.places(p), p.hits) for p in self.debugger.breakpoints]
            stops = [Passes(found, hits) for found, hits in places if found is not None]
            self.position = self.tree.target(before, action, stops)
        return self.tree.shown(before, self.position)


def dreaming(program: Program, name: str, **options: int) -> tuple[DirectDebugger, Truth, Oracle]:
    truth, codec = Truth(program), open_codec(name)
    oracle = Oracle(codec, truth)
    truth.debugger = DirectDebugger(oracle, codec, **options)
    return truth.debugger, truth, oracle


def shown(name: str, state: State) -> object:
    """What a format shows of a state, at any jump."""
    if open_codec(name).exact:
        return state
    if state.exit is not None:
        return state.event, state.exit.code
    values = state.locals if state.event in (Event.CALL, Event.LINE) else None
    return state.event, state.source, values, state.value


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), kinds=KINDS, data=st.data())
def test_with_a_true_model_it_is_the_real_debugger(
    name: str, seed: int, kinds: list[ActionKind], data: st.DataObject
) -> None:
    program = generate(seed).program
    real, (neural, _, _) = RecordedDebugger(record), dreaming(program, name, context=10**6)
    assert real.reset(program) == neural.reset(program)
    for kind in kinds:
        line = data.draw(st.integers(1, len(program.lines))) if kind.takes_line else None
        count = data.draw(st.integers(1, 3)) if kind.takes_count and kind.moves else 1
        action = Action(kind, line, count)
        assert real.refusal(action) == neural.refusal(action)
        if real.refusal(action) is None:
            assert shown(name, real.step(action)) == shown(name, neural.step(action))
            assert (real.done, real.breakpoints) == (neural.done, neural.breakpoints)


@pytest.mark.parametrize("name", NAMES)
def test_a_jump_is_one_question(name: str) -> None:
    neural, truth, _ = dreaming(LOOP, name)
    neural.reset(LOOP)
    for text in ("run_to 4", "step_return", "back_over", "back_to_call", "continue"):
        truth.asked.clear()
        neural.step(Action.parse(text))
        assert len(truth.asked) == 1


def test_the_paper_walks_back_in_a_trajectory_of_its_own() -> None:
    neural, _, oracle = dreaming(LOOP, "paper")
    neural.reset(LOOP)
    neural.step(Action.parse("run_to 5"))
    assert neural.step(Action.parse("back_over")).source == "for i in range(n):"
    assert oracle.prompts[-1].endswith(
        "<|trace_context_start|>def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n"
        "def main():\n    return f(30)\n"
        '<|frame_sep|><|inv_line_sep|><|src_sep|>return t<|arg_sep|>{"n": "30", "t": "435", "i": "29"}'
        "<|action_sep|><|inv_step_over|><|frame_sep|>"
    )


def test_a_value_alone_can_be_walked_back_from() -> None:
    """Given what a function returned, which arguments were those? No forward run is needed."""
    neural, truth, _ = dreaming(LOOP, "paper")
    neural.reset(LOOP)
    end = next(state for state in truth.tree.states if state.event is Event.RETURN and state.depth == 1)
    neural.ground(end)
    truth.position = truth.tree.states.index(end)
    assert neural.step(Action.parse("back_to_call")).locals == {"n": "30"}


def test_breakpoints_under_conditions_need_a_format_that_can_say_them() -> None:
    paper, _, _ = dreaming(LOOP, "paper")
    paper.reset(LOOP)
    with pytest.raises(IllegalAction, match="conditions"):
        paper.step(Action.parse("break 4 if i > 3"))
    with pytest.raises(IllegalAction, match="every pass"):
        paper.step(Action.parse("break 4 hits 3"))
    ours, truth, oracle = dreaming(LOOP, "changes")
    ours.reset(LOOP)
    ours.step(Action.parse("break 4 if i > 3"))
    truth.position = 0
    ours.step(Action(ActionKind.STEP_INTO))
    assert oracle.prompts[-1].endswith("<|do|><|break|><|4|> if i > 3<|do|><|step_into|>")


def test_breakpoints_outlive_what_is_dropped() -> None:
    neural, _, oracle = dreaming(LOOP, "changes", context=1000, max_tokens=200)
    neural.reset(LOOP)
    neural.step(Action.parse("break 3"))
    for _ in range(20):
        neural.step(Action(ActionKind.STEP_INTO))
    assert neural.dropped and neural.info["dropped_states"] == neural.dropped
    assert oracle.prompts[-1].count("<|break|>") == 1


def test_an_assignment_is_said_where_the_format_has_the_word() -> None:
    neural, truth, oracle = dreaming(LOOP, "history")
    neural.reset(LOOP)
    neural.step(Action(ActionKind.STEP_INTO, count=4))
    neural.step(Action.parse("set t = 5"))
    assert neural.state.locals == {"n": "30", "t": "5"}
    neural.step(Action(ActionKind.STEP_INTO))
    assert "<|do|><|set|>t = 5<|line|><|3|><|1|><|v|>n=30<|v|>t=5<|do|>" in oracle.prompts[-1]
    paper, _, _ = dreaming(LOOP, "paper")
    paper.reset(LOOP)
    paper.step(Action(ActionKind.STEP_INTO, count=4))
    paper.step(Action.parse("set t = n"))
    assert paper.state.locals == {"n": "30", "t": "30"}


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_history_can_be_gone_on_from(name: str) -> None:
    neural, truth, oracle = dreaming(LOOP, name)
    neural.reset(LOOP)
    states = truth.tree.states
    with pytest.raises(IllegalAction, match="at least the entry"):
        neural.ground([])
    for place in (9, 4):
        truth.position = place
        assert neural.ground(states[: place + 1]) == neural.state == states[place]
        assert neural.step(Action(ActionKind.STEP_RETURN)).value == "435"
        assert [step.state for step in neural.walk.steps[:-1]] == list(states[: place + 1])
        assert [str(step.action) for step in neural.walk.steps[1:]] == ["step_into"] * place + ["step_return"]
    assert len(neural.walk.steps) == 6
