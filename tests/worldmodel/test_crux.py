"""Rows like CRUXEval's: answers count when running them says so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.worldmodel.completion import Completion, Request
from debugworld.worldmodel.crux import (
    CruxRow,
    pass_at_k,
    predict_inputs,
    predict_outputs,
)
from debugworld.worldmodel.data.rows import RowError, load_rows
from debugworld.worldmodel.engine import Engine
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.tokenizer import build_tokenizer

ROWS = [
    CruxRow("double", "def f(n):\n    return {1: n * 2}\n", "3", "{1: 6}"),
    CruxRow("text", "def f(s, t):\n    return s.count(t)\n", "'berry', 'r'", "2"),
    CruxRow("stars", "def f(*parts):\n    return len(parts)\n", "1, 2", "2"),
]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A plain process: the programs here are our own."""
    with open_sandbox("process", timeout=2.0) as sandbox:
        yield sandbox


class Direct:
    """Answers direct jumps of the two functions above, right for the first alone, and inputs in turn."""

    def __init__(self, *inputs: str) -> None:
        self._inputs = list(inputs)

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        return [Completion(self._answer(request.prompt), (-0.5,), (-0.5,), True) for request in requests]

    def _answer(self, prompt: str) -> str:
        if prompt.startswith("<"):
            return self._inputs.pop(0)
        assert prompt.startswith(">return\n>def main")
        return "R 1\n={1: 6.0}" if "n * 2" in prompt else "R 1\n=3"


def test_outputs_by_direct_jumps(box: Sandbox) -> None:
    neural = NeuralDebugger(Direct())  # type: ignore[arg-type]
    score = predict_outputs(neural, ROWS, box, "direct")
    assert score.task == "output by direct"
    assert [row.right for row in score.rows] == [(True,), (False,), (False,)]
    assert [row.answers for row in score.rows] == [("{1: 6.0}",), ("3",), ("3",)]
    assert score.rows[0].confidence == (pytest.approx(math.exp(-0.5)),)
    assert score.pass_at(1).mean == pytest.approx(1 / 3)
    assert neural.jumps.value == "rollout"


def test_inputs_are_run(box: Sandbox) -> None:
    answers = Direct("3", "4", "3.0", "'xx', 'x'", "'b', 'a'", "'xx', 'x'")
    score = predict_inputs(answers, ROWS, box, samples=3)
    assert [sum(row.right) for row in score.rows] == [2, 2, 0]
    assert "cannot be asked" in score.rows[2].reason
    assert score.pass_at(1).mean == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert score.pass_at(2).mean == pytest.approx((1 + 1 + 0) / 3)
    assert len(score.to_json()["rows"]) == 3


def test_any_model_answers_by_rollout(box: Sandbox) -> None:
    tokenizer = build_tokenizer()
    config = TrainConfig(steps=1, minutes=None, hidden_size=32, layers=2, heads=2)
    engine = Engine(build_model(config, len(tokenizer)), tokenizer)
    score = predict_outputs(NeuralDebugger(engine, max_states=20, max_tokens=20), ROWS[:2], box)
    assert score.task == "output by rollout" and len(score.rows) == 2
    with pytest.raises(ValueError, match="at least 1"):
        predict_inputs(engine, ROWS, box, samples=0)


@pytest.mark.parametrize(("count", "right"), [(5, 0), (5, 2), (6, 6), (4, 1)])
def test_pass_at_k_is_the_share_of_choices_with_a_right_answer(count: int, right: int) -> None:
    outcomes = [True] * right + [False] * (count - right)
    for k in range(1, count + 1):
        chosen = list(combinations(outcomes, k))
        assert pass_at_k(count, right, k) == pytest.approx(sum(map(any, chosen)) / len(chosen))
    for bad in (0, count + 1):
        with pytest.raises(ValueError, match="needs at least"):
            pass_at_k(count, right, bad)


def test_rows_are_read(shared_data: Path, tmp_path: Path) -> None:
    rows = CruxRow.of(load_rows(shared_data / "cruxeval_dev.jsonl"))
    assert len(rows) == 400 and all("def f(" in row.code for row in rows)
    (tmp_path / "rows.jsonl").write_text('{"code": "def f(n): return n", "input": "1", "id": "a"}\n')
    with pytest.raises(RowError, match="'output'"):
        CruxRow.of(load_rows(tmp_path / "rows.jsonl"))
