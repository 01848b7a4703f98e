"""The door of a box on this machine: a Unix socket that lets its supervisor in once, and is gone then.

Over it the host hands descriptors to the supervisor. Nothing of it is left for the program: when the
supervisor is in, nobody listens any more, and the folder that held the socket does not exist.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import select
import socket
import tempfile
import time
from pathlib import Path

_NAME = "door"
_TOKEN_SIZE = 16


class Door:
    """A listening Unix socket in a folder that only this user, and whoever gets the inner folder, reaches.

    Raises:
        OSError: no such folder or socket can be made.
    """

    def __init__(self) -> None:
        self.token = secrets.token_bytes(_TOKEN_SIZE)
        """What the supervisor says first."""
        self._outer = Path(tempfile.mkdtemp(prefix=f"debugworld-door-{os.getpid()}-"))  # mode 0700
        self._inner = self._outer / "in"
        self._listener = socket.socket(socket.AF_UNIX)
        try:
            self._inner.mkdir()
            self._inner.chmod(0o755)
            inner = os.open(self._inner, os.O_PATH | os.O_DIRECTORY)
            try:  # by descriptor: a path may be longer than the 107 bytes that an address has
                self._listener.bind(f"/proc/self/fd/{inner}/{_NAME}")
            finally:
                os.close(inner)
            (self._inner / _NAME).chmod(0o666)
            self._listener.listen(4)
        except BaseException:
            self.close()
            raise

    @property
    def shown(self) -> str:
        """The folder to show to the box, and nothing else."""
        return str(self._inner)

    def path_in(self, folder: str) -> str:
        """Returns the socket's path in a box that sees `shown` there."""
        return f"{folder}/{_NAME}"

    def admit(self, timeout: float, stream: socket.socket) -> socket.socket | None:
        """Waits for the supervisor and returns the connection to it; None where the box ended before.

        Args:
            timeout: seconds.
            stream: becomes readable where the box has something to say, or has ended, without coming in.

        Raises:
            OSError: nobody came who knows the token.
        """
        deadline = time.monotonic() + timeout
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        poll.register(stream, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0:
            ready = dict(poll.poll(left * 1000 + 1))
            if self._listener.fileno() not in ready:
                if ready:
                    return None
                continue
            connection, _ = self._listener.accept()
            connection.settimeout(max(deadline - time.monotonic(), 0.1))
            with contextlib.suppress(OSError):
                if hmac.compare_digest(_read(connection, _TOKEN_SIZE), self.token):
                    return connection
            connection.close()
        raise TimeoutError(f"the supervisor did not come in {timeout:g} seconds")

    def close(self) -> None:
        """Stops listening and removes the folder; who came in stays."""
        self._listener.close()
        with contextlib.suppress(OSError):
            (self._inner / _NAME).unlink()
        for folder in (self._inner, self._outer):
            with contextlib.suppress(OSError):
                folder.rmdir()


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (piece := connection.recv(size - len(data))):
        data += piece
    return data
