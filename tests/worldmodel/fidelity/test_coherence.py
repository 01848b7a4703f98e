"""Coherence: no real run makes an illegal transition, and made-up ones are told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Action, Event, Exit, ExitCode, Program, State
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.completion import Abilities, Completion, Request
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.fidelity.baselines import StaticEngine
from debugworld.worldmodel.fidelity.case import record_case
from debugworld.worldmodel.fidelity.measures.coherence import coherence, illegal_step
from debugworld.worldmodel.fidelity.real import RealDebugger
from debugworld.worldmodel.fidelity.subject import Meter, Subject
from debugworld.worldmodel.memo import Memo
from debugworld.worldmodel.neural import NeuralDebugger

ONE_AFTER_ANOTHER = Program(
    "class Box:\n"
    "    def __init__(self, n):\n"
    "        self.n = n\n"
    "    def grow(self, by):\n"
    "        return Box(self.n + by)\n"
    "def one():\n"
    "    return 1\n"
    "def fail(n):\n"
    "    raise ValueError(n)\n"
    "def f():\n"
    "    a = Box(1).grow(one()).grow(one() + one())\n"
    "    try:\n"
    "        fail(one())\n"
    "    except ValueError:\n"
    "        return sorted([3, one()], key=lambda n: -n)\n",
    "f()",
)


@pytest.mark.parametrize("program", [ONE_AFTER_ANOTHER, *(generate(n, 1 + n % 5).program for n in range(60))])
def test_no_real_run_is_illegal(program: Program) -> None:
    states = record(program).states
    for before, after in zip(states, states[1:], strict=False):
        assert illegal_step(before, after) == "", (before, after)


def at(event: Event, depth: int, function: str = "f") -> State:
    return State(event, 1, "pass", function, depth, {})


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (at(Event.LINE, 1), at(Event.CALL, 1, "g"), "not one frame below"),
        (at(Event.LINE, 1), at(Event.CALL, 3, "g"), "not one frame below"),
        (at(Event.RETURN, 2, "g"), at(Event.CALL, 3, "h"), "not one frame below"),
        (at(Event.LINE, 1), at(Event.LINE, 1, "g"), "another function"),
        (at(Event.LINE, 2, "g"), at(Event.LINE, 1), "opens or closes"),
        (at(Event.RETURN, 2, "g"), at(Event.RETURN, 2, "g"), "twice"),
        (
            at(Event.LINE, 2, "g"),
            State(Event.EXIT, 0, "", "", 0, {}, exit=Exit(ExitCode.NORMAL, "")),
            "an end",
        ),
    ],
)
def test_what_no_program_makes_is_told(before: State, after: State, why: str) -> None:
    assert why in illegal_step(before, after)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process", max_events=2_000) as sandbox:
        yield sandbox


class Fickle:
    """Answers every question once as the text of the statement says and then not at all, and remembers it."""

    abilities = Abilities(masks=True, logprobs=False, raw_logprobs=False, sampling=False)

    def __init__(self) -> None:
        self._memo, self._asked = Memo(1_000), set[str]()

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        return self._memo.answer(requests, self._answer)

    def forget(self) -> None:
        self._memo.forget()

    def _answer(self, requests: Sequence[Request]) -> list[Completion]:
        found = StaticEngine().complete(requests)
        for place, request in enumerate(requests):
            if request.prompt in self._asked:
                found[place] = Completion("", (), (), False)
            self._asked.add(request.prompt)
        return found


class Inventive(RealDebugger):
    """Shows a variable that no function has."""

    def step(self, action: Action) -> State:
        state = super().step(action)
        if state.event is Event.EXIT:
            return state
        return replace(state, locals={**state.locals, "from_nowhere": "1"})


def test_an_answer_that_changes_is_found_behind_a_memory(box: Sandbox) -> None:
    case = record_case(box, ONE_AFTER_ANOTHER)
    subjects = []
    for engine in (Meter(StaticEngine()), Meter(Fickle())):
        subjects.append(Subject("engine", NeuralDebugger(engine), engine))
    told = [coherence(subject, case, 0)[0]["same_again"] for subject in subjects]
    assert told == [True, False]


def test_a_variable_from_nowhere_is_found(box: Sandbox) -> None:
    case = record_case(box, ONE_AFTER_ANOTHER)
    [honest] = coherence(Subject("real", RealDebugger(box)), case, 0)
    [found] = coherence(Subject("inventive", Inventive(box)), case, 0)
    assert honest["from_nowhere"] == 0
    assert found["from_nowhere"] == found["steps"] - 1  # the exit has no locals
    assert found["illegal"] == 0 and found["same_again"] is True
