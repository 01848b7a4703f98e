"""The first process of a box: forks one process for each run and says how each ended.

It reads requests from stdin and writes messages to stdout, framed as `wire` has it, and never runs a
line of the program. A run's states are handed on as they come; its end is decided here, from the
clock and the wait status. It ends when stdin does, so that no box outlives its host; and after a run
that damaged the box itself, whose last message then says ``"over": true``.
"""

from __future__ import annotations

import gc
import mmap
import os
import platform
import resource
import select
import signal
import sys
import time
from typing import Any

from .attendance import Attendance
from .cleaning import clear
from .confine import shield_supervisor
from .ends import end_others, verdict
from .footprint import Footprint
from .host import STDIN, Host, send
from .inmate import AREA_HEAD, AREA_SIZE, MARK, TOKEN_SIZE
from .rehearsal import OFTEN, rehearse
from .spare import Spares
from .wire import HEADER, RAW, RUN_LIMIT, STATE_LIMIT, frame, pack

_CHUNK = 1 << 16
_GRACE = 1.0
"""Seconds that a process may take to end after its last message."""
_KINDS = tuple(getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_"))


def serve() -> None:
    """Answers requests until stdin ends."""
    shield_supervisor()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    alone = os.getpid() == 1
    limits = _limits()
    area = mmap.mmap(-1, AREA_SIZE)
    rehearse(OFTEN)
    gc.collect()
    gc.freeze()
    spares = Spares(area, Footprint.learn(rehearse), alone)
    send(pack({"python": platform.python_version()}))
    spares.prepare()
    host = Host()
    while (request := host.hear()) is not None:
        if "token" in request:
            last = Attendance(request, host, spares, alone).last()
        elif "program" in request:
            last = Run(request, area, spares, alone).last()
        else:
            last = pack({"idle": True})
        broken = _broken(limits, alone)
        if broken:
            send(pack({"exit": {"code": "error", "reason": "tamper"}, "over": True}))
            sys.exit(broken)
        send(last)
        spares.prepare()  # the run before has ended, and nothing of it is left that could reach the next


def _broken(limits: list[object], alone: bool) -> str:
    """Cleans the box after a run; says what cannot be made good again, if anything."""
    if _limits() != limits:
        return "the program changed the limits of the box's first process"
    try:
        clear(alone)
    except OSError as error:
        return f"what the program left in the box cannot be removed: {error}"
    return ""


class Run:
    """One program's process, from its fork to its end.

    Args:
        request: as `stand_by` takes it.
        area: memory of `AREA_SIZE` bytes that is shared with forks.
        spares: has a process for it.
        alone: this process is the box's first, and everything else in the box is the program's.
    """

    def __init__(self, request: dict[str, Any], area: mmap.mmap, spares: Spares, alone: bool) -> None:
        self._area = area
        AREA_HEAD.pack_into(area, 0, AREA_HEAD.size, 0)
        self._deadline = time.monotonic() + request["timeout"]
        spare = spares.start(request)
        self._token, self._pipe, self._pid = spare.token, spare.pipe, spare.pid
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
        """Hands on the states, ends the process, and returns the last message's frame.

        Once the program may have run there is a frame of states before it, if an empty one: from then on the
        caller can be blamed no more.
        """
        self._relay()
        status = self._end()
        while self._fault is None and self._read():  # nobody is left to write more
            pass
        os.close(self._pipe)
        self._take_rest()
        if self._fault is None and self._last is not None and status == 0:
            if self._count and not self._sent:
                send(frame(RAW))
            return frame(self._last)
        code, reason = self._fault or verdict(status)
        return pack({"exit": {"code": code, "reason": reason}})

    def _relay(self) -> None:
        """Reads the pipe until the process ends, is at fault, or its time is over."""
        ended = os.pidfd_open(self._pid)
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        poll.register(ended, select.POLLIN)
        poll.register(STDIN, 0)  # a hang-up is told all the same
        try:
            while self._fault is None:
                left = self._deadline - time.monotonic()
                if left <= 0:
                    self._fault = ("never", "timeout")
                    return
                ready = dict(poll.poll(left * 1000 + 1))
                if ready.get(STDIN, 0) & (select.POLLHUP | select.POLLERR):
                    self._end()
                    sys.exit(0)
                if ended in ready:
                    return
                if self._pipe in ready and not self._read():
                    poll.unregister(self._pipe)
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
                if buffer.startswith(RAW, content):
                    self._blame("error", "tamper")
                    break
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
            send(frame(RAW + lines))

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
        end_others(self._alone)
        return status


def _limits() -> list[object]:
    """What another process of the same user could change about this one."""
    return [os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0), *map(resource.getrlimit, _KINDS)]
