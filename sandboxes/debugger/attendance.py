"""The supervisor's part in a live session: it starts the program's process, and knows of its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import time
from typing import Any

from .ends import end_others, kill, verdict
from .host import STDIN, Host, send
from .spare import Spares
from .wire import pack

_CHUNK = 1 << 16


class Attendance:
    """A live session's processes: the program's, and the forks of it that its host asked for.

    The host speaks with them over sockets of their own; where it cannot hand those over, with the first one
    through here. It asks for their ends: ``{"status": pid, "within": seconds}`` waits so long for one (0 is
    the first) and then ends it, ``{"end": true}`` ends all. Their ends of the sockets are kept here too, a
    fork's after ``{"watch": pid}``, and shut down when the process has ended: what it started may hold them.

    Args:
        request: as `stand_by` takes it.
        host: where requests come from.
        spares: has a process for it.
        alone: as `Run` has it.
    """

    def __init__(self, request: dict[str, Any], host: Host, spares: Spares, alone: bool) -> None:
        self._host = host
        self._alone = alone
        given = host.take_descriptor()
        self._relay: socket.socket | None = None
        if given is None:
            self._relay, theirs = socket.socketpair()
            given = theirs.detach()
        spare = spares.start(request, given)
        spare.close()  # what the session says goes over the socket
        self._pid = spare.pid
        self._statuses: dict[int, int] = {}
        self._watched: dict[int, tuple[int, socket.socket]] = {}
        """Process and socket of each descriptor that tells of a process's end."""
        self._poll = select.poll()
        self._poll.register(STDIN, select.POLLIN)
        if self._relay is not None:
            self._poll.register(self._relay, select.POLLIN)
        self._watch(self._pid, given)
        send(pack({"pid": self._pid}))

    def last(self) -> bytes:
        """Serves the session to its end, and returns the last message's frame."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._watched:
                    self._part(descriptor)
                elif descriptor != STDIN:
                    self._hand_on()
                else:
                    request = self._host.hear()
                    if request is None:
                        self._end()
                        sys.exit(0)
                    if "end" in request:
                        code, reason = self._end()
                        return pack({"exit": {"code": code, "reason": reason}})
                    self._answer(request)

    def _answer(self, request: dict[str, Any]) -> None:
        """Does what the host asks for in mid-session."""
        if "say" in request and self._relay is not None:
            with contextlib.suppress(OSError):
                self._relay.sendall(request["say"].encode("latin-1"))
        elif "watch" in request:
            given = self._host.take_descriptor()
            if given is not None:
                self._watch(request["watch"], given)
        elif "status" in request:
            code, reason = self._verdict(request["status"] or self._pid, request["within"])
            send(pack({"exit": {"code": code, "reason": reason}}))

    def _watch(self, pid: int, given: int) -> None:
        """Shuts a socket down once a process has ended."""
        theirs = socket.socket(fileno=given)
        try:
            ended = os.pidfd_open(pid)
        except OSError:  # it is gone already
            _shut(theirs)
            return
        self._watched[ended] = pid, theirs
        self._poll.register(ended, select.POLLIN)

    def _part(self, ended: int) -> None:
        """A process has ended, and nobody speaks for it any more."""
        self._poll.unregister(ended)
        os.close(ended)
        _, theirs = self._watched.pop(ended)
        self._reap()
        _shut(theirs)

    def _hand_on(self) -> None:
        """Hands on what the program's process says."""
        assert self._relay is not None
        try:
            data = self._relay.recv(_CHUNK)
        except OSError:
            data = b""
        send(pack({"hear": data.decode("latin-1")}))
        if not data:
            self._poll.unregister(self._relay)

    def _verdict(self, pid: int, within: float) -> tuple[str, str]:
        """How a process ended; one that does not end by itself in so many seconds is ended.

        It is known by its descriptor: its number may be another process's once its status was taken.
        """
        watched = {watched: ended for ended, (watched, _) in self._watched.items()}.get(pid)
        end = select.poll()
        if watched is not None:
            end.register(watched, select.POLLIN)
        deadline = time.monotonic() + within
        while True:
            over = watched is None or bool(end.poll(0))
            self._reap()
            if pid in self._statuses:
                return verdict(self._statuses[pid])
            if over or watched is None:
                return "error", "killed"
            if time.monotonic() >= deadline:
                signal.pidfd_send_signal(watched, signal.SIGKILL)
            time.sleep(0.001)

    def _reap(self) -> None:
        """Takes the statuses of the processes that have ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._statuses[pid] = status

    def _end(self) -> tuple[str, str]:
        """Ends all processes of the session; returns how the first one ended."""
        self._reap()
        if self._relay is not None:
            self._relay.close()
        for ended, (_, theirs) in self._watched.items():
            os.close(ended)
            theirs.close()
        if self._pid not in self._statuses:
            try:
                os.killpg(self._pid, signal.SIGKILL)
            except ProcessLookupError:
                kill(self._pid)
            _, self._statuses[self._pid] = os.waitpid(self._pid, 0)
        end_others(self._alone)
        return verdict(self._statuses[self._pid])


def _shut(stream: socket.socket) -> None:
    """Ends a stream for all who hold it."""
    with contextlib.suppress(OSError):
        stream.shutdown(socket.SHUT_RDWR)
    stream.close()
