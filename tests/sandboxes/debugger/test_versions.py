"""One program, one trace: canonical traces are equal on every supported CPython."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Callable, Iterator
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

CONSTRUCTS = Path(__file__).with_name("constructs")
"""Programs of ours, by family of construct; each has a function `run` that calls all others."""
SEEDED = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
"""An environment in which sets have the order that they have in a box."""
NEWER = "generics"
"""The one with syntax that 3.11 does not have."""

_RECORD = """
import json, sys
sys.path.insert(0, sys.argv[1])
from debugger import Program, ProgramError
from debugger.recorder import record
try:
    states = record(Program(open(sys.argv[2]).read(), "run()")).states
    print(json.dumps([state.to_json() for state in states]))
except ProgramError as error:
    print(json.dumps(str(error)))
"""
"""Records a file in an interpreter of its own, given the folder above the debugger."""


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
    with open_sandbox("process", python=python, max_events=3000) as box:
        return [box.record(program) for program in programs]


@pytest.fixture(scope="module")
def found(interpreter: Callable[[str], str]) -> dict[str, str]:
    """The interpreter of each supported version."""
    return {version: interpreter(version) for version in VERSIONS}


def _first_difference(left: Trace, right: Trace) -> str:
    for index, (a, b) in enumerate(zip(left.states, right.states, strict=False)):
        if a != b:
            return f"state {index}:\n  {a}\n  {b}"
    return f"{len(left.states)} states, {left.exit} against {len(right.states)}, {right.exit}"


def _compare(programs: list[Program], found: dict[str, str]) -> list[str]:
    traces = {version: _traces(python, programs) for version, python in found.items()}
    reference = traces[VERSIONS[0]]
    return [
        f"{program.name} on {version}: {_first_difference(expected, got)}"
        for version in VERSIONS[1:]
        for program, expected, got in zip(programs, reference, traces[version], strict=True)
        if (expected.states, expected.exit) != (got.states, got.exit)
    ]


def _source(name: str) -> str:
    return (CONSTRUCTS / f"{name}.py").read_text()


def _script(name: str) -> Program:
    return Program(_source(name) + "\nif __name__ == '__main__':\n    print(run())\n", name=f"{name}.py")


def _families() -> list[str]:
    names = {path.stem for path in CONSTRUCTS.glob("*.py")} - {"suite", "shapes", NEWER}
    assert len(names) >= 11
    return sorted(names)


def test_every_construct_has_one_trace(found: dict[str, str]) -> None:
    names = _families()
    programs = [Program(_source(name), "run()", f"{name}.run") for name in names]
    programs += [_script(name) for name in names]
    files = {"shapes.py": _source("shapes")}
    programs.append(Program(_source("suite"), name="suite", files=files, tests=True))
    programs.append(Program(_source("raw_events") + "\nprint(everything(0))\n", name="uncaught"))
    programs.append(Program("import shapes\nprint(shapes.Square(3).side)\n", name="files", files=files))
    assert _compare(programs, found) == []


def test_newer_syntax_has_one_trace_where_there_is_such_syntax(found: dict[str, str]) -> None:
    folder = Path(__file__).resolve().parents[3] / "sandboxes"
    answers = {}
    for version, python in found.items():
        command = [python, "-B", "-c", _RECORD, str(folder), str(CONSTRUCTS / f"{NEWER}.py")]
        answers[version] = json.loads(
            subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
        )
    assert "line 43" in answers["3.11"]  # the text of a ProgramError
    assert len(answers["3.12"]) > 40
    assert answers["3.12"] == answers["3.13"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_program_prints_as_without_a_debugger(version: str, found: dict[str, str]) -> None:
    python = found[version]
    programs = [_script(name) for name in _families()]
    native = [
        subprocess.run(
            [python, "-P", "-c", program.text], capture_output=True, text=True, timeout=60, env=SEEDED
        )
        for program in programs
    ]
    for program, alone, trace in zip(programs, native, _traces(python, programs), strict=True):
        assert alone.returncode == 0, alone.stderr
        assert "".join(state.stdout for state in trace.states) + trace.stdout == alone.stdout, program.name


def test_real_programs_have_one_trace(shared_data: Path, found: dict[str, str]) -> None:
    programs = [program for program in _programs(shared_data) if program.name not in LIBRARY_CHANGED]
    assert len(programs) >= 200
    differences = _compare(programs, found)
    assert not differences, f"{len(differences)} of {len(programs)}:\n" + "\n".join(differences[:5])
