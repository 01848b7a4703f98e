"""What every kind of box can do: record a program's run, and hold live sessions."""

from __future__ import annotations

import atexit
import time
import weakref
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, ClassVar, Self

from .box import GRACE, Box, boot_source
from .channel import Channel
from .debugger import Exit, ExitCode, Program, ProgramError, Trace
from .debugger.packing import PackingError, Unpacker
from .debugger.states import States
from .debugger.wire import NotJson, WireError
from .errors import SandboxError
from .interpreter import find_interpreter
from .live import LiveSession
from .pool import Pool

__all__ = ["ENVIRONMENT", "FLAGS", "MEGABYTE", "Sandbox", "boot_source"]

MEGABYTE = 1 << 20
_WAIT = 300.0
"""Seconds that somebody waits for a box when all are taken."""
_TAMPER = Exit(ExitCode.ERROR, "tamper")


_OPEN: weakref.WeakSet[Sandbox] = weakref.WeakSet()
"""Sandboxes with boxes that were started; those that nobody closed are closed at the end of the process."""


@atexit.register
def _close_all() -> None:
    for sandbox in list(_OPEN):
        sandbox.close()


class Sandbox(ABC):
    """Boxes in which programs run, one at a time in each; each run starts from the same clean state.

    A box starts when it is needed, lives until `close` (or the end of this process, however it ends), and
    another takes its place where it was lost. A recording has one until it is done, a live session until it
    is closed; going back and looking ahead take another for a moment. Once there are as many boxes as
    allowed, who needs one waits. A process forked from this one gets boxes of its own.

    Args:
        max_events: states after which a recording is ended as ``never``, for ``step_budget``.
        timeout: seconds of wall clock after which a recording, or a live session's move, is ended as
            ``never``, for ``timeout``.
        memory: bytes of address space that a run may have.
        python: the interpreter that runs the programs, a path or a name on PATH; None takes this one.
        boxes: how many boxes there may be at a time.

    Raises:
        SandboxError: a limit is no positive number, or the interpreter cannot serve.
    """

    name: ClassVar[str]
    """What it is called on the command line."""
    lifetime: float | None = None
    """Seconds after which a box is replaced by a new one, between runs."""

    def __init__(
        self,
        *,
        max_events: int = 10_000,
        timeout: float = 10.0,
        memory: int = 512 * MEGABYTE,
        python: str | None = None,
        boxes: int = 16,
    ) -> None:
        if max_events < 1:
            raise SandboxError(f"max_events must be at least 1; got {max_events}")
        if not 0 < timeout < 1e6:
            raise SandboxError(f"timeout must be a positive number of seconds; got {timeout}")
        if memory < 64 * MEGABYTE:
            raise SandboxError(f"memory must be at least {64 * MEGABYTE} bytes; got {memory}")
        if boxes < 1:
            raise SandboxError(f"boxes must be at least 1; got {boxes}")
        self.max_events = max_events
        self.timeout = timeout
        self.memory = memory
        self.boxes = boxes
        self.interpreter = find_interpreter(python)
        self._lent: weakref.WeakSet[Box] = weakref.WeakSet()
        self._pool = self._new_pool()

    @classmethod
    @abstractmethod
    def require(cls) -> None:
        """Checks that this machine can have such a box.

        Raises:
            SandboxError: it cannot; the text says how to get it.
        """

    @abstractmethod
    def _start(self) -> Channel:
        """Starts a box's supervisor, which waits for its sources."""

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
        program.check()
        request = {
            "program": program.to_json(),
            "max_events": self.max_events,
            "timeout": self.timeout,
            "memory": self.memory,
        }
        box = self._take()
        try:
            box.send(request)
            trace, over = self._receive(box, program)
        except (OSError, WireError) as error:
            self._drop(box)
            raise box.lost(program.name, error) from None
        except ProgramError:
            self._give(box)
            raise
        except BaseException:
            self._drop(box)  # an interrupted run leaves nothing behind
            raise
        (self._drop if over else self._give)(box)
        return trace

    def session(self, program: Program, timeout: float | None = None) -> LiveSession:
        """Starts a program and lets it stand still at its entry state.

        Args:
            program: The program.
            timeout: Seconds of wall clock that each move may take; None takes the sandbox's own.

        Raises:
            ProgramError: the program does not compile, or its call does not parse or exist.
            SandboxError: the box cannot start.
        """
        program.check()
        box = self._take()
        try:
            seconds = timeout or self.timeout
            return LiveSession.start(box, program, seconds, self.memory, self._give, self._drop)
        except ProgramError:
            self._give(box)
            raise
        except (OSError, WireError) as error:
            self._drop(box)
            raise box.lost(program.name, error) from None
        except BaseException:
            self._drop(box)
            raise

    def close(self) -> None:
        """Ends the boxes and everything in them; a later run starts a new one."""
        pool, self._pool = self._pool, self._new_pool()
        lent, self._lent = list(self._lent), weakref.WeakSet()
        pool.close()
        for box in lent:
            box.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _new_pool(self) -> Pool[Box]:
        return Pool(lambda: Box(self._start(), self.name), Box.healthy, Box.close, self.boxes)

    def _take(self) -> Box:
        """Returns a box that nobody else has.

        Raises:
            SandboxError: it cannot start, or all that may be there stay taken.
        """
        while True:
            box = self._pool.take(_WAIT)
            old = self.lifetime is not None and time.monotonic() - box.born > self.lifetime
            if not old or not box.runs:
                box.runs += 1
                self._lent.add(box)
                _OPEN.add(self)
                return box
            self._pool.give(box, broken=True)

    def _give(self, box: Box) -> None:
        self._lent.discard(box)
        self._pool.give(box, broken=False)

    def _drop(self, box: Box) -> None:
        self._lent.discard(box)
        self._pool.give(box, broken=True)

    def _receive(self, box: Box, program: Program) -> tuple[Trace, bool]:
        """Gathers a run's messages; what is no state was forged by the program.

        Returns:
            The trace, and whether the box is of no use any more.
        """
        lines = {source.file: source.lines[1:] or ("",) for source in program.sources.values()}
        unpacker = Unpacker(lines, self.max_events)
        states = States([])
        begun = forged = False
        try:
            while isinstance(message := box.receive(self.timeout + GRACE), bytes):
                begun = True
                try:
                    if not forged:
                        states.extend(unpacker.feed(message))
                except PackingError:
                    forged = True
        except NotJson:
            message = None
        if not isinstance(message, dict):
            message, forged = {}, True
        elif isinstance(message.get("error"), str) and not begun:
            raise ProgramError(message["error"])
        end = _TAMPER if forged or not unpacker.whole else _exit(message)
        texts = (message.get("stdout"), message.get("stderr"))
        stdout, stderr = (text if isinstance(text, str) else "" for text in texts)
        return Trace(self.python, states, end, stdout, stderr), message.get("over") is True


def _exit(message: dict[str, Any]) -> Exit:
    try:
        end = Exit.from_json(message["exit"])
    except (KeyError, TypeError, ValueError):
        return _TAMPER
    return end if isinstance(end.reason, str) else _TAMPER


ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}
"""Environment of every box; nothing of the host's gets in."""
FLAGS = ("-s", "-P", "-c")
"""Flags of every box's interpreter, before the boot source."""
