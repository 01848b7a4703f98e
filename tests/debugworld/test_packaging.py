"""What is in the tree is in the distribution."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDERS = ("debugworld", "sandboxes", "worldmodel", "envs", "agents")


@pytest.mark.slow
def test_a_wheel_holds_every_module_and_data_file(tmp_path: Path) -> None:
    source = tmp_path / "source"
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True
    ).stdout.decode()
    for name in filter(None, files.split("\0")):
        if name.startswith(FOLDERS) or "/" not in name:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((REPOSITORY / name).read_bytes())
    subprocess.run(
        [sys.executable, "-c", "from setuptools import build_meta; build_meta.build_wheel('out')"],
        cwd=source,
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONSAFEPATH": ""},
    )
    [wheel] = (source / "out").glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        name if name.startswith("debugworld/") else f"debugworld/{name}"
        for name in files.split("\0")
        if name.startswith(tuple(f"{folder}/" for folder in FOLDERS)) and not name.endswith((".sh", ".md"))
    }
    assert expected - packed == set()


def test_imports_point_one_way() -> None:
    order = list(FOLDERS[1:])
    for folder in order:
        later = [other for other in [*order[order.index(folder) + 1 :]]]
        for path in (REPOSITORY / folder).rglob("*.py"):
            text = path.read_text()
            assert not [o for o in later if f"debugworld.{o}" in text], f"{path} reaches up"
