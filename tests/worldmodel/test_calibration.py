"""Calibration recovers a known map, is saved and read, and is honest about programs it has not seen."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import ActionKind
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.calibration import (
    FILE,
    Calibration,
    Evidence,
    brier,
    calibration_error,
    calibration_floor,
    fit,
    reliability,
    risk_area,
    risk_coverage,
    threshold,
)
from debugworld.worldmodel.calibration_report import calibration_plot
from debugworld.worldmodel.checkpoint import SHIPPED
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.split import EVALUATION_SEED
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.judgement import Run, blended, halves, judge
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.outcomes import Answer, Outcome, asked, collect, fit_outcomes, policies


def _synthetic(seed: int, count: int, kind: str = "step") -> tuple[list[Evidence], list[bool], list[float]]:
    """Evidence whose true chance of being right is the square of the raw confidence: overconfident."""
    draw = np.random.default_rng(seed)
    lowest = -draw.exponential(0.4, count)
    tokens = draw.integers(3, 40, count)
    total = lowest - draw.exponential(0.05, count)
    chance = np.exp(2 * lowest)
    evidence = [
        Evidence(kind, float(low), float(whole), int(size), 1)
        for low, whole, size in zip(lowest, total, tokens, strict=True)
    ]
    return evidence, list(draw.random(count) < chance), list(chance)


@pytest.mark.parametrize("count", [150, 4000])
def test_a_known_map_is_recovered(count: int) -> None:
    evidence, right, _ = _synthetic(0, count)
    calibration = fit(evidence, right)
    fresh, outcome, chance = _synthetic(1, 4000)
    found = [calibration.probability(one) for one in fresh]
    raw = [one.raw for one in fresh]
    assert float(np.mean(np.abs(np.array(found) - chance))) < (0.03 if count > 1000 else 0.08)
    assert calibration_error(raw, outcome) > 0.12
    assert calibration_error(found, outcome) < (0.03 if count > 1000 else 0.08)
    assert brier(found, outcome) < brier(raw, outcome)


def test_a_confidence_that_is_right_already_is_left_alone() -> None:
    chance = np.random.default_rng(5)
    raw = chance.beta(3, 1, 300)
    right = (chance.random(300) < raw).tolist()
    evidence = [Evidence("step", float(np.log(one)), float(np.log(one)), 4, 1) for one in raw]
    found = fit(evidence, right).maps["step"](evidence)
    assert float(np.abs(found - raw).max()) < 0.12  # a logistic map may be near it, a stair is not


def test_kinds_have_maps_of_their_own_and_certain_states_none(tmp_path: Path) -> None:
    steps, right, _ = _synthetic(0, 800)
    jumps, _, _ = _synthetic(2, 800, "jump")
    calibration = fit([*steps, *jumps, Evidence()], [*right, *[False] * 800, True])
    sure = Evidence("step", -1e-4, -1e-3, 5, 1)
    assert calibration.probability(sure) > 0.9
    assert calibration.probability(Evidence("jump", -1e-4, -1e-3, 5, 1)) < 0.05
    assert calibration.probability(Evidence()) == 1.0
    assert calibration.probability(Evidence("rollout", -0.5, -1.0, 5, 2)) == pytest.approx(math.exp(-0.5))
    about = {"seed": 0, "granularity": "line", "fitted": ["0123456789abcdef"]}
    again = Calibration(calibration.maps, {"return": 0.5}, about)
    again.save(tmp_path)
    assert again.fitted == {"0123456789abcdef"} and calibration.fitted == frozenset()
    assert Calibration.load(tmp_path, "line") == again and again.granularity == "line"
    assert Calibration.load(tmp_path) is None and Calibration.load(tmp_path, "expression") is None
    default = Calibration(calibration.maps, {}, {"granularity": "steps"})
    assert default.save(tmp_path).name == FILE and Calibration.load(tmp_path) == default
    assert Calibration.load(tmp_path, "line") == again  # each has a file of its own
    (tmp_path / FILE).write_text((tmp_path / "calibration-line.json").read_text())
    assert Calibration.load(tmp_path) is None  # a copy under another name is still of what it was fitted to


@pytest.mark.parametrize("text", ["{", "{}", '{"maps": {"step": {"weights": [1], "steps": [], "count": 3}}}'])
def test_a_damaged_file_is_told(tmp_path: Path, text: str) -> None:
    assert Calibration.load(tmp_path) is None
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ModelError, match="debugworld calibrate"):
        Calibration.load(tmp_path)


def test_the_floor_is_the_error_of_a_perfect_confidence_and_falls_with_the_answers() -> None:
    for count in (200, 5000):
        _, right, chance = _synthetic(3, count)
        floor = calibration_floor(chance)
        assert calibration_error(chance, right) == pytest.approx(floor, rel=0.6)
        assert floor < (0.09 if count == 200 else 0.025)
        assert floor == calibration_floor(chance)
    assert calibration_floor([0.0, 1.0, 1.0]) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_scores_are_what_their_definitions_say(answers: list[tuple[float, bool]]) -> None:
    confidence, right = [one for one, _ in answers], [one for _, one in answers]
    assert 0 <= calibration_error(confidence, right) <= 1 + 1e-9
    assert sum(count for _, _, count in reliability(confidence, right)) == len(answers)
    assert calibration_error(confidence, right, 1) == pytest.approx(abs(np.mean(confidence) - np.mean(right)))
    curve = risk_coverage(confidence, right)
    assert curve[-1] == (1.0, pytest.approx(1 - np.mean(right)))
    assert [coverage for coverage, _ in curve] == sorted({coverage for coverage, _ in curve})
    assert calibration_error([float(one) for one in right], right) == 0.0


@given(
    st.lists(
        st.tuples(st.sampled_from([0.1, 0.4, 0.8]), st.booleans(), st.booleans()), min_size=1, max_size=20
    )
)
def test_the_threshold_gives_the_most_right_answers(pairs: list[tuple[float, bool, bool]]) -> None:
    confidence, direct, rollout = (list(column) for column in zip(*pairs, strict=True))

    def gained(least: float) -> int:
        return sum(one if sure >= least else other for sure, one, other in pairs)

    chosen = threshold(confidence, direct, rollout)
    best = max(map(gained, (0.1, 0.4, 0.8, 1.01)))
    assert gained(chosen) == best
    assert all(gained(least) < best for least in confidence if least < chosen)


def test_the_area_under_risk_and_coverage() -> None:
    """By hand: risks at coverages of 1/n to n/n; answers of one confidence in the mean of their orders."""
    sure = [0.9, 0.8, 0.7, 0.6]
    assert risk_area(sure, [True, True, False, False]) == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)
    assert risk_area(sure, [False, False, True, True]) == pytest.approx((1 + 1 + 2 / 3 + 1 / 2) / 4)
    assert risk_area([1.0] * 4, [True, False, True, True]) == pytest.approx(0.25)
    assert risk_area([0.9, 0.5, 0.5], [True, False, True]) == pytest.approx((0 + 0.5 / 2 + 1 / 3) / 3)


def test_no_answers_have_no_scores() -> None:
    for score in (calibration_error, brier, reliability, risk_coverage, risk_area):
        with pytest.raises(ValueError, match="none"):
            score([], [])  # type: ignore[operator]


def test_evidence_joins() -> None:
    step, jump = Evidence("step").after((-0.1, -0.5)), Evidence("jump").after((-0.2,))
    assert step == Evidence("step", -0.5, pytest.approx(-0.6), 2, 1)  # type: ignore[arg-type]
    assert Evidence.join([Evidence(), step]) == step and Evidence.join([Evidence()]) == Evidence()
    both = Evidence.join([step, step, Evidence()])
    assert (both.kind, both.lowest, both.tokens, both.questions) == ("rollout", -0.5, 4, 2)
    assert Evidence.join([step, jump]).kind == "jump"
    silent = Evidence("step").after(()).after((-0.1,))  # an engine that tells no probabilities
    assert math.isnan(silent.raw) and math.isnan(Evidence.join([step, silent]).raw)


def test_auto_takes_the_better_side_of_the_threshold(tmp_path: Path) -> None:
    sure, unsure = Evidence("jump", -0.01, -0.02, 9, 1), Evidence("jump", -2.0, -4.0, 9, 1)
    rollout = Evidence("rollout", -0.3, -0.5, 30, 4)
    outcomes = [Outcome("step_return", "return", Answer(rollout, False), Answer(sure, True))] * 30
    outcomes += [Outcome("step_return", "return", Answer(rollout, True), Answer(unsure, False))] * 30
    outcomes += [Outcome("step_into", "", Answer(Evidence(), True))]
    calibration = fit_outcomes(outcomes)
    shares = {name: np.mean(right) for name, right in policies(outcomes, calibration).items()}
    assert shares == {"rollout": 0.5, "direct": 0.5, "auto": 1.0}
    runs = [Run(str(place), "", (outcome,)) for place, outcome in enumerate(outcomes)]
    assert judge(runs, calibration)["jump"].error.mean < 0.1
    assert judge(runs, Calibration())["all"].error.low > 0.1
    calibration_plot(outcomes, calibration, tmp_path / "plot.svg")
    assert "<svg" in (tmp_path / "plot.svg").read_text()


def _run(group: str, right: bool = True) -> Run:
    return Run(group, "", (Outcome("step_into", "", Answer(Evidence("step", -0.1, -0.2, 4, 1), right)),))


def test_no_function_is_both_fitted_to_and_judged() -> None:
    first = [_run("a"), _run("a"), _run("b"), Run("none", "", ()), _run("c"), _run("b"), _run("d")]
    second = [_run("b"), _run("e"), _run("f")]
    fitted, judged = halves([first, second])
    assert [[run.group for run in runs] for runs in fitted] == [["a", "a", "c"], ["e"]]
    assert [[run.group for run in runs] for runs in judged] == [["b", "b", "d"], ["b", "f"]]


def test_every_stretch_of_what_is_fitted_to_has_its_share_of_each_source() -> None:
    mixed = blended([[_run("a", False)] * 20, [_run("b")] * 10])
    assert [sum(one.rollout.right for one in mixed[place : place + 6]) for place in range(0, 30, 6)] == [
        2
    ] * 5


def test_answers_about_one_function_count_as_one_in_the_intervals() -> None:
    alone = [_run(str(place), place % 5 > 0) for place in range(100)]
    told = judge(alone, Calibration())["all"]
    grouped = judge([_run(str(place % 5), place % 5 > 0) for place in range(100)], Calibration())["all"]
    assert told.count == 100 and told.accuracy.mean == grouped.accuracy.mean == 0.8
    assert 0.10 < told.accuracy.high - told.accuracy.low < 0.20
    assert grouped.accuracy.high - grouped.accuracy.low > 0.3
    assert told.error.low <= told.error.mean <= told.error.high
    assert set(told.to_json()) == {"count", "accuracy", "ece", "ece_floor", "brier"}


@pytest.mark.slow
def test_the_shipped_checkpoint_can_be_calibrated(tmp_path: Path) -> None:
    neural = NeuralDebugger.load(SHIPPED, granularity="line")
    programs = [generate(EVALUATION_SEED + 50_000 + n, 1).program for n in range(2)]
    moves = (ActionKind.STEP_INTO, ActionKind.STEP_RETURN)
    found = [collect(neural, program, record(program), 0, 1, moves) for program in programs]
    assert len(found) == 2 and all(len(group) == 2 for group in found)
    flat = [outcome for group in found for outcome in group]
    assert asked(flat) and all(
        outcome.goal == "return" for outcome in flat if outcome.action == "step_return"
    )
    calibration = fit_outcomes(flat)
    calibration.save(tmp_path)
    assert set(json.loads((tmp_path / FILE).read_text())) == {"maps", "thresholds", "about"}
    assert all(0 <= calibration.probability(answer.evidence) <= 1 for answer in asked(flat))
