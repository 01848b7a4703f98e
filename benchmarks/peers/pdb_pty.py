"""pdb in a process of its own, typed at through a pseudo-terminal by pexpect."""

from __future__ import annotations

import ast
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common.targets import Target

from .peer import Peer, PeerMissing, Stop, Walk, told_seconds

COMMANDS = {"step_into": "s", "step_over": "n", "continue": "c"}
PROMPT = "(Pdb) "
_PLACE = re.compile(r"^> .*\((\d+)\)", re.MULTILINE)
_EVENT = re.compile(r"^--(Call|Return)--", re.MULTILINE)
ENVIRONMENT = {"TERM": "dumb", "NO_COLOR": "1", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def read_stop(text: str) -> Stop:
    """Reads what pdb shows at a stop, followed by what ``p locals()`` printed, if that was asked."""
    place = _PLACE.search(text)
    if place is None:
        raise RuntimeError(f"pdb shows no place: {text[-300:]!r}")
    line = 0 if _EVENT.search(text) else int(place[1])
    found = text.rfind("\n{")
    return Stop(line, read_locals(text[found + 1 :]) if found >= 0 else {})


def read_locals(text: str) -> dict[str, str]:
    """Reads the text of ``locals()``, whose values are all literals here."""
    values = ast.literal_eval(text.strip())
    return {name: repr(value) for name, value in values.items() if name != "__return__"}


class PdbPeer(Peer):
    """pdb through pexpect, without its delay before each send; one line a move: ``s ;; p locals()``."""

    name = "pdb, pexpect"
    moves = 300
    delay: float | None = None

    def require(self) -> None:
        """Checks for pexpect."""
        try:
            import pexpect  # noqa: F401
        except ImportError:
            raise PeerMissing("pexpect is not installed; pip install 'debugworld[bench]'") from None

    def walk(self, target: Target, move: str, count: int) -> Walk:
        """Types one line a move; texts are read into stops after the clock has stopped."""
        command = f"{COMMANDS[move]} ;; p locals()"
        with self._session(target) as ask:
            ask(f"tbreak {target.start}")
            ask("c")
            ask(f"b {target.stop}")
            texts = []
            begin = time.perf_counter()
            for _ in range(count):
                texts.append(ask(command))
            seconds = time.perf_counter() - begin
        return Walk(seconds, [read_stop(text) for text in texts])

    def through(self, target: Target, condition: str | None = None) -> float:
        """Types ``c`` until the program has told its time."""
        with self._session(target) as ask:
            ask(f"b {target.stop}" + (f", {condition}" if condition else ""))
            while "seconds" not in (text := ask("c")):
                pass
        return told_seconds(text)

    @contextmanager
    def _session(self, target: Target) -> Iterator[Any]:
        import pexpect

        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "program.py").write_text(target.source)
            child = pexpect.spawn(
                self.python,
                ["-m", "pdb", "program.py"],
                cwd=folder,
                env=ENVIRONMENT,
                echo=False,
                encoding="utf-8",
                timeout=120,
            )
            child.delaybeforesend = self.delay

            def ask(line: str) -> str:
                child.sendline(line)
                child.expect_exact(PROMPT)
                return str(child.before).replace("\r\n", "\n")

            try:
                child.expect_exact(PROMPT)
                yield ask
            finally:
                child.close(force=True)


class DelayedPdbPeer(PdbPeer):
    """The same with pexpect's settings as they come: 50 ms before each send."""

    name = "pdb, pexpect as it comes"
    moves = 40
    delay = 0.05
