"""Stores made of programs: counted as met, split by group, and free of what a benchmark has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from debugworld.worldmodel.batches import Mixture
from debugworld.worldmodel.data.examples import DataConfig, build_stores
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.recording import RecordConfig, record_dataset
from debugworld.worldmodel.data.rows import RowError
from debugworld.worldmodel.data.split import held_out
from debugworld.worldmodel.errors import ModelError

LOOP = """\
def f(n):
    total = 0
    for i in range(n):
        total = total + 2
    return total
"""
RENAMED = LOOP.replace("total", "sum_").replace("range(n)", "range(m)").replace("f(n)", "g(m)")
OTHER = "def f(a, b):\n    c = a * b\n    return c - a\n"
OF_OTHER = {"?2 * 5", "?10 - 2"}
"""What ``f(2, 5)`` asks."""


def config(**changes: object) -> DataConfig:
    plain = {"generated": 0, "statements": 0, "drills": 0, "sandbox": "process", "workers": 1}
    return DataConfig(**(plain | {"kinds": {"parts": 0.7, "lines": 0.3}} | changes))  # type: ignore[arg-type]


def rows(path: Path, *programs: tuple[str, str, str]) -> Path:
    path.write_text(
        "".join(
            json.dumps({"source": s, "calls": [call], "group": group}) + "\n" for s, call, group in programs
        )
    )
    return path


def group(out: bool) -> str:
    return next(name for number in range(1000) if held_out(name := f"group {number}") is out)


def prompts(mixture: Mixture, name: str) -> dict[str, int]:
    store = mixture.stores[name]
    return {example.prompt: int(times) for example, times in zip(store, store.times, strict=True)}


def test_what_a_run_asks_twice_counts_twice(tmp_path: Path) -> None:
    programs = rows(
        tmp_path / "programs.jsonl", (LOOP, "f(3)", group(False)), (OTHER, "f(2, 2)", group(False))
    )
    mixture, manifest = build_stores(tmp_path / "out", config(programs=(programs,)))
    parts = prompts(mixture, "real-parts")
    assert parts["?0 + 2"] == 1 and parts["?2 * 2"] == 1
    again = rows(tmp_path / "again.jsonl", *[(LOOP, "f(3)", group(False))] * 3)
    assert prompts(build_stores(tmp_path / "more", config(programs=(again,)))[0], "real-parts")["?2 + 2"] == 3
    assert manifest["real-parts"] == {"examples": len(parts), "programs": 2, "left_out": 0}


def test_changed_calls_are_learnt_from_where_they_show_something_new(tmp_path: Path) -> None:
    programs = rows(tmp_path / "programs.jsonl", (OTHER, "f(2, 5)", group(False)))
    plain, _ = build_stores(tmp_path / "plain", config(programs=(programs,)))
    changed, manifest = build_stores(tmp_path / "changed", config(programs=(programs,), mutations=6))
    assert set(prompts(plain, "real-parts")) == OF_OTHER < set(prompts(changed, "real-parts"))
    assert 3 <= manifest["real-parts"]["programs"] <= 7  # type: ignore[index]
    constant = rows(tmp_path / "constant.jsonl", ("def f():\n    return 2 + 3\n", "f()", group(False)))
    _, manifest = build_stores(tmp_path / "constant", config(programs=(constant,), mutations=6))
    assert manifest["real-parts"]["programs"] == 1  # type: ignore[index]


def test_nothing_comes_from_a_benchmark_or_from_what_is_held_out(tmp_path: Path) -> None:
    """Renamed or not, and whether our own generator or a file has it."""
    inside, outside = group(False), group(True)
    programs = rows(
        tmp_path / "programs.jsonl",
        (LOOP, "f(3)", outside),  # held out
        (RENAMED, "g(4)", inside),  # the same but for names
        (OTHER, "f(2, 5)", inside),
    )
    own = generate(0, 1).program
    benchmark = tmp_path / "benchmark.jsonl"
    benchmark.write_text(json.dumps({"code": own.source}) + "\n")
    made = config(programs=(programs,), generated=2, against=(benchmark,))
    mixture, manifest = build_stores(tmp_path / "out", made)
    assert manifest["real-parts"]["left_out"] == 1 and manifest["real-parts"]["programs"] == 1  # type: ignore[index]
    assert manifest["generated-parts"]["left_out"] == 1  # type: ignore[index]
    digests = (tmp_path / "out" / "generated.digests").read_text().split()
    assert digests == [generate(1, 2).program.digest]
    assert set(prompts(mixture, "real-parts")) == OF_OTHER


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"mutations": -1}, "mutations must be 0 or more"), ({"longest": 3}, "longest must be at least 8")],
)
def test_impossible_settings_are_told(changes: dict[str, int], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        config(**changes)


def test_an_unreadable_benchmark_is_told_before_anything_is_made(tmp_path: Path) -> None:
    empty = tmp_path / "none.jsonl"
    empty.write_text('{"question": "?"}\n')
    with pytest.raises(RowError, match="holds no program"):
        build_stores(tmp_path / "out", config(generated=1, against=(empty,)))
    assert not (tmp_path / "out").exists()


def test_recorded_runs_teach_as_they_were_recorded(tmp_path: Path) -> None:
    """The train split of a data set gives what its programs give; a benchmark's program is left out."""
    inside = group(False)
    programs = rows(tmp_path / "programs.jsonl", (LOOP, "f(3)", inside), (OTHER, "f(2, 5)", inside))
    record_dataset(RecordConfig((f"jsonl/{programs}",), sandbox="process", workers=1), tmp_path / "runs")
    direct, _ = build_stores(tmp_path / "direct", config(programs=(programs,)))
    again, manifest = build_stores(tmp_path / "again", config(runs=(tmp_path / "runs",)))
    assert prompts(again, "runs-parts") == prompts(direct, "real-parts")
    assert manifest["runs-lines"]["programs"] == 2  # type: ignore[index]
    benchmark = rows(tmp_path / "benchmark.jsonl", (RENAMED, "g(1)", ""))
    less, manifest = build_stores(tmp_path / "less", config(runs=(tmp_path / "runs",), against=(benchmark,)))
    assert set(prompts(less, "runs-parts")) == OF_OTHER
    assert manifest["runs-lines"]["left_out"] == 1  # type: ignore[index]


def test_a_folder_without_runs_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no data set of runs"):
        build_stores(tmp_path / "out", config(runs=(tmp_path,)))
