"""Changed futures: assign a variable, edit a line, rename everything; go on in both worlds.

States are in two groups: those that the change changes, and those that must stay as they were. A subject that
repeats what it has seen does well on the second and badly on the first. After a change a subject goes on by
itself, each step on what it dreamt before, and is asked what the whole call comes to now.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Event,
    ExitCode,
    IllegalAction,
    Program,
    ProgramError,
    RecordedDebugger,
    State,
    StateTree,
)
from debugworld.worldmodel.data.mutation import mutate
from debugworld.worldmodel.data.rewrites import rewrite
from debugworld.worldmodel.fidelity.case import SEEN, SLACK, Case, left_out, unusable
from debugworld.worldmodel.fidelity.exact import parts
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject

from .forced import cut_short, judged, spent

AFTER = 12
"""Steps that are followed after an assignment, or from the place where an edit first tells."""
ASKED = 4
"""States of an edited or renamed program that are asked for."""
TRIES = 6
"""Draws of a change, until one can be made."""
LONGEST = 2_000
"""Most states of a run that is changed."""
_INTO = Action(ActionKind.STEP_INTO)
_RETURN = Action(ActionKind.STEP_RETURN)
_COMPARED = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
_COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}


def changed(subject: Subject, case: Case, seed: int) -> list[Record]:
    """Asks about one assignment, one edited line and one renaming of a case."""
    if len(case.states) > LONGEST:
        return []
    choose = case.chance(seed, "changed")
    return [
        *_assignment(subject, case, choose),
        *_other_program(subject, case, choose, "edit"),
        *_other_program(subject, case, choose, "misleading names"),
    ]


def _assignment(subject: Subject, case: Case, choose: random.Random) -> Iterator[Record]:
    """Assigns a local in the middle of a run, and steps on."""
    states = case.states
    places = [
        i for i, state in enumerate(states) if state.event is Event.LINE and state.depth and state.locals
    ]
    with RecordedDebugger(case.box.record, case.box.session) as real:
        for _ in range(TRIES if places else 0):
            position = choose.choice(places)
            name = choose.choice(list(states[position].locals))
            text = new_value(states[position].locals[name], choose)
            if text is None:
                continue
            try:
                real.reset(case.program)
                if position:
                    real.step(Action(ActionKind.STEP_INTO, count=position))
                truth = real.assign(name, text)
            except (IllegalAction, ProgramError):
                continue
            cost = subject.cost()
            subject.debugger.max_states = 2 * max(len(real.tree), len(states)) + SLACK
            subject.debugger.reset(case.program)
            subject.debugger.ground(states[: position + 1])
            try:
                answer = subject.debugger.assign(name, text)
            except (IllegalAction, AttributeError):
                return
            for index in range(position, position + AFTER):
                if index > position:
                    if truth.event is Event.EXIT or answer.event is Event.EXIT:
                        break
                    truth, answer = real.step(_INTO), subject.debugger.step(_INTO)
                old = states[index] if index < len(states) else None
                yield _record(subject, case, "assignment", old, truth, answer, cost, index - position)
                cost = subject.cost()
            ended = real.tree.states[-1].exit
            never = ended is None or ended.code is ExitCode.NEVER
            if states[position].depth == 1 and not never and case.within(len(real.tree) - position):
                yield from _outcome(subject, case, real, name, text, position)
            return


def _outcome(
    subject: Subject, case: Case, real: RecordedDebugger, name: str, text: str, position: int
) -> Iterator[Record]:
    """Asks once more for the same assignment, and what the call comes to after it."""
    cost = subject.cost()
    old = case.tree.shown(position, case.tree.target(position, _RETURN))
    real.reset(case.program)
    real.step(Action(ActionKind.STEP_INTO, count=position))
    real.assign(name, text)
    truth = real.step(_RETURN)
    subject.debugger.reset(case.program)
    subject.debugger.ground(case.states[: position + 1])
    subject.debugger.assign(name, text)
    answer = subject.debugger.step(_RETURN)
    yield _record(subject, case, "assignment, outcome", old, truth, answer, cost)


def _other_program(subject: Subject, case: Case, choose: random.Random, kind: str) -> Iterator[Record]:
    """Asks for states of the program as it is after a change of its text, each from its true history."""
    program = (edited if kind == "edit" else renamed)(case.program, choose)
    if program is None:
        return
    if subject.learnt(program):
        yield left_out(case.key, f"{case.program.name}, {kind}", SEEN)
        return
    with suppress(ProgramError):
        trace = case.box.record(program)
        if unusable(trace, program):
            return
        tree = StateTree([*trace.states, trace.final])
        first = _first_difference(case.states, tree.states) if kind == "edit" else 0
        subject.debugger.max_states = 2 * len(tree) + SLACK
        subject.debugger.reset(program)
        near = range(max(first - 2, 0), len(tree) - 1)
        for position in sorted(choose.sample(near, min(ASKED, len(near)))):
            cost = subject.cost()
            subject.debugger.ground(tree.states[: position + 1])
            answer = subject.debugger.step(_INTO)
            old = case.states[position + 1] if kind == "edit" and position + 1 < len(case.states) else None
            yield _record(subject, case, kind, old, tree.states[position + 1], answer, cost)
        if kind == "edit":
            yield from _onwards(subject, case, program, tree, first)


def _onwards(subject: Subject, case: Case, program: Program, tree: StateTree, first: int) -> Iterator[Record]:
    """Goes on in an edited program from where the edit first tells, and to the end of its call.

    The subject has the true history up to the state before, and its own dream from there on.
    """
    old, start = case.states, max(first - 1, 0)
    subject.debugger.max_states = 2 * len(tree) + SLACK
    subject.debugger.reset(program)
    subject.debugger.ground(tree.states[: start + 1])
    for index in range(start + 1, min(start + 1 + AFTER, len(tree))):
        cost = subject.cost()
        answer = subject.debugger.step(_INTO)
        before = old[index] if index < len(old) else None
        yield _record(
            subject, case, "edit, going on", before, tree.states[index], answer, cost, index - start
        )
        if answer.event is Event.EXIT:
            break
    if program.call is not None and case.within(len(tree)):
        cost = subject.cost()
        subject.debugger.reset(program)
        answer = subject.debugger.step(_RETURN)
        old_end, end = (run.shown(0, run.target(0, _RETURN)) for run in (case.tree, tree))
        yield _record(subject, case, "edit, outcome", old_end, end, answer, cost)


def _record(
    subject: Subject,
    case: Case,
    kind: str,
    old: State | None,
    truth: State,
    answer: State,
    cost: dict[str, int],
    steps: int = 0,
) -> Record:
    told = judged(truth, answer, cut_short(subject))
    stays = old is not None and parts(old) == parts(truth)
    return {
        "measure": "changed",
        "case": case.key,
        "name": case.program.name,
        "kind": kind,
        "group": "" if kind == "misleading names" else "must stay" if stays else "changes",
        "steps": steps,
        "exact": told["exact"],
        "limit": told["limit"],
        "cost": spent(subject, cost),
    }


def _first_difference(one: Sequence[State], other: Sequence[State]) -> int:
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if parts(left) != parts(right):
            return index
    return min(len(one), len(other)) - 1


def new_value(text: str, choose: random.Random) -> str | None:
    """Returns a value of a literal's type that is another one; None where the text is no literal."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    for _ in range(TRIES):
        found = repr(mutate(value, choose))
        if found != text and len(found) <= 60:
            return found
    return None


