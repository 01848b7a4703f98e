"""A box's way to its host: requests come over stdin, messages go over stdout."""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
from typing import Any

from .wire import read_frame

STDIN, STDOUT = 0, 1


class Host:
    """What the host says, on stdin: frames, and descriptors with them where stdin is a Unix socket."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        if stat.S_ISSOCK(os.fstat(STDIN).st_mode):
            self._socket = socket.socket(fileno=os.dup(STDIN))
        self._descriptors: list[int] = []

    def hear(self) -> dict[str, Any] | None:
        """Waits for the next request; None where the host is gone."""
        found: dict[str, Any] | None = read_frame(self._read)
        return found

    def take_descriptor(self) -> int | None:
        """Returns the descriptor that came with the last request."""
        return self._descriptors.pop() if self._descriptors else None

    def _read(self, size: int) -> bytes:
        if self._socket is None:
            return os.read(STDIN, size)
        data, descriptors, _, _ = socket.recv_fds(self._socket, size, 4)
        self._descriptors += descriptors
        return data


def send(data: bytes | bytearray) -> None:
    """Writes to the host; ends this process, and so the box, when the host is gone."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(STDOUT, view) :]
    except OSError as error:
        if error.errno in (errno.EPIPE, errno.ECONNRESET):
            sys.exit(0)
        raise
