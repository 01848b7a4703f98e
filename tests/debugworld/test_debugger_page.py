"""Every example of docs/debugger.md gives what the page says, and the page leaves nothing out."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from debugworld.cli import main
from debugworld.sandboxes import SANDBOXES
from debugworld.sandboxes.debugger import ActionKind, BreakpointKind, parse_actions
from debugworld.script.backend import BACKENDS

PAGE = (Path(__file__).parents[2] / "docs" / "debugger.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FILES = {text.split()[1]: text for kind, text in BLOCKS if kind == "python"}
SESSIONS = [text.partition("\n") for kind, text in BLOCKS if kind == "console"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session[2][:20].strip())
def test_sessions(session: tuple[str, str, str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command, _, output = session
    prompt, name, *words = shlex.split(command)
    assert (prompt, name) == ("$", "debugworld")
    assert main([*words, "--sandbox", "process"]) == 0
    assert capsys.readouterr().out == output


def test_the_python_example(folder: Path) -> None:
    answer = subprocess.run([sys.executable, "from_python.py"], capture_output=True, text=True, cwd=folder)
    assert answer.stderr == ""
    assert [answer.stdout] == [text for kind, text in BLOCKS if kind == "text"]


def test_the_tables_hold_every_action_and_only_actions() -> None:
    cells = re.findall(r"^\| (`[a-z].*?) \| ", PAGE, re.MULTILINE)
    texts = [text for cell in cells for text in re.findall(r"`([^`]+)`", cell) if text not in SANDBOXES]
    actions = [action for text in texts for action in parse_actions(text)]
    assert {action.kind for action in actions} == set(ActionKind)
    points = [action.breakpoint for action in actions if action.breakpoint is not None]
    assert {point.kind for point in points} == set(BreakpointKind)


def test_every_backend_and_box_is_there() -> None:
    for name in [*BACKENDS, *SANDBOXES]:
        assert f"`{name}`" in PAGE
