"""The README says what is so: its example runs as written, its two commands exist."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_example_runs_as_written(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.splitlines()[-1].endswith("True True")


def test_the_first_screen_has_the_two_commands() -> None:
    screen = "\n".join(README.splitlines()[:24])
    targets = (ROOT / "Makefile").read_text("utf-8")
    for command in ("demo", "test"):
        assert f"make {command}" in screen
        assert re.search(rf"^{command}: ", targets, re.M)


MEASURED = json.loads((ROOT / "docs" / "benchmarks" / "neural.json").read_text("utf-8"))["results"]


def _cell(estimate: dict[str, float]) -> str:
    return f"{100 * estimate['mean']:.1f} [{100 * estimate['low']:.1f}, {100 * estimate['high']:.1f}]"


def _row(name: str) -> list[str]:
    (row,) = re.findall(rf"^\| {re.escape(name)} \|(.*)\|$", README, re.M)
    return [cell.strip() for cell in row.split("|")]


@pytest.mark.parametrize(("name", "column"), [("generator", 1), ("cruxeval", 3), ("real, held out", 5)])
def test_the_numbers_are_those_of_the_committed_measurement(name: str, column: int) -> None:
    for action, score in MEASURED[name]["expression"]["actions"].items():
        assert _row(action)[column - 1 : column + 1] == [str(score["count"]), _cell(score["exact"])]


def test_the_tasks_are_those_of_the_committed_measurement() -> None:
    for task, score in MEASURED["cruxeval tasks"].items():
        assert _row(task)[0] == _cell(score["pass@1"])
