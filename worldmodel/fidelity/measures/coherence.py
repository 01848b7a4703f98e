"""Coherence: what is wrong with a dream whatever the truth is.

A transition is illegal where no program could make it: down or up by more than one frame (behind a return
another call of the same caller may be next), into another function without a call, an end inside a call. A
variable comes from nowhere where a frame shows a name that its function cannot bind. And the same question
asked again, when the answer is no longer remembered, has to have the same answer.
"""

from __future__ import annotations

from debugworld.sandboxes.debugger import Action, ActionKind, Event, ExitCode, State
from debugworld.worldmodel.fidelity.case import Case
from debugworld.worldmodel.fidelity.exact import parts
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.markov.flow import Flow

from .forced import cut_short, spent

STEPS = 60
"""Steps of a dream that are looked at."""
_INTO = Action(ActionKind.STEP_INTO)


def coherence(subject: Subject, case: Case, seed: int) -> list[Record]:
    """Dreams a run twice, the second time anew, and looks at every step of it."""
    cost = subject.cost()
    first = _dream(subject, case)
    limit = cut_short(subject)
    subject.forget()
    second = _dream(subject, case)
    flow = Flow(case.program)
    illegal = [reason for pair in zip(first, first[1:], strict=False) if (reason := illegal_step(*pair))]
    strangers = sum(bool(unknown_names(flow, state)) for state in first[1:])
    same = len(first) == len(second) and all(
        parts(one) == parts(other) for one, other in zip(first, second, strict=True)
    )
    return [
        {
            "measure": "coherence",
            "case": case.key,
            "name": case.program.name,
            "steps": len(first) - 1,
            "illegal": len(illegal),
            "why": illegal[:3],
            "from_nowhere": strangers,
            "same_again": same,
            "limit": limit,
            "cost": spent(subject, cost),
        }
    ]


def _dream(subject: Subject, case: Case) -> list[State]:
    subject.debugger.max_states = case.budget
    states = [subject.debugger.reset(case.program)]
    while len(states) <= STEPS and states[-1].event is not Event.EXIT:
        states.append(subject.debugger.step(_INTO))
    return states


def illegal_step(before: State, after: State) -> str:
    """Returns what is illegal about one step into; nothing where a program could make it."""
    if after.event is Event.EXIT:
        normal = after.exit is not None and after.exit.code is ExitCode.NORMAL
        return "an end inside a call" if before.depth and normal else ""
    if before == after and before.event is not Event.LINE:
        return f"the {before.event} event comes twice"
    left = before.event in (Event.RETURN, Event.EXCEPTION)
    if after.event is Event.CALL:
        caller = before.depth - 1 if left else before.depth
        return "" if after.depth == caller + 1 else "a call that is not one frame below its caller"
    if after.depth == before.depth:
        if after.function != before.function and not left:
            return "another function in the same frame"
        return ""
    if after.depth == before.depth - 1 and left:
        return ""
    return "a frame that opens or closes without a call or a return"


def unknown_names(flow: Flow, state: State) -> list[str]:
    """Returns names that a state shows and that its function cannot bind."""
    scope = flow.by_name.get(state.function)
    if scope is None or state.event is Event.EXIT:
        return []
    known = {*scope.names, *scope.free, *scope.parameters}
    return [name for name in state.locals if name not in known and not name.startswith(".")]
