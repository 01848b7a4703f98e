"""What answers cost: of the real debugger by the clock, of a model by its tokens, coarse and fine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.completion import TOO_LONG, Abilities, Completion, Request
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.direct import Jumps
from debugworld.worldmodel.fidelity.analysis import card
from debugworld.worldmodel.fidelity.baselines import CopyDebugger, StaticEngine
from debugworld.worldmodel.fidelity.case import record_case
from debugworld.worldmodel.fidelity.costs import FLOPS, cost_of, curve_of
from debugworld.worldmodel.fidelity.log import Log
from debugworld.worldmodel.fidelity.measures.forced import forced
from debugworld.worldmodel.fidelity.measures.granularity import granularity
from debugworld.worldmodel.fidelity.real import RealDebugger
from debugworld.worldmodel.fidelity.subject import Meter, Subject
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.fidelity.sweep import Settings, fingerprint, sweep
from debugworld.worldmodel.markov import OutcomeGrammar
from debugworld.worldmodel.memo import Memo
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.thinker import Granularity

COUNT = "def f(s, t):\n    n = 0\n    for c in s:\n        n += int(c == t)\n    return n\n"
VALUE = OutcomeGrammar("RX", (), {}, ())
PROGRAMS = [(Program(COUNT, "f('berry', 'r')", "count"), None), (generate(2**30 + 7, 3).program, None)]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process", max_events=2_000) as sandbox:
        yield sandbox


def test_the_real_debugger_is_timed_in_the_same_box(box: Sandbox) -> None:
    subject, settings, log = (
        Subject("real", RealDebugger(box)),
        Settings(measures=("forced", "real_cost")),
        Log(None, {}),
    )
    told = sweep(subject, PROGRAMS, box, log, settings)
    found = card(subject, "tests", log, settings, told)["cost"]
    real = found["real"]
    assert list(real) == ["recorded", "live", "start"]
    assert real["start"]["states"] == real["live"]["programs"] == 2
    assert real["live"]["states"] == real["recorded"]["states"]  # the last step is into the exit
    assert all(way["seconds_per_state"] > 0 for way in real.values())
    assert found["times_a_live_step"] == found["seconds_per_step_into"] / real["live"]["seconds_per_state"]
    again = Log(None, {})
    sweep(subject, PROGRAMS, box, again, settings)
    assert fingerprint(again) == fingerprint(log)  # times are no part of it


def test_the_same_moves_are_asked_coarsely_and_finely(box: Sandbox) -> None:
    subject = open_subject("shipped?jumps=direct", box)
    settings, log = Settings(measures=("granularity",)), Log(None, {})
    told = sweep(subject, PROGRAMS, box, log, settings)
    found = card(subject, "tests", log, settings, told)["granularity"]
    assert list(found) == ["jump", "line", "expression", "steps"]
    assert {way["exact"]["count"] for way in found.values()} == {6}
    asked = [way["questions_per_move"] for way in found.values()]
    assert asked[0] < min(asked[1:])  # what lies between is not asked for
    for way in found.values():
        assert way["flops_per_move"] == pytest.approx(FLOPS * subject.parameters * way["tokens_per_move"])
    neural = subject.debugger
    assert isinstance(neural, NeuralDebugger)  # as it was before
    assert (neural.jumps, neural.granularity) == (Jumps.DIRECT, Granularity.STEPS)


def test_what_has_no_granularity_has_no_curve(box: Sandbox) -> None:
    subject, settings, log = (
        Subject("real", RealDebugger(box)),
        Settings(measures=("granularity",)),
        Log(None, {}),
    )
    told = sweep(subject, PROGRAMS, box, log, settings)
    assert "granularity" not in card(subject, "tests", log, settings, told)


def test_sums_of_a_curve_and_of_a_card() -> None:
    cost = {"questions": 2, "prompt_tokens": 90, "answer_tokens": 10, "cut": 0}
    made = {"case": "one", "limit": False, "seconds": 0.5, "cost": cost, "remembered": 0}
    records = [{**made, "way": "line", "exact": True}, {**made, "way": "line", "exact": False}]
    line = curve_of(records, 1000)["line"]
    assert (line["tokens_per_move"], line["flops_per_move"], line["flops_per_right_move"]) == (100, 2e5, 4e5)
    assert line["seconds_per_move"] == 0.5 and line["questions_per_move"] == 2
    assert "flops_per_move" not in curve_of(records, 0)["line"]
    forced = [{**made, "action": "step_into", "exact": True}, {**made, "action": "continue", "exact": False}]
    live = {"measure": "real_cost", "way": "live", "states": 10, "seconds": 0.01}
    subject = Subject("model", CopyDebugger(), parameters=1000)
    told = cost_of(subject, {"forced": forced, "real_cost": [live]}, 3.0)
    assert told["tokens_per_right_state"] == 200 and told["flops_per_right_state"] == 4e5
    assert told["seconds_per_right_state"] == 1.0 and told["times_a_live_step"] == pytest.approx(500)
    assert (told["questions"], told["seconds"]) == (4, 3.0)


def test_what_is_remembered_is_no_work() -> None:
    cost = {"questions": 2, "prompt_tokens": 90, "answer_tokens": 10, "cut": 0}
    made = {"case": "one", "limit": False, "seconds": 0.5, "cost": cost, "remembered": 60}
    record = {**made, "way": "line", "action": "continue", "exact": True}
    line = curve_of([record], 1000)["line"]
    assert (line["tokens_per_move"], line["remembered_tokens_per_move"]) == (40, 60)
    assert line["flops_per_move"] == 8e4
    subject = Subject("model", CopyDebugger(), parameters=1000)
    told = cost_of(subject, {"forced": [record], "real_cost": []}, 3.0)
    assert (told["tokens_per_right_state"], told["remembered_tokens_per_right_state"]) == (40, 60)
    assert told["flops_per_right_state"] == 8e4


class Remembering:
    """Counts the questions that its memory does not answer."""

    abilities = Abilities(masks=True, logprobs=False, raw_logprobs=False, sampling=False)

    def __init__(self) -> None:
        self._memo, self.made = Memo(1_000), 0

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        return self._memo.answer(requests, self._answer)

    def forget(self) -> None:
        self._memo.forget()

    def _answer(self, requests: Sequence[Request]) -> list[Completion]:
        self.made += len(requests)
        return StaticEngine().complete(requests)


def test_a_meter_tells_memory_from_work() -> None:
    meter = Meter(Remembering(), len)
    first, second = (Request("a", prompt, VALUE, 4) for prompt in ("12345", "123"))
    meter.complete([first, second])
    assert (meter.prompt_tokens, meter.remembered) == (8, 0)
    meter.complete([first, first])
    assert (meter.prompt_tokens, meter.remembered) == (18, 10)
    meter.forget()
    meter.complete([first])
    assert (meter.prompt_tokens, meter.remembered) == (23, 10)


def test_only_limits_of_tokens_cut_answers_short() -> None:
    class Unfinished(Remembering):
        def _answer(self, requests: Sequence[Request]) -> list[Completion]:
            return [Completion("", (), (), one.prompt == "done", one.prompt) for one in requests]

    meter = Meter(Unfinished())
    meter.complete([Request("a", reason, VALUE) for reason in ("", TOO_LONG, "outside the grammar", "done")])
    assert meter.cut == 2


@pytest.mark.parametrize("measure", ["forced", "granularity", "coherence"])
def test_a_program_costs_the_same_whoever_is_asked_about_beside_it(measure: str, box: Sandbox) -> None:
    """Two programs with the same questions are each answered anew, asked about together or not."""
    twins = [PROGRAMS[0], (Program(f"{COUNT}# the same\n", PROGRAMS[0][0].call), None)]
    made = {}
    for together in (1, 2):
        engine = Remembering()
        meter = Meter(engine)
        subject = Subject("static", NeuralDebugger(meter), meter, again=NeuralDebugger)
        sweep(subject, twins, box, Log(None, {}), Settings(measures=(measure,)), together=together)
        made[together] = engine.made
    assert made[1] == made[2] > 0


@pytest.mark.parametrize("measure", [forced, granularity])
def test_a_measured_answer_owes_nothing_to_other_measures(measure: Any, box: Sandbox) -> None:
    """What was asked before changes neither what a move costs nor what of it came from memory."""
    case = record_case(box, PROGRAMS[0][0])
    engine = Remembering()
    meter = Meter(engine)
    subject = Subject("static", NeuralDebugger(meter), meter)
    told, made = [], []
    for _ in range(2):
        before = engine.made
        told.append([(one["cost"], one["remembered"]) for one in measure(subject, case, 0)])
        made.append(engine.made - before)
    assert told[0] == told[1] and made[0] == made[1] > 0
