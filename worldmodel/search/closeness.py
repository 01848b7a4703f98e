"""How far a value is from another one, or a condition from the truth: what a search goes downhill on.

Distances of conditions are the branch distances of search-based testing (Korel, 1990; Tracey et al., 1998)
over values that a debugger shows; no code of the program runs. Where a distance is not known it is 1, the
most that a value can be off.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from typing import Any

FAR = 1e12
"""Numbers from here on are no steps to take."""
UNKNOWN = object()
"""A value that cannot be told."""
_STEP = 1.0
"""Added where a comparison is strict."""
_NUMBERS = (int, float)
_SIZED = (str, bytes, list, tuple, dict, set, frozenset)
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {"len": len, "abs": abs, "min": min, "max": max}
_ORDER = {ast.Lt: (0, 1, _STEP), ast.LtE: (0, 1, 0.0), ast.Gt: (1, 0, _STEP), ast.GtE: (1, 0, 0.0)}
_OPPOSITE = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def squashed(distance: float) -> float:
    """Returns a distance within [0, 1), in the same order."""
    return distance / (distance + 1.0)


def literal(text: str) -> Any:
    """Returns the value that a text is the literal of; `UNKNOWN` where it is none."""
    try:
        return ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return UNKNOWN


def of_texts(one: str, other: str) -> float:
    """Returns how far two values are apart whose texts these are, in [0, 1]; 0 for equal texts."""
    if one == other:
        return 0.0
    mine, theirs = literal(one), literal(other)
    if mine is UNKNOWN or theirs is UNKNOWN:
        return _of_strings(one, other)
    return of_values(mine, theirs)


def of_values(one: Any, other: Any) -> float:
    """Returns how far two values are apart, in [0, 1]; 0 for equal ones, 1 for those of different kinds."""
    if one is UNKNOWN or other is UNKNOWN:
        return 1.0
    if type(one) is type(other) and one == other:
        return 0.0
    if isinstance(one, _NUMBERS) and isinstance(other, _NUMBERS):
        if isinstance(one, bool) or isinstance(other, bool):
            return 1.0
        return _squashed_gap(one, other)
    if isinstance(one, str) and isinstance(other, str):
        return _of_strings(one, other)
    if isinstance(one, (list, tuple)) and type(one) is type(other):
        return _of_items(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        keys = {**one, **other}
        gaps = [of_values(one[key], other[key]) if key in one and key in other else 1.0 for key in keys]
        return _part(gaps)
    if isinstance(one, (set, frozenset)) and isinstance(other, (set, frozenset)):
        return len(one ^ other) / max(len(one | other), 1)
    return 1.0


def _squashed_gap(one: float, other: float) -> float:
    try:
        gap = abs(float(one) - float(other))
    except OverflowError:
        return 1.0
    return 0.9 * squashed(gap) if gap == gap else 1.0


def _of_strings(one: str, other: str) -> float:
    return 0.9 * (1 - SequenceMatcher(None, one[:200], other[:200], autojunk=False).ratio())


def _of_items(one: Any, other: Any) -> float:
    """Items in their places where the lengths agree; else what would have to be put in and left out."""
    if len(one) == len(other):
        return _part([of_values(a, b) for a, b in zip(one, other, strict=True)])
    matcher = SequenceMatcher(
        None, [repr(i) for i in one[:60]], [repr(i) for i in other[:60]], autojunk=False
    )
    return 0.2 + 0.7 * (1 - matcher.ratio())


def _part(gaps: list[float]) -> float:
    return 0.9 * sum(gaps) / len(gaps) if gaps else 0.0


def gaps(one: Any, other: Any) -> list[float]:
    """Returns by how much each number in a value would have to grow for another value of the same shape."""
    if isinstance(one, bool) or isinstance(other, bool):
        return []
    if isinstance(one, _NUMBERS) and isinstance(other, _NUMBERS):
        return [other - one] if one != other and max(abs(one), abs(other)) < FAR else []
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(one[key], other[key]) for key in one if key in other]
    elif isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        pairs = list(zip(one, other, strict=False))
    else:
        return []
    return [gap for pair in pairs for gap in gaps(*pair)]


def of_condition(test: ast.expr, wanted: bool, values: Mapping[str, str]) -> float:
    """Returns how far a condition is from being true, or false, in [0, 1]; 0 where it is.

    Args:
        test: The condition.
        wanted: What it is to be.
        values: Texts of the variables, by name.
    """
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return of_condition(test.operand, not wanted, values)
    if isinstance(test, ast.BoolOp):
        parts = [of_condition(each, wanted, values) for each in test.values]
        return sum(parts) / len(parts) if isinstance(test.op, ast.And) is wanted else min(parts)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        kind: type[ast.cmpop] = type(test.ops[0])
        sides = value_of(test.left, values), value_of(test.comparators[0], values)
        return _of_comparison(kind if wanted else _OPPOSITE[kind], *sides)
    value = value_of(test, values)
    if value is UNKNOWN:
        return 1.0
    if bool(value) is wanted:
        return 0.0
    if isinstance(value, _NUMBERS) and not isinstance(value, bool):
        return squashed(abs(value)) if not wanted else 0.5
    return squashed(float(len(value))) if isinstance(value, _SIZED) and not wanted else 0.9


def _of_comparison(kind: type[ast.cmpop], left: Any, right: Any) -> float:
    if left is UNKNOWN or right is UNKNOWN:
        return 1.0
    if kind in (ast.Eq, ast.Is):
        return of_values(left, right)
    if kind in (ast.NotEq, ast.IsNot):
        return 0.5 if of_values(left, right) == 0 else 0.0
    if kind in (ast.In, ast.NotIn):
        return _of_membership(kind is ast.In, left, right)
    high, _, strict = _ORDER[kind]
    small, large = (left, right) if high == 0 else (right, left)
    if isinstance(small, _NUMBERS) and isinstance(large, _NUMBERS):
        gap = float(small) - float(large) + strict
        return 0.9 * squashed(gap) if gap > 0 else 0.0
    try:
        return 0.0 if (small < large or not strict and small == large) else 0.5
    except TypeError:
        return 1.0


def _of_membership(within: bool, item: Any, holder: Any) -> float:
    try:
        found = item in holder
    except TypeError:
        return 1.0
    if found is within:
        return 0.0
    if not within or isinstance(holder, str):
        return 0.5
    return min((of_values(item, each) for each in list(holder)[:60]), default=0.9)


def value_of(node: ast.expr, values: Mapping[str, str]) -> Any:
    """Returns the value of a simple expression; `UNKNOWN` where it is more than names, numbers and items."""
    if isinstance(node, ast.Name):
        return literal(values[node.id]) if node.id in values else UNKNOWN
    try:
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            sides = value_of(node.left, values), value_of(node.right, values)
            if all(isinstance(side, _NUMBERS) for side in sides):
                return _ARITHMETIC[type(node.op)](*sides)
            return UNKNOWN
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
            value = value_of(node.args[0], values)
            if node.func.id in _FUNCTIONS and value is not UNKNOWN and not node.keywords:
                return _FUNCTIONS[node.func.id](value)
            return UNKNOWN
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
            holder, place = value_of(node.value, values), value_of(node.slice, values)
            return UNKNOWN if UNKNOWN in (holder, place) else holder[place]
        return literal(ast.unparse(node))
    except (ArithmeticError, ValueError, TypeError, LookupError):
        return UNKNOWN
