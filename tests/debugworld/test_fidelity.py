"""``debugworld fidelity``, ``compare`` and ``leaderboard``: cards as JSON, as tables and as pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from debugworld.cli import main
from debugworld.envs.task_set import load_task_set
from debugworld.fidelity.page import card_page, leaderboard
from debugworld.worldmodel.fidelity.analysis import VERSION
from debugworld.worldmodel.fidelity.baselines import CopyDebugger
from debugworld.worldmodel.fidelity.comparison import read_card

TASKS = "generated/1073741824/2"
FEW = ["--measures", "forced", "free", "outputs"]
ROW = {"code": "def f(s, t):\n    n = 0\n    for c in s:\n        n += int(c == t)\n    return n\n"}
DOCS = Path(__file__).parents[2] / "docs"


def schema(found: dict[str, Any]) -> None:
    """Checks a card against the schema."""
    jsonschema.Draft202012Validator(json.loads((DOCS / "fidelity.schema.json").read_text())).validate(found)


def card(path: Path, *words: str) -> dict[str, Any]:
    assert main(["fidelity", *words, "--json", str(path)]) == 0
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_a_card_of_a_checkpoint(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.jsonl"
    words = ["--model", str(tiny_checkpoint), "--tasks", TASKS, *FEW, "--log", str(log)]
    found = card(tmp_path / "card.json", *words)
    assert found["programs"]["programs"] == 2 and found["programs"]["leaked"] == []
    assert found["forced"]["actions"]["step_into"]["exact"]["count"] == 4
    assert found["subject"]["parameters"] > 0 and found["cost"]["questions"] > 0
    assert {"event", "line", "frame", "locals", "value", "stdout", "exit"} == set(
        found["forced"]["actions"]["run_to"]["parts"]
    )
    assert "by action, part of the state" in capsys.readouterr().out
    again = card(tmp_path / "again.json", *words)  # from the log alone
    assert again == found and found["failures"]
    assert card(tmp_path / "short.json", *words, "--failures", "0") == {**found, "failures": []}
    assert found["environment"]["device"] == "cpu" and found["environment"]["python"]
    schema(card(tmp_path / "long.json", *words, "--failures", "20"))


def test_rows_of_cruxeval(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    row = ROW | {"input": "'berry', 'r'", "output": "2", "id": "row"}
    file.write_text(json.dumps(row) + "\n")
    found = card(
        tmp_path / "card.json",
        "--model",
        "real",
        "--tasks",
        str(file),
        "--sandbox",
        "process",
        "--measures",
        "outputs",
    )
    assert found["cruxeval"]["output_pass@1"] == 1.0 and found["tasks"] == "rows.jsonl"


def test_another_file_of_the_same_name_does_not_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", "copy", "--sandbox", "process", "--measures", "outputs"]
    words += ["--log", str(tmp_path / "log.jsonl")]
    digests = []
    for folder, output, status in (("a", "2", 0), ("b", "3", 2)):
        file = tmp_path / folder / "rows.jsonl"
        file.parent.mkdir()
        row = ROW | {"input": "'berry', 'r'", "output": output, "id": "row"}
        file.write_text(json.dumps(row) + "\n")
        assert main(["fidelity", *words, "--tasks", str(file)]) == status
        found = card(tmp_path / "card.json", *words[:-2], "--tasks", str(file))
        digests.append(found["programs"]["digest"])
    assert "holds answers of another subject, tasks" in capsys.readouterr().err
    assert digests[0] != digests[1]
    assert "programs 0" not in leaderboard([found]) and f"programs {digests[1]}" in leaderboard([found])


def test_ctrl_c_leaves_a_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(CopyDebugger, "assign", interrupt)  # in a changed future, the third measure
    words = ["--model", "copy", "--tasks", TASKS, "--measures", "forced", "outputs", "changed"]
    assert main(["fidelity", *words, "--json", str(tmp_path / "card.json")]) == 130
    found = json.loads((tmp_path / "card.json").read_text())
    assert "forced" in found and found["programs"]["left"] == 4
    schema(found)
    assert "interrupted; 4 units are left; what is left needs --log" in capsys.readouterr().out


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("status", "leaked", "sentence"),
    [
        ("checked", [], "None of the 2 programs was seen in training, by content hash."),
        ("unknown", [], "What it was trained on is not known"),
        ("unknown", ["a"], "1 of 2 programs were seen in training"),
    ],
)
def test_the_page_says_what_is_known_of_leaks(
    status: str, leaked: list[str], sentence: str, tmp_path: Path
) -> None:
    found = card(tmp_path / "card.json", "--model", "copy", "--tasks", TASKS, "--measures", "outputs")
    found["programs"] |= {"leak_status": status, "leaked": leaked}
    page = card_page(found)
    assert sentence in page and ("None of the" in page) is (status == "checked")


def test_programs_seen_in_training_are_left_out(
    tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = "generated/1073741830/1"
    seen = np.array([int(p.digest[:16], 16) for p in load_task_set(uri).programs], dtype=np.uint64)
    file = tiny_checkpoint / "programs.npy"
    before = file.read_bytes() if file.exists() else None
    np.save(file, seen)
    try:
        assert main(["fidelity", "--model", str(tiny_checkpoint), "--tasks", uri]) == 2
    finally:
        file.unlink() if before is None else file.write_bytes(before)
    assert "trained on every one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--tasks", "nothing/here"], "names no task set"),
        (["--budget", "0"], "at least 1"),
        (["--together", "0"], "--together must be at least 1; got 0"),
        (["--minutes", "-1"], "--minutes must be above 0; got -1.0"),
        (["--minutes", "nan"], "--minutes must be above 0; got nan"),
        (["--minutes", "1e-9", "--budget", "1", "--model", "copy"], "the time ended before any program did"),
        (["--measures", "luck"], "there is no measure luck"),
        (["--model", "nowhere"], "no folder of a model"),
        (["--model", "copy?x=1"], "there is no setting x=1; there are: none"),
        (["--model", "real?x=1"], "there is no setting x=1; there are: format=changes|"),
        (["--tasks", "nowhere.jsonl.gz"], "there is no file nowhere.jsonl.gz"),
        (["--model", "shipped?jumps=high"], "jumps=rollout|direct|auto"),
        (["--held-out"], "chooses among the rows of a file"),
        (["--beside", "nowhere.json"], "cannot be read"),
        (["--html", "/proc/nowhere/card.html"], "/proc/nowhere/card.html: "),
        (["--html", "/"], "/: Is a directory"),
    ],
)
def test_bad_input(words: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fidelity", *words]) == 2
    assert text in capsys.readouterr().err


def test_why_nothing_could_be_asked_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"code": "def f(a:\n", "input": "1", "output": "1", "id": "broken"}) + "\n")
    assert main(["fidelity", "--model", "copy", "--sandbox", "process", "--tasks", str(file)]) == 2
    assert "nothing could be asked about; broken: it cannot be debugged" in capsys.readouterr().err


@pytest.mark.timeout(900)
def test_pages_and_comparisons(tmp_path: Path, browser: Any, capsys: pytest.CaptureFixture[str]) -> None:
    real, copy, page = (tmp_path / name for name in ("real.json", "copy.json", "card.html"))
    card(real, "--model", "real", "--tasks", TASKS)
    words = ["--model", "ngram", "--tasks", TASKS, "--html", str(page), "--beside", str(real)]
    card(copy, *words)
    capsys.readouterr()
    assert main(["compare", str(copy), str(real)]) == 0
    assert "better" in capsys.readouterr().out
    other = tmp_path / "other.json"
    other.write_text(copy.read_text())
    assert main(["compare", str(copy), str(real), str(other)]) == 0
    told = capsys.readouterr().out
    assert "real:" in told and "other:" in told and "0 better, 0 worse" in told
    board = tmp_path / "out" / "board.html"
    assert main(["leaderboard", str(copy), str(real), "--html", str(board)]) == 0
    for path, pictures in ((page, 5), (board, 0)):  # the n-gram has no operations to plot
        browser.get(f"file://{path}")
        assert browser.get_log("browser") == []
        assert len(browser.find_elements("css selector", "figure svg")) == pictures
        for pixels in (360, 1400):
            size = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": pixels < 500}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            assert wide <= pixels
    names = [each.text for each in browser.find_elements("css selector", "tbody td:first-child b")]
    assert names[:2] == ["real", "ngram"]  # ranked


def test_a_file_that_is_no_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "no.json"
    path.write_text("{}")
    assert main(["compare", str(path), str(path)]) == 2
    assert "no card of debugworld fidelity" in capsys.readouterr().err


def test_a_card_keeps_to_its_schema(tmp_path: Path) -> None:
    schema(card(tmp_path / "card.json", "--model", "ngram", "--tasks", TASKS))
    with pytest.raises(jsonschema.ValidationError):
        schema({"format": "debugworld-fidelity", "version": VERSION})


def test_the_cards_of_the_documentation_keep_to_the_schema() -> None:
    cards = sorted((DOCS / "fidelity").glob("*.json"))
    assert cards
    for path in cards:
        schema(read_card(path))
