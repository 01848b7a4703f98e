"""Evaluates expressions with the model's answers, in Python's order."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

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
    turn_of,
    value_of,
)
from .own import BUILTINS
from .special import Special

_LAZY = frozenset({"enumerate", "zip", "reversed", "map", "filter", "iter"})
"""Built-ins whose value shows nothing of what it yields: in a question the call itself stands for it."""
_SHORT = {"any": (True,), "all": (False,), "next": (True, False)}
"""Built-ins that look no further than the first element of one of these truth values."""
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


@dataclass(frozen=True)
class Place:
    """What can be assigned: a variable, or an item or attribute of what stands at another place."""

    text: str
    """The value there; empty where it was not looked at."""
    name: str = ""
    """The variable; empty for a part."""
    base: Place | None = None
    """Where the whole stands."""
    suffix: str = ""
    """``[KEY]`` or ``.NAME``."""


class Reduction(Special):
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
            if node.id not in self.env and read:
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
        """Returns the value of an expression of the module's own level."""
        kept = self.env, self._inner, self.enters, self.scope
        self.env, self._inner, self.enters, self.scope = {}, {}, False, None
        try:
            return (yield from self.solid(node))
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
        return (yield from self._as_set(parts))

    def _as_set(self, parts: Sequence[str]) -> Asking[str]:
        if not parts:
            return "set()"
        return (yield from self.ask(value_of("{" + cut(", ".join(parts)) + "}", {}))).value

    def _dict(self, node: ast.Dict) -> Asking[str]:
        pairs = []
        for key, element in zip(node.keys, node.values, strict=True):
            if key is None:
                raise Unsupported
            first = yield from self.solid(key)
            pairs.append((first, (yield from self.solid(element))))
        return (yield from self._as_dict(pairs))

    def _as_dict(self, pairs: Sequence[tuple[str, str]]) -> Asking[str]:
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

    # Loops inside expressions

    def _listcomp(self, node: ast.ListComp) -> Asking[str]:
        found = yield from self._collect(node.generators, (node.elt,))
        return f"[{', '.join(text for (text,) in found)}]"

    def _generatorexp(self, node: ast.GeneratorExp) -> Asking[str]:
        found = yield from self._collect(node.generators, (node.elt,))
        return Form(f"[{', '.join(text for (text,) in found)}]")

    def _setcomp(self, node: ast.SetComp) -> Asking[str]:
        found = yield from self._collect(node.generators, (node.elt,))
        return (yield from self._as_set([text for (text,) in found]))

    def _dictcomp(self, node: ast.DictComp) -> Asking[str]:
        found = yield from self._collect(node.generators, (node.key, node.value))
        return (yield from self._as_dict([(key, element) for key, element in found]))

    def _collect(
        self,
        generators: Sequence[ast.comprehension],
        elements: Sequence[ast.expr],
        until: tuple[bool, ...] = (),
    ) -> Asking[list[tuple[str, ...]]]:
        """Returns the texts of the elements, turn by turn; up to the first of certain truth values."""
        found: list[tuple[str, ...]] = []
        kept = dict(self._inner)
        yield from self._loop(generators, elements, found, until)
        self._inner = kept
        return found

    def _loop(
        self,
        generators: Sequence[ast.comprehension],
        elements: Sequence[ast.expr],
        found: list[tuple[str, ...]],
        until: tuple[bool, ...],
    ) -> Asking[bool]:
        first, *rest = generators
        if first.is_async:
            raise Unsupported
        iterable = yield from self.value(first.iter)
        turn = 0
        while True:
            changes = yield from self.turn(first.target, iterable, turn)
            if changes is None:
                return False
            self._inner.update(changes)
            turn += 1
            wanted = True
            for test in first.ifs:
                wanted = yield from self.truth(test)
                if not wanted:
                    break
            if not wanted:
                continue
            if rest:
                if (yield from self._loop(rest, elements, found, until)):
                    return True
                continue
            texts = []
            for element in elements:
                texts.append((yield from self.solid(element)))
            found.append(tuple(texts))
            if len(until) == 2 or until and (yield from self.holds(texts[0])) in until:
                return True

    def turn(self, target: ast.expr, iterable: str, turn: int) -> Asking[dict[str, str] | None]:
        """Returns what a loop's target is given at a turn; None where the loop ends."""
        if iterable.startswith("<") or not _simple(target):
            raise Unsupported
        names = tuple(sorted(n.id for n in ast.walk(target) if isinstance(n, ast.Name)))
        outcome = yield from self.ask(turn_of(_bare(target), names, iterable, turn))
        return dict(outcome.changes) if outcome.letter == "1" else None

    # Calls

    def _call(self, node: ast.Call) -> Asking[str]:
        starred = any(isinstance(part, ast.Starred) for part in node.args)
        if starred or any(keyword.arg is None for keyword in node.keywords):
            raise Unsupported
        if isinstance(node.func, ast.Name):
            return (yield from self._call_name(node, node.func.id))
        if isinstance(node.func, ast.Attribute):
            return (yield from self._call_attribute(node, node.func))
        raise Unsupported

    def _call_name(self, node: ast.Call, name: str) -> Asking[str]:
        known = self._known(name) if name not in self._inner else self.env.get(name)
        scope = self._question.callee(name, known)
        if scope is not None:
            return (yield from self._call_own(node, name, scope, known))
        if known is not None or name in self._inner:
            raise Unsupported
        function = self._find(name)
        if name in _SHORT and node.args and isinstance(node.args[0], ast.GeneratorExp):
            inner = node.args[0]
            found = yield from self._collect(inner.generators, (inner.elt,), _SHORT[name])
            if name == "next":
                if not found and len(node.args) == 1:
                    raise Raised("StopIteration")
                return found[0][0] if found else (yield from self.value(node.args[1]))
            return (yield from self.ask(value_of(f"{name}([{', '.join(t for (t,) in found)}])", {}))).value
        if name in self.shell.flow.imported:
            return (yield from self._call_changing(node, function))
        if name == "isinstance" and len(node.args) == 2:
            sure = self.is_instance((yield from self.value(node.args[0])), node.args[1])
            if sure is not None:
                return sure
        if name in _METHODS and len(node.args) == 1:
            text = yield from self.value(node.args[0])
            for method in _METHODS[name] if text.startswith("<") else ():
                found_ = yield from self.special(text, method)
                if found_ is not None:
                    return found_
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
        if isinstance(base, Form):
            return (yield from self._call_changing(node, f"{base}.{function.attr}"))
        if base.startswith("<"):
            return (yield from self._call_method(node, base, function.attr))
        arguments = yield from self._arguments(node, function.attr in _KEEPING)
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
        for argument in node.args:
            text = yield from self.value(argument)
            if not keeps:
                _plain(text)
            parts.append(cut(text))
        for keyword in node.keywords:
            text = yield from self.value(keyword.value)
            _plain(text)
            parts.append(f"{keyword.arg}={cut(text)}")
        return ", ".join(parts)


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


def _bare(target: ast.expr) -> str:
    text = ast.unparse(target)
    return text[1:-1] if isinstance(target, ast.Tuple) and text.startswith("(") else text


def _simple(target: ast.expr) -> bool:
    kinds = (ast.Name, ast.Tuple, ast.List, ast.expr_context)
    return all(isinstance(part, kinds) for part in ast.walk(target))
