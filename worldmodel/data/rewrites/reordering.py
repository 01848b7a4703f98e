"""Another order of neighbours that do not depend on one another."""

from __future__ import annotations

import ast
import random

from debugworld.worldmodel.data.binders import FUNCTIONS

from .subject import Subject, blocks, has, loaded, stored

_NAMES = "len abs min max sum int str float bool list dict set tuple sorted range ord chr round divmod"
_PURE_CALLS = frozenset(_NAMES.split())
_UNSAFE = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Lambda, ast.Attribute, ast.GeneratorExp)
_MAY_RAISE = (ast.Call, ast.BinOp, ast.Subscript, ast.Compare, ast.UnaryOp)


def reorder(subject: Subject, rng: random.Random) -> bool:
    """Swaps neighbouring assignments, and neighbouring definitions of functions, that can be swapped."""
    changed = False
    for block in list(blocks(subject.module)):
        place = 0
        while place + 1 < len(block):
            one, two = block[place], block[place + 1]
            free = _independent(one, two) or _definitions(one, two)
            if free and (not changed or rng.random() < 0.8):
                block[place], block[place + 1] = two, one
                changed = True
                place += 1
            place += 1
    return changed


def _independent(one: ast.stmt, two: ast.stmt) -> bool:
    """Whether two assignments to names read and write different names, and at most one of them can raise."""
    if not (_plain(one) and _plain(two)):
        return False
    writes, reads = (stored([one]), stored([two])), (loaded([one]), loaded([two]))
    if writes[0] & writes[1] or writes[0] & reads[1] or writes[1] & reads[0]:
        return False
    if has([one], ast.Call) and has([two], ast.Call) and reads[0] & reads[1] - _PURE_CALLS:
        return False  # both may take from one iterator
    return not (has([one], *_MAY_RAISE) and has([two], *_MAY_RAISE))


def _plain(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign) or not all(isinstance(t, ast.Name) for t in node.targets):
        return False
    calls = (part for part in ast.walk(node.value) if isinstance(part, ast.Call))
    pure = all(isinstance(call.func, ast.Name) and call.func.id in _PURE_CALLS for call in calls)
    return pure and not has([node.value], *_UNSAFE)


def _definitions(one: ast.stmt, two: ast.stmt) -> bool:
    """Whether two definitions run nothing but themselves where they stand."""
    for node in (one, two):
        if not isinstance(node, FUNCTIONS) or node.decorator_list:
            return False
        if has([*node.args.defaults, *filter(None, node.args.kw_defaults)], ast.Name, ast.Call):
            return False
    return one.name != two.name  # type: ignore[attr-defined]
