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
    """What the host says: frames, and descriptors with them where they come over a Unix socket.

    Args:
        stream: where they come from; None for stdin.
    """

    def __init__(self, stream: socket.socket | None = None) -> None:
        self._socket = stream
        if stream is None and stat.S_ISSOCK(os.fstat(STDIN).st_mode):
            self._socket = socket.socket(fileno=os.dup(STDIN))
        self._descriptors: list[int] = []

    def hear(self) -> dict[str, Any] | None:
        """Waits for the next request; None where the host is gone."""
        found: dict[str, Any] | None = read_frame(self._read)
        return found

    def take_descriptor(self) -> int | None:
        """Returns the descriptor that came with the last request."""
        return self._descriptors.pop() if self._descriptors else None

    def close(self) -> None:
        """Hears no more."""
        if self._socket is not None:
            self._socket.close()

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
