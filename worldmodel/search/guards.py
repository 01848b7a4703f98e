"""What stands between a run and a line: the conditions on the way there, read off the program's text.

A guard is a line and what must hold when it runs: the branches around a statement, and those before it in
its block that leave the block. How far a run is from a line is, as usual in search-based testing (Wegener,
Baresel and Sthamer, 2001), the number of guards that it did not come to, plus how far the last one is from
holding.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from debugworld.sandboxes.debugger import Event, Program, State

from .closeness import of_condition

CALLERS = 4
"""Calls back from a function that was not entered."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


@dataclass(frozen=True)
class Guard:
    """A condition on the way to a line."""

    first: int
    """1-based line on which it is met."""
    last: int
    """Last line of it."""
    test: ast.expr | None = None
    """The condition; None where passing is not a matter of one, as with a loop's first item."""
    wanted: bool = True
    """What it must be."""


@lru_cache(maxsize=256)
def guards(program: Program, line: int) -> tuple[tuple[Guard, ...], str]:
    """Returns what must hold for a line to run, in the order of the run, and the function that it is in.

    The function is the empty text for a line of the module. Without guards a line runs whenever its function
    is entered, unless an exception or a handler stands before it.
    """
    best: tuple[tuple[Guard, ...], str] = ((), "")
    for node in ast.walk(program.module):
        if isinstance(node, _Function) and node.lineno <= line <= (node.end_lineno or 0):
            found = _within(node.body, line)
            if found is not None:  # inner functions come later, and are nearer
                best = tuple(found), node.name
    return best


def _within(block: Sequence[ast.stmt], line: int) -> list[Guard] | None:
    """Returns the guards of a line within a block; None where it is not there."""
    found: list[Guard] = []
    for statement in block:
        if statement.lineno <= line <= (statement.end_lineno or 0):
            return found + _inside(statement, line)
        if isinstance(statement, ast.If):
            for branch, wanted in ((statement.body, False), (statement.orelse, True)):
                if branch and isinstance(branch[-1], _LEAVES):
                    found.append(_guard(statement.test, wanted))
    return None


def _inside(statement: ast.stmt, line: int) -> list[Guard]:
    if isinstance(statement, (ast.If, ast.While)):
        for branch, wanted in ((statement.body, True), (statement.orelse, False)):
            inner = _within(branch, line)
            if inner is not None:
                return [_guard(statement.test, wanted), *inner]
    elif isinstance(statement, (ast.For, ast.AsyncFor)):
        inner = _within(statement.body, line)
        if inner is not None:
            return [Guard(statement.lineno, statement.iter.end_lineno or 0), *inner]
    parts = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
    parts += [part.body for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ()))]
    for part in parts:
        inner = _within(part, line) if isinstance(part, list) else None
        if inner is not None:
            return [Guard(statement.lineno, statement.lineno), *inner]
    return []


def _guard(test: ast.expr, wanted: bool) -> Guard:
    return Guard(test.lineno, test.end_lineno or test.lineno, test, wanted)


def away(program: Program, line: int, states: Sequence[State], last: Guard | None = None) -> float:
    """Returns how far a run is from a line: guards that it did not come to, and the last one's distance.

    Args:
        program: The program; its texts are those of the states.
        line: 1-based line of the program as it runs.
        states: The run.
        last: A condition of the line itself that must hold, too.
    """
    return _away(program, line, states, last, CALLERS)


def _away(program: Program, line: int, states: Sequence[State], last: Guard | None, callers: int) -> float:
    chain, function = guards(program, line)
    if last is not None:
        chain = (*chain, last)
    for place in range(len(chain) - 1, -1, -1):
        gaps = list(_gaps(chain[place], states))
        if gaps:
            return len(chain) - 1 - place + min(gaps)
    if not function or any(state.event is Event.LINE and _named(state, function) for state in states):
        return len(chain) + 1.0
    calls = _calls(program, function) if callers else ()
    nearest = [_away(program, each, states, None, callers - 1) for each in calls]
    return len(chain) + 1.0 + min(nearest, default=float(callers))


def _named(state: State, function: str) -> bool:
    return state.function.rpartition(".")[2] == function


def _gaps(guard: Guard, states: Sequence[State]) -> Iterator[float]:
    for state in states:
        if state.event is Event.LINE and guard.first <= state.line <= guard.last and state.depth > 0:
            yield 1.0 if guard.test is None else of_condition(guard.test, guard.wanted, state.locals)


@lru_cache(maxsize=256)
def _calls(program: Program, function: str) -> tuple[int, ...]:
    """Returns the lines on which a function of this name is called."""
    found: dict[int, None] = {}
    for node in ast.walk(program.module):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name == function:
                found[node.lineno] = None
    return tuple(found)
