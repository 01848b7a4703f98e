"""Workers go with the process that they work for: killed, stopped, or at the end of its block."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from debugworld.sandboxes import SandboxError
from debugworld.sandboxes.workers import open_workers

SECONDS = 30.0
"""Longest wait for what takes a moment."""
WORK = "import os, pathlib, time; pathlib.Path({path!r}).write_text(str(os.getpid())); time.sleep(600)"
"""What a worker does: it says which process it is, and works on."""
PARENT = """
import sys, time
from debugworld.sandboxes.workers import open_workers
if __name__ == "__main__":
    with open_workers(2) as pool:
        for work in sys.argv[1:]:
            pool.submit(exec, work)
        time.sleep(600)
"""


def pids(folder: Path) -> list[int]:
    """Returns the workers that have said who they are, once both have."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        told = [path.read_text() for path in folder.glob("[01]")]
        if len(told) == 2 and all(told):
            return [int(text) for text in told]
        time.sleep(0.05)
    raise AssertionError("the workers did not start")


def gone(pid: int) -> bool:
    """Whether a process ends soon; one that nobody has waited for has ended, too."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.05)
                continue
        return True
    return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_a_killed_parent(how: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    work = [WORK.format(path=str(tmp_path / name)) for name in "01"]
    with subprocess.Popen([sys.executable, str(script), *work]) as parent:
        workers = pids(tmp_path)
        parent.send_signal(how)
        assert parent.wait(SECONDS) == -how
    left = [pid for pid in workers if not gone(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


def test_an_exception_ends_workers_in_the_middle_of_their_work(tmp_path: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt), open_workers(2) as pool:
        for name in "0123":
            pool.submit(exec, WORK.format(path=str(tmp_path / name)))
        workers = pids(tmp_path)
        raise KeyboardInterrupt
    assert all(map(gone, workers)) and time.monotonic() - begin < 60


def test_a_worker_that_dies_is_told() -> None:
    with pytest.raises(SandboxError, match="a worker process died.*fewer workers"), open_workers(1) as pool:
        pool.submit(os._exit, 1).result()
