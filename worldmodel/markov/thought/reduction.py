"""Evaluates expressions with the model's answers, in Python's order."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from ..display import with_item
from ..frame import MUTABLE
from ..objects import Instance
from ..operand import cut
from ..unbound import missing, unset
from .ask import (
    HOLE,
    Asking,
    Form,
    Raised,
    Unsupported,
    effect_of,
    value_of,
)
from .handed import Handed
from .own import BUILTINS
from .place import Place

_LAZY = frozenset({"enumerate", "zip", "reversed", "map", "filter", "iter"})
"""Built-ins whose value shows nothing of what it yields: in a question the call itself stands for it."""
_SHORT = {"any": (True,), "all": (False,), "next": (True, False)}
"""Built-ins that look no further than the first element of one of these truth values."""
_LIBRARY = re.compile(r"<module '([\w.]+)'>|<built-in function (\w+)>")
_UNARY: dict[type[ast.AST], str] = {ast.UAdd: "__pos__", ast.USub: "__neg__", ast.Invert: "__invert__"}
_METHODS = {"len": ("__len__",), "repr": ("__repr__",), "str": ("__str__", "__repr__"), "abs": ("__abs__",)}
"""Built-ins that run a method of the one instance that they are given."""
_KEEPING = frozenset(
    {
        "append",
        "appendleft",
        "clear",
        "copy",
        "extend",
        "extendleft",
        "get",
        "insert",
        "items",
        "keys",
        "pop",
        "popleft",
        "reverse",
        "setdefault",
        "update",
        "values",
    }
)
"""Methods of containers that run nothing of what they are given but, for keys, its hash."""
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.BitAnd: "&",
    ast.MatMult: "@",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.UAdd: "+",
    ast.USub: "-",
    ast.Invert: "~",
}


class Reduction(Handed):
    """The values of one statement's expressions."""

    def value(self, node: ast.expr) -> Asking[str]:
        """Returns the text of an expression's value."""
        text = literal(node)
        if text is not None:
            return text
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise Unsupported
        found: str = yield from method(node)
        return found

    def solid(self, node: ast.expr) -> Asking[str]:
        """The same, of a value that has a text of its own."""
        kept = self._kept(node)
        if kept is not None:
            return kept
        text = yield from self.value(node)
        if isinstance(text, Form):
            raise Unsupported
        return text

    def truth(self, node: ast.expr) -> Asking[bool]:
        """Returns whether an expression counts as true."""
        text = yield from self.value(node)
        return (yield from self.holds(text))

    def holds(self, text: str) -> Asking[bool]:
        """Returns whether a value counts as true."""
        if text in ("True", "False", "None"):
            return text == "True"
        counts = yield from self.counts(text)
        if counts is not None:
            return counts
        outcome = yield from self.ask(value_of(f"bool({_operand(text)})", {}))
        return outcome.value == "True"

    # Places

    def place(self, node: ast.expr, read: bool = True) -> Asking[Place]:
        """Returns where an expression stands, with its value if that is wanted."""
        if isinstance(node, ast.Name):
            text = self._find(node.id) if read else ""
            if read and node.id not in self.env and node.id not in self._inner:
                raise Unsupported
            return Place(text, node.id)
        if isinstance(node, ast.Call):
            return (yield from self._place_by_default(node))
        if not isinstance(node, (ast.Subscript, ast.Attribute)):
            raise Unsupported
        base = yield from self.place(node.value)
        if isinstance(node, ast.Attribute):
            suffix = f".{self.mangled(node.attr)}"
            text = (yield from self._read(base.text, node.attr)) if read else ""
        else:
            suffix = f"[{cut((yield from self._key(node.slice)))}]"
            ask = value_of(f"{_receiver(base.text)}{suffix}", {})
            text = (yield from self.ask(ask)).value if read else ""
        return Place(text, "", base, suffix)

    def _place_by_default(self, node: ast.Call) -> Asking[Place]:
        """Returns where ``_.setdefault(KEY, VALUE)`` leaves what it returns: under the key."""
        function = node.func
        if not isinstance(function, ast.Attribute) or function.attr != "setdefault" or len(node.args) != 2:
            raise Unsupported
        if any(isinstance(part, (ast.Call, ast.NamedExpr)) for part in ast.walk(node.args[0])):
            raise Unsupported
        text = yield from self._call_attribute(node, function)
        base = yield from self.place(function.value)
        return Place(text, "", base, f"[{cut((yield from self.value(node.args[0])))}]")

    def write(self, place: Place, text: str) -> Asking[None]:
        """Puts a value at a place."""
        if isinstance(text, Form):
            raise Unsupported
        while place.base is not None:
            whole = place.base
            set_by = yield from self.set_by_code(whole.text, place.suffix, text)
            if set_by:
                return
            known = self.with_field(whole.text, place.suffix, text)
            known = known or with_item(whole.text, place.suffix, text)
            if known is not None:
                place, text = whole, known
                continue
            ask = effect_of(f"{HOLE}{place.suffix} = {cut(text)}", {HOLE: whole.text}, (HOLE,))
            outcome = yield from self.ask(ask)
            if whole.text.startswith("<") and HOLE not in outcome.changes:
                raise Unsupported
            place, text = whole, outcome.changes.get(HOLE, whole.text)
        self.bind(place.name, text)

    def bind(self, name: str, text: str) -> None:
        """Gives a variable a value."""
        (self._inner if name in self._inner else self.env)[name] = text

    # Kinds of expressions

    def _name(self, node: ast.Name) -> Asking[str]:
        name = node.id
        made = self.shell.flow.globals.get(name)
        if made is None or self._known(name) is not None:
            return self._find(name)
        return (yield from self._elsewhere(made))

    def _known(self, name: str) -> str | None:
        """Returns the text of a variable; None where it is none that is known.

        Raises:
            Raised: it is one without a value.
        """
        if name in self._inner:
            return self._inner[name]
        if name in self.env:
            return self.env[name]
        error = unset(self.scope, name)
        if error and self._inner:  # versions of Python tell it differently inside a comprehension
            raise Unsupported
        if error:
            raise Raised(error)
        return self._question.outer(name)

    def _find(self, name: str) -> str:
        text = self._known(name)
        if text is not None:
            return text
        flow = self.shell.flow
        if flow.names_code(name):
            raise Unsupported
        if name in BUILTINS or name in flow.imported:
            return Form(name)
        self.require(name)
        raise Unsupported

    def require(self, name: str) -> None:
        """Raises what reading a name raises that stands for nothing, where that is certain.

        Raises:
            Raised: it does.
        """
        flow = self.shell.flow
        known = name in BUILTINS or name in flow.imported or flow.names_code(name)
        if not known and self._known(name) is None:
            error = missing(flow, self.top, self.scope, name)
            if error:
                raise Raised(error)

    def _binop(self, node: ast.BinOp) -> Asking[str]:
        left = yield from self.value(node.left)
        right = yield from self.value(node.right)
        return (yield from self.operate(left, node.op, right))

    def operate(self, left: str, operator: ast.AST, right: str) -> Asking[str]:
        """Returns the text of ``left OPERATOR right``."""
        found = yield from self.operated(left, operator, right)
        if found is not None:
            return found
        if not isinstance(operator, (ast.Add, ast.Mult)):
            _plain(left, right)
        text = _OPERATORS[type(operator)]
        first = f"({left})" if text == "**" and left.startswith("-") else _operand(left)
        return (yield from self.ask(value_of(f"{first} {text} {_operand(right)}", {}))).value

    def _unaryop(self, node: ast.UnaryOp) -> Asking[str]:
        text = yield from self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return str(not (yield from self.holds(text)))
        found = yield from self.special(text, _UNARY[type(node.op)])
        if found is not None:
            return found
        _plain(text)
        return (yield from self.ask(value_of(f"{_OPERATORS[type(node.op)]}{_receiver(text)}", {}))).value

    def _compare(self, node: ast.Compare) -> Asking[str]:
        left = yield from self.value(node.left)
        text = "True"
        for place, (operator, following) in enumerate(zip(node.ops, node.comparators, strict=True)):
            right = yield from self.value(following)
            text = yield from self.operate(left, operator, right)
            if place + 1 < len(node.ops) and not (yield from self.holds(text)):
                return text
            left = right
        return text

    def _boolop(self, node: ast.BoolOp) -> Asking[str]:
        text = ""
        for place, part in enumerate(node.values):
            text = yield from self.value(part)
            if place + 1 < len(node.values):
                holds = yield from self.holds(text)
                if holds == isinstance(node.op, ast.Or):
                    return text
        return text

    def _ifexp(self, node: ast.IfExp) -> Asking[str]:
        holds = yield from self.truth(node.test)
        return (yield from self.value(node.body if holds else node.orelse))

    def _namedexpr(self, node: ast.NamedExpr) -> Asking[str]:
        text = yield from self.solid(node.value)
        self.env[node.target.id] = text
        return text

    def _subscript(self, node: ast.Subscript) -> Asking[str]:
        base = yield from self.value(node.value)
        key = yield from self._key(node.slice)
        if base.startswith("<"):
            found = yield from self.special(base, "__getitem__", key)
            if found is None or isinstance(node.slice, ast.Slice):
                raise Unsupported
            return found
        _plain(key)
        return (yield from self.ask(value_of(f"{_receiver(base)}[{cut(key)}]", {}))).value

    def _key(self, node: ast.expr) -> Asking[str]:
        if not isinstance(node, ast.Slice):
            return (yield from self.value(node))
        parts = []
        for part in (node.lower, node.upper, node.step):
            parts.append("" if part is None else (yield from self.value(part)))
        return ":".join(parts[:2]) + (f":{parts[2]}" if node.step is not None else "")

    def _attribute(self, node: ast.Attribute) -> Asking[str]:
        owner = self.class_of(node.value)
        if owner is not None:
            shared = self.shell.flow.classes.constant(owner.name, node.attr)
            if shared is None:
                raise Unsupported
            return (yield from self._elsewhere(shared))
        base = yield from self.value(node.value)
        base = library(base) or base
        if isinstance(base, Form):
            return Form(f"{base}.{node.attr}")
        return (yield from self._read(base, node.attr))

    def _read(self, base: str, attribute: str) -> Asking[str]:
        """Returns what stands under a name of a value."""
        name = self.mangled(attribute)
        found = yield from self.property(base, attribute)
        if found is None:
            found = self.field(base, name)
        made = Instance.parse(base)
        if found is None and made is not None and name not in made.fields:
            shared = self.shell.flow.classes.constant(made.type, attribute)
            found = None if shared is None else (yield from self._elsewhere(shared))
        if found is not None:
            return found
        if attribute in self.shell.flow.labels:  # a method of the program
            raise Unsupported
        return (yield from self.ask(value_of(f"{_receiver(base)}.{name}", {}))).value

    def _elsewhere(self, node: ast.expr) -> Asking[str]:
        """Returns the value of an expression of the module's level; a library's name stands for itself."""
        kept = self.env, self._inner, self.enters, self.scope
        self.env, self._inner, self.enters, self.scope = {}, {}, False, None
        try:
            named = isinstance(node, (ast.Attribute, ast.Name))
            return (yield from (self.value(node) if named else self.solid(node)))
        finally:
            self.env, self._inner, self.enters, self.scope = kept

    def _list(self, node: ast.List) -> Asking[str]:
        parts = yield from self._all(node.elts)
        return f"[{', '.join(parts)}]"

    def _tuple(self, node: ast.Tuple) -> Asking[str]:
        parts = yield from self._all(node.elts)
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"

    def _set(self, node: ast.Set) -> Asking[str]:
        parts = yield from self._all(node.elts)
        return (yield from self.as_set(parts))

    def as_set(self, parts: Sequence[str]) -> Asking[str]:
        """Returns the text of a set of some elements."""
        if not parts:
            return "set()"
        return (yield from self.ask(value_of("{" + cut(", ".join(parts)) + "}", {}))).value

    def _dict(self, node: ast.Dict) -> Asking[str]:
        pairs: list[tuple[str, str]] = []
        for key, element in zip(node.keys, node.values, strict=True):
            first = "" if key is None else (yield from self.solid(key))
            pairs.append((first, (yield from self.solid(element))))
        if None not in node.keys:
            return (yield from self.as_dict(pairs))
        if any(not key and text[:1] != "{" for key, text in pairs):
            raise Unsupported
        written = ", ".join(f"{key}: {text}" if key else f"**{text}" for key, text in pairs)
        return (yield from self.ask(value_of(cut(f"{{{written}}}"), {}))).value

    def as_dict(self, pairs: Sequence[tuple[str, str]]) -> Asking[str]:
        """Returns the text of a dictionary of some pairs."""
        text = "{" + ", ".join(f"{key}: {element}" for key, element in pairs) + "}"
        keys = [key for key, _ in pairs]
        if len(set(keys)) == len(keys) and (
            all(key[:1] in "'\"" for key in keys) or all(key.isdigit() for key in keys)
        ):
            return text
        return (yield from self.ask(value_of(cut(text), {}))).value

    def _all(self, nodes: Sequence[ast.expr]) -> Asking[list[str]]:
        parts = []
        for node in nodes:
            parts.append((yield from self.solid(node)))
        return parts

    def _joinedstr(self, node: ast.JoinedStr) -> Asking[str]:
        holder: ast.JoinedStr = ast.parse(ast.unparse(node), mode="eval").body  # type: ignore[assignment]
        operands: dict[str, str] = {}
        for part in ast.walk(holder):
            if isinstance(part, ast.FormattedValue):
                text = yield from self.solid(part.value)
                name = chr(ord("a") + len(operands))
                if name > "z":
                    raise Unsupported
                operands[name] = text
                part.value = ast.Name(name, ast.Load())
        _plain(*operands.values())
        return (yield from self.ask(value_of(ast.unparse(holder), operands))).value

    def _lambda(self, node: ast.Lambda) -> Asking[str]:
        bound = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
        for part in ast.walk(node.body):
            if isinstance(part, ast.Name) and part.id not in bound and part.id not in BUILTINS:
                raise Unsupported
        return Form(ast.unparse(node))
        yield

    # Calls

    def _call(self, node: ast.Call) -> Asking[str]:
        node, names = yield from self.spread(node)
        try:
            if isinstance(node.func, ast.Name):
                return (yield from self._call_name(node, node.func.id))
            if isinstance(node.func, ast.Attribute):
                return (yield from self._call_attribute(node, node.func))
            if isinstance(node.func, ast.Lambda):
                return (yield from self.call_lambda(node.func, node, self._inner))
            raise Unsupported
        finally:
            for name in names:
                del self._inner[name]

    def _call_name(self, node: ast.Call, name: str) -> Asking[str]:
        known = self._known(name) if name not in self._inner else self.env.get(name)
        scope = self._question.callee(name, known)
        if scope is not None:
            return (yield from self._call_own(node, name, scope, known))
        function = self.lambda_of(name, self._inner.get(name, known))
        if function is not None:
            return (yield from self.call_lambda(function, node))
        if name not in self._inner and library(known or ""):
            return (yield from self._call_changing(node, str(library(known or ""))))
        if known is not None or name in self._inner:
            raise Unsupported
        written = self._find(name)
        if name in _SHORT and node.args and isinstance(node.args[0], ast.GeneratorExp):
            inner = node.args[0]
            found = yield from self.collect(inner.generators, (inner.elt,), _SHORT[name])
            if name == "next":
                if not found and len(node.args) == 1:
                    raise Raised("StopIteration")
                return found[0][0] if found else (yield from self.value(node.args[1]))
            return (yield from self.ask(value_of(f"{name}([{', '.join(t for (t,) in found)}])", {}))).value
        if name in self.shell.flow.imported:
            return (yield from self._call_changing(node, written))
        if name == "isinstance" and len(node.args) == 2:
            text = yield from self.value(node.args[0])
            sure = self.is_instance(text, node.args[1])
            if sure is not None:
                return sure
            rest = yield from self._arguments(ast.Call(node.func, node.args[1:], []))
            _plain(text)
            return (yield from self.ask(value_of(f"{name}({cut(text)}, {rest})", {}))).value
        if name in _METHODS and len(node.args) == 1 and not node.keywords:
            text = yield from self.value(node.args[0])
            for method in _METHODS[name] if text.startswith("<") else ():
                found_ = yield from self.special(text, method)
                if found_ is not None:
                    return found_
            _plain(text)
            return (yield from self.ask(value_of(f"{name}({cut(text)})", {}))).value
        if name == "dict" and not node.args:
            _, named = yield from self._given(node)
            return (yield from self.as_dict([(repr(key), text) for key, text in named.items()]))
        if name in ("sorted", "max", "min"):
            order = yield from self.by_key(name, node)
            if order is not None:
                return f"[{', '.join(order)}]" if name == "sorted" else order[0]
        arguments = yield from self._arguments(node)
        if name in _LAZY:
            return Form(f"{name}({arguments})")
        return (yield from self.ask(value_of(f"{name}({arguments})", {}))).value

    def _call_attribute(self, node: ast.Call, function: ast.Attribute) -> Asking[str]:
        if isinstance(function.value, ast.Call) and ast.unparse(function.value) == "super()":
            return (yield from self._call_super(node, function.attr))
        owner = self.class_of(function.value)
        if owner is not None:
            return (yield from self._call_of_class(node, owner, function.attr))
        place: Place | None = None
        try:
            place = yield from self.place(function.value)
            base = place.text
        except Unsupported:
            base = yield from self.value(function.value)
        base = library(base) or base
        if isinstance(base, Form):
            return (yield from self._call_changing(node, f"{base}.{function.attr}"))
        if base.startswith("<"):
            return (yield from self._call_method(node, base, function.attr))
        if function.attr == "sort" and place is not None:
            order = yield from self.by_key("sorted", node, base)
            if order is not None:
                yield from self.write(place, f"[{', '.join(order)}]")
                return "None"
        arguments = yield from self._arguments(node, function.attr in _KEEPING)
        if place is not None and any(
            isinstance(part, ast.Call) for each in node.args for part in ast.walk(each)
        ):
            place = yield from self.place(function.value)  # they may have changed it
            base = place.text
        if not base.startswith(MUTABLE):
            call = f"{_receiver(base)}.{function.attr}({arguments})"
            return (yield from self.ask(value_of(call, {}))).value
        outcome = yield from self.ask(value_of(f"{HOLE}.{function.attr}({arguments})", {HOLE: base}))
        if HOLE in outcome.changes and place is not None:
            yield from self.write(place, outcome.changes[HOLE])
        return outcome.value

    def _call_changing(self, node: ast.Call, function: str) -> Asking[str]:
        """Calls a function of a library, which may change its first argument."""
        if not node.args:
            arguments = yield from self._arguments(node)
            return (yield from self.ask(value_of(f"{function}({arguments})", {}))).value
        first = node.args[0]
        if isinstance(first, ast.Name) and self.env.get(first.id, "").startswith(MUTABLE):
            rest = yield from self._arguments(ast.Call(node.func, node.args[1:], node.keywords))
            call = f"{function}({HOLE}{', ' if rest else ''}{rest})"
            outcome = yield from self.ask(value_of(call, {HOLE: self.env[first.id]}))
            if HOLE in outcome.changes:
                self.bind(first.id, outcome.changes[HOLE])
            return outcome.value
        arguments = yield from self._arguments(node)
        return (yield from self.ask(value_of(f"{function}({arguments})", {}))).value

    def _arguments(self, node: ast.Call, keeps: bool = False) -> Asking[str]:
        parts = []
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        for argument in node.args:
            text = yield from self.drained(called, argument)
            text = text or (yield from self.value(argument))
            if not keeps:
                _plain(text)
            parts.append(cut(text))
        for keyword in node.keywords:
            text = yield from self.value(keyword.value)
            _plain(text)
            parts.append(f"{keyword.arg}={cut(text)}")
        return ", ".join(parts)


def library(text: str) -> Form | None:
    """Returns how a question names a module, or a function of one, by its text; None of anything else."""
    found = _LIBRARY.fullmatch(text)
    return Form(found[1] or found[2]) if found else None


def literal(node: ast.expr) -> str | None:
    """Returns the text of a literal; None for anything else, such as a set, whose text has its own order."""
    if isinstance(node, ast.Constant):
        return repr(node.value) if not isinstance(node.value, type(...)) else "Ellipsis"
    kinds = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.UnaryOp)
    if not all(isinstance(part, kinds) for part in ast.walk(node) if isinstance(part, ast.expr)):
        return None
    try:
        return repr(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _plain(*texts: str) -> None:
    """Refuses instances of the program's classes as operands: their own methods may be called."""
    if any(" at #" in text for text in texts):
        raise Unsupported


def _operand(text: str) -> str:
    return cut(text)


def _receiver(text: str) -> str:
    """Returns an operand that a suffix can follow."""
    if text[:1].isdigit() or text.startswith("-"):
        return f"({text})"
    return cut(text)
