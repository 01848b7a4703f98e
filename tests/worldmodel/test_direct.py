"""Direct jumps: with a true model they are the recorded debugger's, and one can go on from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Event,
    Program,
    RecordedDebugger,
    StateTree,
)
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.calibration import Calibration
from debugworld.worldmodel.completion import TOO_LONG, Completion, Request
from debugworld.worldmodel.data.jumps import Wanted, answered, find
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.direct import Jumps
from debugworld.worldmodel.markov import Shell
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.thinker import Granularity

CALLS = Program(
    "def g(x):\n    y = x * 2\n    print(y)\n    return y\n\n\n"
    "def f(n):\n    t = 0\n    for i in range(n):\n        t += g(i)\n    return t\n",
    "f(3)",
)


class Oracle:
    """Answers steps and jumps from a recorded run, by the text of the question."""

    def __init__(self, program: Program, breakpoints: Sequence[int] = ()) -> None:
        trace = record(program)
        self.states = [*trace.states, trace.final]
        self.answers: dict[str, str] = {}
        self.asked: list[str] = []
        self.torn = False
        """Whether one question had two answers: then no model can be right."""
        self._steps(program)
        tree = StateTree(self.states)
        aims = [frozenset({line}) for line in program.outline.stop_lines] + [frozenset(breakpoints)]
        wanted: Wanted = {}
        for index, state in enumerate(self.states[:-1]):
            if state.event not in (Event.LINE, Event.CALL):
                continue
            for kind, lines in [
                ("return", frozenset()),
                ("over", frozenset()),
                *(("to", aim) for aim in aims),
            ]:
                target = find(tree, index, kind, lines)
                if target is not None:
                    wanted.setdefault(index, []).append((kind, lines, target))
        for jump, landing in answered(program, self.states, wanted):
            self._note(jump.prompt, str(landing))

    def _steps(self, program: Program) -> None:
        shell = Shell(program)
        shell.start()
        for index in range(len(self.states) - 1):
            if shell.certain() is None:
                outcome = shell.outcome_of(self.states, index)
                assert outcome is not None
                self._note(shell.prompt(), str(outcome))
                shell.apply(outcome)

    def _note(self, prompt: str, answer: str) -> None:
        self.torn |= self.answers.setdefault(prompt, answer) != answer

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        self.asked += [request.prompt for request in requests]
        return [Completion(self.answers[request.prompt], (-0.1,), (-0.1,), True) for request in requests]


def _debugger(program: Program, oracle: Oracle, jumps: Jumps = Jumps.DIRECT) -> NeuralDebugger:
    neural = NeuralDebugger(oracle, granularity=Granularity.LINE, jumps=jumps)  # type: ignore[arg-type]
    neural.reset(program)
    return neural


FORWARD = st.sampled_from(
    [
        ActionKind.STEP_INTO,
        ActionKind.STEP_OVER,
        ActionKind.STEP_RETURN,
        ActionKind.RUN_TO,
        ActionKind.CONTINUE,
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.lists(FORWARD, min_size=1, max_size=12), st.data())
def test_with_a_true_model_a_jump_is_the_real_debuggers(
    seed: int, kinds: list[ActionKind], data: st.DataObject
) -> None:
    program = generate(seed, 1 + seed % 3).program
    assume("class " not in program.source)  # what a jump skips counts objects that no state shows
    lines = sorted(program.outline.stop_lines)
    points = data.draw(st.lists(st.sampled_from(lines), max_size=2, unique=True))
    oracle = Oracle(program, points)
    assume(not oracle.torn)
    real, neural = RecordedDebugger(record), _debugger(program, oracle)
    real.reset(program)
    for line in points:
        for debugger in (real, neural):
            debugger.step(Action(ActionKind.BREAK, line))
    for kind in kinds:
        action = Action(kind, data.draw(st.sampled_from(lines)) if kind.takes_line else None)
        assert (real.refusal(action) is None) == (neural.refusal(action) is None)
        if real.refusal(action) is None:
            assert neural.step(action) == replace(real.step(action), chain=())  # no dream tells chains


def test_a_jump_is_one_question_a_frame() -> None:
    oracle = Oracle(CALLS)
    neural = _debugger(CALLS, oracle)
    state = neural.step(Action(ActionKind.STEP_RETURN))
    assert (state.event, state.value, state.stdout) == (Event.RETURN, "6", "0\n2\n4\n")
    assert len(oracle.asked) == 1 and oracle.asked[0].startswith(">return\n>def main")
    assert neural.evidence.kind == "jump"
    rollout = _debugger(CALLS, oracle, Jumps.ROLLOUT)
    assert rollout.step(Action(ActionKind.STEP_RETURN)) == state
    assert rollout.evidence.kind == "rollout"


def test_a_jump_whose_answer_is_cut_is_said_and_walked() -> None:
    class Short(Oracle):
        """Cuts the answers to jumps, and does not read those to a line."""

        def complete(self, requests: Sequence[Request]) -> list[Completion]:
            return [
                Completion("R", (-0.1,), (-0.1,), False, TOO_LONG if request.prompt.startswith(">to") else "")
                if request.prompt.startswith(">")
                else answer
                for request, answer in zip(requests, super().complete(requests), strict=True)
            ]

    neural = _debugger(CALLS, Short(CALLS))
    assert neural.step(Action(ActionKind.STEP_RETURN)).value == "6"
    cut = neural.info["cut_answers"]
    assert cut > 0 and neural.info["unread_questions"] == 0
    assert neural.info["dropped"] == f"{cut} answer{'s were' if cut > 1 else ' was'} cut short"
    neural = _debugger(CALLS, Short(CALLS))
    neural.step(Action(ActionKind.RUN_TO, 11))
    assert neural.info["cut_answers"] == 0 < neural.info["unread_questions"]


def test_what_was_jumped_over_is_dreamt_when_it_is_asked_for() -> None:
    neural = _debugger(CALLS, Oracle(CALLS))
    real = RecordedDebugger(record)
    real.reset(CALLS)
    for _ in range(3):
        assert neural.step(Action(ActionKind.STEP_INTO)) == real.step(Action(ActionKind.STEP_INTO))
    before = neural.state
    landed = neural.step(Action(ActionKind.STEP_RETURN))
    assert landed.value == "6"
    assert neural.step(Action(ActionKind.BACK_INTO)).line == before.line
    for _ in range(6):
        assert neural.step(Action(ActionKind.STEP_INTO)) == real.step(Action(ActionKind.STEP_INTO))
    assert neural.step(Action(ActionKind.STEP_RETURN)) == real.step(Action(ActionKind.STEP_RETURN))


def test_into_a_callee_it_jumps_to_the_call_and_steps() -> None:
    oracle = Oracle(CALLS)
    neural = _debugger(CALLS, oracle)
    real = RecordedDebugger(record)
    real.reset(CALLS)
    for _ in range(3):
        assert neural.step(Action(ActionKind.RUN_TO, 4)) == real.step(Action(ActionKind.RUN_TO, 4))
    assert any(oracle.answers[question].startswith("C ") for question in oracle.asked)


@pytest.mark.parametrize(("threshold", "direct"), [(0.0, True), (1.01, False)])
def test_auto_believes_what_reaches_its_threshold(threshold: float, direct: bool) -> None:
    oracle = Oracle(CALLS)
    neural = _debugger(CALLS, oracle, Jumps.AUTO)
    neural.calibration = Calibration(thresholds={"return": threshold})
    assert neural.step(Action(ActionKind.STEP_RETURN)).value == "6"
    assert (neural.evidence.kind == "jump") is direct


def test_where_the_text_does_not_tell_it_steps() -> None:
    caught = Program(
        "def f(d):\n    t = 0\n    try:\n        t += d['b']\n    except KeyError as e:\n        t = str(e)\n"
        "    return t\n",
        "f({'a': 1})",
    )
    hidden = Program(
        "class P:\n    def __init__(self, n):\n        self.n = n\n\n    def __add__(self, m):\n"
        "        s = self.n + m\n        return s\n\n\ndef f(p):\n    q = p + 2\n    return q\n",
        "f(P(1))",
    )
    for program, line in ((caught, 6), (hidden, 7)):
        oracle = Oracle(program)
        real, neural = RecordedDebugger(record), _debugger(program, oracle)
        real.reset(program)
        state = neural.step(Action(ActionKind.RUN_TO, line))
        assert state == real.step(Action(ActionKind.RUN_TO, line)) and state.line == line
        if program is hidden:  # a frame's end is no answer where an operator may call the function
            assert not any(question.startswith(">return") for question in oracle.asked)


def test_without_a_calibration_auto_rolls_out() -> None:
    neural = _debugger(CALLS, Oracle(CALLS), Jumps.AUTO)
    neural.step(Action(ActionKind.STEP_RETURN))
    assert neural.evidence.kind == "rollout"
