"""The commands `inverse` and `calibrate`: what they write, and how they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from debugworld.cli import main
from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.calibration import Calibration, file_of
from debugworld.worldmodel.data.split import held_out


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A file with one function."""
    path = tmp_path / "double.py"
    path.write_text("def f(n, k=2):\n    return n * k\n")
    return str(path)


def test_inverse_writes_what_it_checked(
    source: str, tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    words = ["inverse", source, "--function", "f", "--returns", "6", "--given", "k=3", "--samples", "4"]
    status = main([*words, "--model", str(tiny_checkpoint), "--sandbox", "process", "--json", str(out)])
    told = json.loads(out.read_text())
    assert status == (0 if told["distinct_valid"] else 1)
    assert (told["call"], told["draws"], told["given"]) == ("f", 4, {"k": "3"})
    assert told["end"] == {"text": "6", "raised": False}
    assert all(one["arguments"].endswith(", 3") for one in told["proposals"])
    assert "returned 6" in capsys.readouterr().out


def test_inverse_looks_in_the_dream_where_no_draw_is_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "shift.py", tmp_path / "out.json"
    path.write_text(
        "def f(n):\n    if n * 3 - 4 > 4700 and n < 1600:\n        return 'big'\n    return 'small'\n"
    )
    words = ["inverse", str(path), "--function", "f", "--returns", "'big'", "--sandbox", "process"]
    words += ["--samples", "1", "--seed", "1", "--json", str(out)]
    statuses = []
    for more in (["--no-search"], []):
        statuses.append(main([*words, *more]))
        told = json.loads(out.read_text())
        assert told["distinct_valid"] == 0
        assert (told["searched"] is None) == bool(more)
    assert statuses == [1, 0]
    assert told["searched"]["valid"] and told["searched"]["output"] == "'big'"
    assert f"found in the dream: {told['searched']['arguments']} (right" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--function", "g", "--returns", "6"], "has no function 'g'; it has: f"),
        (["--function", "f", "--returns", "6", "--given", "m=1"], "no parameter 'm'"),
        (["--function", "f", "--returns", "6", "--given", "m"], "write NAME=VALUE"),
        (["--function", "f", "--returns", "6", "--samples", "0"], "--samples must be at least 1"),
    ],
)
def test_inverse_refuses(
    source: str, words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inverse", source, *words]) == 2
    assert reason in capsys.readouterr().err


def test_calibrate_writes_beside_the_checkpoint(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, plot = tmp_path / "calibrated", tmp_path / "plot.svg"
    words = ["calibrate", "--model", str(tiny_checkpoint), "--tasks", "generated/1073745000/4"]
    words += ["--per-action", "1", "--granularity", "line", "--out", str(out), "--plot", str(plot)]
    assert main([*words, "--json", str(tmp_path / "told.json")]) == 0
    found = Calibration.load(out, "line")
    assert found is not None and found.granularity == "line" and (out / file_of("line")).exists()
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["programs"] == {"generated/1073745000/4": {"fitted": 2, "judged": 2}}
    assert set(told["before"]) == set(told["after"]) == {"generated/1073745000/4"}  # one source: no sum
    assert len(found.fitted) == 2
    assert "<svg" in plot.read_text() and "2 programs judged" in capsys.readouterr().out


def test_calibrate_takes_several_sources_and_splits_them_by_function(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = [group for group in map("group {}".format, range(99)) if held_out(group)][:3]
    rows = [
        {"group": group, "source": f"def f(k):\n    n = k + {n}\n    return n\n", "call": f"f({k})"}
        for n, group in enumerate([*groups, "group 0"])
        for k in (1, 2)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["calibrate", "--model", str(tiny_checkpoint), "--tasks", "generated/1073745000/9"]
    words += [
        "--tasks",
        str(path),
        "--held-out",
        "--budget",
        "6",
        "--max-events",
        "200",
        "--sandbox",
        "process",
    ]
    words += ["--per-action", "1", "--granularity", "line", "--out", str(tmp_path), "--json", "-"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    names = ["generated/1073745000/9", "rows.jsonl, held out"]
    assert list(told["programs"]) == names
    assert list(told["after"]) == list(told["before"]) == list(told["jumps"]) == [*names, "together"]
    counts = [told["after"][name]["all"]["count"] for name in told["after"]]
    assert counts[0] + counts[1] == counts[2]
    assert [sum(halves.values()) for halves in told["programs"].values()] == [6, 6]
    found = Calibration.load(tmp_path, "line")
    assert found is not None
    digests = [Program(str(row["source"]), row["call"]).digest[:16] for row in rows]
    fitted = [digest in found.fitted for digest in digests]
    assert fitted[::2] == fitted[1::2]  # both calls of each function
    assert 0 < sum(fitted[:6]) < 6 and not any(fitted[6:])


def test_held_out_needs_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--held-out", "--out", str(tmp_path)]) == 2
    assert "chooses among the rows" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--per-action", "0"], "--per-action must be at least 1"),
        (["--budget", "0"], "--budget must be at least 1"),
        (["--max-events", "-1"], "--max-events must be at least 1"),
        (["--plot", "plot.bmp"], "ends in .png, .svg or .pdf"),
    ],
)
def test_calibrate_refuses(words: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", *words]) == 2
    assert reason in capsys.readouterr().err
