"""Whose a box is: a process of this machine, named so that its number can be used again."""

from __future__ import annotations

import functools
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Owner:
    """A process that has boxes."""

    place: str
    """Host name, boot and PID namespace that the number belongs to."""
    born: int
    """Start time in clock ticks since boot; a later process with the same number has another one."""
    pid: int

    @classmethod
    def this(cls) -> Self:
        """Returns this process."""
        pid = os.getpid()
        return cls(_place(), _born(pid) or 0, pid)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Returns the owner that ``str`` made the text of; None for any other text."""
        place, _, rest = text.rpartition("/")
        born, _, pid = rest.partition(":")
        if not (place and born.isdecimal() and pid.isdecimal()):
            return None
        return cls(place, int(born), int(pid))

    def __str__(self) -> str:
        return f"{self.place}/{self.born}:{self.pid}"

    @property
    def gone(self) -> bool:
        """Whether this process has certainly ended; one of another machine may live."""
        if self.place != _place():
            return False
        born = _born(self.pid)
        return born is None or born != self.born


@functools.cache
def _place() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{socket.gethostname()}/{boot}/{os.stat('/proc/self/ns/pid').st_ino}"


def _born(pid: int) -> int | None:
    """Returns when a process was started; None where there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])
