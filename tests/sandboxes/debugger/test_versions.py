"""One program, one trace: canonical traces are equal on every supported CPython."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import Program, Trace

VERSIONS = ("3.11", "3.12", "3.13")
LIBRARY_CHANGED = {
    "CodeIO/80": "3.12 made sum() of floats more exact",
}
"""Rows whose own results differ between versions, which is no matter of the trace."""

CONSTRUCTS = Path(__file__).with_name("constructs.py")
"""A program of ours with every construct whose line events differ between versions."""


def _interpreters() -> dict[str, str]:
    """Finds an interpreter of each supported version, on PATH or with pyenv."""
    found = {}
    for version in VERSIONS:
        pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
        path = shutil.which(f"python{version}") if not pyenv else str(pyenv[-1])
        if path:
            found[version] = path
    return found


def _jsonl(path: Path) -> Iterator[dict[str, object]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _programs(data: Path) -> Iterator[Program]:
    """A fixed choice of 260 programs of three kinds."""
    for row in islice(_jsonl(data / "cruxeval_dev.jsonl"), 0, 400, 4):
        yield Program(str(row["code"]), f"f({row['input']})", str(row["id"]))
    short = (row for row in _jsonl(data / "programs_dev.jsonl.gz") if row["steps"][0] < 400)  # type: ignore[index]
    for row in islice(short, 0, 3000, 25):
        yield Program(str(row["source"]), row["calls"][0], str(row["id"]))  # type: ignore[index]
    buggy = (row for row in _jsonl(data / "bugs_dev.jsonl") if row["tests"] and row["failure"] != "timeout")
    for row in islice(buggy, 0, 120, 3):
        yield Program(str(row["buggy"]), row["tests"][0]["call"], str(row["id"]))  # type: ignore[index]


def _traces(python: str, programs: list[Program]) -> list[Trace]:
    with open_sandbox("process", python=python, max_events=1500) as box:
        return [box.record(program) for program in programs]


def _require_interpreters() -> dict[str, str]:
    found = _interpreters()
    missing = [version for version in VERSIONS if version not in found]
    if missing:
        pytest.skip(f"interpreters: no CPython {', '.join(missing)} found; install it, as with pyenv")
    return found


def _first_difference(left: Trace, right: Trace) -> str:
    for index, (a, b) in enumerate(zip(left.states, right.states, strict=False)):
        if a != b:
            return f"state {index}:\n  {a}\n  {b}"
    return f"{len(left.states)} states, {left.exit} against {len(right.states)}, {right.exit}"


def _compare(programs: list[Program]) -> list[str]:
    found = _require_interpreters()
    traces = {version: _traces(python, programs) for version, python in found.items()}
    reference = traces[VERSIONS[0]]
    return [
        f"{program.name} on {version}: {_first_difference(expected, got)}"
        for version in VERSIONS[1:]
        for program, expected, got in zip(programs, reference, traces[version], strict=True)
        if (expected.states, expected.exit) != (got.states, got.exit)
    ]


def test_every_construct_has_one_trace() -> None:
    source = CONSTRUCTS.read_text()
    assert _compare([Program(source, "everything(3)"), Program(source + "\nprint(everything(0))\n")]) == []


def test_real_programs_have_one_trace(shared_data: Path) -> None:
    programs = [program for program in _programs(shared_data) if program.name not in LIBRARY_CHANGED]
    assert len(programs) >= 200
    differences = _compare(programs)
    assert not differences, f"{len(differences)} of {len(programs)}:\n" + "\n".join(differences[:5])
