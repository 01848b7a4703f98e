"""The first process of a box: forks one process for each run and says how each ended.

It reads requests from stdin and writes messages to stdout, framed as `wire` has it, and never runs a
line of the program. A run's states are handed on as they come; its end is decided here, from the
clock and the wait status. It ends when stdin does, so that no box outlives its host.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import mmap
import os
import platform
import resource
import select
import signal
import socket
import stat
import sys
import time
from typing import Any

from .confine import shield_supervisor
from .inmate import AREA_HEAD, AREA_SIZE, BROKEN_STATUS, MARK, TAMPER_STATUS, TOKEN_SIZE, attend, live
from .wire import HEADER, RAW, RUN_LIMIT, STATE_LIMIT, frame, pack, read_frame

_STDIN, _STDOUT = 0, 1
_CHUNK = 1 << 16
_GRACE = 1.0
"""Seconds that a process may take to end after its last message."""
_CRASHES = frozenset(
    {
        signal.SIGSEGV,
        signal.SIGBUS,
        signal.SIGABRT,
        signal.SIGILL,
        signal.SIGFPE,
        signal.SIGSYS,
        signal.SIGTRAP,
    }
)


def serve() -> None:
    """Answers requests until stdin ends."""
    shield_supervisor()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    alone = os.getpid() == 1
    limits = _limits()
    area = mmap.mmap(-1, AREA_SIZE)
    _send(pack({"python": platform.python_version()}))
    gc.collect()
    gc.freeze()
    host = Host()
    while (request := host.hear()) is not None:
        if "token" in request:
            last = Live(request, host, alone).last()
        elif "program" in request:
            last = Run(request, area, alone).last()
        else:
            last = pack({"idle": True})
        if _limits() != limits:
            sys.exit("the program changed the limits of the box's first process")
        _clear(alone)
        _send(last)


class Host:
    """What the host says, on stdin: frames, and descriptors with them where stdin is a Unix socket."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        if stat.S_ISSOCK(os.fstat(_STDIN).st_mode):
            self._socket = socket.socket(fileno=os.dup(_STDIN))
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
            return os.read(_STDIN, size)
        data, descriptors, _, _ = socket.recv_fds(self._socket, size, 4)
        self._descriptors += descriptors
        return data


