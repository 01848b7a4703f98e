"""What every box can do: run a program once under the recorder and hand back the trace."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from abc import ABC, abstractmethod
from importlib import resources
from types import TracebackType
from typing import Any, ClassVar, Self

from .channel import Channel
from .debugger import Exit, ExitCode, Program, ProgramError, State, Trace
from .debugger.wire import WireError
from .errors import SandboxError
from .interpreter import find_interpreter

MEGABYTE = 1 << 20
_START_TIMEOUT = 60.0
"""Seconds that a box may take to start."""
_GRACE = 15.0
"""Seconds beyond a run's deadline after which a silent box is given up."""
_TAMPER = Exit(ExitCode.ERROR, "tamper")


_OPEN: weakref.WeakSet[Sandbox] = weakref.WeakSet()
"""Boxes that were started; those that nobody closed are closed at the end of the process."""


@atexit.register
def _close_all() -> None:
    for sandbox in list(_OPEN):
        sandbox.close()


class Sandbox(ABC):
    """A box in which programs run, one at a time; each run starts from the same clean state.

    A box starts at its first run, lives until `close` (or the end of this process, however it ends),
    and is started anew where it was lost. Calls from several threads wait for each other; a process
    forked from this one gets a box of its own.

    Args:
        max_events: states after which a run is ended as ``never``, for ``step_budget``.
        timeout: seconds of wall clock after which a run is ended as ``never``, for ``timeout``.
        memory: bytes of address space that a run may have.
        python: the interpreter that runs the programs, a path or a name on PATH; None takes this one.

    Raises:
        SandboxError: a limit is no positive number, or the interpreter cannot serve.
    """

    name: ClassVar[str]
    """What it is called on the command line."""

    def __init__(
        self,
        *,
        max_events: int = 10_000,
        timeout: float = 10.0,
        memory: int = 512 * MEGABYTE,
        python: str | None = None,
    ) -> None:
        if max_events < 1:
            raise SandboxError(f"max_events must be at least 1; got {max_events}")
        if not 0 < timeout < 1e6:
            raise SandboxError(f"timeout must be a positive number of seconds; got {timeout}")
        if memory < 64 * MEGABYTE:
            raise SandboxError(f"memory must be at least {64 * MEGABYTE} bytes; got {memory}")
        self.max_events = max_events
        self.timeout = timeout
        self.memory = memory
        self.interpreter = find_interpreter(python)
        self._channel: Channel | None = None
        self._owner = os.getpid()
        self._lock = threading.Lock()

    @classmethod
    @abstractmethod
    def require(cls) -> None:
        """Checks that this machine can have such a box.

        Raises:
            SandboxError: it cannot; the text says how to get it.
        """

    @abstractmethod
    def _start(self) -> Channel:
        """Starts the box's supervisor, which waits for its sources."""

    @property
    def python(self) -> str:
        """Version of the interpreter that runs the programs, such as ``3.11.7``."""
        return self.interpreter.text

    def record(self, program: Program) -> Trace:
        """Runs a program once, under the recorder.

        Returns:
            The trace. However the program ended, and whatever it did to its process, is in ``exit``.

        Raises:
            ProgramError: the program does not compile, or its call does not parse or exist.
            SandboxError: the box cannot start, or was lost during the run.
        """
        request = {
            "source": program.source,
            "call": program.call,
            "name": program.name,
            "max_events": self.max_events,
            "timeout": self.timeout,
            "memory": self.memory,
        }
        with self._lock:
            channel = self._open()
            try:
                channel.send(request, _GRACE)
                return self._receive(channel)
            except (OSError, WireError) as error:
                complaint = channel.complaint.strip()
                self._close()
                raise SandboxError(
                    f"the {self.name} box was lost while {program.name} ran ({error}); "
                    f"the next run gets a new one{': ' + complaint if complaint else ''}"
                ) from None
            except BaseException:
                self._close()  # an interrupted run leaves nothing behind
                raise

    def close(self) -> None:
        """Ends the box and everything in it; a later run starts a new one."""
        with self._lock:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _close(self) -> None:
        channel, self._channel = self._channel, None
        if channel is None:
            return
        if self._owner == os.getpid():
            channel.close()
        else:
            channel.forget()

    def _open(self) -> Channel:
        if self._owner != os.getpid():
            self._close()
            self._owner = os.getpid()
        if self._channel is None:
            channel = self._start()
            try:
                channel.send(_sources(), _START_TIMEOUT)
                channel.receive(_START_TIMEOUT)
            except (OSError, WireError) as error:
                channel.close()
                raise SandboxError(
                    f"the {self.name} box does not start: {channel.complaint or error}"
                ) from None
            self._channel = channel
            _OPEN.add(self)
        return self._channel

    def _receive(self, channel: Channel) -> Trace:
        """Gathers a run's messages; what is no state was forged by the program."""
        states: list[State] = []
        forged = False
        while True:
            message = channel.receive(self.timeout + _GRACE)
            if not isinstance(message, dict):
                forged = True
            elif "states" in message:
                forged = forged or not _take(message["states"], states) or len(states) > self.max_events
            elif isinstance(message.get("error"), str) and not forged:
                raise ProgramError(message["error"])
            else:
                end = _TAMPER if forged else _exit(message)
                stdout = message.get("stdout")
                text = stdout if isinstance(stdout, str) else ""
                return Trace(self.python, tuple(states[: self.max_events]), end, text)


def _take(data: Any, states: list[State]) -> bool:
    """Reads a batch of states; whether all are well-formed."""
    try:
        for item in data:
            state = State.from_json(item)
            texts = [state.source, state.function, state.stdout, *state.locals.values()]
            if not all(isinstance(text, str) for text in texts):
                return False
            if not (type(state.line) is type(state.depth) is int and isinstance(state.value, str | None)):
                return False
            states.append(state)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return True


def _exit(message: dict[str, Any]) -> Exit:
    try:
        end = Exit.from_json(message["exit"])
    except (KeyError, TypeError, ValueError):
        return _TAMPER
    return end if isinstance(end.reason, str) else _TAMPER


def _sources() -> dict[str, str]:
    """Returns the modules of the debugger package, by name; "" is the package itself."""
    files = resources.files("debugworld.sandboxes.debugger").iterdir()
    return {
        file.name.removesuffix(".py").replace("__init__", ""): file.read_text("utf-8")
        for file in files
        if file.name.endswith(".py")
    }


def boot_source() -> str:
    """Returns what ``python -c`` runs first in a box."""
    return resources.files("debugworld.sandboxes.debugger").joinpath("boot.py").read_text("utf-8")


ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}
"""Environment of every box; nothing of the host's gets in."""
FLAGS = ("-s", "-P", "-c")
"""Flags of every box's interpreter, before the boot source."""
