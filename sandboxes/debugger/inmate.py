"""The process that the program runs in: confines itself, records, and reports over one pipe.

What it says is data to the supervisor: how the run ended is decided from outside.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from . import recorder
from .confine import confine
from .program import Program
from .wire import FRAME_LIMIT, dumps, frame

TOKEN_SIZE = 16
"""Bytes that begin every frame's body; a write to a guessed descriptor does not have them."""
STATES, LAST = b"S", b"L"
"""The byte after the token: states, or the last message of the run."""
TAMPER_STATUS = 86
"""Exit status after the program tried to take the recorder's place."""

_TAMPERING = frozenset(
    {
        "sys.settrace",
        "sys.setprofile",
        "sys.addaudithook",
        "sys.monitoring.register_callback",
    }
)


def live(request: dict[str, Any], pipe: int, token: bytes, alone: bool) -> NoReturn:
    """Runs one request in this process and ends the process.

    Args:
        request: ``source``, ``call``, ``name``, ``max_events``, ``timeout`` and ``memory``.
        pipe: where frames are written.
        token: begins every frame's body.
        alone: as `confine` has it.
    """
    leave = os._exit  # what the program does to the module os changes nothing here
    status = 1
    try:
        confine(pipe, request["memory"], request["timeout"], alone)
        emit = _emitter(pipe, token)
        program = Program(request["source"], request["call"], request["name"])
        sys.argv = [program.name]
        _guard(leave)
        try:
            recorder.run(program, request["max_events"], emit)
        except MemoryError:
            emit({"exit": {"code": "error", "reason": "memory"}, "stdout": ""})
        except BaseException:  # the program broke what the recorder stands on
            emit({"exit": {"code": "error", "reason": "broken_recorder"}, "stdout": ""})
        status = 0
    finally:
        leave(status)


def _emitter(pipe: int, token: bytes) -> Callable[[dict[str, Any]], None]:
    """Returns the function that sends the recorder's messages; large ones are split.

    A process that the program forks says nothing.
    """
    write, encode, whoami, owner = os.write, dumps, os.getpid, os.getpid()

    def emit(message: dict[str, Any]) -> None:
        if whoami() != owner:
            return
        states = message.get("states")
        body = encode(message).encode("ascii")
        if states and len(states) > 1 and len(body) > FRAME_LIMIT // 2:
            middle = len(states) // 2
            emit({"states": states[:middle]})
            emit({"states": states[middle:]})
            return
        data = memoryview(frame(token + (LAST if states is None else STATES) + body))
        while data:
            data = data[write(pipe, data) :]

    return emit


def _guard(leave: Callable[[int], None]) -> None:
    """Ends the process when anything but the recorder sets a trace function or the like."""
    own, caller, tampering = vars(recorder), sys._getframe, _TAMPERING

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in tampering and caller(1).f_globals is not own:
            leave(TAMPER_STATUS)

    sys.addaudithook(watch)
