"""``debugworld run`` answers every action of a script, and bad input with one clear error and status 2."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from debugworld.cli import main
from debugworld.sandboxes.debugger import Program, State, parse_actions

SOURCE = """\
def count(text, letter):
    n = 0
    for c in text:
        n += int(c == letter)
        print(c, n)
    return n

print(count("berry", "r"))
"""
CALL = 'count("berry", "r")'
ISSUE = "break 5 if n > 1; continue; eval n*2; set n = 0; step_over"
"""The script that the command was asked for with, at a line of this program."""
FIELDS = ["event", "line", "source", "function", "depth", "locals", "value", "stdout"]
docker = pytest.mark.docker


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "program.py"
    path.write_text(SOURCE)
    return str(path)


def run(*words: str) -> int:
    try:
        return main(["run", *words])
    except SystemExit as error:  # argparse's own
        return int(error.code or 0)


def steps_of(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Runs a script in the process box; returns the JSON's steps, and all of it."""
    box = [] if "--sandbox" in words else ["--sandbox", "process"]
    assert run(*words, *box, "--json", "-") == 0
    data = json.loads(capsys.readouterr().out)
    return data["steps"], data


@pytest.mark.parametrize("backend", ["recorded", "live"])
@pytest.mark.parametrize(
    "box", ["process", pytest.param("bwrap", marks=pytest.mark.bwrap), pytest.param("docker", marks=docker)]
)
def test_the_whole_script(
    program: str, backend: str, box: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    words = ["--call", CALL, "--actions", ISSUE, "--backend", backend, "--sandbox", box]
    assert run(program, *words, "--json", str(out)) == 0
    data = json.loads(out.read_text())
    assert list(data) == ["program", "backend", "python", "steps", "exit"]
    assert Program.from_json(data["program"]) == Program(SOURCE, CALL, program)
    assert data["backend"] == backend and data["python"] == ".".join(map(str, sys.version_info[:3]))
    assert data["exit"] is None
    steps = data["steps"]
    assert [step["action"] for step in steps] == ["", *map(str, parse_actions(ISSUE))]
    assert all(list(step) == ["action", "refused", "reply", "state"] for step in steps)
    assert [step["refused"] for step in steps] == [None] * 6
    assert [step["reply"] for step in steps] == ["", "bound: 5 if n > 1", "", "4", "", ""]
    places = [(step["state"]["event"], step["state"]["line"]) for step in steps]
    assert places == [("call", 9), ("call", 9), ("line", 5), ("line", 5), ("line", 5), ("line", 3)]
    assert steps[2]["state"]["locals"]["n"] == "2" and steps[2]["state"]["stdout"] == "b 0\ne 0\nr 1\n"
    assert steps[4]["state"]["locals"]["n"] == steps[5]["state"]["locals"]["n"] == "0"
    assert steps[5]["state"]["stdout"] == "r 0\n"
    captured = capsys.readouterr()
    assert captured.err == (
        f"{program}: 5 of 5 actions, 0 refused, stands at line 3, {backend}, "
        f"Python {data['python']}, {box} box\n"
    )
    assert captured.out == (
        "    call at line 9 in main, depth 0: def main():\n"
        "> break 5 if n > 1\n"
        "    bound: 5 if n > 1\n"
        "> continue\n"
        "    line 5 in count, depth 1: print(c, n)\n"
        "      text = 'berry'\n"
        "      letter = 'r'\n"
        "      n = 2\n"
        "      c = 'r'\n"
        "      stdout| b 0\n"
        "      stdout| e 0\n"
        "      stdout| r 1\n"
        "> evaluate n*2\n"
        "    4\n"
        "> set n = 0\n"
        "      n = 0\n"
        "> step_over\n"
        "    line 3 in count, depth 1: for c in text:\n"
        "      stdout| r 0\n"
    )


def test_what_is_not_legal_is_told_and_the_script_goes_on(
    program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    actions = "back_into; break 99; clear 4; run_to 77; down; step_into"
    steps, _ = steps_of(capsys, program, "--call", CALL, "--actions", actions)
    assert all(step["refused"] for step in steps[1:6]) and not steps[6]["refused"]
    assert all(step["state"] == steps[0]["state"] for step in steps[1:6])
    assert "can never bind" in steps[2]["refused"] and steps[2]["reply"] == f"never: {steps[2]['refused']}"
    assert [step["reply"] for step in steps if step is not steps[2]] == [""] * 6
    assert "there is no breakpoint on line 4" in steps[3]["refused"]
    assert steps[6]["state"]["event"] == "line"
    assert run(program, "--call", CALL, "--sandbox", "process", "--actions", actions) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("    refused: ") for line in lines) == 4
    assert sum(line.startswith("    never: ") for line in lines) == 1


def test_strict_ends_at_the_first_refusal(
    program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, actions = tmp_path / "out.json", "step_into; back_into; back_into; step_into"
    words = [program, "--call", CALL, "--sandbox", "process", "--json", str(out), "--strict", "--actions"]
    assert run(*words, actions) == 1
    data = json.loads(out.read_text())
    assert [bool(step["refused"]) for step in data["steps"]] == [False, False, False, True]
    assert "3 of 4 actions, 1 refused" in capsys.readouterr().err
    assert run(*words, "step_into; back_into") == 0


def test_how_the_program_ends_is_not_the_commands_status(
    program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.py"
    path.write_text("def f():\n    raise KeyError('k') from ValueError('v')\nf()\n")
    steps, data = steps_of(capsys, str(path), "--actions", "break exception LookupError; continue; continue")
    assert steps[2]["state"]["value"] == "KeyError: 'k'"
    assert steps[2]["state"]["chain"] == ["cause: ValueError: v"]
    assert data["exit"] == {"code": "error", "reason": "uncaught"}
    path.write_text("while True:\n    pass\n")
    _, data = steps_of(capsys, str(path), "--actions", "continue", "--max-events", "50")
    assert data["exit"] == {"code": "never", "reason": "step_budget"}
    path.write_text("import time\ntime.sleep(60)\n")
    _, data = steps_of(capsys, str(path), "--actions", "continue", "--timeout", "0.5")
    assert data["exit"] == {"code": "never", "reason": "timeout"}


def test_frames_are_shown_where_they_are_selected(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    actions = "break function count; continue; step_over 2; up; up 5; down; up; step_into"
    steps, _ = steps_of(capsys, program, "--actions", actions)
    assert steps[4]["frame"]["function"] == "<module>" and steps[4]["reply"].startswith("<module>, line 8")
    assert "there are 2 frames" in steps[5]["refused"]
    assert steps[6]["frame"]["locals"] == {"text": "'berry'", "letter": "'r'", "n": "0"}
    assert "frame" not in steps[8]
    assert run(program, "--sandbox", "process", "--actions", actions) == 0
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("> down")
    assert lines[start + 1 : start + 5] == [
        f"    {steps[6]['reply']}",
        "      text = 'berry'",
        "      letter = 'r'",
        "      n = 0",
    ]


def test_another_activation_shows_all_its_locals(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    call = 'count("a", "r") + count("b", "r")'
    words = ["--sandbox", "process", "--call", call, "--actions"]
    assert run(program, *words, "break 5; continue; step_over; continue") == 0
    first, step, second = capsys.readouterr().out.partition("> continue\n")[2].split("> ")
    assert "letter = 'r'" in first and "letter" not in step and "letter = 'r'" in second
    assert run(program, *words, "run_to 6; step_into 4") == 0
    assert "letter = 'r'" in capsys.readouterr().out.partition("> step_into 4")[2]


MAIN = """\
import sys
from shapes import area
from pack.inner import twice

print(area(int(sys.stdin.readline())), twice(3), sys.argv[1:])
print("to the other side", file=sys.stderr)
"""


def test_files_packages_argv_and_stdin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in {
        "main.py": MAIN,
        "lib/shapes.py": "def area(side):\n    return side * side\n",
        "lib/pack/__init__.py": "",
        "lib/pack/inner.py": "def twice(x):\n    return 2 * x\n",
        "lib/pack/notes.txt": "no module",
        "lib/pack/.hidden/x.py": "no module either(",
        "input": "7\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    words = ["--file", str(tmp_path / "lib/shapes.py"), "--file", f"{tmp_path / 'lib/pack'}/"]
    words += ["--stdin", str(tmp_path / "input"), "--argv=-x 'two words' --json"]
    words += ["--actions", "break shapes.py:2; continue; continue"]
    steps, data = steps_of(capsys, str(tmp_path / "main.py"), *words)
    assert [path for path, _ in data["program"]["files"]] == [
        "pack/__init__.py",
        "pack/inner.py",
        "shapes.py",
    ]
    assert steps[2]["state"]["file"] == "shapes.py" and steps[2]["state"]["locals"] == {"side": "7"}
    assert steps[3]["state"]["stdout"] == "49 6 ['-x', 'two words', '--json']\n"
    assert steps[3]["state"]["stderr"] == "to the other side\n"
    assert run(str(tmp_path / "main.py"), *words, "--sandbox", "process") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "    shapes.py:2 in area, depth 1: return side * side" in lines
    assert lines[-3:] == [
        "    exit: normal (exit)",
        "      stdout| 49 6 ['-x', 'two words', '--json']",
        "      stderr| to the other side",
    ]


def test_a_test_suite_stops_where_a_test_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "suite.py"
    path.write_text("def test_good():\n    assert True\n\ndef test_bad():\n    x = 2\n    assert x == 3\n")
    steps, _ = steps_of(
        capsys, str(path), "--tests", "--actions", "break failure; continue; eval x; continue"
    )
    assert (steps[2]["state"]["event"], steps[2]["state"]["line"]) == ("exception", 6)
    assert steps[3]["reply"] == "2"
    assert steps[4]["state"]["event"] == "exit"


def test_scripts_from_files_and_from_stdin(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "break 5 if n > 1\ncontinue\n\nstep_over; step_over\n"
    (tmp_path / "script").write_text(text)
    words = [program, "--call", CALL, "--actions-file"]
    steps, _ = steps_of(capsys, *words, str(tmp_path / "script"))
    assert [step["action"] for step in steps[1:]] == [
        "break 5 if n > 1",
        "continue",
        "step_over",
        "step_over",
    ]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert steps_of(capsys, *words, "-")[0] == steps


def test_an_empty_script_shows_the_entry(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    steps, _ = steps_of(capsys, program, "--actions", " ; \n")
    assert len(steps) == 1 and steps[0]["state"]["function"] == "<module>"


def test_terminals_are_safe_from_what_programs_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rude.py"
    path.write_text("x = '[bold]'\nprint('\\x1b]0;title\\x07', x, '\\ud800', sep='\\n' * 30)\n")
    words = [str(path), "--sandbox", "process", "--actions", "continue; back_into"]
    assert run(*words) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\x07" not in out
    assert "stdout| \\x1b]0;title\\x07\n" in out and "x = '[bold]'\n" in out
    assert "stdout| … 41 more lines\n" in out


@pytest.mark.parametrize("backend", ["neural", "lockstep"])
def test_a_dream_refuses_what_it_cannot_do(
    program: str, backend: str, tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--call", CALL, "--backend", backend, "--model", str(tiny_checkpoint), "--max-events", "60"]
    steps, data = steps_of(
        capsys, program, *words, "--actions", "step_into; step_instruction; step_into; break 5"
    )
    assert "this debugger cannot do that" in steps[2]["refused"]
    assert steps[2]["state"] == steps[1]["state"]
    assert steps[4]["reply"] == "bound: 5"
    if backend == "neural":
        assert data["python"] is None
        steps, _ = steps_of(capsys, program, *words, "--actions", "eval 1 + 1; break 5 if n > 1")
        assert not any(step["refused"] for step in steps) and steps[1]["reply"]  # what the model says
        assert steps[2]["reply"] == "bound: 5 if n > 1"


def test_a_dream_tells_how_sure_it_is(
    program: str, tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [program, "--call", CALL, "--model", str(tiny_checkpoint), "--max-events", "60"]
    words += ["--sandbox", "process", "--actions", "eval 1 + 1; break 5; step_into 8; back_into"]
    for backend in ("neural", "lockstep"):
        steps, _ = steps_of(capsys, *words, "--backend", backend)
        told = [step.get("confidence") for step in steps]
        assert told[0] == 1.0  # the entry is given
        assert all(0 <= one <= 1 for one in told if one is not None)
        assert [step["action"] for step in steps if "confidence" not in step] == (
            [] if backend == "neural" else ["evaluate 1 + 1"]  # the real side's
        )
        assert told[3] < 1, "a tiny model is not sure"
        assert run(*words, "--backend", backend) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].endswith("(confidence 1.00)")
        after = lines[lines.index("> step_into 8") + 1]
        assert after.endswith(f"(confidence {told[3]:.2f})")
        bound = lines.index("> break 5")
        looked = lines[lines.index("> evaluate 1 + 1") + 1 : bound]  # maybe many lines
        if backend == "neural":
            assert looked[-1].endswith(f"(confidence {told[1]:.2f})")
        else:
            assert looked == ["    2"]
        assert lines[bound + 1] == "    bound: 5"
    steps, _ = steps_of(capsys, program, "--call", CALL, "--sandbox", "process", "--actions", "step_into")
    assert not any("confidence" in step for step in steps)


@pytest.mark.parametrize("backend", ["neural", "lockstep"])
def test_a_dream_tells_what_its_questions_left_out(
    backend: str, tmp_path: Path, tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "p.py"
    program.write_text("def f(x, y):\n    y += 1\n    return len(x)\n")
    words = [
        str(program),
        "--call",
        f"f({'ab' * 150!r}, 2)",
        "--backend",
        backend,
        "--model",
        str(tiny_checkpoint),
    ]
    words += [
        "--sandbox",
        "process",
        "--actions",
        "run_to 2; step_over; evaluate len(x); evaluate y; step_over",
    ]
    steps, _ = steps_of(capsys, *words)
    told = [step.get("dropped") for step in steps]
    cut = "1 value was shown in part"
    assert told[2:4] == [None, cut if backend == "neural" else None] and told[4] is None
    assert run(*words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines.count(f"    left out: {cut}") == sum(one == cut for one in told) > 0


def test_lockstep_tells_where_the_dream_departs(
    program: str, tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [program, "--call", CALL, "--sandbox", "process", "--backend", "lockstep"]
    words += ["--model", str(tiny_checkpoint), "--max-events", "60", "--actions", "break 6; continue"]
    steps, data = steps_of(capsys, *words)
    found = [each for step in steps for each in step.get("differences", ())]
    assert data["backend"] == "lockstep" and found, "a tiny model cannot be right"
    assert all(list(each) == ["field", "real", "neural"] for each in found)
    assert State.from_json(steps[2]["state"]).line == 6
    assert run(*words) == 0
    assert f"    ≠ {found[0]['field']}: real " in capsys.readouterr().out
    assert run(*words[:-1], "step_into; eval 1 + 1; break change count") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[lines.index("> evaluate 1 + 1") + 1] == "    2"
    assert lines[-1].startswith("    ≠ refusal: in the dream: a dream cannot watch variables of the module")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["{missing}"], "missing.py: No such file or directory"),
        (["{folder}"], "Is a directory"),
        (["{binary}"], "is not UTF-8 text"),
        (["{broken}"], "line 2: "),
        (["{program}", "--call", "f("], "the call 'f(' does not parse"),
        (["{program}", "--call", "g(1)"], "does not define 'g'"),
        (["{program}", "--call", "f()", "--tests"], "not allowed with argument"),
        (["{program}", "--sandbox", "jail"], "no sandbox 'jail'; there are: docker, "),
        (["{program}", "--python", "/nowhere/python"], "no such interpreter"),
        (["{program}", "--requirements", "{missing}"], "--requirements is for the boxes"),
        (["{program}", "--max-events", "0"], "max_events must be at least 1"),
        (["{program}", "--max-events", "x"], "invalid int value"),
        (["{program}", "--max-events", "0", "--backend", "neural"], "max_events must be at least 1"),
        (["{program}", "--timeout", "-1"], "timeout must be a positive number"),
        (["{program}", "--timeout", "nan"], "timeout must be a positive number"),
        (["{program}", "--backend", "quantum"], "invalid choice: 'quantum'"),
        (["{program}", "--model", "{folder}"], "the recorded debugger has no model"),
        (["{program}", "--backend", "neural", "--model", "{folder}"], "holds no checkpoint"),
        (["{program}", "--backend", "neural", "--argv", "a"], "dreams of one source"),
        (["{program}", "--backend", "lockstep", "--tests"], "dreams of one source"),
        (["{program}", "--json", "{folder}/no/such"], "no/such: No such file or directory"),
        (["{program}", "--json", "{folder}"], "Is a directory"),
        (["{program}", "--actions", "frobnicate"], "'frobnicate' is no action; the actions are: step_into"),
        (["{program}", "--actions", "break"], "break needs a line number"),
        (["{program}", "--actions", "break 0"], "from 1 on"),
        (["{program}", "--actions", "break 3 if n >"], "is no expression"),
        (["{program}", "--actions", "break thing x"], "is no breakpoint; the forms are: LINE"),
        (["{program}", "--actions", "step_into -1"], "is no action"),
        (["{program}", "--actions", "step_into 0"], "at least once"),
        (["{program}", "--actions", "step_into " + "9" * 5000], "step_into COUNT"),
        (["{program}", "--actions", "eval"], "evaluate is written"),
        (["{program}", "--actions", "set n == 1"], "set is written"),
        (["{program}", "--actions", "step_into", "--actions-file", "x"], "not allowed with argument"),
        (["{program}", "--actions-file", "{missing}"], "missing.py: No such file or directory"),
        (["{program}", "--actions-file", "{binary}"], "is not UTF-8 text"),
        (["{program}", "--actions-file", "-", "--stdin", "-"], "both want the standard input"),
        (["{program}", "--stdin", "{missing}"], "missing.py: No such file or directory"),
        (["{program}", "--stdin", "{binary}"], "is not UTF-8 text"),
        (["{program}", "--argv", "'open"], "cannot be split into words: No closing quotation"),
        (["{program}", "--file", "{missing}"], "missing.py: No such file or directory"),
        (["{program}", "--file", "{text}"], "give NAME.py, or the folder of a package"),
        (["{program}", "--file", "{broken}"], "line 2: "),
        (["{program}", "--file", "{program}", "--file", "{program}"], "two modules program.py"),
        (["{program}", "--file", "{empty}"], "there is no module in this folder"),
    ],
)
def test_bad_input_is_one_clear_error(
    words: list[str], text: str, program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "broken.py").write_text("x = 1\ndef f(:\n    pass\n")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    names = {"missing": "missing.py", "folder": "", "binary": "binary.py", "broken": "broken.py"}
    names |= {"text": "notes.txt", "empty": "empty", "program": "program.py"}
    paths = {name: str(tmp_path / file) for name, file in names.items()}
    filled = [word.format(**paths) for word in words]
    defaults = {"--sandbox": "process", "--json": "-"}
    if "--actions-file" not in words:
        defaults["--actions"] = "step_into"
    more = [word for name, value in defaults.items() if name not in words for word in (name, value)]
    before = set(os.listdir(tmp_path))
    assert run(*filled, *more) == 2
    captured = capsys.readouterr()
    assert text in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert set(os.listdir(tmp_path)) == before


def test_no_script_is_an_error(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(program) == 2
    assert "one of the arguments --actions --actions-file is required" in capsys.readouterr().err


def test_docker_that_is_not_there_is_an_error_that_helps(
    program: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert run(program, "--actions", "step_into") == 2
    assert "apt-get install docker.io" in capsys.readouterr().err


def test_json_replaces_a_file_as_a_whole(
    program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, link = tmp_path / "out.json", tmp_path / "link.json"
    out.write_text("old")
    out.chmod(0o640)
    link.symlink_to(out)
    words = [program, "--sandbox", "process", "--json", str(link), "--actions"]
    assert run(*words, "step_into", "--python", "/nowhere/python") == 2
    assert out.read_text() == "old", "a failure leaves what was there"
    assert run(*words, "step_into") == 0
    assert json.loads(out.read_text())["backend"] == "recorded"
    assert link.is_symlink() and out.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(tmp_path)) == ["link.json", "out.json", "program.py"]
    assert run(program, "--sandbox", "process", "--json", os.devnull, "--actions", "step_into") == 0
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize(
    "words", [["run", "--actions", "step_into 3"], ["trace"]], ids=lambda words: words[0]
)
def test_a_reader_that_has_seen_enough_ends_the_command_quietly(words: list[str], program: str) -> None:
    command = [sys.executable, "-m", "debugworld", words[0], program, *words[1:], "--sandbox", "process"]
    reading, writing = os.pipe()
    os.close(reading)
    answer = subprocess.run([*command, "--json", "-"], stdout=writing, stderr=subprocess.PIPE, cwd="/")
    os.close(writing)
    assert answer.returncode == 1
    assert answer.stderr == b""
