"""The bundled programs: each listed call runs, and the demo program is worth debugging."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.recorder import record

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
        assert 10 <= len(trace.states) <= 150


def test_catalog_names_every_file() -> None:
    listed = {entry["file"] for entry in CATALOG}
    assert listed == {path.name for path in FOLDER.iterdir() if path.name.endswith(".py")}
    assert len({entry["name"] for entry in CATALOG}) == len(CATALOG)


def test_demo_program_hides_a_bug() -> None:
    """A count that is no number is charged as the order before it."""
    source = (FOLDER / "invoice.py").read_text("utf-8")
    trace = record(Program(source, CATALOG[0]["calls"][0]))
    assert {state.event.value for state in trace.states} == {"call", "line", "return", "exception"}
    assert trace.states[-1].value == repr("pen 6\npen 6\n? 'hat'\npad 23\nsum 35\nbad 1")
