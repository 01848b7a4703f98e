"""The neural debugger speaks the real one's protocol, whatever its model answers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import pytest
import torch
from hypothesis import assume, given, settings
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
from debugworld.worldmodel.completion import TOO_LONG
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.thoughts import lessons_of
from debugworld.worldmodel.engine import Completion, Engine, Request
from debugworld.worldmodel.excerpt import Listing
from debugworld.worldmodel.fidelity import ACTIONS, Score, measure
from debugworld.worldmodel.jump import ask
from debugworld.worldmodel.markov import Shell
from debugworld.worldmodel.markov.operand import listening
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.thinker import Granularity
from debugworld.worldmodel.tokenizer import build_tokenizer

LOOP = Program("def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n", "f(3)")


class TrueModel:
    """A model that is always right: it answers from a recorded run, question by question."""

    def __init__(self, program: Program, granularity: Granularity) -> None:
        trace = record(program)
        oracle = None if granularity is Granularity.LINE else Oracle()
        self._sure = -0.01 if granularity is Granularity.STEPS else -0.1
        self.known = True
        """Whether every question's true answer is known."""
        answers: list[str] = []
        for lesson in lessons_of(program, trace, oracle):
            asked = lesson.parts if oracle else (lesson.whole,)
            self.known = self.known and asked is not None
            answers += [answer for _, answer in asked or ()]
        self._answers = iter(answers)

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        sure = (self._sure,)
        return [Completion(next(self._answers), sure, sure, True) for _ in requests]


@pytest.fixture(scope="module")
def engine() -> Engine:
    """A tiny model with random weights."""
    tokenizer = build_tokenizer()
    config = TrainConfig(steps=1, minutes=None, hidden_size=32, layers=2, heads=2)
    torch.manual_seed(0)  # these weights once called the module from within it
    return Engine(build_model(config, len(tokenizer)), tokenizer)


ACTION_KINDS = st.lists(st.sampled_from(BASIC_KINDS), max_size=25)


@pytest.mark.parametrize("granularity", list(Granularity))
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), ACTION_KINDS, st.data())
def test_with_a_true_model_it_is_the_real_debugger(
    granularity: Granularity, seed: int, kinds: list[ActionKind], data: st.DataObject
) -> None:
    program = generate(seed).program
    model = TrueModel(program, granularity)
    assume(model.known)
    real = RecordedDebugger(record)
    neural = NeuralDebugger(model, granularity=granularity)  # type: ignore[arg-type]
    assert real.reset(program) == neural.reset(program)
    for kind in kinds:
        line = data.draw(st.integers(1, len(program.lines))) if kind.takes_line else None
        action = Action(kind, line)
        assert real.refusal(action) == neural.refusal(action)
        if real.refusal(action) is None:
            assert real.step(action) == neural.step(action)
            assert (real.position, real.done, real.breakpoints) == (
                neural.position,
                neural.done,
                neural.breakpoints,
            )


def _check_legal(program: Program, states: Sequence[State]) -> None:
    """What holds of every run: frames nest, lines can stop, names are of the frame's function."""
    outline = program.outline
    names = {scope.name: set(scope.names) for scope in outline.scopes.values()}
    everything = set().union(*names.values())
    for before, after in itertools.pairwise(states):
        if after.event is Event.EXIT:
            continue
        assert after.depth <= before.depth + 1
        assert (after.event is Event.CALL) == (after.depth == before.depth + 1) or after.event is Event.CALL
        if after.event is Event.LINE:
            assert after.line in outline.stop_lines
        assert set(after.locals) <= everything
        assert (after.value is None) == (after.event not in (Event.RETURN, Event.EXCEPTION))
        assert after.source == program.source_line(after.line)


@pytest.mark.parametrize("seed", range(4))
def test_a_model_that_knows_nothing_still_dreams_legal_states(engine: Engine, seed: int) -> None:
    program = generate(seed).program
    neural = NeuralDebugger(engine, max_states=20, max_tokens=12)
    neural.reset(program)
    while not neural.done:
        neural.step(Action(ActionKind.STEP_INTO))
        assert 0.0 <= neural.confidence <= 1.0
    assert len(neural.tree) <= 21
    assert len(neural.confidences) == len(neural.tree)
    _check_legal(program, neural.tree.states)
    neural.step(Action(ActionKind.BACK_TO_CALL))
    assert neural.position == 0, "what was dreamt can be walked back over"