class Run:
    """One program's process, from its fork to its end.

    Args:
        request: as `live` takes it.
        area: memory of `AREA_SIZE` bytes that is shared with forks.
        alone: this process is the box's first, and everything else in the box is the program's.
    """

    def __init__(self, request: dict[str, Any], area: mmap.mmap, alone: bool) -> None:
        self._area = area
        AREA_HEAD.pack_into(area, 0, AREA_HEAD.size, 0)
        self._deadline = time.monotonic() + request["timeout"]
        self._token = os.urandom(TOKEN_SIZE)
        self._pipe, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            live(request, writing, area, self._token, alone)
        os.close(writing)
        os.set_blocking(self._pipe, False)
        self._alone = alone
        self._buffer = bytearray()
        self._count = 0
        """Chunks taken."""
        self._sent = 0
        """Bytes handed on."""
        self._last: bytes | None = None
        self._fault: tuple[str, str] | None = None
        """Exit code and reason that were decided before the process ended."""

    def last(self) -> bytes:
        """Hands on the states, ends the process, and returns the last message's frame."""
        self._relay()
        status = self._end()
        os.close(self._pipe)
        self._take_rest()
        if self._fault is None and self._last is not None and status == 0:
            return frame(self._last)
        code, reason = self._fault or _verdict(status)
        return pack({"exit": {"code": code, "reason": reason}})

    def _relay(self) -> None:
        """Reads the pipe until the process ends, is at fault, or its time is over."""
        ended = os.pidfd_open(self._pid)
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        poll.register(ended, select.POLLIN)
        poll.register(_STDIN, 0)  # a hang-up is told all the same
        try:
            while self._fault is None:
                left = self._deadline - time.monotonic()
                if left <= 0:
                    self._fault = ("never", "timeout")
                    return
                ready = dict(poll.poll(left * 1000 + 1))
                if ready.get(_STDIN, 0) & (select.POLLHUP | select.POLLERR):
                    self._end()
                    sys.exit(0)
                more = self._pipe not in ready or self._read()
                if not more:
                    poll.unregister(self._pipe)
                if ended in ready:
                    while more and self._fault is None and self._read():
                        pass
                    return
        finally:
            os.close(ended)

    def _read(self) -> bool:
        """Reads what is there; whether there can be more."""
        try:
            data = os.read(self._pipe, _CHUNK)
        except BlockingIOError:
            return False
        self._buffer += data
        self._take_frames()
        return bool(data)

    def _take_rest(self) -> None:
        """Takes the states that the ended process left in the shared memory."""
        end, number = AREA_HEAD.unpack_from(self._area)
        sound = self._fault is None or self._fault == ("never", "timeout")
        if sound and self._last is None and number == self._count:
            self._hand_on(self._area[AREA_HEAD.size : min(end, AREA_SIZE)])

    def _take_frames(self) -> None:
        """Hands on the whole chunks of states, keeps the last message, and notes what is forged."""
        buffer, start = self._buffer, 0
        while self._fault is None and len(buffer) - start >= HEADER.size:
            (size,) = HEADER.unpack_from(buffer, start)
            body = start + HEADER.size
            mark = body + TOKEN_SIZE
            content = mark + MARK.size
            if size > STATE_LIMIT:
                genuine = buffer.startswith(self._token, body)
                self._blame(*("never", "size_budget") if genuine else ("error", "tamper"))
                break
            if len(buffer) - body < size:
                break
            start = body + size
            if not buffer.startswith(self._token, body) or content > start:
                self._blame("error", "tamper")
                break
            number, last = MARK.unpack_from(buffer, mark)
            if number != self._count or self._last is not None:
                self._blame("error", "tamper")
                break
            self._count += 1
            if last:
                self._last = bytes(buffer[content:start])
                self._deadline = min(self._deadline, time.monotonic() + _GRACE)
            else:
                self._hand_on(buffer[content:start])
        del buffer[:start]

    def _hand_on(self, lines: bytes | bytearray) -> None:
        """Sends states to the host as they are."""
        self._sent += len(lines)
        if self._sent > RUN_LIMIT:
            self._blame("never", "size_budget")
        elif lines:
            _send(frame(RAW + lines))

    def _blame(self, code: str, reason: str) -> None:
        """Notes why the run is over; the first reason stays."""
        self._fault = self._fault or (code, reason)

    def _end(self) -> int:
        """Ends the process with all that it started, and returns its wait status."""
        try:
            os.killpg(self._pid, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(self._pid, signal.SIGKILL)  # not yet the leader of its group; a zombie at the latest
        _, status = os.waitpid(self._pid, 0)
        _end_others(self._alone)
        return status


class Live:
    """A live session's processes: the program's, and the forks of it that its host asked for.

    The host speaks with them over sockets of their own; where it cannot hand those over, with the first one
    through here. It asks for their ends: ``{"status": pid}`` waits for one, 0 for the first, ``{"end": true}``
    ends all.

    Args:
        request: as `attend` takes it.
        host: where requests come from.
        alone: as `Run` has it.
    """

    def __init__(self, request: dict[str, Any], host: Host, alone: bool) -> None:
        self._host = host
        self._alone = alone
        given = host.take_descriptor()
        self._relay: socket.socket | None = None
        if given is None:
            self._relay, theirs = socket.socketpair()
            given = theirs.detach()
        self._pid = os.fork()
        if self._pid == 0:
            attend(request, given, alone)
        os.close(given)
        self._statuses: dict[int, int] = {}
        _send(pack({"pid": self._pid}))

    def last(self) -> bytes:
        """Serves the session to its end, and returns the last message's frame."""
        poll = select.poll()
        poll.register(_STDIN, select.POLLIN)
        if self._relay is not None:
            poll.register(self._relay, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor != _STDIN:
                    self._hand_on(poll)
                    continue
                request = self._host.hear()
                if request is None:
                    self._end()
                    sys.exit(0)
                if "end" in request:
                    code, reason = self._end()
                    return pack({"exit": {"code": code, "reason": reason}})
                if "say" in request and self._relay is not None:
                    with contextlib.suppress(OSError):
                        self._relay.sendall(request["say"].encode("latin-1"))
                elif "status" in request:
                    code, reason = self._verdict(request["status"] or self._pid)
                    _send(pack({"exit": {"code": code, "reason": reason}}))

    def _hand_on(self, poll: select.poll) -> None:
        """Hands on what the program's process says."""
        assert self._relay is not None
        try:
            data = self._relay.recv(_CHUNK)
        except OSError:
            data = b""
        _send(pack({"hear": data.decode("latin-1")}))
        if not data:
            poll.unregister(self._relay)

    def _verdict(self, pid: int) -> tuple[str, str]:
        """How a process ended; one that does not end by itself soon is ended."""
        deadline = time.monotonic() + _GRACE
        while pid not in self._statuses:
            self._reap()
            if pid in self._statuses:
                break
            if time.monotonic() > deadline:
                _kill(pid)
                deadline += _GRACE
            if not _is_there(pid):
                return "error", "killed"
            time.sleep(0.001)
        return _verdict(self._statuses[pid])

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
        if self._pid not in self._statuses:
            try:
                os.killpg(self._pid, signal.SIGKILL)
            except ProcessLookupError:
                _kill(self._pid)
            _, self._statuses[self._pid] = os.waitpid(self._pid, 0)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)
        _end_others(self._alone)
        return _verdict(self._statuses[self._pid])


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _limits() -> list[object]:
    """What another process of the same user could change about this one."""
    kinds = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    return [os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0), *map(resource.getrlimit, kinds)]


