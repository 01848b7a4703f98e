"""debugworld data, end to end: sources in, a data set that everybody reads out, faults in one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from debugworld.cli import main
from debugworld.worldmodel.data.dataset import TraceDataset
from debugworld.worldmodel.data.walk_set import TrajectoryDataset

SUM = "def f(xs):\n    total = {}\n    for x in xs:\n        total += x\n    return total\n"


def call(*words: str | Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = main(["data", *map(str, words)])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    rows = [
        {"id": f"p{n}", "code": SUM.format(n), "calls": ["f([1, 2])", "f([])"], "licence": "MIT"}
        for n in range(6)
    ]
    path = tmp_path / "programs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_record_walk_show(programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "set"
    box = ("--sandbox", "process", "--workers", "1")
    sources = ("--source", f"jsonl/{programs}", "--source", "generated/0/4")
    words = ("record", *sources, "--out", out, *box)
    status, told, _ = call(*words, "--mutations", "1", "--rewrite", "all", capsys=capsys)
    assert status == 0 and f"data set: {out}" in told and "states/s a core" in told
    assert (out / "README.md").read_text().startswith("---\n")
    assert len(TraceDataset(out)) > 14
    status, told, _ = call("trajectories", out, "--walks", "2", *box, "--json", capsys=capsys)
    assert status == 0
    counts: dict[str, Any] = json.loads(told)
    assert (
        sum(split["trajectories"] for split in counts["splits"].values()) == len(TrajectoryDataset(out)) > 20
    )
    status, told, _ = call("show", out, "--json", capsys=capsys)
    assert status == 0 and json.loads(told) == TraceDataset(out).card


@pytest.mark.docker
@pytest.mark.slow
def test_record_in_containers_by_two_processes(programs: Path, tmp_path: Path) -> None:
    sources = ("--source", f"jsonl/{programs}", "--source", "statements/0/3")
    words = [sys.executable, "-m", "debugworld", "data", "record", *sources]
    words += ["--out", str(tmp_path / "set"), "--workers", "2", "--json"]
    answer = subprocess.run(words, capture_output=True, text=True, timeout=200, env={**os.environ})
    assert answer.returncode == 0, answer.stderr
    card = json.loads(answer.stdout)
    assert card["figures"]["sandbox"] == "docker" and card["figures"]["workers"] == 2
    assert card["programs"] == {"offered": 15}
    assert sum(1 for _ in TraceDataset(tmp_path / "set")) == sum(s["runs"] for s in card["splits"].values())


def test_check_finds_a_renamed_benchmark_program(
    programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark = tmp_path / "bench.jsonl"
    renamed = SUM.format(3).replace("total", "s").replace("xs", "items").replace("def f", "def g")
    benchmark.write_text(json.dumps({"id": "B/1", "code": renamed}) + "\n")
    words = ("check", "--source", f"jsonl/{programs}", "--against", benchmark)
    status, told, _ = call(*words, capsys=capsys)
    assert status == 1 and "p3: the same program as bench.jsonl B/1" in told and "1 of 6 programs" in told
    status, told, _ = call(
        "check", "--source", "statements/0/3", "--against", benchmark, "--json", capsys=capsys
    )
    assert status == 0 and json.loads(told) == {"programs": 3, "contaminated": []}
    out = tmp_path / "set"
    words = ("record", "--source", f"jsonl/{programs}", "--against", benchmark, "--out", out)
    status, told, _ = call(*words, "--sandbox", "process", "--workers", "1", capsys=capsys)
    assert status == 0 and "contaminated 2" in told, "both of its calls"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("record", "--source", "csv/x", "--out", "OUT"), "is no source; the forms are"),
        (("record", "--source", "jsonl/nowhere", "--out", "OUT"), "nowhere"),
        (("record", "--source", "generated/0/1", "--out", "OUT", "--rewrite", "x"), "no rewrite 'x'"),
        (("record", "--source", "generated/0/1", "--out", "OUT", "--sandbox", "jail"), "no sandbox 'jail'"),
        (("show", "OUT"), "is no data set of runs"),
        (("trajectories", "OUT", "--sandbox", "process"), "is no data set of runs"),
        (("trajectories", "OUT", "--policy", "x"), "no policy 'x'"),
    ],
)
def test_mistakes_are_told_in_one_line(
    words: tuple[str, ...], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = [str(tmp_path / "out") if word == "OUT" else word for word in words]
    status, _, err = call(*filled, capsys=capsys)
    assert status == 2 and reason in err and len(err.strip().splitlines()) == 1


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    words = ("record", "--source", "generated/0/1", "--out", tmp_path / "d", "--sandbox", "process")
    status, _, err = call(*words, "--workers", "1", capsys=capsys)
    assert status == 2 and "pip install 'debugworld[data]'" in err


def test_an_interruption_is_one_line_and_keeps_the_parts(tmp_path: Path) -> None:
    words = ["--source", "generated/0/100000", "--sandbox", "process", "--workers", "2"]
    command = [sys.executable, "-m", "debugworld", "data", "record", *words, "--out", str(tmp_path / "runs")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        until = time.monotonic() + 120
        while not list(tmp_path.glob("runs/parts/*.parquet")) and time.monotonic() < until:
            time.sleep(0.1)
        os.killpg(running.pid, signal.SIGINT)
        _, told = running.communicate(timeout=120)
    assert running.returncode == 130, told
    assert told.splitlines()[-1] == "debugworld: interrupted" and "Traceback" not in told
    assert list(tmp_path.glob("runs/parts/*.parquet"))


def test_no_workers_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["data", "trajectories", "runs", "--workers", "0"])
    assert "from 1 on" in capsys.readouterr().err
