"""`debugworld envs` tells what there is, `debugworld play` lets a person play it."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest

from debugworld import cli
from debugworld.envs import BUG_ENV_IDS, ENV_IDS, MASKED_IDS, REGISTERED_IDS, DebugEnv
from debugworld.envs.bug_set import BUG_URIS
from debugworld.envs.command import usages
from debugworld.envs.task_set import URIS

TEXT, FEATURES = "debugworld/OutputPrediction-Text-v0", "debugworld/StateQuery-Features-v0"


def play(monkeypatch: pytest.MonkeyPatch, lines: list[str], *words: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(line + "\n" for line in lines)))
    return cli.main(["play", *words])


def test_all_ids_and_task_sets_are_listed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["envs", "--json", str(tmp_path / "envs.json")]) == 0
    shown = "".join(capsys.readouterr().out.split())
    told = json.loads((tmp_path / "envs.json").read_text())
    assert [about["id"] for about in told] == list(REGISTERED_IDS)
    for about in told:
        env = gymnasium.make(about["id"])
        assert about["action_space"] == str(env.unwrapped.action_space)
        assert about["summary"].endswith(".")
        env.close()
    for uri in [*URIS, *BUG_URIS]:
        assert uri.replace(" ", "") in shown


@pytest.mark.parametrize("name", REGISTERED_IDS)
def test_one_is_told_in_full(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["envs", name]) == 0
    shown = capsys.readouterr().out
    for heading in ("Action Space", "Observation Space", "Reward", "Episode End", "Version History"):
        assert heading in shown
    assert ("observation_space['lines']: Box" in shown) is ("Features" in name)
    assert ("observation_space['action_mask']: Box" in shown) is (name in MASKED_IDS)


@pytest.mark.parametrize("name", [name for name in REGISTERED_IDS if "-Text-" in name])
def test_the_documentation_names_every_command(name: str) -> None:
    env = gymnasium.make(name).unwrapped
    assert isinstance(env, DebugEnv)
    told = (type(env).__doc__ or "").partition("## Action Space")[2].partition("## Observation Space")[0]
    taken = usages(env.kinds, bool(env.answers), bool(env.trials))
    words = {"!n" if usage[0] == "!" else usage.split()[0] for usage in taken}
    named = {word for word in words if re.search(rf"``{word}\b", told)}
    assert words - named == (set() if env.assigns else {"!n"})


@pytest.mark.parametrize("command", ["envs", "play"])
def test_an_unknown_id_is_told(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "debugworld/Nothing-v0"]) == 2
    assert "use one of: debugworld/" in capsys.readouterr().err


def test_a_person_wins(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["?", "hello", "r", "r", "answer 3"]
    assert play(monkeypatch, lines, TEXT, "--tasks", "builtin/fibonacci", "--seed", "0") == 0
    shown = capsys.readouterr().out
    assert "s n r" in shown and "is no command" in shown
    value = shown.rpartition("Value: ")[2].splitlines()[0]
    lines[-1] = f"answer {value}"
    assert play(monkeypatch, lines, TEXT, "--tasks", "builtin/fibonacci", "--seed", "0") == 0
    assert capsys.readouterr().out.endswith("done: reward 0.96, 3 moves\n")


@pytest.mark.parametrize("name", [FEATURES, FEATURES.replace("-Features-", "-Masked-")])
def test_answers_of_features_are_chosen_by_number(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["answer nothing", "b 999", "what", "s", "answer 0"]
    assert play(monkeypatch, lines, name, "--seed", "3") == 0
    told = capsys.readouterr()
    assert "  answer 0: " in told.out and "reward" in told.out.splitlines()[-1]
    for text in ("answer by number, 0 to 7", "line 999 has no number", "is no command"):
        assert text in told.err


@pytest.mark.parametrize("lines", [[], ["q"], ["s", "quit"]])
def test_leaving_in_the_middle(
    lines: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(monkeypatch, lines, TEXT, "--episodes", "3") == 0
    assert "reward" not in capsys.readouterr().out


@pytest.mark.parametrize("name", REGISTERED_IDS)
def test_every_id_is_played_with_any_option(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--option", "max_moves=4", "--option", "shaping=0.5", "--sandbox", "process"]
    assert play(monkeypatch, ["?", "help", "b 1", "s", "s", "answer 0"], name, "--seed", "1", *options) == 0
    told = capsys.readouterr()
    assert "Moves left: 3\n" in told.out and "Moves left: 4\n" in told.out
    assert ("until CONDITION" in told.out) is ("-Text-" in name)
    assert "step over calls to the next line" in told.out


@pytest.mark.parametrize(("family", "answer"), [("Text", "answer 0"), ("Features", "answer 7")])
def test_actions_may_be_played_in_parts(
    family: str, answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        "s",
        "b 9, n ==",
        "answer 99" if family == "Features" else "nonsense",
        "help b",
        "history",
        answer,
    ]
    name = f"debugworld/OutputPrediction-{family}-v0"
    assert play(monkeypatch, lines, name, "--seed", "1", "--option", "actions=dict") == 0
    told = capsys.readouterr()
    assert "   1  s  (-0.01)" in told.out and "b LINE" in told.out and "until CONDITION" not in told.out
    assert len(told.err.splitlines()) == 2 and "1 moves" in told.out.splitlines()[-1]


def test_an_edit_may_have_several_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["insert 1 <<", "def one():", "    return 1", "", ".", "undo", "q"]
    name = "debugworld/Repair-Text-v0"
    assert play(monkeypatch, lines, name, "--seed", "1", "--sandbox", "process") == 0
    edited = capsys.readouterr().out.split("Task: ")[2]
    assert "1  def one():\n" in edited and "2      return 1\n" in edited


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("max_move=3", "no argument 'max_move'"),
        ("nonsense", "KEY=VALUE"),
        ("render_mode=human", "play shows"),
    ],
)
def test_options_that_are_none_are_told(
    option: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(monkeypatch, [], TEXT, "--option", option) == 2
    assert told in capsys.readouterr().err


class Terminal:
    """A person at a terminal, who types when asked."""

    def __init__(self, *words: str) -> None:
        self._mine, theirs = pty.openpty()
        run = [sys.executable, "-m", "debugworld", *words]
        variables = os.environ | {"TERM": "dumb", "COLUMNS": "200"}
        self.process = subprocess.Popen(run, stdin=theirs, stdout=theirs, stderr=theirs, env=variables)
        os.close(theirs)

    def read(self, end: str) -> str:
        """Returns what is shown until it ends so."""
        shown = ""
        while not shown.endswith(end):
            ready, _, _ = select.select([self._mine], [], [], 120)
            assert ready, shown
            try:
                more = os.read(self._mine, 65536)
            except OSError:  # the other end is closed
                more = b""
            assert more, shown
            shown += more.decode().replace("\r\n", "\n")
        return shown

    def say(self, keys: str, end: str = "\n> ") -> str:
        """Types a line, and returns what is shown until the next question."""
        os.write(self._mine, keys.encode() + b"\n")
        return self.read(end)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._mine)


def test_a_person_plays_at_a_terminal() -> None:
    words = ["play", "debugworld/Repair-Text-v0", "--seed", "1", "--sandbox", "process"]
    terminal = Terminal(*words, "--option", "max_moves=9")
    try:
        assert "Moves left: 9\n" in terminal.read("\n> ")
        assert "Moves left: 8\n" in terminal.say("s")
        assert "Moves left: 7\n" in terminal.say("\x1b[A")  # the key that brings the last line back
        assert "undo  " in terminal.say("help")
        assert "\n   2  s  (-0.01)\n" in terminal.say("history")
        assert terminal.say("insert 1 <<", "\n. ").endswith("\n. ")
        terminal.say("def one():", "\n. ")
        terminal.say("    return 1", "\n. ")
        assert "1  def one():\n" in terminal.say(".")
        assert "Last: !nothing = 1" in terminal.say("!nothing = 1")
        terminal.say("q", "q\n")
        assert terminal.process.wait(60) == 0
    finally:
        terminal.close()


def test_the_pages_in_docs_are_those_of_the_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Anew: debugworld envs --pages docs/environments."""
    assert cli.main(["envs", "--pages", str(tmp_path)]) == 0
    docs = Path(__file__).resolve().parents[2] / "docs" / "environments"
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in docs.iterdir()}
    tasks = {name.split("/")[1].split("-")[0] for name in ENV_IDS}
    assert len(made) == 1 + len(tasks)
    for task in tasks:
        page, moves = made[f"{task}.md"], 40 if f"debugworld/{task}-Text-v0" in BUG_ENV_IDS else 20
        assert "## Reward" in page and f"| `max_moves` | `{moves}` |" in page and "``" not in page


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["play", TEXT, "--seed", "-1"], "a number from 0 on is needed; got -1"),
        (["play", TEXT, "--seed", "x"], "invalid from_zero value: 'x'"),
        (["play", TEXT, "--episodes", "0"], "a number from 1 on is needed; got 0"),
        (["evaluate", "--seed", "-1"], "a number from 0 on is needed; got -1"),
        (["evaluate", "--episodes", "0"], "a number from 1 on is needed; got 0"),
    ],
)
def test_numbers_out_of_range_are_told(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(words)
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--json", "--log"])
def test_what_cannot_be_written_is_told_before_agents_play(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("debugworld.commands.evaluate.evaluate", lambda *_, **__: pytest.fail("played"))
    missing = tmp_path / "no" / "such.json"
    assert cli.main(["evaluate", "--agents", "random", option, str(missing)]) == 2
    assert f"{missing}: No such file or directory" in capsys.readouterr().err


def test_numbers_can_go_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--env", TEXT, "--agents", "random", "--backends", "real", "--episodes", "2", "--json", "-"]
    assert cli.main(["evaluate", *words]) == 0
    assert json.loads(capsys.readouterr().out)["episodes"] == 2
