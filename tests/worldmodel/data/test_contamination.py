"""Nothing that training sees is a benchmark's program under other names; what is, is caught and left out."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from debugworld.sandboxes.debugger import Program, ProgramError
from debugworld.worldmodel.data.alpha import function_keys
from debugworld.worldmodel.data.contamination import Benchmarks
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.recording import RecordConfig, record_part
from debugworld.worldmodel.data.rewrites import rewrite
from debugworld.worldmodel.data.rows import RowError
from debugworld.worldmodel.data.statements import generate_statement

NAMES = ("cruxeval_dev.jsonl", "humaneval_dev.jsonl", "mbpp_dev.jsonl", "bugs_dev.jsonl")
CLASH = 85
"""Seed of `generate` whose program counts letters in a dict just as one of CRUXEval does."""


@pytest.fixture(scope="module")
def files(shared_data: Path) -> tuple[Path, ...]:
    return tuple(shared_data / name for name in NAMES)


@pytest.fixture(scope="module")
def benchmarks(files: tuple[Path, ...]) -> Benchmarks:
    return Benchmarks.load(files)


def rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from map(json.loads, lines)


def test_renamed_benchmark_functions_are_caught(files: tuple[Path, ...], benchmarks: Benchmarks) -> None:
    caught = Counter[str]()
    for path in files:
        for row in list(rows(path))[::9]:
            text = row.get("code") or row.get("buggy") or row["prompt"] + row["canonical_solution"]
            try:
                found = rewrite(Program(text), "rename") or rewrite(Program(text), "mislead")
            except ProgramError:
                continue
            if found is not None:
                reason = benchmarks.contaminated(found.program)
                assert reason is not None and ("same program" in reason or "function" in reason), text
                caught[path.name] += 1
    assert all(caught[name] > 5 for name in NAMES), caught


def test_a_function_of_a_benchmark_is_found_in_a_longer_program(
    shared_data: Path, benchmarks: Benchmarks
) -> None:
    """Where the function has syntax nodes enough; a small one in another program is no sign of anything."""
    found = 0
    for row in list(rows(shared_data / "humaneval_dev.jsonl"))[:40]:
        text = row["prompt"] + row["canonical_solution"] + "\n\ndef more(x):\n    return x\n\nmore(3)\n"
        reason = benchmarks.contaminated(Program(text))
        assert (reason is not None) is any(function_keys(Program(text).module)), text
        assert reason is None or "shares a function with humaneval_dev.jsonl" in reason
        found += reason is not None
    assert found > 10


def allowed(reason: str | None) -> bool:
    """Answers of DebugBench stand in the training data and are its bugs' right programs: they are known."""
    return reason is None or "bugs_dev.jsonl DebugBench" in reason


def test_a_sample_of_real_programs_is_clean(shared_data: Path, benchmarks: Benchmarks) -> None:
    for row in list(rows(shared_data / "programs_dev.jsonl.gz"))[::25]:
        assert allowed(benchmarks.contaminated(Program(row["source"]))), row["id"]


def test_what_a_generator_writes_by_chance_is_left_out(files: tuple[Path, ...]) -> None:
    config = RecordConfig((f"generated/{CLASH}/3",), against=files, sandbox="process", workers=1)
    runs, about = record_part(f"generated/{CLASH}/3", 0, 3, config)
    assert about["counts"] == {"offered": 3, "contaminated": 1}
    assert [row["group"] for row in runs] == [f"generated-{CLASH + 1}", f"generated-{CLASH + 2}"]
    free = RecordConfig((f"generated/{CLASH}/3",), sandbox="process", workers=1)
    assert len(record_part(f"generated/{CLASH}/3", 0, 3, free)[0]) == 3


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_nothing_that_training_sees_is_a_benchmarks(shared_data: Path, files: tuple[Path, ...]) -> None:
    """All real programs, and 2,000 generated ones: what passes the check has no text of a benchmark's."""
    benchmarks = Benchmarks.load(files)
    real = [Program(row["source"]) for row in rows(shared_data / "programs_dev.jsonl.gz")]
    reasons = [benchmarks.contaminated(program) for program in real]
    assert all(map(allowed, reasons))
    assert 0 < sum(reason is not None for reason in reasons) < 100
    made = [
        make(seed, 1 + seed % 5).program for seed in range(1000) for make in (generate, generate_statement)
    ]
    chance = [benchmarks.contaminated(program) for program in made]
    assert 0 < sum(reason is not None for reason in chance) < 20
    pairs = zip((*real, *made), (*reasons, *chance), strict=True)
    kept = [program for program, reason in pairs if reason is None]
    texts = {" ".join(text.split()) for path in files for row in rows(path)
             for text in (row.get("code"), row.get("buggy"), row.get("fixed")) if text}  # fmt: skip
    assert not texts & {" ".join(program.source.split()) for program in kept}


@pytest.mark.parametrize(
    ("text", "reason"), [("{", "cannot be read"), ('{"x": 1}\n', "holds no program"), ("[1]\n", "no object")]
)
def test_a_file_that_is_no_benchmark(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text(text)
    with pytest.raises(RowError, match=reason):
        Benchmarks.load([tmp_path / "b.jsonl"])
