"""The process that the program runs in: confines itself, records, and reports.

What it says is data to the supervisor: how the run ended is decided from outside. States lie in memory
that the supervisor shares, so that none is lost however the process ends; a full memory goes over a pipe.
"""

from __future__ import annotations

import dis
import mmap
import os
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from . import recorder, tracer
from .confine import ration, seal
from .footprint import Footprint
from .frame_memory import FrameMemory
from .host import Host
from .packing import Packer
from .program import Program
from .scribe import PutLine
from .speech import Speech
from .wire import dumps, frame

TOKEN_SIZE = 16
"""Bytes that begin every chunk; a write to a guessed descriptor does not have them."""
MARK = struct.Struct(">IB")
"""What follows the token: the chunk's number from 0, and whether it is the last message of the run."""
AREA_SIZE = 1 << 18
"""Bytes of the shared memory."""
AREA_HEAD = struct.Struct("=QQ")
"""What the shared memory begins with: where its lines end, and the number of the chunk that they will be."""
TAMPER_STATUS = 86
"""Exit status after the program tried to take the recorder's place."""
BROKEN_STATUS = 87
"""Exit status after the program broke what the debugger stands on."""

_CALLS = frozenset(number for name, number in dis.opmap.items() if name.startswith("CALL"))


def stand_by(
    requests: socket.socket, pipe: int, area: mmap.mmap, token: bytes, footprint: Footprint, alone: bool
) -> NoReturn:
    """Waits for a request, runs it in this process, and ends the process.

    All that does not depend on the request is done before it comes.

    Args:
        requests: where one frame comes: ``program``, ``memory`` and, for a recording, ``max_events`` and
            ``timeout``, or for a live session ``token``, ``cpu`` (seconds) and a socket to the host.
        pipe: where a recording's frames are written that the shared memory cannot hold.
        area: the shared memory, empty.
        token: begins the body of every frame of a recording.
        footprint: what runs write to.
        alone: as `seal` has it.
    """
    leave = os._exit  # what the program does to the module os changes nothing here
    status = 1
    try:
        seal((requests.fileno(), pipe), alone)
        footprint.touch(requests.fileno())
        host = Host(requests)
        request = host.hear()
        if request is None:
            leave(status)
        descriptor = host.take_descriptor()
        host.close()
        if descriptor is None:
            status = _record(request, pipe, area, token, leave)
        else:
            os.close(pipe)
            status = _attend(request, descriptor, leave)
    finally:
        leave(status)


def _record(
    request: dict[str, Any], pipe: int, area: mmap.mmap, token: bytes, leave: Callable[[int], NoReturn]
) -> int:
    """Records a program; returns this process's exit status."""
    ration(request["memory"], request["timeout"])
    report = _Report(pipe, area, token, _Guard(leave))
    program = Program.from_json(request["program"])
    try:
        recorder.run(program, request["max_events"], report)
    except MemoryError:
        report.finish({"exit": {"code": "error", "reason": "memory"}})
    except BaseException:  # the program broke what the recorder stands on
        report.finish({"exit": {"code": "error", "reason": "broken_recorder"}})
    return 0


def _attend(request: dict[str, Any], descriptor: int, leave: Callable[[int], NoReturn]) -> int:
    """Runs a live session; returns this process's exit status."""
    ration(request["memory"], request["cpu"])
    guard = _Guard(leave)
    speech = Speech(descriptor, bytes.fromhex(request["token"]))
    try:
        recorder.attend(Program.from_json(request["program"]), speech, guard)
    except MemoryError:
        speech.say(["exit", {"code": "error", "reason": "memory"}, "", "", None, []])
    except BaseException:  # the program broke what the debugger stands on, or the host is gone
        return BROKEN_STATUS
    return 0


class _Report:
    """Takes the states of a recording, and its last message.

    The states' lines lie one after the other in the shared memory; where that is full, all of it goes over
    the pipe as one numbered chunk. The first chunk is empty and says that the program is about to run. A
    process that the program forks says nothing. A run that went on after its trace had ended is none that
    ended well.
    """

    def __init__(self, pipe: int, area: mmap.mmap, token: bytes, guard: _Guard) -> None:
        self._token = token
        self._guard = guard
        self._number = 0
        packing = Packer()
        pack, pack_line, packer, whoami, owner, mark = (
            packing.pack,
            packing.line,
            AREA_HEAD.pack_into,
            os.getpid,
            os.getpid(),
            MARK.pack,
        )
        write, start, full = os.write, AREA_HEAD.size, AREA_SIZE
        end = start
        mine = self

        def push(content: bytes | memoryview, last: bool = False) -> None:
            data = memoryview(frame(token + mark(mine._number, last) + content))
            while data:
                data = data[write(pipe, data) :]
            mine._number += 1

        def spill() -> None:
            nonlocal end
            if end > start:
                push(area[start:end])
                end = start
            packer(area, 0, end, mine._number)

        def keep(line: bytes) -> None:
            nonlocal end
            if whoami() != owner:
                return
            after = end + len(line)
            if after > full:
                spill()
                after = end + len(line)
                if after > full:
                    push(line)
                    packer(area, 0, end, mine._number)
                    return
            area[end:after] = line
            end = after
            packer(area, 0, end, mine._number)

        def put_line(
            line: int, depth: int, locals: dict[str, str], function: str, file: str, memory: FrameMemory
        ) -> None:
            keep(pack_line(line, depth, locals, function, file, memory))

        def finish(message: dict[str, Any]) -> None:
            if whoami() != owner:
                return
            if mine._guard.lost and message.get("exit", {}).get("code") == "normal":
                message = {"exit": {"code": "never", "reason": "trace_lost"}}
            spill()
            push(dumps(message).encode("ascii"), True)

        self.put: Callable[..., None] = lambda *parts: keep(pack(*parts))
        """Takes one state by its parts, as `Packer.pack` does."""
        self.put_line: PutLine = put_line
        """Takes a ``line`` state without output, as `Packer.line` does."""
        self.checked: Callable[[], None] = lambda: push(b"")
        """Says that the program is about to run; an empty chunk."""
        self.finish: Callable[[dict[str, Any]], None] = finish
        """Takes the last message; flushes what is not sent."""


class _Guard:
    """Watches over the trace function, which is the recorder's alone.

    The process ends at once when the program sets another one, or adds an audit hook. CPython takes the
    trace function away by itself where it raises, as it does next to the recursion limit.

    Args:
        leave: ends the process.
    """

    def __init__(self, leave: Callable[[int], None]) -> None:
        self.lost = False
        """Whether states are missing at the end of the trace."""
        own, caller, profile, put_back = vars(tracer), sys._getframe, sys.getprofile, tracer.Tracer.put_back

        def watch(event: str, arguments: tuple[Any, ...]) -> None:
            if event == "sys.addaudithook":
                leave(TAMPER_STATUS)
            elif event == "sys.settrace":
                frame = caller(1)
                if frame.f_globals is own:
                    return
                if getattr(profile(), "__func__", None) is put_back:
                    return  # a frame beyond the recursion limit is being refused
                if frame.f_code.co_code[frame.f_lasti] in _CALLS:
                    leave(TAMPER_STATUS)
                self.lost = True

        sys.addaudithook(watch)
