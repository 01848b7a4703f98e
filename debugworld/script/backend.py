"""The debuggers that a script can drive, by name."""

from __future__ import annotations

from pathlib import Path

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger import (
    Debugger,
    DebuggerError,
    LiveDebugger,
    Program,
    ProgramError,
    RecordedDebugger,
)

BACKENDS = ("recorded", "live", "neural", "lockstep")
"""A run recorded once; a process that stands still; a model's dream; the recorded and the dreamt one."""
NEEDS_BOX = frozenset({"recorded", "live", "lockstep"})
"""Backends that run the program."""


def open_debugger(
    backend: str, program: Program, sandbox: Sandbox | None, model: str | Path | None, max_states: int
) -> Debugger:
    """Opens the debugger of a backend for a program, before its first `reset`.

    Args:
        backend: One of `BACKENDS`.
        program: What will be debugged.
        sandbox: The box, for backends of `NEEDS_BOX`.
        model: Name of a model, as `worldmodel.opening.open_neural` takes it, for backends that dream; None
            takes the checkpoint that ships.
        max_states: States after which a dream ends as ``never``.

    Raises:
        DebuggerError: a model is given to a backend that does not dream, or there are to be no states.
        ModelError: the model cannot be loaded, or has no such setting.
        ProgramError: the backend dreams, and the program is more than one source.
    """
    dreams = backend in ("neural", "lockstep")
    if model is not None and not dreams:
        raise DebuggerError(f"the {backend} debugger has no model; use the backend neural or lockstep")
    if max_states < 1:
        raise DebuggerError(f"max_events must be at least 1; got {max_states}")
    if backend == "live":
        assert sandbox is not None
        return LiveDebugger(sandbox.session)
    if backend == "recorded":
        return _recorded(sandbox)
    if program.files or program.argv or program.stdin or program.tests:
        raise ProgramError(
            f"the {backend} debugger dreams of one source and its call: "
            "it takes no other files, argv, stdin or tests; use the backend recorded or live"
        )
    from debugworld.worldmodel.lockstep import LockstepDebugger
    from debugworld.worldmodel.opening import open_dream, open_neural

    if backend == "neural":
        return open_neural(model, max_states)
    return LockstepDebugger(_recorded(sandbox), open_dream(model, max_states))


def _recorded(sandbox: Sandbox | None) -> RecordedDebugger:
    assert sandbox is not None
    return RecordedDebugger(sandbox.record, session=sandbox.session)
