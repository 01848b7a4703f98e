"""Inverse questions: true answers pass the check, others do not, and nothing is run in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Event, Program
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.completion import Completion, Request, Sampling
from debugworld.worldmodel.data.inverses import inverses_of
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.engine import Engine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.inverse import End, Inverse, Proposal, run_call
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.tokenizer import build_tokenizer

COUNT = Program(
    "def count(s, t='r'):\n    n = 0\n    for c in s:\n        n += c == t\n    return n\n\n\n"
    "def spin(n):\n    while n > 0:\n        pass\n    return n\n\n\n"
    "class Box:\n    def __init__(self):\n        self.n = 1\n\n"
    "    def add(self, n):\n        return self.n + n\n\n\n"
    "class Bare:\n    def double(self, n):\n        return 2 * n\n"
)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A plain process: the programs here are our own."""
    with open_sandbox("process", timeout=1.0) as sandbox:
        yield sandbox


class Scripted:
    """Gives the answers it was made with, in turn."""

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        texts = [self._texts.pop(0) for _ in requests]
        return [Completion(text, (-0.1 * len(text),), (-0.2 * len(text),), text != "…") for text in texts]


def test_proposals_are_distinct_and_sorted() -> None:
    found = Inverse(COUNT, "count").propose(
        Scripted("'rr', 'r'", "'r'", "'rr',  'r'", "{[1]}", "…"), End("2"), 5
    )
    assert [(one.arguments, one.draws) for one in found] == [("'r'", 1), ("'rr', 'r'", 2)]
    assert found[0].logprob == pytest.approx(-0.3) and found[0].raw_logprob == pytest.approx(-0.6)


def test_check_runs_every_proposal(box: Sandbox) -> None:
    texts = ("'rare'", "'b'", "'xyx', 'x'", "5", "'rr', 1")
    found = Inverse(COUNT, "count").check(box, End("2"), [Proposal(text, -1.0, -1.0) for text in texts], 8)
    assert [(one.valid, one.outcome, one.output) for one in found.checked] == [
        (True, "value", "2"),
        (False, "value", "0"),
        (True, "value", "2"),
        (False, "exception", "TypeError: 'int' object is not iterable"),
        (False, "value", "0"),
    ]
    assert found.validity.mean == 2 / 8 and len(found.valid) == 2
    assert found.to_json()["distinct_valid"] == 2


def test_exceptions_and_hanging_calls(box: Sandbox) -> None:
    proposals = [Proposal("5", -1.0, -1.0), Proposal("'a'", -1.0, -1.0)]
    inverse = Inverse(COUNT, "count")
    for text in ("TypeError", "TypeError: 'int' object is not iterable"):
        assert [one.valid for one in inverse.check(box, End(text, True), proposals).checked] == [True, False]
    assert not inverse.check(box, End("TypeError: other", True), proposals).valid
    [spun] = Inverse(COUNT, "spin").check(box, End("0"), [Proposal("1", -1.0, -1.0)]).checked
    assert (spun.valid, spun.outcome) == (False, "never")


def test_equal_values_count_whatever_their_text(box: Sandbox) -> None:
    program = Program("def f(n):\n    return {n: 1, 2: 3.0}\n\n\ndef g(n):\n    return [0] * n\n")
    for end in ("{1: 1, 2: 3}", "{2: 3, 1: True}"):
        assert Inverse(program, "f").check(box, End.returned(end), [Proposal("1", -1.0, -1.0)]).valid
    long = End.returned(repr([0] * 5000))
    proposals = [Proposal("5000", -1.0, -1.0), Proposal("4999", -1.0, -1.0)]
    assert [one.valid for one in Inverse(program, "g").check(box, long, proposals).checked] == [True, False]


def test_methods_and_what_cannot_be_asked(box: Sandbox) -> None:
    found = Inverse(COUNT, "Bare.double").check(box, End("8"), [Proposal("4", -1.0, -1.0)])
    assert found.call == "Bare().double" and found.valid
    for name, text in (("Box.add", "cannot be asked"), ("nothing", "it has: count, spin, Bare.double")):
        with pytest.raises(ModelError, match=text):
            Inverse(COUNT, name)
    inverse = Inverse(COUNT, "count")
    with pytest.raises(ModelError, match="no parameter 'u'"):
        inverse.question(End("2"), {"u": "1"})
    with pytest.raises(ModelError, match="no literal"):
        inverse.question(End("2"), {"s": "open('x')"})
    with pytest.raises(ModelError, match="too long"):
        inverse.question(End(repr("x" * 600)))
    with pytest.raises(ModelError, match="at least 1"):
        inverse.propose(Scripted(), End("2"), 0)


def test_back_to_call_without_a_history() -> None:
    inverse = Inverse(COUNT, "count")
    state = inverse.call_state(Proposal("'rr', 'r'", -1.0, -1.0))
    assert state is not None and state.event is Event.CALL
    assert (state.function, state.line, state.locals) == ("count", 1, {"s": "'rr'", "t": "'r'"})
    run = record(Program(COUNT.source, "count('rr', 'r')"))
    assert state in run.states
    assert inverse.call_state(Proposal("'rr'", -1.0, -1.0)) is None


def test_any_model_proposes_only_data(box: Sandbox) -> None:
    tokenizer = build_tokenizer()
    config = TrainConfig(steps=1, minutes=None, hidden_size=32, layers=2, heads=2)
    engine = Engine(build_model(config, len(tokenizer)), tokenizer)
    inverse = Inverse(COUNT, "count")
    proposals = inverse.propose(engine, End("2"), 6, {"t": "'x'"}, Sampling(seed=3))
    assert len(proposals) > 1
    assert all(one.arguments.endswith(", 'x'") and one.logprob < 0 for one in proposals)
    assert all(one.outcome != "never" for one in inverse.check(box, End("2"), proposals).checked)


def test_every_true_inverse_answer_passes(box: Sandbox) -> None:
    checked = 0
    for seed in range(25):
        program = generate(seed, 1 + seed % 5).program
        for question, answer in inverses_of(program, record(program), seed):
            name = question.partition("\n")[0][1:]
            mark = question.rpartition("\n")[2]
            end = End(mark[1:].replace("\\n", "\n").replace("\\\\", "\\"), mark[0] == "!")
            found = Inverse(program, name).check(box, end, [Proposal(answer, -1.0, -1.0)])
            assert found.valid, (program.source, question, found)
            checked += 1
    assert checked > 15


def test_a_call_that_cannot_begin_is_told(box: Sandbox) -> None:
    outcome, reason = run_call(box, "def f(n):\n    return n\n", "g(1)")
    assert outcome == "never" and "does not define 'g'" in reason


def test_a_box_that_was_lost_before_a_call_costs_no_answer() -> None:
    with open_sandbox("process") as sandbox:
        _, supervisor = run_call(sandbox, "import os\ndef f():\n    return os.getppid()\n", "f()")
        os.kill(int(supervisor), 9)
        assert run_call(sandbox, "def f():\n    return 1\n", "f()") == ("value", "1")
