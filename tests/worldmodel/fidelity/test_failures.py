"""The most telling failures of a card, and its cells of each part of the state by construct."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from debugworld.sandboxes import open_sandbox
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.fidelity import PARTS
from debugworld.worldmodel.fidelity.analysis import card
from debugworld.worldmodel.fidelity.log import Log
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.fidelity.sweep import Settings, sweep


@pytest.fixture(scope="module")
def found() -> Iterator[tuple[dict[str, Any], Log]]:
    """The card of a debugger that is often wrong, and what it is made of."""
    settings = Settings(measures=("forced", "free", "outputs"))
    programs = [(generate(seed, 1 + seed % 5).program, None) for seed in range(2**30, 2**30 + 8)]
    log = Log(None, {})
    with open_sandbox("process", max_events=2_000) as box:
        subject = open_subject("noisy?rate=0.2", box)
        told = sweep(subject, programs, box, log, settings)
        yield card(subject, "tests", log, settings, told), log


def test_failures_are_of_every_kind_and_of_different_programs(found: tuple[dict[str, Any], Log]) -> None:
    failures = found[0]["failures"]
    assert [one["measure"] for one in failures[:3]] == ["forced", "free", "outputs"]
    assert len({one["name"] for one in failures}) == len(failures)
    for one in failures:
        seen = one["seen"]
        assert seen["source"] and seen["line"] > 0 and seen["truth"] != seen["answer"]


def test_the_first_difference_of_a_free_run(found: tuple[dict[str, Any], Log]) -> None:
    shown, log = found
    free = {one["name"]: one for one in log.records() if one["measure"] == "free"}
    failures = [one for one in shown["failures"] if one["measure"] == "free"]
    assert failures
    for one in failures:
        assert one["right_steps"] == free[one["name"]]["right"] and one["action"] == "step_into"
    for one in free.values():
        assert ("seen" in one) is bool(one["error"])


def test_a_wrong_output_shows_the_call(found: tuple[dict[str, Any], Log]) -> None:
    shown = [one for one in found[0]["failures"] if one["measure"] == "outputs"]
    assert shown and all("f(" in one["seen"]["source"] for one in shown)
    assert {one["action"] for one in shown} <= {"step_return", "run_to"}


def test_parts_by_construct(found: tuple[dict[str, Any], Log]) -> None:
    shown, log = found
    asked = [one for one in log.records() if one["measure"] == "forced"]
    assert list(shown["forced"]["parts"]) == list(PARTS)
    for part, told in shown["forced"]["parts"].items():
        right = [one["parts"][part] for one in asked]
        assert (told["exact"]["count"], told["exact"]["mean"]) == (len(right), sum(right) / len(right))
        for construct, cell in told["constructs"].items():
            mine = [one["parts"][part] for one in asked if construct in one["constructs"]]
            assert (cell["count"], cell["mean"]) == (len(mine), pytest.approx(sum(mine) / len(mine)))
        assert sum(cell["count"] for cell in told["lengths"].values()) == len(right)
        assert sum(cell["count"] * cell["mean"] for cell in told["lengths"].values()) == pytest.approx(
            sum(right)
        )
    assert min(told["exact"]["mean"] for told in shown["forced"]["parts"].values()) < 1


def test_constructs_by_length(found: tuple[dict[str, Any], Log]) -> None:
    forced = found[0]["forced"]
    assert list(forced["constructs by length"]) == list(forced["constructs"])
    for construct, cells in forced["constructs by length"].items():
        assert cells.keys() <= forced["lengths"].keys()
        for key in ("count", "limit"):
            assert sum(cell[key] for cell in cells.values()) == forced["constructs"][construct][key]
