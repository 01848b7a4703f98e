"""Wrong asks get a text that says what was wrong and what would be right."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from debugworld.sandboxes import SANDBOXES, SandboxError, available_sandboxes, open_sandbox


def test_an_unknown_box() -> None:
    with pytest.raises(SandboxError, match="no sandbox 'jail'; there are: docker, bwrap, process"):
        open_sandbox("jail")


def test_docker_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(SandboxError, match="no Docker engine answers.*apt-get install docker.io"):
        open_sandbox("docker")
    found = available_sandboxes()
    assert list(found) == list(SANDBOXES)
    assert "no Docker engine" in str(found["docker"])
    assert found["process"] is None


def test_bwrap_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="needs the program bwrap; .*apt-get install bubblewrap"):
        open_sandbox("bwrap")


def test_bwrap_that_may_not_make_boxes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="No permissions to create new namespace; .*unprivileged_userns"):
        open_sandbox("bwrap")


def test_docker_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    with pytest.raises(SandboxError, match=r"pip install 'debugworld\[docker\]'"):
        open_sandbox("docker")


@pytest.mark.parametrize("name", ["process", "bwrap", "docker"])
def test_requirements_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="requirements file .*nowhere.txt cannot be read"):
        SANDBOXES[name](requirements=str(tmp_path / "nowhere.txt"))  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_events": 0}, "max_events must be at least 1; got 0"),
        ({"timeout": 0}, "timeout must be a positive number"),
        ({"timeout": float("nan")}, "timeout must be a positive number"),
        ({"memory": 10}, "memory must be at least"),
        ({"python": "/nowhere/python"}, "/nowhere/python: no such interpreter"),
        ({"python": "/bin/true"}, "does not answer as a Python interpreter"),
    ],
)
def test_wrong_options(options: dict[str, object], text: str) -> None:
    with pytest.raises(SandboxError, match=text):
        open_sandbox("process", **options)


def test_an_interpreter_that_is_too_old(tmp_path: Path) -> None:
    old = tmp_path / "python3.8"
    facts = '{"executable": "x", "version": [3, 8, 18], "implementation": "cpython", "folders": []}'
    old.write_text(f"#!/bin/sh\necho '{facts}'\n")
    old.chmod(0o755)
    with pytest.raises(SandboxError, match="is cpython 3.8.18; CPython 3.11 or newer"):
        open_sandbox("process", python=str(old))
