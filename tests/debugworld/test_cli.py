"""The command line finds its commands and keeps its promises about exit status."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import pytest

from debugworld import __version__, cli
from debugworld.sandboxes import SandboxError


def test_every_command_has_a_word_and_help() -> None:
    modules = cli.command_modules()
    assert "trace" in [module.NAME for module in modules]
    for module in modules:
        assert module.__doc__ and callable(module.add_arguments) and callable(module.run)


@pytest.mark.parametrize("words", [[sys.executable, "-m", "debugworld"], ["debugworld"]])
def test_both_ways_to_call_it(words: list[str]) -> None:
    if words == ["debugworld"]:
        words = [str(Path(sys.executable).with_name("debugworld"))]
    answer = subprocess.run([*words, "--version"], capture_output=True, text=True, cwd="/")
    assert answer.stdout == f"debugworld {__version__}\n"
    answer = subprocess.run([*words, "dance"], capture_output=True, text=True, cwd="/")
    assert answer.returncode == 2
    assert "invalid choice: 'dance'" in answer.stderr


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (SandboxError("no box"), 2, "debugworld: error: no box\n"),
        (FileNotFoundError(2, "No such file or directory", "x.py"), 2, "x.py: No such file or directory"),
        (ModuleNotFoundError("No module named 'rich'", name="rich"), 2, "pip install 'debugworld[cli]'"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_known_errors_become_a_status(
    error: BaseException,
    status: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "command_modules", lambda: [command(error)])
    assert cli.main(["fail"]) == status
    assert text in capsys.readouterr().err


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "command_modules", lambda: [command(ZeroDivisionError())])
    with pytest.raises(ZeroDivisionError):
        cli.main(["fail"])


def command(error: BaseException) -> types.ModuleType:
    def run(args: object) -> int:
        raise error

    module = types.ModuleType("fail", "Fails.")
    vars(module).update(NAME="fail", add_arguments=lambda parser: None, run=run)
    return module
