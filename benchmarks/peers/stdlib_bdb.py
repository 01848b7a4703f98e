"""The standard library's bdb, in the program's own process."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from common.targets import Target

from .peer import Peer, Stop, Walk, told_seconds

DRIVER = Path(__file__).with_name("bdb_driver.py")


class BdbPeer(Peer):
    """A `bdb.Bdb` subclass that takes the `repr` of all locals at each stop."""

    name = "bdb, in process"
    moves = 3000

    def walk(self, target: Target, move: str, count: int) -> Walk:
        """Walks inside the target's interpreter."""
        told = json.loads(self._drive(target, "walk", move, str(count)).splitlines()[-1])
        return Walk(told["seconds"], [Stop(line, texts) for line, texts in told["stops"]])

    def through(self, target: Target, condition: str | None = None) -> float:
        """Runs the program with one breakpoint."""
        return told_seconds(self._drive(target, "through", condition or "", "0"))

    def _drive(self, target: Target, *words: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "program.py")
            path.write_text(target.source)
            lines = [str(target.start), str(target.stop)]
            asked = [self.python, "-I", str(DRIVER), str(path), *lines, *words]
            return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=600).stdout
