"""What the real debugger costs for the same states, in the same box and in the same sweep."""

from __future__ import annotations

import time

from debugworld.sandboxes.debugger import Action, ActionKind, Event, LiveDebugger
from debugworld.worldmodel.fidelity.case import Case
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject

STEPS = 200
"""Steps into that are made live."""
_INTO = Action(ActionKind.STEP_INTO)


def real_cost(subject: Subject, case: Case, seed: int) -> list[Record]:
    """Records a case once more, and steps through it live, with a clock beside.

    Three records: ``recorded`` is the whole run, from the source to all of its states; ``start`` brings a
    live program to its entry; ``live`` are single steps into from there.
    """
    start = time.perf_counter()
    states = len(case.box.record(case.program).states)
    recorded = time.perf_counter() - start
    with LiveDebugger(case.box.session) as live:
        start = time.perf_counter()
        state = live.reset(case.program)
        begun = time.perf_counter()
        steps = 0
        while state.event is not Event.EXIT and steps < STEPS:
            state = live.step(_INTO)
            steps += 1
        ended = time.perf_counter()
    told = (
        ("recorded", states, recorded),
        ("start", 1, begun - start),
        ("live", steps, ended - begun),
    )
    name = {"measure": "real_cost", "case": case.key, "name": case.program.name}
    return [name | {"way": way, "states": count, "seconds": seconds} for way, count, seconds in told]
