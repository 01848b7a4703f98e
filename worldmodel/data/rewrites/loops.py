"""``for`` over a range as ``while``, and back."""

from __future__ import annotations

import ast
import random

from .subject import Subject, blocks, has, loaded, occurrences, shared_names, stored


def for_to_while(subject: Subject, rng: random.Random) -> bool:
    """Writes ``for NAME in range(...)`` as ``while``, in functions.

    Where the loop's variable is of no use outside, it counts itself; else a counter of its own does, and the
    variable is set from it at the head of each turn.
    """
    changed = False
    for function in subject.functions():
        for block in list(blocks(function)):
            place = 0
            while place < len(block):
                node = block[place]
                bounds = _bounds(node)
                if (
                    bounds is not None
                    and isinstance(node, ast.For)
                    and not shared_names(function) & stored([node])
                ):
                    block[place : place + 1] = _as_while(subject, function, node, *bounds)
                    changed = True
                    ast.fix_missing_locations(function)
                place += 1
    return changed


def while_to_for(subject: Subject, rng: random.Random) -> bool:
    """Writes ``NAME = A``, ``while NAME < B: ...; NAME += 1`` as ``for NAME in range(A, B)``, in functions.

    Only where nothing else reads or sets the variable, and nothing in the loop changes B.
    """
    changed = False
    for function in subject.functions():
        for block in list(blocks(function)):
            place = 0
            while place + 1 < len(block):
                loop = _as_for(function, block[place], block[place + 1])
                if loop is not None:
                    block[place : place + 2] = [loop]
                    changed = True
                place += 1
    return changed


def _bounds(node: ast.stmt) -> tuple[ast.expr, ast.expr, int] | None:
    """Start, stop and step of a loop over a range."""
    if not isinstance(node, ast.For) or not isinstance(node.target, ast.Name):
        return None
    call = node.iter
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"):
        return None
    if call.keywords or not 1 <= len(call.args) <= 3 or has(call.args, ast.Starred):
        return None
    step: object = 1
    if len(call.args) == 3:
        try:
            step = ast.literal_eval(call.args[2])
        except ValueError:
            return None
    if type(step) is not int or step == 0:
        return None
    first = call.args[0] if len(call.args) > 1 else ast.Constant(0)
    return first, call.args[1] if len(call.args) > 1 else call.args[0], step


def _as_while(
    subject: Subject, function: ast.AST, node: ast.For, start: ast.expr, stop: ast.expr, step: int
) -> list[ast.stmt]:
    assert isinstance(node.target, ast.Name)
    name = node.target.id
    inside = occurrences(name, node)
    simple = (
        occurrences(name, function) == inside
        and name not in stored(node.body)
        and not has(node.body, ast.Continue, ast.Lambda, *_FUNCTIONS)
        and name not in loaded([start, stop])
        and not node.orelse
    )
    before: list[ast.stmt] = []
    if isinstance(stop, ast.Constant) or isinstance(stop, ast.Name) and stop.id not in stored([node]):
        bound = stop
    else:
        limit = subject.fresh(["limit", "bound", "stop_at"])
        before.append(_assign(limit, stop))
        bound = _load(limit)
    counter = name if simple else subject.fresh(["position", "counter", "turn"])
    before.insert(0, _assign(counter, start))
    compared: ast.cmpop = ast.Lt() if step > 0 else ast.Gt()
    test = ast.Compare(_load(counter), [compared], [bound])
    operation: ast.operator = ast.Add() if step > 0 else ast.Sub()
    count = ast.AugAssign(ast.Name(counter, ast.Store()), operation, ast.Constant(abs(step)))
    body = [*node.body, count] if simple else [_assign(name, _load(counter)), count, *node.body]
    return [*before, ast.While(test, body, node.orelse)]


def _as_for(function: ast.AST, first: ast.stmt, loop: ast.stmt) -> ast.For | None:
    if not (isinstance(first, ast.Assign) and len(first.targets) == 1 and isinstance(loop, ast.While)):
        return None
    target, test = first.targets[0], loop.test
    if not (isinstance(target, ast.Name) and isinstance(test, ast.Compare) and len(test.ops) == 1):
        return None
    name, stop, last = target.id, test.comparators[0], loop.body[-1]
    counts = (
        isinstance(last, ast.AugAssign)
        and isinstance(last.op, ast.Add)
        and isinstance(last.target, ast.Name)
        and last.target.id == name
        and isinstance(last.value, ast.Constant)
        and last.value.value == 1
    )
    if (
        not counts
        or not isinstance(test.ops[0], ast.Lt)
        or not (isinstance(test.left, ast.Name) and test.left.id == name)
    ):
        return None
    steady = isinstance(stop, ast.Constant) or isinstance(stop, ast.Name) and stop.id not in stored(loop.body)
    alone = occurrences(name, function) == occurrences(name, loop) + 1
    rest = loop.body[:-1]
    if not (steady and alone and rest) or loop.orelse or name in stored(rest):
        return None
    if has(rest, ast.Continue, ast.Lambda, *_FUNCTIONS) or name in loaded([first.value, stop]):
        return None
    zero = isinstance(first.value, ast.Constant) and first.value.value == 0
    bounds = [stop] if zero else [first.value, stop]
    over = ast.Call(_load("range"), bounds, [])
    return ast.copy_location(ast.For(ast.Name(name, ast.Store()), over, rest, []), loop)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _assign(name: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(name, ast.Store())], value, lineno=1)


def _load(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())
