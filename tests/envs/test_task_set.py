"""Task sets: rows of files, and errors that say what a row should be."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from debugworld.envs import TaskError, load_task_set
from debugworld.envs.split import SPLITS, split_of
from debugworld.worldmodel.data.programs import stream


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
        ("file/", "names no file"),
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
        pytest.param("[" * 100_000, "line 1: no JSON", id="nested"),
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
    made = [each.program for each in islice(stream(3), 4)]
    assert list(first.programs) == made and first.groups == [program.name for program in made]
    with pytest.raises(TaskError, match="generated/SEED"):
        load_task_set("generated/x")


def test_generated_programs_are_made_when_asked_for() -> None:
    many = load_task_set("generated/5/20000?split=train").within(30)
    assert many.programs[-1].call and many.programs[-1] == many.programs[len(many.programs) - 1]
    assert all(program.text.count("\n") + 2 <= 30 for program in many.programs[:40])
    assert [program.name for program in many.programs[:40]] == list(many.groups[:40])
    with pytest.raises(TaskError, match="no program of at most 3 lines"):
        many.within(3).programs[0]


def test_a_missing_file_is_a_task_error() -> None:
    with pytest.raises(TaskError, match="cannot be read"):
        load_task_set("jsonl//nowhere/at/all.jsonl")


def test_cruxeval_rows_load(shared_data: Path) -> None:
    assert len(load_task_set(f"jsonl/{shared_data / 'cruxeval_dev.jsonl'}").programs) == 400


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return str(path)


def test_cruxeval(tmp_path: Path) -> None:
    rows = [{"code": "def f(x):\n    return x", "input": "1", "output": "1", "id": "sample_3"}]
    found = load_task_set(f"cruxeval?path={write(tmp_path / 'a+b.jsonl', rows)}")
    assert [program.call for program in found.programs] == ["f(1)"] and found.groups == ("sample_3",)
    assert not found.trusted


def test_humaneval(tmp_path: Path) -> None:
    row = {
        "task_id": "HumanEval/9",
        "prompt": "def twice(x):\n",
        "canonical_solution": "    return x * 2\n",
        "entry_point": "twice",
        "test": "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(2) == 4\n",
    }
    rows = [row, {**row, "task_id": "HumanEval/10", "test": "def check(candidate):\n    while True: pass\n"}]
    found = load_task_set(f"humaneval?path={write(tmp_path / 'rows.jsonl', rows)}")
    assert [(p.name, p.call) for p in found.programs] == [("HumanEval/9", f"twice({x})") for x in (1, 2)]
    assert found.groups == ("humaneval/9",) * 2 and sum(found.left_out.values()) == 1


@pytest.mark.parametrize("kind", ["parquet", "json", "jsonl"])
@pytest.mark.parametrize("part", ["mbpp", "mbpp/sanitized"])
def test_mbpp_in_every_file_format(kind: str, part: str, tmp_path: Path) -> None:
    row = {
        "task_id": 5,
        "code": "def area(r):\r\n    return math.pi * r",
        "test_imports": ["import math"],
        "test_list": ["assert area(0) == 0"],
    }
    path = tmp_path / f"rows.{kind}"
    if kind == "parquet":
        pq = pytest.importorskip("pyarrow.parquet")
        pq.write_table(pytest.importorskip("pyarrow").Table.from_pylist([row]), path)
    else:
        path.write_text(json.dumps([row] if kind == "json" else row), "utf-8")
    [program] = load_task_set(f"{part}?path={path}").programs
    assert program.source == "import math\ndef area(r):\n    return math.pi * r" and program.call == "area(0)"


def test_the_hub_is_asked_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub itself cannot be had in a test; what is asked of `datasets` and done with its answer can."""
    datasets = pytest.importorskip("datasets")
    asked: list[tuple[Any, ...]] = []
    row = {"code": "def f(x): return x", "input": "2", "output": "2", "id": "sample_0"}

    def load_dataset(*names: str | None) -> dict[str, list[dict[str, str]]]:
        asked.append(names)
        if len(asked) > 1:
            raise ConnectionError("no way to the hub")
        return {"test": [row], "other": [{**row, "id": "sample_1"}]}

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    load_task_set.cache_clear()
    assert load_task_set("cruxeval").groups == ("sample_0", "sample_1")
    with pytest.raises(TaskError, match=r"cannot be loaded \(no way to the hub\); .*\?path=FILE"):
        load_task_set("mbpp/sanitized")
    assert asked == [("cruxeval-org/cruxeval", None), ("google-research-datasets/mbpp", "sanitized")]
    load_task_set.cache_clear()


