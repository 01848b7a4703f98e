"""Evaluates expressions in a frame of the running program, in a fork, so that nothing of it stays.

The fork answers over a pipe with the text of the value; it is killed when its time is over, whatever it does.
"""

from __future__ import annotations

import json
import select
import signal
import threading
import time
import types
import warnings
from collections.abc import Mapping
from os import _exit, close, fork, kill, pipe, read, waitpid, write
from typing import Any, NoReturn

from .look import Evaluation
from .values import Renderer

SECONDS = 1.0
"""Wall clock that an expression may take."""
_LONGEST = 64_000
"""Bytes of an answer."""


Names = Mapping[str, Any]


def evaluate(text: str, frame: types.FrameType, seconds: float, names: Names | None = None) -> Evaluation:
    """Evaluates an expression in a frame and discards all that it does.

    Args:
        text: One Python expression.
        frame: The frame.
        seconds: Wall clock that it may take.
        names: The frame's locals at the stop, where the frame has gone on since; None takes those it has.
    """
    return Evaluation(*_answer(text, frame, seconds, names)[:2])


def truth(text: str, frame: types.FrameType) -> bool:
    """Whether an expression is true in a frame; one that raises or takes too long is not."""
    return _answer(text, frame, SECONDS)[2]


def value(text: str, frame: types.FrameType, names: Names | None = None) -> Any:
    """Evaluates an expression in this very process; what it does stays done."""
    code = compile(text.strip(), "<expression>", "eval", dont_inherit=True)
    return eval(code, {**frame.f_globals, **(frame.f_locals if names is None else names)})


def double() -> int:
    """Forks this process, which may have threads; they are missing in the fork."""
    if threading.active_count() == 1:
        return fork()
    with warnings.catch_warnings():  # newer versions warn of exactly that
        warnings.simplefilter("ignore")
        return fork()


def _answer(
    text: str, frame: types.FrameType, seconds: float, names: Names | None = None
) -> tuple[str, str, bool]:
    """Returns the text, the outcome, and whether the value is true."""
    reading, writing = pipe()
    try:
        pid = double()
    except OSError as error:
        close(reading)
        close(writing)
        return f"the process cannot be doubled: {error.strerror}", "refused", False
    if pid == 0:
        _child(text, frame, names, writing)
    close(writing)
    data, in_time = _read(reading, time.monotonic() + seconds)
    close(reading)
    _kill(pid)
    _, status = waitpid(pid, 0)
    if not in_time:
        return f"it did not end within {seconds:g} s", "timeout", False
    try:
        shown, outcome, true = json.loads(data)
        return str(shown), str(outcome), true is True
    except ValueError:
        return f"its process ended with status {status}", "killed", False


def _child(text: str, frame: types.FrameType, names: Names | None, writing: int) -> NoReturn:
    """Evaluates, answers, and ends."""
    dumps = json.dumps
    try:
        answer = _evaluated(text, frame, names)
        data = dumps(answer).encode()[:_LONGEST]
        while data:
            data = data[write(writing, data) :]
    finally:
        _exit(0)


def _evaluated(text: str, frame: types.FrameType, names: Names | None) -> tuple[str, str, bool]:
    renderer = Renderer()
    try:
        found = value(text, frame, names)
        true = bool(found)
    except MemoryError:
        return "MemoryError", "memory", False
    except BaseException as error:
        return renderer.error(error), "exception", False
    return renderer.text(found), "value", true


def _read(descriptor: int, deadline: float) -> tuple[bytes, bool]:
    """Reads to the end, or to the deadline."""
    data = bytearray()
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while len(data) <= _LONGEST:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000 + 1):
            return bytes(data), False
        piece = read(descriptor, 1 << 16)
        if not piece:
            break
        data += piece
    return bytes(data), True


def _kill(pid: int) -> None:
    try:
        kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
