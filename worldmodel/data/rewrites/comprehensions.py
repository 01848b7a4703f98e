"""Comprehensions as loops that fill a container, and back."""

from __future__ import annotations

import ast
import random

from .subject import Subject, blocks, has, loaded, occurrences, shared_names, stored

_KINDS = (ast.ListComp, ast.SetComp, ast.DictComp)
_UNSAFE = (ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.GeneratorExp)


def unfold_comprehensions(subject: Subject, rng: random.Random) -> bool:
    """Writes ``NAME = [... for ...]`` and ``return [... for ...]`` as loops, in functions.

    Likewise for sets and dicts. The loop's variables get new names where the function has theirs already.
    """
    changed = False
    for function in subject.functions():
        for block in list(blocks(function)):
            place = 0
            while place < len(block):
                node = block[place]
                made = _unfolded(subject, function, node)
                if made is not None:
                    block[place : place + 1] = made
                    place += len(made) - 1
                    changed = True
                    ast.fix_missing_locations(function)
                place += 1
    return changed


def fold_loops(subject: Subject, rng: random.Random) -> bool:
    """Writes ``NAME = []`` and a loop that only appends to it as a list comprehension, in functions."""
    changed = False
    for function in subject.functions():
        for block in list(blocks(function)):
            place = 0
            while place + 1 < len(block):
                made = _folded(function, block[place], block[place + 1])
                if made is not None:
                    block[place : place + 2] = [made]
                    changed = True
                place += 1
    return changed


def _unfolded(
    subject: Subject, function: ast.FunctionDef | ast.AsyncFunctionDef, node: ast.stmt
) -> list[ast.stmt] | None:
    plain = isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    if not (plain or isinstance(node, ast.Return)):
        return None
    value = node.value  # type: ignore[attr-defined]
    if not isinstance(value, _KINDS) or has([value], *_UNSAFE):
        return None
    if any(generator.is_async for generator in value.generators):
        return None
    _free_targets(subject, function, value)
    result = subject.fresh(["found", "collected", "gathered", "made"])
    body: list[ast.stmt] = [_put(result, value)]
    for generator in reversed(value.generators):
        for test in reversed(generator.ifs):
            body = [ast.If(test, body, [])]
        body = [ast.For(generator.target, generator.iter, body, [], lineno=1)]
    empty: ast.expr = {
        ast.ListComp: ast.List([], ast.Load()),
        ast.SetComp: ast.Call(ast.Name("set", ast.Load()), [], []),
        ast.DictComp: ast.Dict([], []),
    }[type(value)]
    node.value = ast.Name(result, ast.Load())  # type: ignore[attr-defined]
    return [ast.Assign([ast.Name(result, ast.Store())], empty, lineno=1), *body, node]


def _free_targets(
    subject: Subject, function: ast.FunctionDef | ast.AsyncFunctionDef, value: ast.expr
) -> None:
    """Renames a comprehension's variables that the function uses outside; the first iterable is outside."""
    generators = value.generators  # type: ignore[attr-defined]
    first = generators[0].iter
    taken = shared_names(function) | {part.arg for part in ast.walk(function) if isinstance(part, ast.arg)}
    for name in sorted(stored([generator.target for generator in generators])):
        inside = occurrences(name, value) - occurrences(name, first)
        if name not in taken and occurrences(name, function) == inside:
            continue
        new = subject.fresh([f"{name}_", f"each_{name}"])
        outside = set(map(id, ast.walk(first)))
        for part in ast.walk(value):
            if isinstance(part, ast.Name) and part.id == name and id(part) not in outside:
                part.id = new


def _put(result: str, value: ast.expr) -> ast.stmt:
    target = ast.Name(result, ast.Load())
    if isinstance(value, ast.DictComp):
        place = ast.Subscript(target, value.key, ast.Store())
        return ast.Assign([place], value.value, lineno=1)
    method = "append" if isinstance(value, ast.ListComp) else "add"
    return ast.Expr(ast.Call(ast.Attribute(target, method, ast.Load()), [value.elt], []))  # type: ignore[attr-defined]


def _folded(function: ast.AST, first: ast.stmt, loop: ast.stmt) -> ast.Assign | None:
    if not (isinstance(first, ast.Assign) and len(first.targets) == 1 and isinstance(loop, ast.For)):
        return None
    target, value = first.targets[0], first.value
    if not (isinstance(target, ast.Name) and isinstance(value, ast.List) and not value.elts) or loop.orelse:
        return None
    body, tests = loop.body, []
    while len(body) == 1 and isinstance(body[0], ast.If) and not body[0].orelse:
        tests.append(body[0].test)
        body = body[0].body
    item = _appended(body, target.id)
    if item is None or has([item, *tests, loop.iter], *_UNSAFE):
        return None
    variables = stored([loop.target])
    if not variables or any(occurrences(name, function) != occurrences(name, loop) for name in variables):
        return None
    if has([loop.target], ast.Attribute, ast.Subscript) or target.id in loaded([item, *tests, loop.iter]):
        return None
    if variables & loaded([loop.iter]):
        return None
    made = ast.ListComp(item, [ast.comprehension(loop.target, loop.iter, tests, 0)])
    return ast.copy_location(ast.Assign([target], made), first)


def _appended(body: list[ast.stmt], name: str) -> ast.expr | None:
    """What the only statement of a body appends to a name."""
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        return None
    call = body[0].value
    if not (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "append"
    ):
        return None
    target = call.func.value
    if not (isinstance(target, ast.Name) and target.id == name) or len(call.args) != 1 or call.keywords:
        return None
    return None if isinstance(call.args[0], ast.Starred) else call.args[0]
