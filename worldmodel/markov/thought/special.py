"""Special methods and properties: what operators and attributes of the program's own objects run."""

from __future__ import annotations

import ast

from ..objects import Instance, numbers
from ..operand import cut
from .ask import Asking, Unsupported
from .own import BUILTINS, Own

_OPERATIONS: dict[str, type[ast.AST]] = {
    "add": ast.Add,
    "sub": ast.Sub,
    "mul": ast.Mult,
    "truediv": ast.Div,
    "floordiv": ast.FloorDiv,
    "mod": ast.Mod,
    "pow": ast.Pow,
    "lshift": ast.LShift,
    "rshift": ast.RShift,
    "or": ast.BitOr,
    "xor": ast.BitXor,
    "and": ast.BitAnd,
    "matmul": ast.MatMult,
}
_SPECIAL: dict[type[ast.AST], str] = {kind: f"__{name}__" for name, kind in _OPERATIONS.items()} | {
    ast.Eq: "__eq__",
    ast.NotEq: "__ne__",
    ast.Lt: "__lt__",
    ast.LtE: "__le__",
    ast.Gt: "__gt__",
    ast.GtE: "__ge__",
}
"""Methods of operators (Python language reference, "Emulating numeric types" and "Basic customization")."""
_REFLECTED: dict[type[ast.AST], str] = {kind: f"__r{name}__" for name, kind in _OPERATIONS.items()} | {
    ast.Eq: "__eq__",
    ast.Lt: "__gt__",
    ast.LtE: "__ge__",
    ast.Gt: "__lt__",
    ast.GtE: "__le__",
}
"""The methods of right operands, where the left one is no instance of the program's."""


class Special(Own):
    """What the special methods of the program's classes do to a statement."""

    def operated(self, left: str, operator: ast.AST, right: str) -> Asking[str | None]:
        """Returns what an operator gives for instances of the program's classes; None where neither is one.

        Raises:
            Unsupported: an operand does not say what its class does.
        """
        kind = type(operator)
        mine, other = _is_object(left), _is_object(right)
        if not mine and not other:
            return None
        if kind in (ast.Is, ast.IsNot):
            same = mine and other and numbers(left)[:1] == numbers(right)[:1]
            return str(same == (kind is ast.Is))
        if kind in (ast.In, ast.NotIn):
            found = yield from self.special(right, "__contains__", left)
            if found is None:
                raise Unsupported
            return found if kind is ast.In else str(not (yield from self.holds(found)))
        name = _SPECIAL[kind]
        found = yield from self.special(left, name, right)
        if found is None and kind is ast.NotEq:
            found = yield from self.special(left, "__eq__", right)
            found = None if found is None else str(not (yield from self.holds(found)))
        plain = all(self._has_no(text, "__eq__", "__ne__") for text in (left, right) if _is_object(text))
        if found is None and mine and plain and kind in (ast.Eq, ast.NotEq):
            same = other and numbers(left)[:1] == numbers(right)[:1]
            return str(same == (kind is ast.Eq))
        if found is None and not mine and kind in _REFLECTED:
            found = yield from self.special(right, _REFLECTED[kind], left)
        if found is None or found == "NotImplemented":
            raise Unsupported
        return found

    def augmented(self, left: str, operator: ast.AST, right: str) -> Asking[str | None]:
        """Returns what ``LEFT OPERATOR= RIGHT`` gives an instance of the program's; None of anything else."""
        if not _is_object(left):
            return None
        found = yield from self.special(left, _SPECIAL[type(operator)].replace("__", "__i", 1), right)
        if found is None or found == "NotImplemented":
            found = yield from self.operated(left, operator, right)
        return found

    def counts(self, text: str) -> Asking[bool | None]:
        """Returns whether an instance of a class of the program counts as true; None for anything else."""
        if not _is_object(text):
            return None
        found = yield from self.special(text, "__bool__")
        if found is None:
            found = yield from self.special(text, "__len__")
        if found is not None:
            return found not in ("False", "0")
        if not self._has_no(text, "__bool__", "__len__"):
            raise Unsupported
        return True

    def is_instance(self, text: str, kinds: ast.expr) -> str | None:
        """Returns whether a value is of some classes, where the source says that; None where it does not."""
        classes, made = self.shell.flow.classes, Instance.parse(text)
        asked = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
        order = classes.order(made.type) if made is not None else []
        if made is not None and not classes.ordinary(made.type) or made is None and text.startswith("<"):
            return None
        sure = True
        for kind in asked:
            own = self.class_of(kind)
            if own is not None and own in order or made is not None and ast.unparse(kind) == "object":
                return "True"
            known = isinstance(kind, ast.Name) and kind.id in BUILTINS and made is not None
            sure = sure and (known or own is not None and classes.ordinary(own.name))
        return "False" if sure else None

    def special(self, text: str, name: str, *arguments: str) -> Asking[str | None]:
        """Returns what a special method of an instance gives; None where its class has no such one."""
        made = Instance.parse(text)
        method = self.shell.flow.classes.method(made.type, name) if made is not None else None
        if method is None:
            return None
        return (yield from self._enter(method, (text, *arguments), {}, f"{cut(text)}.{name}"))

    def _has_no(self, text: str, *names: str) -> bool:
        """Whether an instance's class is known, and has none of some methods."""
        made, classes = Instance.parse(text), self.shell.flow.classes
        if made is None or not classes.ordinary(made.type):
            return False
        return all(classes.method(made.type, name) is None for name in names)

    def property(self, text: str, name: str, *value: str) -> Asking[str | None]:
        """Returns what a property of an instance gives, or what setting it does; None where it has none."""
        made = Instance.parse(text)
        method = self.shell.flow.classes.property(made.type, name, bool(value)) if made is not None else None
        if method is None:
            return None
        return (yield from self._enter(method, (text, *value), {}, f"{cut(text)}.{name}"))

    def set_by_code(self, text: str, suffix: str, value: str) -> Asking[bool]:
        """Whether setting a part of an instance ran code of the program, which is over now and did it."""
        made, name = Instance.parse(text), suffix.removeprefix(".")
        if made is None:
            return False
        if name == suffix:
            key = suffix[1:-1]
            return (yield from self.special(text, "__setitem__", key, value)) is not None
        if (yield from self.property(text, name, value)) is not None:
            return True
        if self.top.scope.name.endswith(".__setattr__"):
            return False
        return (yield from self.special(text, "__setattr__", repr(name), value)) is not None


def _is_object(text: str) -> bool:
    """Whether a text is that of one numbered object."""
    return text.startswith("<") and Instance.parse(text) is not None
