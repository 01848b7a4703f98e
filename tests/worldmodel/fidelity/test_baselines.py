"""The baselines answer within the grammars, and know what they are said to know."""

from __future__ import annotations

import math

import pytest

from debugworld.sandboxes.debugger import Action, Event, Program
from debugworld.worldmodel.completion import Request
from debugworld.worldmodel.fidelity.baselines import NGramEngine, PromptedEngine, StaticEngine
from debugworld.worldmodel.markov import OutcomeGrammar
from debugworld.worldmodel.neural import NeuralDebugger

INTO = Action.parse("step_into")
VALUE = OutcomeGrammar("RX", (), {}, ())


def test_static_control_goes_on_and_values_stay() -> None:
    neural = NeuralDebugger(StaticEngine(), granularity="line")
    neural.reset(Program("def f(n):\n    m = n + 1\n    return m\n", "f(3)"))
    seen, unsure = [], False
    while neural.state.event is not Event.EXIT:
        seen.append((neural.state.event.value, neural.state.line, neural.state.value))
        assert "m" not in neural.state.locals
        neural.step(INTO)
        unsure = unsure or math.isnan(neural.confidence)
    assert seen == [
        ("call", 4, None),
        ("line", 5, None),
        ("call", 1, None),
        ("line", 2, None),
        ("line", 3, None),
        ("return", 3, "None"),
        ("return", 5, "None"),
    ]
    assert unsure  # it cannot tell


def test_an_n_gram_repeats_what_it_saw_most() -> None:
    pairs = [("?1 + 1", "R 2")] * 3 + [("?1 + 1", "R 3"), ("?2 + 2", "R 4")]
    engine = NGramEngine(pairs, order=8)
    known, other = engine.complete([Request(0, "?1 + 1", VALUE), Request(0, "?9 + 9", VALUE, 64)])
    assert known.text == "R 2" and known.finished
    assert known.logprobs[2] == pytest.approx(math.log(3 / 4))
    assert other.text.startswith("R ")
    assert engine.complete([Request(0, "?1 + 1", VALUE, 2)])[0].finished is False
    with pytest.raises(ValueError, match="order"):
        NGramEngine(pairs, order=0)


class Echo:
    """An engine that keeps what it is asked."""

    abilities = StaticEngine().abilities

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def complete(self, requests: list[Request]) -> list[None]:
        self.asked += requests
        return [None] * len(requests)

    def forget(self) -> None: ...


def test_examples_are_shown_first() -> None:
    echo = Echo()
    engine = PromptedEngine(echo, [("?1 + 1", "R 2")])
    for _ in range(2):
        engine.complete([Request(0, "?2 + 2", VALUE)])
    prompt = "Q: ?1 + 1\nA: R 2\n\nQ: ?2 + 2\nA: "
    assert [one.prompt for one in echo.asked] == [prompt]  # the second time it is remembered
    assert engine.count("?2 + 2") == len(prompt)
    engine.forget()
    engine.complete([Request(0, "?2 + 2", VALUE)])
    assert len(echo.asked) == 2
