"""Input prediction by a format's own way back: from a return to the call of its frame, with no forward run.

The model is shown the source without any call, and the state in which the function returned; the locals of
the ``call`` to which it steps back are the arguments. This is the inverse task of arXiv 2603.09951.
"""

from __future__ import annotations

import ast

from debugworld.sandboxes.debugger import Action, ActionKind, Event, Program, ProgramError, State
from debugworld.worldmodel.crux import CruxRow
from debugworld.worldmodel.fidelity.case import Case
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.inverse import End, is_end, run_call

from .forced import spent

BACKWARD = "backward"
"""What ``inverse`` says of a subject that is asked in this way."""
_CALL = Action(ActionKind.BACK_TO_CALL)


def backward_inputs(subject: Subject, case: Case, row: CruxRow) -> list[Record]:
    """Asks for an input of a row's output from every ``return`` of the function; the surest answer counts.

    The input is right when the function returns the output for it, in the case's box.
    """
    cost = subject.cost()
    best: tuple[float, str] | None = None
    reason = ""
    try:
        program = Program(row.code, None, row.name).check()
        for end in _ends(program, row):
            subject.debugger.reset(program)
            subject.debugger.ground([end])
            state = subject.debugger.step(_CALL)
            given = arguments(program, row.function, state)
            sure = subject.debugger.confidence
            if given is not None and (best is None or sure > best[0]):
                best = sure, given
    except ProgramError as error:
        reason = str(error)
    right = best is not None and _leads_to(case, row, best[1])
    record: Record = {
        "measure": "inputs",
        "case": case.key,
        "name": case.program.name,
        "origin": row.origin,
        "right": right,
        "limit": not right and spent(subject, cost).get("cut", 0) > 0,
        "draws": 0,
        "drawn_right": 0,
        "distinct_right": 0,
        "answer": best[1] if best is not None else None,
        "cost": spent(subject, cost),
    }
    return [record | {"reason": reason} if reason else record]


def arguments(program: Program, function: str, state: State) -> str | None:
    """Returns the argument list that a ``call`` state of a function means; None where it is none of it.

    Starred parameters are given as what they hold.
    """
    if state.event is not Event.CALL or state.function != function:
        return None
    node = _function(program, function)
    found = []
    plain = [*node.args.posonlyargs, *node.args.args]
    for name in (each.arg for each in plain):
        if name not in state.locals:
            return None
        found.append(state.locals[name])
    if node.args.vararg is not None:
        found.append(f"*{state.locals.get(node.args.vararg.arg, '()')}")
    named = (each.arg for each in node.args.kwonlyargs)
    found += [f"{name}={state.locals[name]}" for name in named if name in state.locals]
    if node.args.kwarg is not None:
        found.append(f"**{state.locals.get(node.args.kwarg.arg, '{}')}")
    return ", ".join(found)


def _ends(program: Program, row: CruxRow) -> list[State]:
    """Returns the states in which the function could have returned the output."""
    node = _function(program, row.function)
    lines: set[int] = set()
    waiting: list[ast.AST] = [*node.body]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Return):
            lines.add(each.lineno)
        elif not isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            waiting += ast.iter_child_nodes(each)
    found = sorted(lines) or [node.body[-1].lineno]
    value = End.returned(row.output).text
    return [
        State(Event.RETURN, line, program.source_line(line), row.function, 0, {}, value) for line in found
    ]


def _function(program: Program, name: str) -> ast.FunctionDef:
    for node in program.module.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise ProgramError(f"{program.name} defines no function {name}")


def _leads_to(case: Case, row: CruxRow, given: str) -> bool:
    call = f"{row.function}({given})"
    outcome, output = run_call(case.box, row.code, call)
    if outcome != "value":
        return False
    end = End.returned(row.output)
    if is_end(output, end):
        return True
    return run_call(case.box, row.code, f"({call}) == ({end.text})") == ("value", "True")