def test_confidence_is_of_the_last_answer() -> None:
    """Joint over what a move passed, a state's own after a move back, kept by what does not move."""
    neural = NeuralDebugger(TrueModel(LOOP, Granularity.LINE), granularity=Granularity.LINE)  # type: ignore[arg-type]
    neural.reset(LOOP)
    assert neural.confidence == 1.0
    one = math.exp(-0.1)
    neural.step(Action(ActionKind.STEP_INTO, count=5))
    assert neural.evidence.questions > 1 and neural.confidence == pytest.approx(one)
    joint = neural.evidence
    neural.step(Action.parse("break 4"))
    assert neural.evidence == joint
    doubtful = next(place for place, sure in enumerate(neural.confidences) if sure < 1)
    neural.step(Action(ActionKind.BACK_INTO, count=neural.position - doubtful))
    assert neural.confidence == neural.confidences[doubtful] == pytest.approx(one)
    assert neural.evidence.questions == 1
    neural.step(Action(ActionKind.STEP_INTO, count=5 - doubtful))  # over what was dreamt before
    assert neural.confidence == pytest.approx(one)


class Deaf:
    """A model that answers nothing, because it could not read the question."""

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        return [Completion("", (), (), False, TOO_LONG) for _ in requests]


def test_a_question_that_is_too_long_ends_the_dream_and_says_so() -> None:
    neural = NeuralDebugger(Deaf())  # type: ignore[arg-type]
    neural.reset(LOOP)
    state = neural.step(Action(ActionKind.CONTINUE))
    assert state.exit is not None and (state.exit.code, state.exit.reason) == (ExitCode.NEVER, "token_budget")
    assert neural.info["unread_questions"] == 1
    assert neural.info["dropped"] == "1 question was longer than the model reads"
    assert neural.confidence < 1e-6
    neural.reset(LOOP)
    assert neural.info["dropped"] == ""


class Endless:
    """A model whose answers never end, so that they are cut."""

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        return [Completion("R [", (-0.1,), (-0.1,), False) for _ in requests]


@pytest.mark.parametrize("granularity", list(Granularity))
def test_an_answer_that_is_cut_ends_the_dream_and_says_so(granularity: Granularity) -> None:
    neural = NeuralDebugger(Endless(), granularity=granularity)  # type: ignore[arg-type]
    neural.reset(LOOP)
    state = neural.step(Action(ActionKind.CONTINUE))
    assert state.exit is not None and (state.exit.code, state.exit.reason) == (ExitCode.NEVER, "token_budget")
    assert (neural.info["cut_answers"], neural.info["unread_questions"]) == (1, 0)
    assert neural.info["dropped"] == "1 answer was cut short"
    neural.reset(LOOP)
    assert (neural.info["cut_answers"], neural.info["dropped"]) == (0, "")


def test_the_shipped_model_says_that_its_positions_end() -> None:
    source = "def f(xs):\n    s = 0\n    for x in xs:\n        s += x\n    return s\n"
    neural = NeuralDebugger(Engine.load())
    neural.reset(Program(source, "f(list(range(400)))"))
    state = neural.step(Action(ActionKind.STEP_INTO, count=3))
    assert state.exit is not None and state.exit.reason == "token_budget"
    assert neural.info["cut_answers"] == 1 and "1 answer was cut short" in neural.info["dropped"]


def test_what_a_question_does_not_show_is_said() -> None:
    source = "def g(k):\n    return k\n\ndef f(s):\n    n = len(s)\n    m = [g(1), g(2), g(3), g(4), g(5)]\n"
    program = Program(source + "    return n\n", f"f({'ab' * 150!r})")
    model = TrueModel(program, Granularity.LINE)
    neural = NeuralDebugger(model, granularity=Granularity.LINE)  # type: ignore[arg-type]
    neural.reset(program)
    assert neural.info["dropped"] == ""
    neural.step(Action(ActionKind.RUN_TO, 5))
    told = neural.step(Action(ActionKind.STEP_INTO)), neural.info
    assert told[0].locals["n"] == "300"
    assert told[1]["cut_texts"] == 1 and told[1]["dropped"] == "1 value was shown in part"
    neural.step(Action(ActionKind.STEP_OVER))
    info = neural.info
    assert info["dropped_returns"] == 1 and info["dropped"] == "1 returned value was not shown"
    assert info["granularity"] == "line" and info["confidence"] == neural.confidence
    neural.step(Action(ActionKind.STEP_INTO))
    assert neural.info["cut_texts"] == neural.info["dropped_returns"] == 0
    finer = NeuralDebugger(Deaf())  # type: ignore[arg-type]
    finer.reset(program)
    finer.step(Action(ActionKind.CONTINUE))
    assert (finer.info["cut_texts"], finer.info["unread_questions"]) == (1, 1)


def test_a_jump_that_is_asked_with_a_part_of_the_program_is_said() -> None:
    body = "".join(f"    k = k + {n} * {n}\n" for n in range(30))
    program = Program(f"def g(k):\n{body}    return k\n\ndef f(k):\n    k = g(k)\n    return k\n", "f(3)")
    with listening() as left:
        shell = Shell(program)
        shell.start()
        for state in record(program).states[1:3]:
            shell.accept(state)
        assert ask(Listing(program), shell, "return") is not None
    assert left.lines == 1 and str(left) == "1 jump was asked with a part of the program"


