"""The bundled programs: each listed call runs, and the demo program is worth debugging."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from debugworld.envs import load_task_set
from debugworld.envs.sized import sized_programs
from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import Program, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.alpha import keys_of
from debugworld.worldmodel.data.contamination import Benchmarks

FOLDER = files("debugworld.envs") / "builtin"
CATALOG = json.loads((FOLDER / "catalog.json").read_text("utf-8"))


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry["name"])
def test_calls_run(entry: dict[str, object]) -> None:
    source = (FOLDER / str(entry["file"])).read_text("utf-8")
    calls = entry["calls"]
    assert isinstance(calls, list) and calls and entry["description"]
    for call in calls:
        trace = record(Program(source, call, str(entry["name"])).check())
        assert trace.exit.reason in ("exit", "uncaught")
        assert 10 <= len(trace.states) <= 120


def test_catalog_names_every_file() -> None:
    listed = {entry["file"] for entry in CATALOG}
    assert listed == {path.name for path in FOLDER.iterdir() if path.name.endswith(".py")}
    assert len({entry["name"] for entry in CATALOG}) == len(CATALOG) >= 60
    assert all(2 <= len(entry["calls"]) <= 5 for entry in CATALOG)


@pytest.mark.long
def test_every_interpreter_makes_the_same_runs(interpreter: Callable[[str], str]) -> None:
    """Twice on each: the programs are deterministic."""
    programs = load_task_set("builtin").programs
    runs: dict[str, list[Trace]] = {}
    for version in ("3.11", "3.12", "3.13"):
        with open_sandbox("process", python=interpreter(version)) as box:
            for again in (version, version + " again"):
                runs[again] = [box.record(program) for program in programs]
    first = runs.pop("3.11")
    for version, others in runs.items():
        for program, one, other in zip(programs, first, others, strict=True):
            assert list(one.states) == list(other.states), f"{program.name} {program.call} on {version}"


def test_none_is_a_benchmark_program(shared_data: Path) -> None:
    names = ("cruxeval", "humaneval", "mbpp", "bugs", "bugs_syntax")
    benchmarks = Benchmarks.load(shared_data / f"{name}_dev.jsonl" for name in names)
    sized = sized_programs("builtin").programs
    for program in (*load_task_set("builtin").programs, *sized):
        found = benchmarks.contaminated(keys_of(Program(program.text)))
        assert found is None, f"{program.name}: {found}"


def test_demo_program_hides_a_bug() -> None:
    """A count that is no number is charged as the order before it."""
    source = (FOLDER / "invoice.py").read_text("utf-8")
    trace = record(Program(source, CATALOG[0]["calls"][0]))
    assert {state.event.value for state in trace.states} == {"call", "line", "return", "exception"}
    assert trace.states[-1].value == repr("pen 6\npen 6\n? 'hat'\npad 23\nsum 35\nbad 1")
