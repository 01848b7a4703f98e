"""One action of a script and what the debugger answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Debugger,
    DebuggerError,
    Frame,
    IllegalAction,
    State,
)
from debugworld.worldmodel.confidence import confidence_of, left_out
from debugworld.worldmodel.lockstep import Difference, LockstepDebugger


@dataclass(frozen=True, slots=True)
class Step:
    """An action, the answer to it, and where the debugger stands afterwards."""

    action: Action | None
    """What was asked; None for the start."""
    state: State
    """Where the debugger stands; after a refused action where it stood before."""
    refused: str = ""
    """Why the action was not legal; empty where it was."""
    reply: str = ""
    """What was answered beside the state: where a breakpoint bound, an expression's value."""
    frame: Frame | None = None
    """The frame that ``up`` or ``down`` has selected."""
    differences: tuple[Difference, ...] = ()
    """In lockstep, how the dreamt state departs from the real one."""
    confidence: float | None = None
    """How sure the dream is of its last answer, in [0, 1]; None where nothing is dreamt or told."""
    dropped: str = ""
    """What the questions behind that answer did not show, in words."""

    def to_json(self) -> dict[str, Any]:
        """Returns the step as plain JSON data; what there is none of after ``state`` is left out."""
        data: dict[str, Any] = {
            "action": str(self.action or ""),
            "refused": self.refused or None,
            "reply": self.reply,
            "state": self.state.to_json(),
        }
        if self.frame is not None:
            data["frame"] = self.frame.to_json()
        if self.differences:
            data["differences"] = [
                {"field": each.field, "real": each.real, "neural": each.neural} for each in self.differences
            ]
        if self.confidence is not None:
            data["confidence"] = self.confidence
        if self.dropped:
            data["dropped"] = self.dropped
        return data


def begin(debugger: Debugger) -> Step:
    """Returns the step before the first action of a debugger that was reset."""
    return _step(debugger, None, debugger.state)


def perform(debugger: Debugger, action: Action) -> Step:
    """Asks a debugger for an action; a refusal is an answer like any other."""
    leader = debugger.real if isinstance(debugger, LockstepDebugger) else debugger
    try:
        state = debugger.step(action)
    except DebuggerError as error:
        reason = str(error).removeprefix(f"{action}: ")
        reply = _never(leader, action)
        return Step(action, debugger.state, reason, reply, confidence=confidence_of(debugger))
    frame = None
    if action.kind in (ActionKind.UP, ActionKind.DOWN):
        frame = leader.frames()[leader.selected]
    return _step(debugger, action, state, leader.reply, frame)


def _step(
    debugger: Debugger, action: Action | None, state: State, reply: str = "", frame: Frame | None = None
) -> Step:
    sure = confidence_of(debugger)
    if not isinstance(debugger, LockstepDebugger):
        return Step(action, state, "", reply, frame, confidence=sure, dropped=left_out(debugger))
    looked = action is not None and action.kind is ActionKind.EVALUATE  # the real side's alone
    dropped = "" if looked else left_out(debugger)
    return Step(action, state, "", reply, frame, debugger.latest, None if looked else sure, dropped)


def _never(debugger: Debugger, action: Action) -> str:
    """The reply to a breakpoint that can never bind; empty for any other refusal."""
    if action.kind is not ActionKind.BREAK or action.breakpoint is None:
        return ""
    try:
        binding = debugger.bind(action.breakpoint)
    except IllegalAction:
        return ""
    return "" if binding.bound else str(binding)