def test_a_jump_is_the_state_that_steps_lead_to(engine: Engine) -> None:
    stepped, jumped = NeuralDebugger(engine, 20, 12), NeuralDebugger(engine, 20, 12)
    stepped.reset(LOOP)
    jumped.reset(LOOP)
    jumped.step(Action(ActionKind.CONTINUE))
    while not stepped.done:
        stepped.step(Action(ActionKind.STEP_INTO))
    assert stepped.tree.states == jumped.tree.states


@pytest.mark.parametrize("seed", range(8))
def test_a_true_history_is_taken_over(engine: Engine, seed: int) -> None:
    program = generate(seed).program
    trace = record(program)
    states = [*trace.states, trace.final]
    neural = NeuralDebugger(engine, max_states=len(states) + 5, max_tokens=12)
    neural.reset(program)
    for place in range(0, len(states), 1 + seed):
        assert neural.ground(states[: place + 1]) == states[place]
        if place:
            assert neural.step(Action(ActionKind.BACK_INTO)) == states[place - 1]
            assert neural.step(Action(ActionKind.STEP_INTO)) == states[place]
    neural.ground(states[:3])
    neural.step(Action(ActionKind.STEP_INTO))
    assert neural.tree.states[:3] == states[:3]


def test_an_empty_history_is_refused(engine: Engine) -> None:
    neural = NeuralDebugger(engine)
    with pytest.raises(IllegalAction, match="reset"):
        neural.step(Action(ActionKind.STEP_INTO))
    neural.reset(LOOP)
    with pytest.raises(IllegalAction, match="entry state"):
        neural.ground([])
    with pytest.raises(ValueError, match="at least 1"):
        NeuralDebugger(engine, max_states=0)


@pytest.mark.parametrize("granularity", list(Granularity))
def test_fidelity_of_a_true_model_is_one_and_counts_what_it_asked(granularity: Granularity) -> None:
    class Truth:
        """Answers rightly in any order: in this program a question has one answer."""

        def __init__(self) -> None:
            self.answers: dict[str, str] = {}
            for lesson in lessons_of(LOOP, trace, Oracle()):
                assert lesson.parts is not None
                for prompt, answer in (lesson.whole, *lesson.parts):
                    assert self.answers.setdefault(prompt, answer) == answer

        def complete(self, requests: Sequence[Request]) -> list[Completion]:
            return [Completion(self.answers[r.prompt], (0.0,), (0.0,), True) for r in requests]

    trace = record(LOOP)
    neural = NeuralDebugger(Truth(), granularity=granularity)  # type: ignore[arg-type]
    fidelity = measure(neural, [(LOOP, trace)], per_action=10)
    assert fidelity.programs == 1
    for action in ACTIONS:
        assert len(fidelity.scores[action.value].exact) == 10
        assert fidelity.exact(action.value).mean == 1.0
    assert fidelity.exact("step_over, skipping").mean == 1.0


def test_fidelity_finds_what_is_wrong(engine: Engine) -> None:
    neural = NeuralDebugger(engine, max_tokens=12)
    fidelity = measure(neural, [(LOOP, record(LOOP))], per_action=3)
    score = fidelity.scores["step_return"]
    assert fidelity.exact("step_return").mean < 1.0
    assert set(score.by_part) == {"event", "line", "frame", "locals", "value", "stdout", "exit"}
    assert fidelity.to_json()["actions"]["step_return"]["count"] == 3


def test_answers_about_one_source_go_together_in_an_interval() -> None:
    state = record(LOOP).states[0]
    other = record(LOOP).states[-1]
    apart, together = Score(), Score()
    for number in range(40):
        answer = state if number % 20 < 10 else other
        apart.add(str(number), other, state, answer)
        together.add(str(number // 10), other, state, answer)
    wide, narrow = (score.rate(score.exact) for score in (together, apart))
    assert wide.mean == narrow.mean == 0.5
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    assert together.to_json()["sources"] == 4
    alone = Score()
    for number in range(40):
        alone.add("one", other, state, state if number % 2 else other)
    assert alone.rate(alone.exact) == narrow  # of one source, over its places


def test_step_overs_that_skip_are_drawn_apart(engine: Engine) -> None:
    calls = Program(
        "def g(x):\n    return x\n\ndef f(n):\n    for i in range(n):\n        g(i)\n    return n\n", "f(9)"
    )
    fidelity = measure(NeuralDebugger(engine, max_tokens=12), [(calls, record(calls))], per_action=1)
    assert [len(fidelity.scores[name].exact) for name in ("step_over", "step_over, skipping")] == [1, 6]
