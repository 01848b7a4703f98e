"""The bugs that ship: each tells the right program from the faulty one, on every interpreter."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from importlib.resources import files
from pathlib import Path

import pytest

from debugworld.envs.bug import Bug, Case
from debugworld.envs.builtin_bugs import builtin_bugs
from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import ExitCode, Program
from debugworld.worldmodel.data.alpha import keys_of
from debugworld.worldmodel.data.contamination import Benchmarks

FOLDER = files("debugworld.envs") / "builtin" / "bugs"
BUGS = builtin_bugs()


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process") as opened:
        yield opened


def judge(box: Sandbox, source: str, fixed: str, cases: tuple[Case, ...]) -> list[bool]:
    """Runs each case of a program in a run of its own, what is expected in one of the right program."""
    found = []
    for case in cases:
        came = box.record(Program(source, case.call))
        meant = box.record(Program(fixed, case.expected))
        assert meant.exit.code is ExitCode.NORMAL, case
        value, end = came.states[-1].value, meant.states[-1].value
        found.append(came.exit.code is ExitCode.NORMAL and value == end)
    return found


def faulty(buggy: str, fixed: str) -> tuple[int, ...]:
    """The lines of a faulty program that its repair changes; where it only adds, the line that follows."""
    old, new = buggy.split("\n"), fixed.split("\n")
    found: set[int] = set()
    for tag, start, end, _, _ in SequenceMatcher(None, old, new, False).get_opcodes():
        if tag != "equal":
            found |= set(range(start + 1, end + 1)) or {min(start + 1, len(old) - 1)}
    return tuple(sorted(found))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_cases_tell_the_two_apart(bug: Bug, box: Sandbox) -> None:
    assert all(judge(box, bug.fixed, bug.fixed, bug.cases)), "the right program passes"
    passes = judge(box, bug.buggy, bug.fixed, bug.cases)
    assert len(passes) >= 4 and any(passes) and not all(passes)
    assert bug.lines == faulty(bug.buggy, bug.fixed)


def test_there_are_bugs_of_many_kinds() -> None:
    assert len(BUGS) >= 60 and len({bug.kind for bug in BUGS}) >= 40
    assert len({bug.name for bug in BUGS}) == len({bug.fixed for bug in BUGS}) == len(BUGS)
    lengths = [bug.buggy.count("\n") for bug in BUGS]
    assert min(lengths) <= 8 and max(lengths) >= 25
    named = {path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert named == {bug.name for bug in BUGS}
    assert all(bug.description and bug.description.endswith(".") for bug in BUGS)


@pytest.mark.long
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_every_interpreter_agrees(version: str, box: Sandbox, interpreter: Callable[[str], str]) -> None:
    """The cases of a faulty program come to the same, on one interpreter as on another, run after run."""
    with open_sandbox("process", python=interpreter(version)) as other:
        for bug in BUGS:
            for case in bug.cases:
                for source in (bug.buggy, bug.fixed):
                    one, two = (each.record(Program(source, case.call)) for each in (box, other))
                    assert list(one.states) == list(two.states), f"{bug.name}: {case}"


def test_none_is_a_benchmark_program(shared_data: Path) -> None:
    names = ("cruxeval", "humaneval", "mbpp", "bugs", "bugs_syntax")
    benchmarks = Benchmarks.load(shared_data / f"{name}_dev.jsonl" for name in names)
    for bug in BUGS:
        for source in (bug.buggy, bug.fixed):
            found = benchmarks.contaminated(keys_of(Program(source)))
            assert found is None, f"{bug.name}: {found}"


def test_the_catalog_is_read_as_it_is() -> None:
    catalog = json.loads((FOLDER / "catalog.json").read_text("utf-8"))
    assert [entry["name"] for entry in catalog] == [bug.name for bug in BUGS]
    for entry, bug in zip(catalog, BUGS, strict=True):
        assert (FOLDER / bug.name / "buggy.py").read_text("utf-8") == bug.buggy
        assert entry["cases"] == [[case.call, case.expected] for case in bug.cases]
