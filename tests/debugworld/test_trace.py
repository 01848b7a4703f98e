"""``debugworld trace`` writes the whole trace, and answers bad input with one clear error and status 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from debugworld.cli import main
from debugworld.sandboxes.debugger import Trace

SOURCE = """\
def f(a, b):
    total = a + b
    print(total)
    return total

print(f(1, 2))
"""
FIELDS = ["event", "line", "source", "function", "depth", "locals", "value", "stdout"]
docker = pytest.mark.docker


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "program.py"
    path.write_text(SOURCE)
    return str(path)


def trace(*words: str) -> int:
    try:
        return main(["trace", *words])
    except SystemExit as error:  # argparse's own
        return int(error.code or 0)


@pytest.mark.parametrize("words", [["--sandbox", "process"], pytest.param([], marks=docker)])
def test_a_call_is_traced(
    program: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    assert trace(program, "--call", "f(1, 2)", *words, "--json", str(out)) == 0
    data = json.loads(out.read_text())
    assert list(data) == ["python", "exit", "states"]
    assert data["python"] == ".".join(map(str, sys.version_info[:3]))
    assert data["exit"] == {"code": "normal", "reason": "exit"}
    assert all(list(state) == FIELDS for state in data["states"])
    assert [state["event"] for state in data["states"]] == (
        ["call", "line", "call", "line", "line", "line", "return", "return"]
    )
    assert data["states"][5]["locals"] == {"a": "1", "b": "2", "total": "3"}
    assert data["states"][5]["stdout"] == "3\n"
    assert data["states"][7]["value"] == "3"
    assert Trace.from_json(data).to_json() == data
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1 and "8 states, exit normal (exit)" in captured.err


def test_a_script_goes_to_stdout(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert trace(program, "--sandbox", "process", "--json", "-") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["states"][0]["function"] == "<module>"


def test_how_the_program_ends_is_not_the_commands_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.py"
    path.write_text("while True:\n    pass\n")
    assert trace(str(path), "--sandbox", "process", "--max-events", "50", "--json", "-") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["exit"] == {"code": "never", "reason": "step_budget"}
    assert len(data["states"]) == 50
    path.write_text("import time\ntime.sleep(60)\n")
    assert trace(str(path), "--sandbox", "process", "--timeout", "0.5", "--json", "-") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["exit"] == {"code": "never", "reason": "timeout"}
    assert data["states"][-1]["source"] == "time.sleep(60)"


def test_a_program_of_several_files_with_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.py").write_text("import sys, other\nprint(other.up(input()), sys.argv[1:])\n")
    (tmp_path / "other.py").write_text("def up(text):\n    return text.upper()\n")
    (tmp_path / "input").write_text("hello\n")
    words = ["--file", str(tmp_path / "other.py"), "--stdin", str(tmp_path / "input"), "--argv=-v x"]
    assert trace(str(tmp_path / "main.py"), *words, "--sandbox", "process", "--json", "-") == 0
    states = json.loads(capsys.readouterr().out)["states"]
    assert "other.py" in {state.get("file") for state in states}
    assert "".join(state["stdout"] for state in states) == "HELLO ['-v', 'x']\n"


def test_a_terminal_sees_that_a_box_is_started(program: str, tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    words = [program, "--sandbox", "process", "--json", str(tmp_path / "out.json")]
    command = [sys.executable, "-m", "debugworld", "trace", *words]
    environment = {**os.environ, "TERM": "xterm"}
    subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, check=True, cwd="/", env=environment)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert "starting the process box" in shown and "exit normal" in shown


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["{missing}"], "missing.py: No such file or directory"),
        (["{folder}"], "Is a directory"),
        (["{binary}"], "is not UTF-8 text"),
        (["{broken}"], "line 2: "),
        (["{program}", "--call", "f("], "the call 'f(' does not parse"),
        (["{program}", "--call", "f = 1"], "does not parse"),
        (["{program}", "--call", "g(1)"], "does not define 'g'"),
        (["{program}", "--call", "f()", "--tests"], "not allowed with argument"),
        (["{program}", "--file", "{missing}"], "missing.py: No such file or directory"),
        (["{program}", "--file", "{broken}"], "line 2: "),
        (["{program}", "--stdin", "{binary}"], "is not UTF-8 text"),
        (["{program}", "--argv", "'open"], "cannot be split into words"),
        (["{program}", "--requirements", "{missing}"], "--requirements is for the boxes"),
        (["{program}", "--sandbox", "jail"], "no sandbox 'jail'; there are: docker, "),
        (["{program}", "--python", "/nowhere/python"], "no such interpreter"),
        (["{program}", "--max-events", "0"], "max_events must be at least 1"),
        (["{program}", "--max-events", "x"], "invalid int value"),
        (["{program}", "--timeout", "-1"], "timeout must be a positive number"),
        (["{program}", "--json", "{folder}/no/such"], "no/such: No such file or directory"),
        (["{program}", "--json", "{folder}"], "Is a directory"),
    ],
)
def test_bad_input_is_one_clear_error(
    words: list[str], text: str, program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "broken.py").write_text("x = 1\ndef f(:\n    pass\n")
    names = {"missing": "missing.py", "folder": "", "binary": "binary.py", "broken": "broken.py"}
    paths = {name: str(tmp_path / file) for name, file in names.items()} | {"program": program}
    filled = [word.format(**paths) for word in words]
    defaults = ([] if "--sandbox" in words else ["--sandbox", "process"]) + (
        [] if "--json" in words else ["--json", "-"]
    )
    assert trace(*filled, *defaults) == 2
    captured = capsys.readouterr()
    assert text in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_syntax_error_shows_line_and_caret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.py"
    path.write_text("x = 1\ndef f(:\n    pass\n")
    assert trace(str(path), "--sandbox", "process", "--json", "-") == 2
    lines = capsys.readouterr().err.splitlines()
    assert "line 2" in lines[0]
    assert lines[1].index("(:") + 1 == lines[2].index("^")


def test_docker_that_is_not_there_is_an_error_that_helps(
    program: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert trace(program, "--json", "-") == 2
    assert "apt-get install docker.io" in capsys.readouterr().err


@pytest.mark.parametrize("sandbox", ["process", pytest.param("docker", marks=docker)])
def test_another_interpreter_gives_the_same_states(
    sandbox: str, program: str, interpreter: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    others = [interpreter(version) for version in ("3.12", "3.13")]
    seen = []
    for python in [sys.executable, *others]:
        assert trace(program, "--sandbox", sandbox, "--python", python, "--json", "-") == 0
        data = json.loads(capsys.readouterr().out)
        seen.append((data["python"].rpartition(".")[0], data["exit"], data["states"]))
    assert [version for version, _, _ in seen[1:]] == ["3.12", "3.13"]
    assert all(rest == list(seen[0][1:]) for rest in ([e, s] for _, e, s in seen))
