"""A control group of a box's own, where this user may make one: limits on all its processes together.

Version 2 is one tree; version 1 has a tree for each controller. Where neither can be written to, a box
has the limits of single processes only.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from .owner import Owner

_ROOT = Path("/sys/fs/cgroup")
_NAME = "debugworld"
_PERIOD = 100_000
"""Microseconds over which CPU time is counted."""
_COUNTER = itertools.count()


class Cgroup:
    """Folders of control groups that hold one box."""

    def __init__(self, folders: list[Path]) -> None:
        self.folders = folders

    @classmethod
    def make(cls, memory: int, processes: int, cpus: float = 1.0) -> Self | None:
        """Makes a group with limits; None where that cannot be, or where a limit does not hold.

        Args:
            memory: bytes, swap included.
            processes: processes and threads.
            cpus: CPU seconds per second.
        """
        owner = Owner.this()
        name = f"{_NAME}-{owner.pid}-{owner.born}-{next(_COUNTER)}"
        group = cls([])
        try:
            for parent, files in _plan(memory, processes, int(cpus * _PERIOD)):
                folder = parent / name
                folder.mkdir()
                group.folders.append(folder)
                for file, value in files.items():
                    (folder / file).write_text(value)
            return group
        except OSError:
            group.remove()
            return None

    def add(self, *pids: int) -> None:
        """Moves processes into the group.

        Raises:
            OSError: one is gone, or may not be moved.
        """
        for folder in self.folders:
            for pid in pids:
                (folder / "cgroup.procs").write_text(str(pid))

    def kill(self) -> None:
        """Ends every process in the group."""
        for folder in self.folders[:1]:
            with contextlib.suppress(OSError):
                for pid in (folder / "cgroup.procs").read_text().split():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)

    def remove(self) -> None:
        """Removes the folders; waits a little for processes that are on their way out."""
        end = time.monotonic() + 2
        while self.folders:
            try:
                self.folders[-1].rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                if time.monotonic() < end:
                    time.sleep(0.01)
                    continue
            self.folders.pop()


def version() -> str | None:
    """Returns ``v2`` or ``v1`` where a box can have a group of its own with all limits, else None."""
    group = Cgroup.make(64 << 20, 64)
    if group is None:
        return None
    kind = "v2" if len(group.folders) == 1 else "v1"
    group.remove()
    return kind


def left_cgroups() -> Iterator[Cgroup]:
    """Yields the groups whose owner is gone, each folder by itself."""
    here = Owner.this()
    parents = set[Path]()
    with contextlib.suppress(OSError):
        parents = {parent for parent, _ in _plan(0, 0, 0)}
    for parent in sorted(parents):
        for folder in sorted(parent.glob(f"{_NAME}-*-*-*")):
            match = re.fullmatch(rf"{_NAME}-(\d+)-(\d+)-\d+", folder.name)
            if match and Owner(here.place, int(match[2]), int(match[1])).gone:
                yield Cgroup([folder])


def _plan(memory: int, processes: int, quota: int) -> list[tuple[Path, dict[str, str]]]:
    """Returns where folders can be made, and what is to be written into each; nothing where they cannot.

    Raises:
        OSError: a needed controller is nowhere at hand.
    """
    own = _own()
    if (_ROOT / "cgroup.controllers").exists():
        parent = _delegated(_ROOT / own.get("", "/").lstrip("/"))
        limits = {
            "memory.max": str(memory),
            "memory.swap.max": "0",
            "pids.max": str(processes),
            "cpu.max": f"{quota} {_PERIOD}",
        }
        return [(parent, {name: value for name, value in limits.items() if _has(parent, name)})]
    paths = {kind: path for kinds, path in own.items() for kind in kinds.split(",")}
    files = {
        "memory": {"memory.limit_in_bytes": str(memory), "memory.memsw.limit_in_bytes": str(memory)},
        "pids": {"pids.max": str(processes)},
        "cpu": {"cpu.cfs_period_us": str(_PERIOD), "cpu.cfs_quota_us": str(quota)},
    }
    plan = []
    for kind, content in files.items():
        parent = _ROOT / kind / paths.get(kind, "/").lstrip("/")
        known = {
            name: value for name, value in content.items() if "memsw" not in name or (parent / name).exists()
        }
        plan.append((parent, known))
    return plan


def _own() -> dict[str, str]:
    """Returns this process's groups: controllers -> path; version 2 is ""."""
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    return {kinds: path for _, kinds, path in (line.split(":", 2) for line in lines)}


def _delegated(folder: Path) -> Path:
    """Returns the nearest group upwards that gives its children limits and lets this user make some.

    Raises:
        OSError: there is none.
    """
    for place in (folder, *folder.parents):
        if not place.is_relative_to(_ROOT):
            break
        with contextlib.suppress(OSError):
            given = (place / "cgroup.subtree_control").read_text().split()
            if {"memory", "pids"} <= set(given) and os.access(place, os.W_OK):
                return place
    raise OSError("no control group here can be divided")


def _has(parent: Path, name: str) -> bool:
    """Whether groups below have such a file; swap and CPU limits are not on every kernel."""
    if name in ("memory.max", "pids.max"):
        return True
    given = (parent / "cgroup.subtree_control").read_text().split()
    return "cpu" in given if name == "cpu.max" else Path("/proc/swaps").read_text().count("\n") > 1
