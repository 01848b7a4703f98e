"""The page on plug-ins says what is so: its examples run, its versions are the ones that are pinned."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "plugins.md").read_text("utf-8")
NEEDED = {
    "Stable-Baselines3": "sb3_contrib",
    "RLlib": "ray",
    "TRL": "trl",
    "OpenEnv and verifiers": "openenv",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("heading", "code"), re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?```python\n(.*?)```", PAGE, re.S | re.M)
)
def test_the_examples_run_as_written(heading: str, code: str, tmp_path: Path) -> None:
    library = NEEDED.get(heading, "datasets" if heading == "Trajectories" else "gymnasium")
    pytest.importorskip(library, reason=f"{library}: pip install 'debugworld[plugins]'")
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr


def test_the_versions_are_those_that_are_pinned() -> None:
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines()[1:])
    rows = re.findall(r"^\| ([\w-]+) \| ([\d.]+)(?: and [\d.]+)? \|", PAGE, re.M)
    assert len(rows) == 8
    for library, version in rows:
        names = {library, library.replace("-", "_")}
        (found,) = [pinned[name] for name in names if name in pinned]
        assert version == found, library
    for test in re.findall(r"`(test_\w+\.py)`", PAGE):
        assert (Path(__file__).parent / test).is_file(), test
