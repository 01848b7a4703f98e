"""A small client of the Debug Adapter Protocol: framed JSON over TCP, one request at a time."""

from __future__ import annotations

import json
import socket
import time
from collections import deque
from typing import Any, Self


class DapClient:
    """A connection to a debug adapter, with TCP_NODELAY.

    Args:
        port: of the adapter on this machine; it is tried for ten seconds.
        timeout: seconds after which a silent adapter is an error.
    """

    def __init__(self, port: int, timeout: float = 120.0) -> None:
        deadline = time.monotonic() + 10
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
                break
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        self._number = 0
        self._events: deque[dict[str, Any]] = deque()
        self._answers: dict[int, dict[str, Any]] = {}
        self.output: list[str] = []
        """What the program printed, in order."""

    def send(self, command: str, **arguments: Any) -> int:
        """Sends a request; returns its number, for `answer`."""
        self._number += 1
        message = {"seq": self._number, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return self._number

    def answer(self, number: int) -> dict[str, Any]:
        """Waits for a request's answer and returns its body.

        Raises:
            RuntimeError: the adapter refused.
        """
        while number not in self._answers:
            self._take()
        answer = self._answers.pop(number)
        if not answer.get("success"):
            raise RuntimeError(f"{answer.get('command')}: {answer.get('message')}")
        return dict(answer.get("body") or {})

    def request(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Sends a request and waits for its answer."""
        return self.answer(self.send(command, **arguments))

    def wait(self, *names: str) -> dict[str, Any]:
        """Waits for an event of one of these names and returns it; others are dropped."""
        while True:
            while self._events:
                event = self._events.popleft()
                if event["event"] in names:
                    return event
            self._take()

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _take(self) -> None:
        message = self._receive()
        if message["type"] == "response":
            self._answers[message["request_seq"]] = message
        elif message["type"] == "event":
            if message["event"] == "output" and message["body"].get("category") == "stdout":
                self.output.append(message["body"]["output"])
            self._events.append(message)

    def _receive(self) -> dict[str, Any]:
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n"))
        length = int(fields[b"Content-Length"])
        while len(self._buffer) < length:
            self._more()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        message: dict[str, Any] = json.loads(body)
        return message

    def _more(self) -> None:
        data = self._socket.recv(1 << 16)
        if not data:
            raise ConnectionError("the debug adapter closed the connection")
        self._buffer += data
