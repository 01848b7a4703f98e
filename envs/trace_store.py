"""Traces of real runs, each recorded once in a process and shared by its environments.

Starting a box is dear and a run is worth keeping, so both live here and not in an
environment. A box starts at its first recording and ends with its last user.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import cache

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Program, Trace
from debugworld.sandboxes.live import LiveSession

_MAX_TRACES = 4096


class TraceStore:
    """Records programs in one kind of sandbox and remembers the traces.

    Args:
        kind: Name of the sandbox, as `open_sandbox` takes it.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._sandbox: Sandbox | None = None
        self._traces: OrderedDict[str, Trace] = OrderedDict()
        self._users = 0

    def enter(self) -> None:
        """Counts one more user.

        Raises:
            SandboxError: there is no such sandbox, or this machine cannot have it.
        """
        if self._sandbox is None:
            self._sandbox = open_sandbox(self.kind)
        self._users += 1

    def leave(self) -> None:
        """Counts one user less; the last one closes the sandbox, the traces stay."""
        self._users -= 1
        if self._users == 0 and self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None

    def record(self, program: Program) -> Trace:
        """Returns the trace of a program, from memory where it was seen; for users only.

        Raises:
            ProgramError: the program cannot be debugged as given.
            SandboxError: the sandbox failed.
        """
        trace = self._traces.get(program.digest)
        if trace is None:
            assert self._sandbox is not None, "enter() comes first"
            trace = self._traces[program.digest] = self._sandbox.record(program)
            if len(self._traces) > _MAX_TRACES:
                self._traces.popitem(last=False)
        self._traces.move_to_end(program.digest)
        return trace

    def session(self, program: Program, timeout: float | None = None) -> LiveSession:
        """Starts a live session of a program; for users only.

        Args:
            program: The program.
            timeout: Seconds that each of its moves may take; None takes the sandbox's.

        Raises:
            ProgramError: the program cannot be debugged as given.
            SandboxError: the sandbox failed.
        """
        assert self._sandbox is not None, "enter() comes first"
        return self._sandbox.session(program, timeout)


@cache
def trace_store(kind: str) -> TraceStore:
    """Returns this process's store for a kind of sandbox."""
    return TraceStore(kind)
