"""Backends: which debugger stands behind an environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Program,
    RecordedDebugger,
    State,
    Trace,
    TreeDebugger,
)
from debugworld.sandboxes.debugger.session import Session
from debugworld.worldmodel.completion import CompletionEngine
from debugworld.worldmodel.lockstep import After, Groundable, LockstepDebugger

from .errors import TaskError

BACKENDS = ("real", "neural", "rollout", "lockstep")
"""What happened, what a model dreams move by move, what it dreamt once from end to end, and the first two
side by side with the real one in the lead."""
DREAMS = ("neural", "rollout")
"""Backends in which the agent moves over what a model dreams."""


def open_debugger(
    backend: str,
    record: Callable[[Program], Trace],
    model: str | Path | None,
    max_states: int,
    after: After,
    session: Callable[[Program], Session] | None = None,
    engine: CompletionEngine | None = None,
    rollout: Callable[[Program, Sequence[State]], Trace] | None = None,
) -> TreeDebugger:
    """Opens the debugger of a backend.

    Args:
        backend: One of `BACKENDS`.
        record: Runs a program for real, for the backends that need it.
        model: Name of a model, as `worldmodel.opening.open_neural` takes it; None takes the checkpoint that
            ships with the package.
        max_states: States after which a dream ends as ``never``.
        after: What a lockstep's neural side does after a difference, as `LockstepDebugger` takes it.
        session: Starts a program for real, for looks that a trace does not answer; None does without them.
        engine: Answers in place of the model's own; None opens that.
        rollout: Dreams a run, from some true states on where there are any; only for ``rollout``.

    Raises:
        TaskError: there is no such backend.
        ModelError: the model cannot be loaded, has no such setting, or keeps no states to walk over.
    """
    if backend not in BACKENDS:
        raise TaskError(f"there is no backend {backend!r}; use one of: {', '.join(BACKENDS)}")
    if backend == "real":
        return RecordedDebugger(record, session)
    if backend == "rollout":
        from debugworld.worldmodel.rollout import RolloutDebugger

        assert rollout is not None
        return RolloutDebugger(rollout)
    from debugworld.worldmodel.opening import open_dream

    neural = open_dream(model, max_states, engine)
    if backend == "neural":
        return neural
    return LockstepDebugger(RecordedDebugger(record, session), neural, after)


def stand_at(debugger: TreeDebugger, states: Sequence[State]) -> None:
    """Brings a debugger that was just reset to a later state of a real run.

    Args:
        debugger: One of `open_debugger`; a dream takes the states for its own past.
        states: Those of the run from the entry to that state.

    Raises:
        ModelError: the model cannot answer.
    """
    if isinstance(debugger, Groundable):
        debugger.ground(states)
        return
    way = len(states) - 1  # the last step by itself, so that only its output is shown
    for count in (way - 1, 1):
        if count:
            debugger.step(Action(ActionKind.STEP_INTO, count=count))
