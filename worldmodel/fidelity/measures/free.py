"""Free-running: from the entry on, each step on what was dreamt before, to the first difference."""

from __future__ import annotations

from debugworld.sandboxes.debugger import Action, ActionKind, Event
from debugworld.worldmodel.fidelity.case import Case
from debugworld.worldmodel.fidelity.constructs import constructs_of
from debugworld.worldmodel.fidelity.exact import parts
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject

from .forced import cut_short, judged, seen, spent, sure

HORIZON = 200
"""Steps after which a run that is still right is no longer followed: what comes of it is not known."""
CONTROL = ("event", "line", "frame", "exit")
"""Parts that say where the program is; the others say what it holds."""
_INTO = Action(ActionKind.STEP_INTO)


def free(subject: Subject, case: Case, seed: int) -> list[Record]:
    """Steps into, from the entry to the end, or to the first state that is not the true one.

    A run of more than `HORIZON` steps is followed that far; then ``followed`` is less than its ``length``,
    and ``whole`` is None.
    """
    cost = subject.cost()
    states = case.states
    steps = min(len(states) - 1, HORIZON)
    subject.debugger.max_states = case.budget
    answer = subject.debugger.reset(case.program)
    right = steps
    error, limit = "", False
    constructs: tuple[str, ...] = ()
    difference: Record = {}
    for index in range(steps + 1):
        if index:
            answer = subject.debugger.step(_INTO)
        if parts(answer) != parts(states[index]):
            told = judged(states[index], answer, cut_short(subject))
            limit = told["limit"]
            error = "control" if not all(told["parts"][part] for part in CONTROL) else "value"
            right, constructs = (
                max(index - 1, 0),
                constructs_of(case.program, states, max(index - 1, 0), index),
            )
            difference = {
                "confidence": sure(subject, case),
                "seen": seen(states[right], states[index], answer),
            }
            break
        if answer.event is Event.EXIT:
            break
    return [
        {
            "measure": "free",
            "case": case.key,
            "name": case.program.name,
            "length": len(states) - 1,
            "followed": steps,
            "right": right,
            "error": error,
            "limit": limit,
            "whole": not error if steps == len(states) - 1 else None,
            "constructs": list(constructs),
            **difference,
            "cost": spent(subject, cost),
        }
    ]
