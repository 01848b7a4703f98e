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


@pytest.mark.parametrize(("name", "column"), [("generated", 1), ("cruxeval_dev", 3)])
def test_the_numbers_are_those_of_the_committed_measurement(name: str, column: int) -> None:
    data = json.loads((ROOT / "docs" / "fidelity" / f"{name}.json").read_text("utf-8"))
    for action, score in data["actions"].items():
        (row,) = re.findall(rf"^\| {re.escape(action)} \|(.*)\|$", README, re.M)
        cells = [cell.strip() for cell in row.split("|")]
        exact = score["exact"]
        shown = f"{100 * exact['mean']:.1f} [{100 * exact['low']:.1f}, {100 * exact['high']:.1f}]"
        assert cells[column - 1 : column + 1] == [str(score["count"]), shown]
