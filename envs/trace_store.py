"""Traces of real runs, each recorded once and shared by the environments of a process.

Starting a box is dear and a run is worth keeping, so both live here and not in an
environment. A trace is looked for in memory, then on disk (see `trace_cache`). A box
starts at the first program that neither knows, and ends with its last user.
"""

from __future__ import annotations

import platform
from functools import cache

from debugworld.sandboxes import SANDBOXES, Sandbox, SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Program, Trace
from debugworld.sandboxes.live import LiveSession
from debugworld.sandboxes.sandbox import MEGABYTE

from .errors import NoSandbox
from .memory import Recent
from .trace_cache import open_trace_cache, trace_key

LIMITS = {"max_events": 10_000, "timeout": 10.0, "memory": 512 * MEGABYTE}
"""Of every recording, as `Sandbox` takes them."""
MOST_LOOKS = 8
"""Live sessions of a store that stand still for looks; fewer than the boxes of a sandbox."""


class TraceStore:
    """Records programs in one kind of sandbox and remembers the traces.

    Args:
        kind: Name of the sandbox, as `open_sandbox` takes it.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.changes = 0
        """Changes of what is in memory: while it stays, so do the traces there."""
        self._sandbox: Sandbox | None = None
        self._traces: Recent[Trace] = Recent()
        self._looks: list[LiveSession] = []
        self._users = 0

    def enter(self) -> None:
        """Counts one more user; no box is opened yet.

        Raises:
            SandboxError: there is no such sandbox.
        """
        if self.kind not in SANDBOXES:
            raise SandboxError(f"there is no sandbox {self.kind!r}; there are: {', '.join(SANDBOXES)}")
        self._users += 1

    def leave(self) -> None:
        """Counts one user less; the last one closes the sandbox, the traces stay."""
        self._users -= 1
        if self._users == 0 and self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None

    def open(self) -> Sandbox:
        """Opens the sandbox, if it is not; for users only. No box starts before the first run.

        Raises:
            NoSandbox: this machine cannot have it.
        """
        assert self._users > 0, "enter() comes first"
        if self._sandbox is None:
            try:
                self._sandbox = open_sandbox(self.kind, **LIMITS)
            except SandboxError as error:
                raise NoSandbox(str(error)) from error
        return self._sandbox

    def record(self, program: Program) -> Trace:
        """Returns the trace of a program, from memory or disk where it was seen; for users only.

        Raises:
            ProgramError: the program cannot be debugged as given.
            SandboxError: the sandbox failed.
        """
        trace = self._known(program)
        if trace is None:
            trace = self.open().record(program)
            self._keep(program, trace)
            cache = open_trace_cache()
            if cache is not None and trace.python == platform.python_version():
                cache.put(self._key(program), trace)
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
        return self.open().session(program, timeout)

    def look(self, program: Program) -> LiveSession:
        """Starts a live session that its user can do without; the oldest of `MOST_LOOKS` is ended for it.

        Raises:
            ProgramError: the program cannot be debugged as given.
            SandboxError: the sandbox failed.
        """
        self._looks = [each for each in self._looks if not each.closed]
        while len(self._looks) >= MOST_LOOKS:
            self._looks.pop(0).abandon()
        self._looks.append(self.session(program))
        return self._looks[-1]

    def _known(self, program: Program) -> Trace | None:
        trace = self._traces.get(program.digest)
        if trace is not None:
            return trace
        cache = open_trace_cache()
        if cache is not None:
            trace = cache.get(self._key(program), program.check())
            if trace is not None:
                self._keep(program, trace)
        return trace

    def _keep(self, program: Program, trace: Trace) -> None:
        self._traces.put(program.digest, trace, len(trace.states))
        self.changes += 1

    def forget(self) -> None:
        """Lets go of all traces in memory; those on disk stay."""
        self._traces.clear()
        self.changes += 1

    def _key(self, program: Program) -> str:
        return trace_key(program, self.kind, platform.python_version(), LIMITS)

    def run(self, program: Program) -> Trace:
        """Returns the trace of a program without remembering it; for users only.

        Raises:
            ProgramError: the program cannot be debugged as given.
            SandboxError: the sandbox failed.
        """
        return self.open().record(program)


@cache
def trace_store(kind: str) -> TraceStore:
    """Returns this process's store for a kind of sandbox."""
    return TraceStore(kind)
