"""Conditions of breakpoints: expressions that are asked at many states and must leave no trace.

What needs no code of the program, comparisons and arithmetic on built-in values, is worked out here,
in a microsecond. Everything else is evaluated in a fork of the process, like any expression.
"""

from __future__ import annotations

import ast
import builtins
import operator
import types
from collections.abc import Callable, Mapping
from typing import Any

from .anatomy import bases_of, dict_of

_SCALARS = frozenset({int, bool, float, str, bytes, type(None), complex})
_SEQUENCES = frozenset({list, tuple, str, bytes, range})
_CONTAINERS = frozenset({list, tuple, dict, set, frozenset, str, bytes, range})
_LOOKED_THROUGH = 1000
"""Items of a container that are looked at one by one; a longer one is left to the fork."""
_LARGE = 1 << 64
_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_SIGNS: dict[type, Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}


_SIMPLE = frozenset(
    (
        ast.Name,
        ast.Load,
        ast.Constant,
        ast.Compare,
        ast.BoolOp,
        ast.And,
        ast.Or,
        ast.UnaryOp,
        ast.Not,
        ast.USub,
    )
    + (ast.BinOp, ast.Add, ast.Sub, ast.Mod, ast.FloorDiv, ast.Div, ast.Is, ast.IsNot, *_COMPARISONS)
)
"""What an expression may be made of that needs no care where its names are small numbers."""
_NOTHING: dict[str, Any] = {"__builtins__": {}}
_BUILTINS = frozenset(dir(builtins))
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    work.__name__: work
    for work in (
        len,
        str,
        repr,
        int,
        float,
        bool,
        abs,
        min,
        max,
        sum,
        sorted,
        any,
        all,
        ord,
        chr,
        list,
        tuple,
        set,
    )
}
"""What is called here; on plain values it runs built-in code only."""
_METHODS = frozenset(
    (
        "startswith",
        "endswith",
        "isdigit",
        "isalpha",
        "isalnum",
        "isupper",
        "islower",
        "isspace",
        "lower",
        "upper",
    )
    + ("strip", "lstrip", "rstrip", "count", "find", "rfind", "index")
)
"""Methods of strings that are called here."""


class _Unknown(Exception):
    """The expression needs more than is known here."""


