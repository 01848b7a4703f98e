"""Teacher-forced: from a true history, one action; every answer is judged by itself."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from debugworld.sandboxes.debugger import Action, ActionKind, Event, ExitCode, State
from debugworld.worldmodel.fidelity.case import Case, positions
from debugworld.worldmodel.fidelity.constructs import constructs_of
from debugworld.worldmodel.fidelity.exact import ACTIONS, parts
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject

PER_ACTION = 2
"""Answers asked of each case for each action."""
BUDGETS = ("step_budget", "token_budget")
"""Reasons of an exit that say that a limit was met, and nothing of the program."""


def forced(subject: Subject, case: Case, seed: int) -> list[Record]:
    """Asks for each action at random places of the run.

    The places and lines are the same for every subject. A subject begins with nothing remembered;
    ``remembered`` counts the tokens that an answer owes to earlier ones of the same case. ``steps`` tells, of
    a direct jump that skips something, whether as many steps into from the same place came to the same state,
    with the same output on the way.
    """
    choose = case.chance(seed, "forced")
    subject.forget()
    subject.debugger.reset(case.program)
    lines = sorted(case.program.outline.stop_lines)
    found = []
    for kind in ACTIONS:
        for position in positions(case, choose, PER_ACTION):
            action = Action(kind, choose.choice(lines) if kind.takes_line else None)
            target = case.tree.target(position, action)
            if case.within(target - position):
                found.append(_asked(subject, case, action, position, target))
            else:
                found.append(case.beyond("forced", target - position))
    return found


def _asked(subject: Subject, case: Case, action: Action, position: int, target: int) -> Record:
    states = case.states
    truth = case.tree.shown(position, target)
    before = states[position]
    cost, remembered = subject.cost(), subject.remembered
    subject.debugger.max_states = case.budget_from(position)
    subject.debugger.ground(states[: position + 1])
    start = subject.clock()
    answer = subject.debugger.step(action)
    seconds = subject.clock() - start
    record: Record = {
        "measure": "forced",
        "case": case.key,
        "name": case.program.name,
        "action": action.kind.value,
        "position": position,
        "length": len(states),
        "skipped": max(target - position - 1, 0),
        "constructs": list(constructs_of(case.program, states, position, target)),
        **judged(truth, answer, cut_short(subject)),
        "copy": parts(truth) == parts(before),
        "confidence": sure(subject, case),
        "cost": spent(subject, cost),
        "remembered": subject.remembered - remembered,
        "seconds": seconds,
    }
    if not record["exact"]:
        record["seen"] = seen(before, truth, answer)
    if record["skipped"] and subject.about.get("jumps") == "direct":
        record["steps"] = _by_steps(subject, case, position, target, truth)
    return record


def _by_steps(subject: Subject, case: Case, position: int, target: int, truth: State) -> bool:
    """Whether stepping into, from the same place, comes to what a jump has to show: all output on the way."""
    neural: Any = subject.debugger
    before = getattr(neural, "jumps", None)
    if before is not None:  # else it is asked step by step in any case
        neural.jumps = type(before)("rollout")
    try:
        neural.ground(case.states[: position + 1])
        state, printed = case.states[position], ""
        for _ in range(target - position):
            if state.event is Event.EXIT:
                break
            state = neural.step(Action(ActionKind.STEP_INTO))
            printed += state.stdout
        return parts(replace(state, stdout=printed)) == parts(truth)
    finally:
        if before is not None:
            neural.jumps = before


def judged(truth: State, answer: State, cut: bool = False) -> Record:
    """Returns which parts of an answer are right, whether all are, and whether it is wrong for a limit.

    Args:
        truth: what is right.
        answer: what was said.
        cut: whether the dream behind the answer ended for a limit, on the way to it.
    """
    right, given = parts(truth), parts(answer)
    same = {part: right[part] == given[part] for part in right}
    exact = all(same.values())
    return {"parts": same, "exact": exact, "limit": not exact and (cut or _ended_at_limit(answer))}


def at_limit(subject: Subject, answer: State) -> bool:
    """Returns whether an answer met a limit of tokens or states, or the dream behind it did."""
    return _ended_at_limit(answer) or cut_short(subject)


def cut_short(subject: Subject) -> bool:
    """Returns whether what a subject has dreamt so far ended for a limit."""
    tree = getattr(subject.debugger, "tree", None)
    return tree is not None and _ended_at_limit(tree.states[-1])


def _ended_at_limit(state: State) -> bool:
    ended = state.exit
    return ended is not None and ended.code is ExitCode.NEVER and ended.reason in BUDGETS


def seen(before: State, truth: State, answer: State) -> Record:
    """Returns what a report shows of a wrong answer: where it was asked, what is right, what was said."""
    return {
        "line": before.line,
        "source": before.source.strip(),
        "before": told(before),
        "truth": told(truth),
        "answer": told(answer),
    }


def told(state: State) -> Record:
    """Returns what a report shows of a state."""
    shown: Record = {"event": state.event.value, "line": state.line, "locals": dict(state.locals)}
    if state.value is not None:
        shown["value"] = state.value
    if state.exit is not None:
        shown["exit"] = f"{state.exit.code} ({state.exit.reason})"
    if state.stdout:
        shown["stdout"] = state.stdout
    return shown


def sure(subject: Subject, case: Case) -> float | None:
    """Returns a subject's confidence in its last answer.

    None where it cannot tell, or where the confidence was fitted to this very program.
    """
    confidence = subject.debugger.confidence
    return None if math.isnan(confidence) or case.key in subject.fitted else confidence


def spent(subject: Subject, before: dict[str, int]) -> dict[str, int]:
    """Returns what was asked of the model since some counts."""
    return {name: count - before[name] for name, count in subject.cost().items()}
