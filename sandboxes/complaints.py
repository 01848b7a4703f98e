"""What a box's first process wrote to stderr, for error texts."""

from __future__ import annotations

import os
import socket
import struct
from typing import IO

_LIMIT = 2_000
"""Most characters of it in an error text."""
_BUFFER = 1 << 16
_PART = struct.Struct(">xxxxI")
"""Head of a part in Docker's multiplexed stream: length in bytes."""


class FileComplaints:
    """What a process wrote into a file of its own.

    Args:
        file: given to the process as its stderr.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._last = ""

    def __call__(self) -> str:
        """Returns the end of it."""
        if not self._file.closed:
            size = self._file.seek(0, os.SEEK_END)
            self._file.seek(max(0, size - _LIMIT))
            self._last = self._file.read().decode(errors="replace")
        return self._last

    def close(self) -> None:
        """Closes the file and remembers its end."""
        self()
        self._file.close()


class StreamComplaints:
    """What a container wrote, taken from the engine's stream when somebody asks.

    Args:
        stream: the multiplexed stream of the container's stdout and stderr.
    """

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._data = b""

    def __call__(self) -> str:
        """Returns the end of it."""
        try:
            self._stream.settimeout(0.5)
            while piece := self._stream.recv(_BUFFER):
                self._data = (self._data + piece)[:_BUFFER]
        except OSError:
            pass  # nothing more for now, or the stream is closed
        return b"".join(_parts(self._data)).decode(errors="replace")[-_LIMIT:]


def _parts(data: bytes) -> list[bytes]:
    parts = []
    while len(data) >= _PART.size:
        end = _PART.size + _PART.unpack_from(data)[0]
        parts.append(data[_PART.size : end])
        data = data[end:]
    return parts