def edited(program: Program, choose: random.Random) -> Program | None:
    """Returns a program with one operator or number changed in one line; None where there is none."""
    lines = program.text.split("\n")
    nodes = [
        node
        for node in ast.walk(ast.parse(program.text))
        if (
            isinstance(node, ast.Compare)
            and len(node.ops) == 1
            and type(node.ops[0]) in _COMPARED
            or isinstance(node, ast.BinOp)
            and type(node.op) in _COMPUTED
            or isinstance(node, ast.Constant)
            and type(node.value) is int
            and node.value < 100
        )
        and node.lineno == node.end_lineno
    ]
    if not nodes:
        return None
    node = choose.choice(nodes)
    line, start, end = node.lineno - 1, node.col_offset, node.end_col_offset
    if isinstance(node, ast.Compare):
        node.ops = [_COMPARED[type(node.ops[0])]()]
    elif isinstance(node, ast.BinOp):
        node.op = _COMPUTED[type(node.op)]()
    else:
        assert isinstance(node, ast.Constant)
        node.value = node.value + 1  # type: ignore[operator]
    raw = lines[line].encode()
    lines[line] = (raw[:start] + f"({ast.unparse(node)})".encode() + raw[end:]).decode()
    try:
        return Program("\n".join(lines), program.call, f"{program.name}, edited").check()
    except ProgramError:  # inside an f-string, for one
        return None


def renamed(program: Program, choose: random.Random) -> Program | None:
    """Returns a program whose names say what they are not; None where it has none to change."""
    found = rewrite(program, "mislead", choose.randrange(1 << 30))
    return None if found is None else found.program
