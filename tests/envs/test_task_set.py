"""Task sets: rows of files, and errors that say what a row should be."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from debugworld.envs import TaskError, load_task_set


def test_rows_of_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    rows = [
        '{"code": "def f(x): return x", "input": "1, 2", "output": "3", "id": "a"}',
        "",
        '{"source": "def g(): pass", "calls": ["g()", "g()"], "name": "b"}',
        '{"source": "def h(): pass", "call": "h()"}',
    ]
    path.write_bytes(gzip.compress("\n".join(rows).encode()))
    found = load_task_set(f"jsonl/{path}")
    assert [p.call for p in found.programs] == ["f(1, 2)", "g()", "g()", "h()"]
    assert [p.name for p in found.programs][:3] == ["a", "b", "b"]
    assert not found.trusted


def test_a_file_with_and_without_a_call(tmp_path: Path) -> None:
    path = tmp_path / "is it so?.py"
    path.write_text("def f(x): return x\n")
    for uri, call in [(f"file/{path}", None), (f"file/{path}?call=f('a?b/c')", "f('a?b/c')")]:
        found = load_task_set(uri)
        assert [program.call for program in found.programs] == [call]
        assert found.programs[0].name == str(path) and not found.trusted
    for uri, text in [
        (f"file/{path}?call=g(1)", "does not define 'g'"),
        (f"file/{tmp_path}", "Is a directory"),
        ("file//nowhere.py", "No such file"),
        ("file/", "names no task set"),
    ]:
        with pytest.raises(TaskError, match=text):
            load_task_set(uri)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("{", "line 1: no JSON"),
        ("[1]", "'source' or 'code'"),
        ('{"call": "f()"}', "'source' or 'code'"),
        ('{"source": "x = 1"}', "how to enter the program"),
        ('{"source": "x = 1", "calls": []}', "how to enter the program"),
        ('{"source": "x = 1", "calls": "f()"}', "how to enter the program"),
    ],
)
def test_bad_rows_are_named(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(TaskError, match=complaint):
        load_task_set(f"jsonl/{path}")


def test_builtin_programs_fit_the_default_environment() -> None:
    everything = load_task_set("builtin")
    assert everything.trusted and everything.within(64) == everything
    name = everything.programs[0].name
    one = load_task_set(f"builtin/{name}").programs
    assert one == tuple(program for program in everything.programs if program.name == name)
    with pytest.raises(TaskError, match=name):
        load_task_set("builtin/nothing")


def test_generated_programs_are_those_of_their_seeds() -> None:
    first, second = load_task_set("generated/3/4"), load_task_set("generated/4/3")
    assert first.programs[1:] == second.programs
    assert len(first.programs) == 4 and first.trusted
    with pytest.raises(TaskError, match="generated/SEED"):
        load_task_set("generated/x")


def test_a_missing_file_is_a_task_error() -> None:
    with pytest.raises(TaskError, match="cannot be read"):
        load_task_set("jsonl//nowhere/at/all.jsonl")


def test_cruxeval_rows_load(shared_data: Path) -> None:
    assert len(load_task_set(f"jsonl/{shared_data / 'cruxeval_dev.jsonl'}").programs) == 400
