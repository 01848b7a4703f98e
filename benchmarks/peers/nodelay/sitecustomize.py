"""On the path of debugpy's processes: each TCP socket they make has TCP_NODELAY; their code is unchanged."""

import contextlib
import socket
from typing import Any

_made = socket.socket.__init__


def _make(self: socket.socket, *args: Any, **options: Any) -> None:
    _made(self, *args, **options)
    if self.family in (socket.AF_INET, socket.AF_INET6) and self.type == socket.SOCK_STREAM:
        with contextlib.suppress(OSError):
            self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


socket.socket.__init__ = _make  # type: ignore[method-assign]