def _verdict(status: int) -> tuple[str, str]:
    """Exit code and reason from a wait status, for a process without a last message of its own."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return "never", "timeout"
        return "error", "crash" if number in _CRASHES else "killed"
    code = os.WEXITSTATUS(status)
    if code == TAMPER_STATUS:
        return "error", "tamper"
    if code == BROKEN_STATUS:
        return "error", "broken_recorder"
    return "normal" if code == 0 else "error", "abrupt_exit"


def _end_others(alone: bool) -> None:
    """Ends the orphans that a program left."""
    while True:
        if alone:
            _kill(-1)
        else:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                for child in file.read().split():
                    _kill(int(child))
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _clear(alone: bool) -> None:
    """Empties the box's own ``/tmp``: only as the box's first process, and only a mount of its own."""
    if not alone:
        return
    folder = os.open("/tmp", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(folder).st_dev == os.stat("/").st_dev:
            return
        _empty(folder)
    finally:
        os.close(folder)


def _empty(folder: int) -> None:
    """Removes all that is in a folder, locked or however deep: what lies in a folder in it is moved up first."""
    count = 0
    while entries := _entries(folder):
        for name, is_folder in entries:
            if not is_folder:
                os.unlink(name, dir_fd=folder)
                continue
            os.chmod(name, 0o700, dir_fd=folder)
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            try:
                for deeper, is_folder in _entries(inner):
                    if is_folder:
                        os.chmod(deeper, 0o700, dir_fd=inner)
                        count += 1
                        os.rename(deeper, f".moved-{os.getpid()}-{count}", src_dir_fd=inner, dst_dir_fd=folder)
                    else:
                        os.unlink(deeper, dir_fd=inner)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=folder)


def _entries(folder: int) -> list[tuple[str, bool]]:
    with os.scandir(folder) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]


def _send(data: bytes | bytearray) -> None:
    """Writes to the host; ends this process, and so the box, when the host is gone."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(_STDOUT, view) :]
    except OSError as error:
        if error.errno in (errno.EPIPE, errno.ECONNRESET):
            sys.exit(0)
        raise
