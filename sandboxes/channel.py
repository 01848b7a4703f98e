"""The host's end of the stream to a supervisor."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from .debugger.wire import WireError, pack, read_exactly, read_frame

_PART = struct.Struct(">BxxxI")
"""Head of a part in Docker's multiplexed stream: 1 is stdout, 2 is stderr; length in bytes."""
_COMPLAINT = 2_000


class Channel:
    """Frames over a socket.

    Args:
        stream: connected to the supervisor's stdin and stdout.
        multiplexed: whether what arrives is cut into Docker's parts.
        close: called once when the channel is closed, after the socket.
        passes_descriptors: whether the stream is a Unix socket to the supervisor itself.
        complaints: returns the end of what the box wrote to stderr, where that comes another way.
    """

    def __init__(
        self,
        stream: socket.socket,
        multiplexed: bool,
        close: Callable[[], None],
        passes_descriptors: bool = False,
        complaints: Callable[[], str] | None = None,
    ) -> None:
        self._stream = stream
        self._multiplexed = multiplexed
        self._close: Callable[[], None] | None = close
        self._complaints = complaints
        self.passes_descriptors = passes_descriptors
        """Whether `send` can hand over a descriptor."""
        self._left = 0
        """Bytes of the current part of stdout that were not read yet."""
        self._deadline = 0.0
        self._complaint = ""

    @property
    def complaint(self) -> str:
        """The end of what came over stderr, for error texts."""
        return self._complaints() if self._complaints is not None else self._complaint

    def send(self, data: Any, timeout: float, descriptor: int | None = None) -> None:
        """Sends one frame, and with it, where the channel can, a descriptor.

        Raises:
            OSError: the other side is gone, or takes nothing for so many seconds.
        """
        self._stream.settimeout(timeout)
        frame = pack(data)
        if descriptor is not None:
            sent = socket.send_fds(self._stream, [frame], [descriptor])
            frame = frame[sent:]
        self._stream.sendall(frame)

    def receive(self, timeout: float) -> Any:
        """Receives one frame's data.

        Raises:
            OSError: nothing came for so many seconds.
            WireError: the other side is gone, or sent what is no frame.
        """
        self._deadline = time.monotonic() + timeout
        data = read_frame(self._read)
        if data is None:
            raise WireError("the stream ended")
        return data

    def close(self) -> None:
        """Closes the stream, which ends the supervisor, and then the box."""
        if self._close is not None:
            close, self._close = self._close, None
            self._stream.close()
            close()

    def forget(self) -> None:
        """Gives up a channel that belongs to the process this one was forked from."""
        self._close = None
        self._stream.close()

    def _read(self, size: int) -> bytes:
        if not self._multiplexed:
            return self._receive(size)
        while self._left == 0:
            head = self._receive(_PART.size)
            if not head:
                return b""
            kind, length = _PART.unpack(head + read_exactly(self._receive, _PART.size - len(head)))
            if kind == 1:
                self._left = length
            else:
                text = read_exactly(self._receive, length).decode(errors="replace")
                self._complaint = (self._complaint + text)[-_COMPLAINT:]
        data = self._receive(min(size, self._left))
        self._left -= len(data)
        return data

    def _receive(self, size: int) -> bytes:
        self._stream.settimeout(max(self._deadline - time.monotonic(), 0.001))
        return self._stream.recv(size)
