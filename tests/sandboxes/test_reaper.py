"""Who owns a box, and control groups that outlived theirs."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from debugworld.sandboxes import cgroup
from debugworld.sandboxes.cgroup import Cgroup
from debugworld.sandboxes.owner import Owner
from debugworld.sandboxes.reaper import labels, reap


def test_an_owner_is_told_by_its_text() -> None:
    owner = Owner.this()
    assert Owner.parse(str(owner)) == owner
    assert str(owner).endswith(f":{os.getpid()}")
    for text in ("", ":", "/", "host/1:x", "host/x:1", "1:2", "host:1"):
        assert Owner.parse(text) is None


def test_who_is_gone() -> None:
    owner = Owner.this()
    assert not owner.gone
    assert replace(owner, born=owner.born + 1).gone, "another process had the number"
    assert not replace(owner, place="elsewhere", born=owner.born + 1).gone, "nobody knows"
    child = subprocess.Popen(["sleep", "60"])
    born = int(Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19])
    theirs = replace(owner, pid=child.pid, born=born)
    assert not theirs.gone
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert theirs.gone, "its remains are nobody"
    child.wait()
    assert theirs.gone


def test_labels_name_this_process_and_a_time() -> None:
    marks = labels(3600)
    owner = Owner.parse(marks["debugworld.owner"])
    assert owner == Owner.this()
    assert int(marks["debugworld.deadline"]) > 1_700_000_000


def needs_groups() -> Cgroup:
    group = Cgroup.make(64 << 20, 8)
    if group is None:
        pytest.skip("cgroup: this user may make no control group")
    return group


def test_a_group_limits_processes_together() -> None:
    group = needs_groups()
    script = "read x; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 5 & done 2>/dev/null; jobs -p | wc -l"
    shell = subprocess.Popen(
        ["bash", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        group.add(shell.pid)
        assert shell.stdin is not None
        shell.stdin.write("go\n")
        shell.stdin.flush()
        procs = group.folders[0] / "cgroup.procs"
        deadline = time.monotonic() + 30
        while len(procs.read_text().split()) < 7 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert 1 < len(procs.read_text().split()) <= 8
    finally:
        for pid in (group.folders[0] / "cgroup.procs").read_text().split():
            os.kill(int(pid), 9)
        shell.communicate()
        group.remove()
    assert group.folders == []


def test_a_group_whose_owner_is_gone_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    keep = needs_groups()
    this = Owner.this()
    monkeypatch.setattr(cgroup.Owner, "this", classmethod(lambda cls: replace(this, born=this.born + 1)))
    left = Cgroup.make(64 << 20, 8)
    monkeypatch.undo()
    assert left is not None
    names = {str(folder) for folder in left.folders}
    try:
        assert names <= {leftover.name for leftover in reap(None, dry_run=True)}
        assert all(folder.is_dir() for folder in left.folders)
        assert names <= {leftover.name for leftover in reap(None)}
        assert not any(folder.is_dir() for folder in left.folders)
        assert all(folder.is_dir() for folder in keep.folders)
    finally:
        left.remove()
        keep.remove()


def test_what_hangs_in_such_a_group_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    needs_groups().remove()
    this = Owner.this()
    monkeypatch.setattr(cgroup.Owner, "this", classmethod(lambda cls: replace(this, born=this.born + 1)))
    left = Cgroup.make(64 << 20, 8)
    monkeypatch.undo()
    assert left is not None
    sleeper = subprocess.Popen(["sleep", "600"])
    try:
        left.add(sleeper.pid)
        reap(None, dry_run=True)
        assert sleeper.poll() is None
        reap(None)
        assert sleeper.wait(30) == -9
        assert not any(folder.is_dir() for folder in left.folders)
    finally:
        sleeper.kill()
        left.remove()


def tree_v2(root: Path, controllers: str) -> Path:
    """Lays out a version 2 tree in which this process is two levels down."""
    for folder, given in ((root, "memory pids"), (root / "user", controllers), (root / "user/me", "")):
        folder.mkdir(exist_ok=True)
        (folder / "cgroup.controllers").write_text(given)
        (folder / "cgroup.subtree_control").write_text(given)
    return root / "user"


@pytest.mark.parametrize(("given", "has_cpu"), [("memory pids", False), ("cpu memory pids", True)])
def test_version_2_uses_the_nearest_group_that_divides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, has_cpu: bool
) -> None:
    parent = tree_v2(tmp_path / "fs", given)
    monkeypatch.setattr(cgroup, "_ROOT", tmp_path / "fs")
    monkeypatch.setattr(cgroup, "_own", lambda: {"": "/user/me"})
    group = Cgroup.make(100 << 20, 8, 0.5)
    assert group is not None
    [folder] = group.folders
    assert folder.parent == parent
    assert (folder / "memory.max").read_text() == str(100 << 20)
    assert (folder / "pids.max").read_text() == "8"
    assert (folder / "cpu.max").exists() == has_cpu
    if has_cpu:
        assert (folder / "cpu.max").read_text() == "50000 100000"
    assert list(cgroup.left_cgroups()) == []


def test_without_controllers_there_is_no_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree_v2(tmp_path / "fs", "")
    (tmp_path / "fs/cgroup.subtree_control").write_text("cpu")
    monkeypatch.setattr(cgroup, "_ROOT", tmp_path / "fs")
    monkeypatch.setattr(cgroup, "_own", lambda: {"": "/user/me"})
    assert Cgroup.make(100 << 20, 8) is None
    assert cgroup.version() is None
    assert list(cgroup.left_cgroups()) == []