@pytest.mark.parametrize("uri", ["builtin", "generated/0/80", "jsonl/PATH"])
def test_splits_are_disjoint_whole_and_stable(uri: str, tmp_path: Path) -> None:
    rows = [{"code": "def f(x): return x", "input": str(i), "group": f"problem {i // 2}"} for i in range(80)]
    uri = uri.replace("PATH", write(tmp_path / "rows.jsonl", rows))
    whole = load_task_set(uri)
    sides = {}
    for split in SPLITS:
        try:
            part = load_task_set(f"{uri}?split={split}")
        except TaskError as error:
            assert "in other splits" in str(error)
            continue
        assert set(part.groups) == {group for group in whole.groups if split_of(group) == split}
        for program, group in zip(part.programs, part.groups, strict=True):
            assert sides.setdefault(program.digest, (split, group)) == (split, group)
    assert set(sides) == {program.digest for program in whole.programs}
    write(tmp_path / "rows.jsonl", rows[::-1])
    load_task_set.cache_clear()
    for program, group in zip(load_task_set(uri).programs, load_task_set(uri).groups, strict=True):
        assert sides[program.digest] == (split_of(group), group)


@pytest.mark.parametrize(
    ("uri", "complaint"),
    [
        ("nothing", "begins with one of: builtin, generated, cruxeval"),
        ("builtin?split=dev", "one of: train, validation, test"),
        ("builtin?splits=train", "no option 'splits'; there are: split"),
        ("generated/1/0", "generated/SEED"),
        ("mbpp/other", "use mbpp or mbpp/sanitized"),
        ("cruxeval?path=/nowhere.jsonl", "cannot be read"),
        ("cruxeval?path=/nowhere", "no table of rows"),
        ("file/x.py?split=train", "no option 'split'"),
        ("jsonl/", "use jsonl/PATH"),
    ],
)
def test_errors_say_what_would_be_right(uri: str, complaint: str) -> None:
    with pytest.raises(TaskError, match=complaint):
        load_task_set(uri)


@pytest.mark.parametrize(("name", "count"), [("cruxeval", 400), ("humaneval", 79), ("mbpp", 487)])
def test_public_rows_load(name: str, count: int, shared_data: Path) -> None:
    found = load_task_set(f"{name}?path={shared_data / f'{name}_dev.jsonl'}")
    assert len(set(found.groups)) == count
    for program in found.programs[::40]:
        assert program.check() is program


@pytest.mark.parametrize("uri", ["jsonl/{}", "cruxeval?path={}"])
def test_files_that_begin_with_a_byte_order_mark_or_are_damaged(uri: str, tmp_path: Path) -> None:
    row = json.dumps({"id": "a", "code": "def f(x): return x", "input": "1", "output": "1"})
    marked, damaged = tmp_path / "marked.jsonl", tmp_path / "damaged.jsonl.gz"
    marked.write_text(row, "utf-8-sig")
    assert [program.call for program in load_task_set(uri.format(marked)).programs] == ["f(1)"]
    packed = bytearray(gzip.compress(row.encode()))
    packed[12:20] = b"\xff" * 8
    damaged.write_bytes(packed)
    with pytest.raises(TaskError, match="cannot be read"):
        load_task_set(uri.format(damaged))


def test_an_empty_path_is_not_the_working_directory() -> None:
    with pytest.raises(TaskError, match="the path of a copy of cruxeval-org/cruxeval is empty"):
        load_task_set("cruxeval?path=")
