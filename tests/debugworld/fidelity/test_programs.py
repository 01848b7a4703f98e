"""Rows of four benchmarks, of programs, and of what training leaves out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from debugworld.envs import TaskError
from debugworld.fidelity.programs import NO_CALL, load_programs
from debugworld.worldmodel.data.split import held_out
from debugworld.worldmodel.errors import ModelError

CODE = "def repeat(xs: List[int], k: int = 2) -> List[int]:\n    return [x for x in xs for _ in range(k)]\n"


def written(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_the_execution_track_of_livecodebench(tmp_path: Path) -> None:
    row = {"question_id": 1, "id": "sample_0", "function_name": "repeat", "code": CODE, "numsteps": 4}
    told = written(
        tmp_path / "lcb.jsonl",
        row | {"input": "repeat(xs = [1, 2], k = 1)", "output": "[1, 2]", "problem_id": [1, 0]},
        row | {"input": "[3]", "output": "[3, 3]"},
    )
    [(first, one), (second, other)] = load_programs(told).pairs
    assert first.call == "repeat(xs = [1, 2], k = 1)" and second.call == "repeat([3])"
    assert first.text.startswith("from typing import List\ndef repeat")
    assert one is not None and other is not None
    assert (one.function, one.input, one.output) == ("repeat", "xs = [1, 2], k = 1", "[1, 2]")
    assert one.origin == other.origin == "livecodebench"
    assert one.call == "repeat(xs = [1, 2], k = 1)"


def test_the_first_plain_call_of_humaneval_and_mbpp(tmp_path: Path) -> None:
    test = (
        "def check(candidate):\n    assert abs(candidate([1]) - 1) < 9\n    assert candidate([1, 2]) == 3\n"
    )
    evil = written(
        tmp_path / "evil.jsonl",
        {
            "task_id": "HumanEval/0",
            "entry_point": "total",
            "prompt": 'def total(xs):\n    """Adds."""\n',
            "canonical_solution": "    return sum(xs)\n",
            "test": test,
        },
    )
    basic = written(
        tmp_path / "basic.jsonl",
        {"task_id": 2, "code": "def g(a):\n    return (a,)\n", "test_list": ["assert g(1) == (1,)"]},
        {"task_id": 4, "code": "def g(a):\n    return (a,)\n", "test_list": ["assert set(g(1)) == {1}"]},
    )
    for name, place, call, output in (
        ("humaneval", evil, "total([1, 2])", "3"),
        ("mbpp", basic, "g(1)", "(1,)"),
    ):
        for tasks in (place, f"{name}?path={place}"):
            found = load_programs(tasks)
            [(program, row)] = found.pairs
            assert row is not None and program.call == row.call == call
            assert (row.output, row.origin, found.trusted) == (output, name, False)
        assert found.left_out == ({} if name == "humaneval" else {NO_CALL: 1})


def test_only_what_training_leaves_out(tmp_path: Path) -> None:
    rows = [
        {"id": f"p{n}", "group": f"group {n}", "source": f"def f():\n    return {n}\n", "call": "f()"}
        for n in range(200)
    ]
    told = written(tmp_path / "rows.jsonl", *rows)
    found = load_programs(told, held_out_only=True)
    names = [program.name for program, _ in found.pairs]
    assert sorted(names) == sorted(row["id"] for row in rows if held_out(str(row["group"])))
    assert names != sorted(names, key=lambda name: int(name[1:]))  # a part of them is no first part
    assert names == [program.name for program, _ in load_programs(told, True).pairs]
    assert names != [program.name for program, _ in load_programs(told, True, seed=1).pairs]
    assert found.name == "rows.jsonl, held out"
    assert found.groups == [f"group {name[1:]}" for name in names]


def test_what_is_no_row(tmp_path: Path) -> None:
    for row, text in (
        ({"code": CODE, "function_name": "repeat", "input": "repeat(1", "output": "2"}, "must be one call"),
        ({"code": CODE, "function_name": "other", "input": "other(1)", "output": "2"}, "must be one call"),
        ({"code": CODE}, "how to enter"),
    ):
        with pytest.raises(ModelError, match=text):
            load_programs(written(tmp_path / "row.jsonl", row))
    with pytest.raises(TaskError, match="chooses among the rows"):
        load_programs("builtin", held_out_only=True)
    lonely = {"id": "p", "group": "group 0", "source": "x = 1\n", "call": "x"}
    assert not held_out("group 0")
    with pytest.raises(TaskError, match="training leaves out"):
        load_programs(written(tmp_path / "row.jsonl", lonely), held_out_only=True)
