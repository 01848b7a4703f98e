"""Output prediction (CRUXEval-O): what a call returns, by a step return and by running to the last line."""

from __future__ import annotations

from debugworld.sandboxes.debugger import Action, ActionKind, Event, State
from debugworld.worldmodel.fidelity.case import Case
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.inverse import End, is_end

from .forced import at_limit, seen, spent, sure

_RETURN = Action(ActionKind.STEP_RETURN)


def outputs(subject: Subject, case: Case, seed: int) -> list[Record]:
    """Asks what the entry call comes to; nothing where the program is a script.

    By ``step_return`` from the entry, and by ``run_to``: to the last line that the called function really
    runs, as often as it does, and from there by step returns. The second is told the true last line and how
    often it is passed, so it knows more than the program.
    """
    last = outcome(case)
    if last is None:
        return []
    if not case.within(len(case.states)):
        return [case.beyond("outputs", len(case.states))]
    found = [_by_return(subject, case, last)]
    lines = [s.line for s in case.trace.states if s.event is Event.LINE and s.depth == 1 and not s.file]
    if lines:
        found.append(_by_run_to(subject, case, last, lines[-1], lines.count(lines[-1])))
    return found


def outcome(case: Case) -> State | None:
    """Returns the state in which the entry call of a case ends; None where the program is a script."""
    last = case.trace.states[-1]
    if case.program.call is None or last.depth or last.value is None or last.event is Event.EXIT:
        return None
    return last


def _by_return(subject: Subject, case: Case, truth: State) -> Record:
    cost = subject.cost()
    subject.debugger.max_states = case.budget
    subject.debugger.reset(case.program)
    return _record(subject, case, "step_return", truth, subject.debugger.step(_RETURN), cost)


def _by_run_to(subject: Subject, case: Case, truth: State, line: int, passes: int) -> Record:
    cost = subject.cost()
    subject.debugger.max_states = case.budget
    state = subject.debugger.reset(case.program)
    for _ in range(passes):
        if state.event is Event.EXIT:
            break
        state = subject.debugger.step(Action(ActionKind.RUN_TO, line))
    for _ in range(2):  # out of the function, out of the entry
        if state.event is not Event.EXIT:
            state = subject.debugger.step(_RETURN)
    return _record(subject, case, "run_to", truth, state, cost)


def comes_to(answer: State, truth: State) -> bool:
    """Whether a call ends in an answer as it does in truth: in the same way, with the same value."""
    end = End(truth.value or "", truth.event is Event.EXCEPTION)
    return answer.event is truth.event and is_end(answer.value or "", end)


def _record(
    subject: Subject, case: Case, way: str, truth: State, answer: State, cost: dict[str, int]
) -> Record:
    right = comes_to(answer, truth)
    record: Record = {
        "measure": "outputs",
        "case": case.key,
        "name": case.program.name,
        "way": way,
        "origin": case.row.origin if case.row is not None else "",
        "right": right,
        "limit": not right and at_limit(subject, answer),
        "length": len(case.states),
        "answer": None if answer.event is Event.EXIT else answer.value,
        "truth": truth.value,
        "confidence": sure(subject, case),
        "cost": spent(subject, cost),
    }
    if not right:  # the call stands in the line in which it ends
        where = {"line": truth.line, "source": truth.source.strip()}
        record["seen"] = seen(case.states[0], truth, answer) | where
    return record
