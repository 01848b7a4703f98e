"""Two cards: what differs by more than noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.analysis import FORMAT, VERSION, cell
from debugworld.worldmodel.fidelity.comparison import Change, compare, differ, read_card, shortfall


def made(right: int, count: int, illegal: int = 0, seed: int = 0) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "tasks": "t",
        "settings": {"seed": seed},
        "subject": {"name": "s"},
        "programs": {"digest": "d", "left": 0, "leaked": []},
        "free": {"whole": cell([True] * right + [False] * (count - right))},
        "coherence": {"illegal": cell([True] * illegal + [False] * (100 - illegal))},
        "reground": [{"policy": "never", "real_calls": 0.0, **cell([True, False])}],
    }


def test_verdicts() -> None:
    found = {c.name: c for c in compare(made(50, 100, 40), made(80, 100, 5))}
    assert found["free / whole"].verdict == "better"
    assert found["free / whole"].difference == pytest.approx(0.3)
    assert found["coherence / illegal"].verdict == "better"  # fewer faults
    assert found["reground / never"].verdict == "noise"
    back = {c.name: c.verdict for c in compare(made(80, 100, 5), made(50, 100, 40))}
    assert back["free / whole"] == back["coherence / illegal"] == "worse"
    assert {c.verdict for c in compare(made(50, 100), made(52, 100))} == {"noise"}


def test_the_interval_is_that_of_newcombe() -> None:
    """His example (1998, table II): 56 of 70 against 48 of 80 gives 0.0524 to 0.3339 by method 10."""
    [change] = [c for c in compare(made(48, 80), made(56, 70)) if c.name == "free / whole"]
    assert change.low == pytest.approx(0.0524, abs=2e-4) and change.high == pytest.approx(0.3339, abs=2e-4)


def test_the_mix_of_faults_is_neither_better_nor_worse() -> None:
    cards = [made(50, 100), made(50, 100)]
    for card, control in zip(cards, (10, 90), strict=True):
        for kind, count in (("control", control), ("value", 100 - control)):
            card["free"].setdefault("errors", {})[kind] = cell([True] * count + [False] * (100 - count))
    found = {change.name: change.verdict for change in compare(*cards)}
    assert found["free / errors / control"] == found["free / errors / value"] == "differs"


def told(*texts: str) -> dict[str, Any]:
    """A card of which the outcomes of whole runs are given, one text a program."""
    bits = "".join(texts)
    card = made(bits.count("1"), len(bits))
    cases = [f"{number:03}" for number in range(len(texts))]
    return {**card, "outcomes": {"cases": cases, "cells": {"free / whole": ",".join(texts)}}}


def change_of(before: dict[str, Any], after: dict[str, Any]) -> Change:
    return next(change for change in compare(before, after) if change.name == "free / whole")


def test_cards_that_were_asked_the_same_are_paired() -> None:
    """Six of 100 answers got better and none worse: too little for Newcombe, enough for McNemar."""
    before, after = told(*["1"] * 60, *["0"] * 40), told(*["1"] * 66, *["0"] * 34)
    change = change_of(before, after)
    assert change.chance == pytest.approx(2 / 2**6) and change.verdict == "better"
    assert 0 < change.low < change.difference < change.high < 0.12
    assert change_of(after, before).verdict == "worse"
    del after["outcomes"]
    assert change_of(before, after).chance is None and change_of(before, after).verdict == "noise"


def test_answers_of_one_program_are_one_sign() -> None:
    """Ten answers that got better in one program may be chance; in ten programs they are not."""
    one = change_of(told("0" * 10, *["1"] * 90), told("1" * 10, *["1"] * 90))
    assert one.chance == 1.0 and one.verdict == "noise"
    ten = change_of(told(*["01"] * 10), told(*["11"] * 10))
    assert ten.chance == pytest.approx(2 / 2**10) and ten.verdict == "better"


def test_other_places_are_not_paired() -> None:
    assert change_of(told("1", "0"), told("11", "0")).chance is None
    assert change_of(told("1", "", "0"), told("1", "0", "")).chance is None
    assert change_of(told("1", "", "0"), told("1", "", "1")).chance == 1.0


def test_what_a_card_does_not_tell_of() -> None:
    card = made(1, 2)
    card["programs"] |= {"left": 3, "leaked": ["a"]}
    card["errors"] = {"count": 2}
    assert shortfall(card) == "3 units not reached, 2 units failed, 1 programs left out, seen in training"
    assert differ(made(1, 2), card) == [f"s: {shortfall(card)}"]


def test_other_questions_are_told() -> None:
    assert differ(made(1, 2), made(1, 2)) == []
    other = made(1, 2)
    other["programs"]["digest"] = "e"
    assert differ(made(1, 2), other) == ["programs: t has others in one than in the other"]
    assert differ(made(1, 2), made(1, 2, seed=3)) == ["seed: 0 and 3"]


def test_files_that_are_no_cards(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text(json.dumps(made(1, 2)))
    assert read_card(path)["version"] == VERSION
    for text, complaint in (
        ("{", "cannot be read"),
        ("{}", "no card"),
        (json.dumps({"format": FORMAT, "version": 0}), "version 0"),
    ):
        path.write_text(text)
        with pytest.raises(ModelError, match=complaint):
            read_card(path)
