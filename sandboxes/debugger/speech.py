"""The program's process speaking with the host: frames over a socket of their own.

What the process says begins with a token that the host gave it, so that a program which writes to a
descriptor it has found is not taken for its debugger. A process that the program forks says nothing and runs
on.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from os import close, getpid, read, write
from typing import Any

from .wire import HEADER, WireError

_CHUNK = 1 << 16
_RUN_ON = ["goto", 1 << 62]
"""The command that a process obeys which nobody speaks with."""


class Speech:
    """Commands in, answers out.

    Args:
        descriptor: A connected stream socket.
        token: Begins every frame's body.
    """

    def __init__(self, descriptor: int, token: bytes) -> None:
        self._descriptor = descriptor
        self._token = token
        self._owner = getpid()
        self._silent = False
        self._buffer = b""
        self._encode: Callable[[Any], str] = json.JSONEncoder(
            separators=(",", ":"), check_circular=False
        ).encode
        self._decode: Callable[[bytes], Any] = json.loads
        self._known: dict[bytes, Any] = {}

    def say(self, data: Any) -> None:
        """Sends one answer.

        Raises:
            OSError: the host is gone.
        """
        if getpid() != self._owner:
            self._silent = True
            return
        body = self._token + self._encode(data).encode("ascii")
        frame = HEADER.pack(len(body)) + body
        sent = write(self._descriptor, frame)
        while sent < len(frame):
            frame = frame[sent:]
            sent = write(self._descriptor, frame)

    def hear(self) -> Any:
        """Waits for the next command; None where the host is gone."""
        if self._silent:
            return _RUN_ON
        buffer = self._buffer
        while len(buffer) < 4 or len(buffer) < 4 + int.from_bytes(buffer[:4], "big"):
            piece = read(self._descriptor, _CHUNK)
            if not piece:
                return None
            buffer = buffer + piece if buffer else piece
        end = 4 + int.from_bytes(buffer[:4], "big")
        body, self._buffer = buffer[4:end], buffer[end:]
        known = self._known.get(body)
        if known is None:
            known = self._decode(body)
            if len(body) < 20 and len(self._known) < 1000:
                self._known[body] = known
        return known

    def receive_descriptor(self) -> int:
        """Waits for a frame that carries a descriptor.

        Raises:
            WireError: it carries none.
        """
        stream = socket.socket(fileno=self._descriptor)
        try:
            _, descriptors, _, _ = socket.recv_fds(stream, HEADER.size + 2, 1)
        finally:
            stream.detach()
        if not descriptors:
            raise WireError("a descriptor was promised and none came")
        return descriptors[0]

    def turn(self, descriptor: int) -> None:
        """Speaks over another socket from now on, as the process that calls it."""
        close(self._descriptor)
        self._owner, self._silent = getpid(), False
        self._descriptor, self._buffer = descriptor, b""
