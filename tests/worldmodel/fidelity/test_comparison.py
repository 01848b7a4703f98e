"""Two cards: what differs by more than noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.analysis import FORMAT, VERSION, cell
from debugworld.worldmodel.fidelity.comparison import compare, differ, read_card


def made(right: int, count: int, illegal: int = 0, seed: int = 0) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "tasks": "t",
        "settings": {"seed": seed},
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


def test_other_questions_are_told() -> None:
    assert differ(made(1, 2), made(1, 2)) == []
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
