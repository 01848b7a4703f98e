"""Measures that are fair and leave nothing out: limits told, censoring, jumps against steps, draws."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Action, Exit, ExitCode, Program, State
from debugworld.worldmodel.completion import Abilities, Completion, Request
from debugworld.worldmodel.crux import CruxRow
from debugworld.worldmodel.fidelity.analysis import card
from debugworld.worldmodel.fidelity.baselines import StaticEngine
from debugworld.worldmodel.fidelity.case import record_case
from debugworld.worldmodel.fidelity.log import Log
from debugworld.worldmodel.fidelity.measures import MEASURES
from debugworld.worldmodel.fidelity.measures.forced import forced
from debugworld.worldmodel.fidelity.measures.free import HORIZON, free
from debugworld.worldmodel.fidelity.measures.output_draws import output_draws
from debugworld.worldmodel.fidelity.real import RealDebugger
from debugworld.worldmodel.fidelity.subject import Meter, Subject
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.fidelity.sweep import USUAL, Settings, sweep
from debugworld.worldmodel.neural import NeuralDebugger

COUNT = "def f(s, t):\n    n = 0\n    for c in s:\n        n += int(c == t)\n    return n\n"
LOOP = "def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n"
SAYS = "def f(n):\n    for i in range(n):\n        print(i)\n    return n\n"
ROW = CruxRow("row", COUNT, "'berry', 'r'", "2")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process", max_events=2_000) as sandbox:
        yield sandbox


def judge(
    subject: Subject, box: Sandbox, *measures: str, programs: Sequence[tuple[Program, CruxRow | None]] = ()
) -> dict[str, Any]:
    settings, log = Settings(measures=measures), Log(None, {})
    given = programs or [(Program(COUNT, ROW.call, "row"), ROW)]
    told = sweep(subject, given, box, log, settings)
    return card(subject, "tests", log, settings, told)


class Spent(RealDebugger):
    """Meets a limit of tokens with every answer, and says that it is always sure."""

    def step(self, action: Action) -> State:
        super().step(action)
        return State.at_exit(Exit(ExitCode.NEVER, "token_budget"))

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        super().assign(name, expression, frame)
        return State.at_exit(Exit(ExitCode.NEVER, "token_budget"))


def test_limits_are_told_in_every_cell(box: Sandbox) -> None:
    found = judge(Subject("spent", Spent(box)), box, "forced", "free", "outputs", "changed")
    told = [found["free"]["whole"], *found["outputs"].values(), *found["changed"].values()]
    told += [found["cruxeval"][name] for name in ("output", "output, run to")]
    told += [action["exact"] for action in found["forced"]["actions"].values()]
    told += [*found["forced"]["skipped"].values(), *found["forced"]["share skipped"].values()]
    assert len(told) > 15
    assert all(cell["mean"] == 0 and cell["limit"] == cell["count"] for cell in told), told
    honest = judge(Subject("real", RealDebugger(box)), box, "outputs", "changed")
    told = [*honest["outputs"].values(), *honest["changed"].values()]
    assert {cell["limit"] for cell in told} == {0}


class Short:
    """Answers as the text of a statement says, but cuts what is asked for inputs."""

    abilities = Abilities(masks=True, logprobs=False, raw_logprobs=False, sampling=True)

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        return [Completion("1, ", (), (), False) for _ in requests]

    def forget(self) -> None:
        pass


def test_inputs_that_were_cut_short_are_told(box: Sandbox) -> None:
    meter = Meter(Short())
    about = {"inverse": True, "inputs": "searched"}
    found = judge(Subject("short", NeuralDebugger(meter), meter, about=about), box, "inputs", "preimage")
    assert found["inputs"]["at once"]["limit"] == found["cruxeval"]["input"]["limit"] == 1
    assert found["inputs"]["drawn, pass@5"]["limit"] == 5
    assert found["preimage"]["valid"]["limit"] == found["preimage"]["valid"]["count"]


def test_a_run_beyond_the_horizon_is_not_called_wrong(box: Sandbox) -> None:
    programs = [(Program(LOOP, f"f({n})", f"loop {n}"), None) for n in (3, 5, HORIZON)]
    found = judge(Subject("real", RealDebugger(box)), box, "free", programs=programs)["free"]
    assert (found["whole"]["count"], found["whole"]["mean"]) == (2, 1.0)
    assert found["longer"] == {"horizon": HORIZON, "count": 1, "right": 1}
    assert [point["mean"] for point in found["survival"]] == [1.0] * len(found["survival"])
    assert found["survival"][-1]["step"] == HORIZON and found["survival"][-1]["at_risk"] == 1
    only = judge(Subject("real", RealDebugger(box)), box, "free", programs=programs[2:])["free"]
    assert "whole" not in only and only["longer"]["count"] == 1
    spent = judge(Subject("spent", Spent(box)), box, "free", programs=programs)["free"]
    assert spent["longer"]["right"] == 0 and spent["survival"][0]["mean"] == 0.0


class Quiet(RealDebugger):
    """Prints nothing."""

    def step(self, action: Action) -> State:
        return replace(super().step(action), stdout="")


def test_steps_are_held_to_the_output_of_a_jump(box: Sandbox) -> None:
    case = record_case(box, Program(SAYS, "f(4)"))
    about = {"jumps": "direct"}
    both = {
        name: [one for seed in range(4) for one in forced(subject, case, seed) if "steps" in one]
        for name, subject in (
            ("real", Subject("real", RealDebugger(box), about=about)),
            ("quiet", Subject("quiet", Quiet(box), about=about)),
        )
    }
    assert all(one["exact"] and one["steps"] for one in both["real"]) and both["real"]
    wrong = [one for one in both["quiet"] if not one["parts"]["stdout"]]
    assert wrong and not any(one["steps"] for one in wrong)
    assert all(one["steps"] for one in both["quiet"] if one["exact"])


def test_who_is_always_sure_is_held_to_it(box: Sandbox) -> None:
    honest, spent = (
        judge(Subject("subject", make(box)), box, "forced")["forced"]["confidence"]
        for make in (RealDebugger, Spent)
    )
    assert honest["ece"] == honest["brier"] == honest["aurc"] == 0.0
    assert spent["ece"] == spent["brier"] == spent["aurc"] == 1.0
    for name in ("ece", "brier", "aurc"):
        low, high = spent[f"{name}_interval"]
        assert 0 <= low <= spent[name] <= high <= 1
    silent = RealDebugger(box)
    silent.confidence = math.nan
    assert "confidence" not in judge(Subject("silent", silent), box, "forced")["forced"]


def test_jumps_are_told_by_the_share_of_the_run_that_they_skip(box: Sandbox) -> None:
    programs = [(Program(LOOP, f"f({n})", f"loop {n}"), None) for n in (3, 30)]
    found = judge(Subject("real", RealDebugger(box)), box, "forced", programs=programs)["forced"]
    shares = found["share skipped"]
    assert sum(cell["count"] for cell in shares.values()) == 16  # all but the step intos
    assert shares["0"]["count"] == found["skipped"]["0"]["count"]
    assert len(shares) > 2


class Coin(StaticEngine):
    """Takes the likeliest answer, unless it is to draw; then some answers are none, by their seed."""

    abilities = Abilities(masks=True, logprobs=False, raw_logprobs=False, sampling=True)

    def __init__(self) -> None:
        self.temperatures = set[float]()

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        found = super().complete(requests)
        for place, request in enumerate(requests):
            assert request.sampling is not None
            self.temperatures.add(request.sampling.temperature)
            if request.sampling.seed % 3 == 0:
                found[place] = Completion("", (), (), False)
        return found


def test_outputs_are_drawn_where_that_is_asked_for(box: Sandbox) -> None:
    assert "output_draws" in MEASURES and "output_draws" not in USUAL
    plain = "def f(n):\n    return n and None\n"
    case = record_case(box, Program(plain, "f(1)"))
    engine = Coin()
    meter = Meter(engine)
    subject = Subject("coin", NeuralDebugger(meter, granularity="line"), meter)
    found = [one for seed in range(6) for one in output_draws(subject, case, seed)]
    assert {one["draws"] for one in found} == {5} and engine.temperatures == {0.8}
    assert 0 < sum(one["drawn_right"] for one in found) < 30
    assert all(one["drawn_limit"] + one["drawn_right"] == 5 for one in found)
    assert found == [one for seed in range(6) for one in output_draws(subject, case, seed)]
    row = CruxRow("row", plain, "1", "None")
    told = judge(subject, box, "output_draws", programs=[(Program(plain, row.call, "row"), row)])
    assert told["outputs"]["drawn, pass@1"]["mean"] == pytest.approx(found[0]["drawn_right"] / 5)
    assert told["cruxeval"]["output_pass@5"] == told["cruxeval"]["output, drawn, pass@5"]["mean"] == 1.0
    assert output_draws(Subject("real", RealDebugger(box)), case, 0) == []
    assert output_draws(subject, record_case(box, Program("x = 1\n")), 0) == []


def test_draws_of_inputs_stand_with_their_benchmark(box: Sandbox) -> None:
    subject = open_subject("shipped?inputs=once", box)
    found = judge(subject, box, "inputs")
    crux = found["cruxeval"]
    assert crux["input_pass@5"] == crux["input, drawn, pass@5"]["mean"]
    assert crux["input, drawn, pass@5"] == found["inputs"]["drawn, pass@5"]


def test_a_free_run_tells_its_horizon(box: Sandbox) -> None:
    [record] = free(Subject("real", RealDebugger(box)), record_case(box, Program(LOOP, f"f({HORIZON})")), 0)
    assert record["length"] > record["followed"] == HORIZON == record["right"]
    assert record["whole"] is None and record["error"] == ""
