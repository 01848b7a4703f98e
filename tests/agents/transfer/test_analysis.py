"""The numbers of a report, from records whose every number is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from debugworld.agents.transfer.analysis import Environment, enough, report
from debugworld.agents.transfer.policy import Policy
from debugworld.agents.transfer.walks import chosen
from debugworld.envs.errors import TaskError

from .made import ENV, SETTINGS, TASKS, episodes, made_log, told_log


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    whole = report(SETTINGS, made_log())
    assert whole["environments"][0]["env"] == "ReachState-Features"
    assert ENV.endswith("ReachState-Features-v0") and len(whole["environments"]) == 1
    one: dict[str, Any] = whole["environments"][0]
    return one


def of(found: dict[str, Any], dream: str) -> dict[str, Any]:
    return next(one for one in found["transfers"] if one["dream"] == dream)


def test_shares_and_ratios(found: dict[str, Any]) -> None:
    good = of(found, "good")
    means = {name: cell["mean"] for name, cell in good.items() if isinstance(cell, dict)}
    assert means["dreamt"] == pytest.approx(0.9) and means["replayed"] == pytest.approx(0.8)
    assert means["consistency"] == pytest.approx(8 / 9)
    assert means["real"] == pytest.approx(0.7) and means["real_trained"] == pytest.approx(0.8)
    assert means["performance_kept"] == pytest.approx(0.7 / 0.8)
    assert means["gain_kept"] == pytest.approx((0.7 - 0.2) / (0.8 - 0.2))
    assert means["exploit_gap"] == pytest.approx(0.1) and means["missed"] == 0.0
    assert means["exploit_gap_of_real_trained"] == 0.0
    assert means["overestimate"] == pytest.approx(0.2)
    assert of(found, "bad")["performance_kept"]["mean"] == pytest.approx(0.3 / 0.8)


def test_every_cell_counts_and_holds_its_mean(found: dict[str, Any]) -> None:
    def cells(inner: Any) -> list[dict[str, Any]]:
        if isinstance(inner, dict):
            own = [inner] if {"count", "mean"} <= inner.keys() else []
            return own + [cell for each in inner.values() for cell in cells(each)]
        return [cell for each in inner for cell in cells(each)] if isinstance(inner, list) else []

    everything = cells(found)
    assert len(everything) > 60
    for cell in everything:
        assert cell["count"] >= 1 and cell["low"] - 1e-9 <= cell["mean"] <= cell["high"] + 1e-9
    assert of(found, "good")["dreamt"]["count"] == 20  # two policies, ten episodes


def test_ranks(found: dict[str, Any]) -> None:
    good, bad = found["dreams"]
    assert good["rank"]["count"] == 8 and good["rank"]["mean"] > 0.8 > bad["rank"]["mean"]
    assert good["pearson"]["mean"] <= 1


def test_fidelity(found: dict[str, Any]) -> None:
    good = found["dreams"][0]["fidelity"]
    assert good["step_into"] | {"low": 0, "high": 0} == {"count": 10, "mean": 0.8, "low": 0, "high": 0}
    assert good["whole"]["mean"] == 0.8 and good["steps_to_first_difference"]["mean"] == 2.0


def test_a_run_that_was_not_followed_to_its_end_is_not_called_wrong() -> None:
    log = made_log()
    told = {"env": TASKS.name, "measure": "fidelity", "dream": "good", "task": "program 0", "asked": "free"}
    log.add("fidelity longer", [{**told, "whole": None, "right": 2}], 1.0)
    [one] = report(SETTINGS, log)["environments"]
    good = one["dreams"][0]["fidelity"]
    assert (good["whole"]["count"], good["whole"]["mean"]) == (5, 0.8)
    assert good["steps_to_first_difference"]["count"] == 6


def test_how_true_is_enough(found: dict[str, Any]) -> None:
    assert found["enough"] == {"share": 0.95, "step_into": None, "dreams": 2}

    def point(name: str, true: float, kept: float) -> tuple[dict[str, Any], dict[str, Any]]:
        return (
            {"name": name, "fidelity": {"step_into": {"mean": true}}},
            {"kind": "dream", "dream": name, "performance_kept": {"mean": kept}},
        )

    points = [point("a", 0.9, 1.0), point("b", 0.5, 0.96), point("c", 0.4, 0.5), point("d", 0.1, 0.99)]
    assert enough([one for one, _ in points], [two for _, two in points])["step_into"] == 0.5


def test_goals(found: dict[str, Any]) -> None:
    kept, gap, rank = found["goals"]
    assert (kept["met"], kept["sure"]) == (False, False) and "70.0 % against 80.0 %" in kept["why"]
    assert "2 of 10 episodes" in kept["why"] and "2 of 2 are dreamt right" in kept["why"]
    assert gap["met"] is False and gap["at_least"] is False
    assert rank["cell"] == found["dreams"][0]["rank"]


def test_kinds_of_bugs() -> None:
    """Of ten bugs the policy finds all, Ochiai with as many runs those with rank 1: numbers 1, 4 and 7."""
    [one] = report(SETTINGS, told_log())["environments"][0]["localisers"]
    many, few = one["kinds"]
    assert (many["kind"], many["different_bugs"], few["kind"], few["different_bugs"]) == ("ROR", 7, "SDL", 3)
    assert many["learned"]["mean"] == 1.0 and many["every"]["mean"] == 0.0
    assert many["equal"]["mean"] == pytest.approx(2 / 7) and few["equal"]["mean"] == pytest.approx(1 / 3)
    assert one["top_1_gained"]["mean"] == pytest.approx(0.7)
    assert one["top_1_gained_over_every"]["mean"] == 1.0


def test_the_same_records_give_the_same_report() -> None:
    assert report(SETTINGS, made_log()) == report(SETTINGS, made_log())


def test_worlds_that_were_not_asked_the_same_are_refused() -> None:
    records = list(made_log().records())
    next(one for one in records if one["measure"] == "episode")["question"] = "another"
    with pytest.raises(TaskError, match="could not be compared"):
        Environment(SETTINGS, TASKS, records)


def test_what_is_told_step_by_step() -> None:
    walks = list(chosen(SETTINGS, made_log()))
    exploits = [walk for walk in walks if walk.why == "exploit"]
    assert {(walk.world, walk.seed, walk.policy.group) for walk in exploits} == {("good", 8, "dream good")}
    failures = [walk for walk in walks if walk.why == "failure"]
    assert [walk.seed for walk in failures] == [6, 7]
    assert failures[0].world == "real" and failures[0].policy == Policy("dream", "good", 1)
    assert failures[0].note == (
        "won by 1 of 2 policies trained in the dream and by 2 of 2 trained in the real world"
    )
    assert failures[0].actions == (3,) * 7


def test_what_a_re_grounded_dream_loses_is_told_apart() -> None:
    """Real-trained policies win 0 to 7, re-grounded ones 0 to 4 and 8: they lose three and gain one."""
    log = made_log()
    won = [*range(5), 8]
    for world in ("real", "good", "bad"):
        for seed in (0, 1):
            policy = Policy("reground", "good", seed)
            log.add(f"play {policy.name} {world}", episodes(policy, world, won), 1.0)
    settings = replace(SETTINGS, kinds=(*SETTINGS.kinds, "reground"))
    goal = report(settings, log)["environments"][0]["goals"][-1]
    assert goal["goal"].startswith("re-grounded") and goal["met"] is False
    assert "60.0 % against 80.0 %" in goal["why"]
    assert "3 of 10 episodes are won less often by the dream-trained ones, 1 more often" in goal["why"]
    told = [walk for walk in chosen(settings, log) if walk.why == "failure"]
    assert [walk.seed for walk in told if walk.policy.kind == "dream"] == [6, 7]
    assert [walk.seed for walk in told if walk.policy.kind == "reground"] == [5, 6, 7]


def test_a_way_of_training_without_gain_keeps_no_share_of_it() -> None:
    log = made_log()
    for seed in (0, 1):
        log.add(f"play real #{seed} real", episodes(Policy("real", "", seed), "real", [0, 1]), 1.0)
    good = of(report(SETTINGS, log)["environments"][0], "good")
    assert good["gain_of_real_trained"]["mean"] == 0.0 and "gain_kept" not in good
