"""debug-gym's own pdb tool, in its own environment, terminal and code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from common.machine import interpreters
from common.targets import Target

from .environments import Environment
from .pdb_pty import read_locals, read_stop
from .peer import Peer, PeerMissing, Stop, Walk

DRIVER = Path(__file__).with_name("debug_gym_driver.py")
OLDEST = "3.12"
"""debug-gym needs it; the program itself runs on the interpreter that all peers use."""
_SHOWN = re.compile(r"Pdb command output:\n(.*?)\n+(?:Current frame|Context around)", re.DOTALL)


class DebugGymPeer(Peer):
    """debug-gym with each state's locals: the move, then ``p locals()``, each an `env.step`."""

    name = "debug-gym, pdb tool"
    moves = 8

    def __init__(self, python: str, install: bool = True) -> None:
        super().__init__(python)
        self._install = install

    def require(self) -> None:
        """Checks for debug-gym in an environment of its own.

        Raises:
            PeerMissing: there is no Python that it takes, or it cannot be installed.
        """
        self._environment()

    def _environment(self) -> str:
        python = interpreters().get(OLDEST)
        if python is None:
            raise PeerMissing(f"debug-gym needs CPython {OLDEST} or newer, which is not on this machine")
        return Environment("debug-gym", python, self._install).require()

    def walk(self, target: Target, move: str, count: int) -> Walk:
        """Walks in debug-gym's process; the texts are read into stops here."""
        driver = self._environment()
        with tempfile.TemporaryDirectory() as folder:
            work, links = Path(folder, "work"), Path(folder, "bin")
            work.mkdir()
            links.mkdir()
            (work / "program.py").write_text(target.source)
            (links / "python").symlink_to(self.python)
            lines = [str(target.start), str(target.stop)]
            asked = [driver, "-P", str(DRIVER), str(work), *lines, move, str(count), str(int(self.reads))]
            environment = {
                "PATH": f"{links}:{os.environ.get('PATH', os.defpath)}",
                "HOME": folder,
                "TERM": "dumb",
                "LC_ALL": "C.UTF-8",
            }
            answer = subprocess.run(
                asked, capture_output=True, text=True, timeout=600, cwd=folder, env=environment
            )
        if answer.returncode:
            raise RuntimeError(f"debug-gym's driver failed: {answer.stderr[-2000:]}")
        told = json.loads(answer.stdout.splitlines()[-1])
        return Walk(told["seconds"], [_stop(moved, looked) for moved, looked in told["texts"]])


class MovingDebugGymPeer(DebugGymPeer):
    """debug-gym without a look at the locals: one `env.step` a move."""

    name = "debug-gym, pdb tool, no locals read"
    moves = 16
    reads = False


def _stop(moved: str, looked: str) -> Stop:
    stop = read_stop(moved.replace("\r\n", "\n"))
    shown = _SHOWN.search(looked.replace("\r\n", "\n"))
    return Stop(stop.line, read_locals(shown[1])) if shown else stop
