"""debugworld sandbox: doctor tells the truth about each box, reap removes what is left and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from debugworld.cli import main
from debugworld.sandboxes import SANDBOXES, open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.owner import Owner
from debugworld.sandboxes.reaper import DEADLINE_LABEL, LABEL, OWNER_LABEL


def call(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = main(["sandbox", *words])
    return status, capsys.readouterr().out


def report(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    status, out = call("doctor", "--json", *words, capsys=capsys)
    data = json.loads(out)
    return status, {box["name"]: box for box in data["boxes"]} | {"machine": data["machine"]}


def test_the_process_box_works_and_protects_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    status, boxes = report("process", capsys=capsys)
    assert status == 1, "no box that protects was examined"
    assert boxes["process"]["works"] and not boxes["process"]["protects"]
    assert boxes["process"]["facts"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"kernel", "seccomp", "control groups"} <= boxes["machine"].keys()


@pytest.mark.docker
def test_the_docker_box_is_really_started(capsys: pytest.CaptureFixture[str]) -> None:
    status, boxes = report("docker", capsys=capsys)
    facts = boxes["docker"]["facts"]
    assert status == 0 and boxes["docker"]["works"] and boxes["docker"]["why"] is None
    assert "runc" in facts["runtimes"] and facts["engine"][0].isdigit()
    assert "seccomp" in facts["security"]
    assert facts["talks over"] in ("a socket of its own", "the engine's stream")


@pytest.mark.bwrap
def test_the_bwrap_box_is_really_started(capsys: pytest.CaptureFixture[str]) -> None:
    status, boxes = report("bwrap", capsys=capsys)
    assert status == 0 and boxes["bwrap"]["works"]
    assert boxes["bwrap"]["facts"]["bubblewrap"][0].isdigit()


def test_all_boxes_are_in_the_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setenv("COLUMNS", "200")
    _, out = call("doctor", capsys=capsys)
    assert all(name in out for name in SANDBOXES)
    assert "no Docker engine answers" in out
    assert "To get docker:  unset DOCKER_HOST" in out


def test_a_missing_program_comes_with_its_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "apt-get").write_text("#!/bin/sh\n")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    status, boxes = report("bwrap", capsys=capsys)
    assert status == 1
    assert boxes["bwrap"]["remedy"] == "sudo apt-get install -y bubblewrap"
    monkeypatch.setitem(sys.modules, "docker", None)
    assert report("docker", capsys=capsys)[1]["docker"]["remedy"] == "pip install 'debugworld[docker]'"


def test_an_unknown_box(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "doctor", "jail"]) == 2
    assert "no sandbox 'jail'" in capsys.readouterr().err


def test_without_an_engine_reap_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    status, out = call("reap", "--dry-run", capsys=capsys)
    assert status == 0 and "containers were not looked at: no Docker engine answers" in out


@pytest.mark.docker
def test_reap_removes_what_is_left_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    import docker

    gone = subprocess.Popen(["sleep", "60"])
    born = Path(f"/proc/{gone.pid}/stat").read_text().rpartition(")")[2].split()[19]
    owner = replace(Owner.this(), pid=gone.pid, born=int(born))
    gone.kill()
    gone.wait()
    here, elsewhere = str(Owner.this()), str(replace(owner, place="another/machine/1"))
    late, early = "1000000000", "9000000000"
    cases = {
        "gone": ({LABEL: "1", OWNER_LABEL: str(owner), DEADLINE_LABEL: early}, True),
        "late": ({LABEL: "1", OWNER_LABEL: elsewhere, DEADLINE_LABEL: late}, True),
        "mine": ({LABEL: "1", OWNER_LABEL: here, DEADLINE_LABEL: early}, False),
        "far": ({LABEL: "1", OWNER_LABEL: elsewhere, DEADLINE_LABEL: early}, False),
        "odd": ({LABEL: "1", OWNER_LABEL: "a:b", DEADLINE_LABEL: "soon"}, False),
        "other": ({"theirs": "1"}, False),
        "similar": ({LABEL: "no", OWNER_LABEL: str(owner), DEADLINE_LABEL: late}, False),
    }
    client = docker.from_env()
    made: dict[str, str] = {}
    try:
        with open_sandbox("docker") as sandbox:
            sandbox.record(Program("x = 1\n"))
            [image, *_] = [i.tags[0] for i in client.images.list("debugworld-box") if i.tags]
            for name, (marks, _) in cases.items():
                made[name] = client.api.create_container(image, ["x"], labels=marks)["Id"]
            left = {made[name][:12] for name, (_, is_left) in cases.items() if is_left}

            def listed(*words: str) -> set[str]:
                rows = json.loads(call("reap", "--json", *words, capsys=capsys)[1])["leftovers"]
                return {row["name"] for row in rows if row["kind"] == "container"} & {
                    i[:12] for i in made.values()
                }

            assert listed("--dry-run") == left
            assert listed("--dry-run") == left, "a dry run removes nothing"
            assert listed() == left
            assert listed() == set()
            there = {c.id for c in client.containers.list(all=True, ignore_removed=True)}
            assert {name for name, i in made.items() if i in there} == {
                n for n, case in cases.items() if not case[1]
            }
            assert sandbox.record(Program("x = 1\n")).exit.code == "normal"
    finally:
        for identity in made.values():
            try:
                client.api.remove_container(identity, force=True)
            except docker.errors.NotFound:
                continue
        client.close()


def test_help_names_the_actions() -> None:
    words = [sys.executable, "-m", "debugworld", "sandbox", "--help"]
    answer = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"})
    assert answer.returncode == 0
    assert "doctor" in answer.stdout and "reap" in answer.stdout
