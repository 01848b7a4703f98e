"""Wrong asks get a text that says what was wrong and what would be right."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from debugworld.sandboxes import SANDBOXES, SandboxError, available_sandboxes, open_sandbox


def test_an_unknown_box() -> None:
    with pytest.raises(SandboxError, match="no sandbox 'jail'; there are: docker, process"):
        open_sandbox("jail")


def test_docker_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(SandboxError, match="no Docker engine answers.*apt-get install docker.io"):
        open_sandbox("docker")
    found = available_sandboxes()
    assert list(found) == list(SANDBOXES)
    assert "no Docker engine" in str(found["docker"])
    assert found["process"] is None


def test_docker_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    with pytest.raises(SandboxError, match=r"pip install 'debugworld\[docker\]'"):
        open_sandbox("docker")


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