class Condition:
    """An expression whose truth is asked in one frame after the other.

    Args:
        text: One Python expression.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._tree = ast.parse(self.text, mode="eval").body
        nodes = list(ast.walk(self._tree))
        constants = [node.value for node in nodes if isinstance(node, ast.Constant)]
        texts = any(isinstance(value, str | bytes) for value in constants)
        sums = any(isinstance(node, ast.BinOp) for node in nodes)
        simple = all(type(node) in _SIMPLE for node in nodes) and not (texts and sums)
        self._code = compile(self.text, "<condition>", "eval", dont_inherit=True) if simple else None
        self._names = tuple({node.id for node in nodes if isinstance(node, ast.Name)})

    def holds(self, frame: types.FrameType) -> bool:
        """Whether the expression is true in a frame; one that raises, or takes too long, is not."""
        code = self._code
        if code is not None:  # comparisons and sums of small numbers and the like: no need for care
            values = {}
            seen = frame.f_locals
            try:
                for name in self._names:
                    value = values[name] = seen[name]
                    kind = type(value)
                    if kind is int:
                        if not -_LARGE < value < _LARGE:
                            break
                    elif kind is not float and kind is not bool and value is not None:
                        break
                else:
                    return bool(eval(code, _NOTHING, values))
            except KeyError:
                pass  # a global, or no name at all
            except Exception:
                return False
        try:
            return _true(_value(self._tree, _Names(frame)))
        except _Unknown:
            from .evaluation import truth

            return truth(self.text, frame)
        except Exception:
            return False


class _Names:
    """The names that an expression sees in a frame."""

    def __init__(self, frame: types.FrameType) -> None:
        self._frame = frame
        self._locals: Mapping[str, Any] | None = None

    def get(self, name: str) -> Any:
        if self._locals is None:
            self._locals = self._frame.f_locals
        for names in (self._locals, self._frame.f_globals):
            if name in names:
                return names[name]
        if name not in _BUILTINS:
            raise NameError(name)
        raise _Unknown

    def is_builtin(self, name: str) -> bool:
        frame = self._frame
        return name not in frame.f_locals and name not in frame.f_globals


def _value(node: ast.expr, names: _Names) -> Any:
    """Works an expression out.

    Raises:
        _Unknown: it needs code that is not known to be harmless and quick.
    """
    kind = type(node)
    if kind is ast.Constant:
        return node.value  # type: ignore[attr-defined]
    if kind is ast.Name:
        return names.get(node.id)  # type: ignore[attr-defined]
    handler = _HANDLERS.get(kind)
    if handler is None:
        raise _Unknown
    return handler(node, names)


def _compare(node: ast.Compare, names: _Names) -> bool:
    left = _value(node.left, names)
    for sign, part in zip(node.ops, node.comparators, strict=True):
        right = _value(part, names)
        kind = type(sign)
        if kind is ast.Is or kind is ast.IsNot:
            good = (left is right) is (kind is ast.Is)
        elif kind is ast.In or kind is ast.NotIn:
            good = _contains(right, left) is (kind is ast.In)
        else:
            if not (_plain(left) and _plain(right)):
                raise _Unknown
            good = bool(_COMPARISONS[kind](left, right))
        if not good:
            return False
        left = right
    return True


def _true(value: Any) -> bool:
    kind = type(value)
    if kind in _SCALARS or kind in _CONTAINERS:
        return bool(value)
    for name in ("__bool__", "__len__"):
        for base in bases_of(kind):
            member = dict_of(base).get(name)
            if member is not None:
                if type(member) is not types.WrapperDescriptorType:
                    raise _Unknown
                return bool(member(value))
    return True


def _plain(value: Any) -> bool:
    """Whether a comparison with the value runs built-in code only, and not for long."""
    kind = type(value)
    if kind in _SCALARS or kind is range:
        return True
    return (
        len(value) <= _LOOKED_THROUGH and kind is not dict and all(type(item) in _SCALARS for item in value)
    )


def _contains(container: Any, item: Any) -> bool:
    if type(item) not in _SCALARS or type(container) not in _CONTAINERS:
        raise _Unknown
    if type(container) is not dict and not _plain(container):
        raise _Unknown
    if type(container) is dict and not _keys_are_plain(container):
        raise _Unknown
    return item in container


def _keys_are_plain(mapping: dict[Any, Any]) -> bool:
    return len(mapping) <= _LOOKED_THROUGH and all(type(key) in _SCALARS for key in mapping)


def _both(node: ast.BoolOp, names: _Names) -> Any:
    stop = isinstance(node.op, ast.Or)
    value = None
    for part in node.values:
        value = _value(part, names)
        if _true(value) is stop:
            return value
    return value


def _one(node: ast.UnaryOp, names: _Names) -> Any:
    value = _value(node.operand, names)
    if isinstance(node.op, ast.Not):
        return not _true(value)
    if type(value) not in (int, bool, float, complex):
        raise _Unknown
    return _SIGNS[type(node.op)](value)


def _two(node: ast.BinOp, names: _Names) -> Any:
    work = _ARITHMETIC.get(type(node.op))
    left, right = _value(node.left, names), _value(node.right, names)
    if work is None or not (_small(left) and _small(right)):
        raise _Unknown
    return work(left, right)


def _small(value: Any) -> bool:
    kind = type(value)
    return kind is float or kind is bool or (kind is int and -_LARGE < value < _LARGE)


def _choose(node: ast.IfExp, names: _Names) -> Any:
    return _value(node.body if _true(_value(node.test, names)) else node.orelse, names)


def _item(node: ast.Subscript, names: _Names) -> Any:
    container, key = _value(node.value, names), _value(node.slice, names)
    at_place = type(container) in _SEQUENCES and type(key) in (int, bool)
    by_key = type(container) is dict and type(key) in _SCALARS and _keys_are_plain(container)
    if not at_place and not by_key:
        raise _Unknown
    return container[key]


def _call(node: ast.Call, names: _Names) -> Any:
    if node.keywords or any(isinstance(part, ast.Starred) for part in node.args):
        raise _Unknown
    if isinstance(node.func, ast.Name):
        work = _FUNCTIONS.get(node.func.id)
        if work is None or not names.is_builtin(node.func.id):
            raise _Unknown
        values = [_value(part, names) for part in node.args]
        if work is not len and not all(map(_plain, values)):
            raise _Unknown
        return work(*values)
    if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
        owner = _value(node.func.value, names)
        values = [_value(part, names) for part in node.args]
        if type(owner) is str and all(type(value) in (str, int) for value in values):
            return getattr(owner, node.func.attr)(*values)
    raise _Unknown


def _several(node: ast.Tuple | ast.List, names: _Names) -> Any:
    if any(isinstance(part, ast.Starred) for part in node.elts):
        raise _Unknown
    values = [_value(part, names) for part in node.elts]
    return tuple(values) if isinstance(node, ast.Tuple) else values


_HANDLERS: dict[type, Callable[[Any, _Names], Any]] = {
    ast.Tuple: _several,
    ast.List: _several,
    ast.Compare: _compare,
    ast.BoolOp: _both,
    ast.UnaryOp: _one,
    ast.BinOp: _two,
    ast.IfExp: _choose,
    ast.Subscript: _item,
    ast.Call: _call,
}
