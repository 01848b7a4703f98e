"""Evaluates expressions with the model's answers, in Python's order."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debugworld.sandboxes.debugger.limits import CUT, MAX_DEPTH, MAX_TEXT

from ..binding import bind, constant
from ..frame import MUTABLE
from ..objects import BACK, Instance, depth, numbers
from ..outcome import Outcome
from ..question import Question
from ..stop import ScopeFlow
from .ask import (
    HOLE,
    MARK,
    Ask,
    Asking,
    Form,
    Raised,
    Unsupported,
    cut,
    effect_of,
    turn_of,
    value_of,
)

if TYPE_CHECKING:
    from ..shell import Shell

MAX_ASKS = 160
"""Questions about one statement, after which it is asked about as a whole."""
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_LAZY = frozenset({"enumerate", "zip", "reversed", "map", "filter", "iter"})
"""Built-ins whose value shows nothing of what it yields: in a question the call itself stands for it."""
_SELF = "self="
"""What the text of a method's object begins with, behind what the method returned."""
_UNWRAPPED = frozenset({"property", "staticmethod", "classmethod"})
"""Decorators with which a method is still entered as it was written."""
_SHORT = {"any": (True,), "all": (False,), "next": (True, False)}
"""Built-ins that look no further than the first element of one of these truth values."""
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


class Reduction:
    """The values of one statement's expressions.

    Args:
        shell: Stands at the statement; is not changed.
    """

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.top = shell.stack[-1]
        self.env = dict(self.top.locals)
        """Locals as they are at this point of the statement."""
        self.stdout = ""
        """What was printed so far."""
        self.enters = True
        """Whether a function of the program may be called."""
        self._question = Question(shell)
        self._returns = list(self.top.returns)
        self._inner: dict[str, str] = {}
        self._asks = self._made = 0

    def ask(self, ask: Ask) -> Asking[Outcome]:
        """Asks one question.

        Raises:
            Raised: by the answer, the part raises.
        """
        self._asks += 1
        if self._asks > MAX_ASKS:
            raise Unsupported
        outcome = yield ask
        self.stdout += outcome.stdout
        if outcome.letter == "X":
            raise Raised(outcome.value)
        return outcome

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

    def defined(self, node: ast.FunctionDef) -> str:
        """Returns the text of a function that a ``def`` makes.

        Raises:
            Unsupported: its decorators, defaults or annotations may do more.
        """
        flow = self.shell.flow
        scope = next((s for s in flow.scopes.values() if s.arguments is node.args), None)
        defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
        names = {
            part.id for hint in _annotations(node) for part in ast.walk(hint) if isinstance(part, ast.Name)
        }
        known = _BUILTINS | flow.imported | flow.by_name.keys()
        if scope is None or scope.decorators or any(constant(d) is None for d in defaults) or names - known:
            raise Unsupported
        return f"<function {scope.name} at #{self._new()}>"

    def _kept(self, node: ast.expr) -> str | None:
        """Returns the text of a function that a statement makes without running any of it."""
        if not isinstance(node, ast.Lambda) or any(node.args.defaults) or any(node.args.kw_defaults):
            return None
        scope = self.top.scope
        inside = f"{scope.name}.<locals>." if scope.arguments is not None else ""
        if self._inner or not inside and self.shell.program.call is not None:
            return None
        return f"<function {inside}<lambda> at #{self._new()}>"

    def truth(self, node: ast.expr) -> Asking[bool]:
        """Returns whether an expression counts as true."""
        text = yield from self.value(node)
        return (yield from self.holds(text))

    def holds(self, text: str) -> Asking[bool]:
        """Returns whether a value counts as true."""
        if text in ("True", "False", "None"):
            return text == "True"
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
            suffix = f".{self._mangled(node.attr)}"
        else:
            suffix = f"[{cut((yield from self._key(node.slice)))}]"
        text: str | None = ""
        if read:
            text = self._field(base.text, suffix[1:]) if isinstance(node, ast.Attribute) else None
            if text is None:
                text = (yield from self.ask(value_of(f"{_receiver(base.text)}{suffix}", {}))).value
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
            known = self._with_field(whole.text, place.suffix, text)
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
        return self._find(node.id)
        yield  # a generator that asks nothing

    def _find(self, name: str) -> str:
        if name in self._inner:
            return self._inner[name]
        if name in self.env:
            return self.env[name]
        text = self._question.outer(name)
        if text is not None:
            return text
        flow = self.shell.flow
        if name in flow.by_name or name in flow.labels:
            raise Unsupported
        if name in _BUILTINS or name in flow.imported:
            return Form(name)
        raise Unsupported

    def _binop(self, node: ast.BinOp) -> Asking[str]:
        left = yield from self.value(node.left)
        right = yield from self.value(node.right)
        return (yield from self.operate(left, node.op, right))

    def operate(self, left: str, operator: ast.AST, right: str) -> Asking[str]:
        """Returns the text of ``left OPERATOR right``."""
        _plain(left, right)
        text = _OPERATORS[type(operator)]
        first = f"({left})" if text == "**" and left.startswith("-") else _operand(left)
        return (yield from self.ask(value_of(f"{first} {text} {_operand(right)}", {}))).value

    def _unaryop(self, node: ast.UnaryOp) -> Asking[str]:
        text = yield from self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return str(not (yield from self.holds(text)))
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
        _plain(base)
        key = yield from self._key(node.slice)
        return (yield from self.ask(value_of(f"{_receiver(base)}[{cut(key)}]", {}))).value

    def _key(self, node: ast.expr) -> Asking[str]:
        if not isinstance(node, ast.Slice):
            return (yield from self.value(node))
        parts = []
        for part in (node.lower, node.upper, node.step):
            parts.append("" if part is None else (yield from self.value(part)))
        return ":".join(parts[:2]) + (f":{parts[2]}" if node.step is not None else "")

    def _attribute(self, node: ast.Attribute) -> Asking[str]:
        owner = self._class_of(node.value)
        if owner is not None:
            shared = self.shell.flow.classes.constant(owner.name, node.attr)
            if shared is None:
                raise Unsupported
            return shared
        base = yield from self.value(node.value)
        if isinstance(base, Form):
            return Form(f"{base}.{node.attr}")
        known = self._field(base, self._mangled(node.attr))
        made = Instance.parse(base)
        if known is None and made is not None and node.attr not in made.fields:
            known = self.shell.flow.classes.constant(made.type, node.attr)
        if known is not None:
            return known
        method = self.shell.flow.classes.method(made.type, node.attr) if made is not None else None
        if method is not None and method.decorators == ("property",):
            return (yield from self._enter(method, (base,), {}, f"{cut(base)}.{node.attr}"))
        if node.attr in self.shell.flow.labels:  # a method or property of the program
            raise Unsupported
        return (yield from self.ask(value_of(f"{_receiver(base)}.{self._mangled(node.attr)}", {}))).value

    def _mangled(self, name: str) -> str:
        return self.shell.flow.classes.mangled(self.top.scope, name)

    def _field(self, text: str, name: str) -> str | None:
        """Returns what an instance shows under a name; None where that does not say what reading it gives."""
        made = Instance.parse(text)
        if made is None or not self.shell.flow.classes.reads_plainly(made.type):
            return None
        found = made.fields.get(name)
        if found is None or name in self.shell.flow.labels or CUT in found or BACK in found:
            return None
        return found

    def _with_field(self, text: str, suffix: str, value: str) -> str | None:
        """Returns an instance's text with a value under a name; None where that is not all that happens."""
        made, name = Instance.parse(text), suffix.removeprefix(".")
        if made is None or name == suffix or not self.shell.flow.classes.writes_plainly(made.type):
            return None
        if name in self.shell.flow.labels or BACK in value or made.number in numbers(value):
            return None
        made.fields[name] = value
        whole = str(made)
        return whole if CUT not in whole and len(whole) <= MAX_TEXT and depth(whole) < MAX_DEPTH else None

    def _new(self) -> int:
        """Returns the number of a new object."""
        self._made += 1
        return self.top.count + self._made

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
            if isinstance(part, ast.Name) and part.id not in bound and part.id not in _BUILTINS:
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
        known = self.env.get(name, self._question.outer(name))
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
        arguments = yield from self._arguments(node)
        if name in _LAZY:
            return Form(f"{name}({arguments})")
        return (yield from self.ask(value_of(f"{name}({arguments})", {}))).value

    def _call_attribute(self, node: ast.Call, function: ast.Attribute) -> Asking[str]:
        if isinstance(function.value, ast.Call) and ast.unparse(function.value) == "super()":
            return (yield from self._call_super(node, function.attr))
        owner = self._class_of(function.value)
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
        arguments = yield from self._arguments(node)
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

    def _arguments(self, node: ast.Call) -> Asking[str]:
        parts = []
        for argument in node.args:
            text = yield from self.value(argument)
            _plain(text)
            parts.append(cut(text))
        for keyword in node.keywords:
            text = yield from self.value(keyword.value)
            _plain(text)
            parts.append(f"{keyword.arg}={cut(text)}")
        return ", ".join(parts)

    def _call_own(self, node: ast.Call, name: str, scope: ScopeFlow, known: str | None) -> Asking[str]:
        """Calls a function or class of the program."""
        if scope.bare and not (node.args or node.keywords):
            return f"<{scope.name} at #{self._new()}>"  # no code runs: nothing about it is uncertain
        if known is not None and known.startswith("<class") != (scope.bases is not None):
            raise Unsupported
        placed, named = yield from self._given(node)
        if scope.bases is not None:
            classes = self.shell.flow.classes
            made = classes.method(scope.name, "__init__")
            if made is None or not classes.ordinary(scope.name) or classes.method(scope.name, "__new__"):
                if f"{scope.name}.__init__" not in self.shell.flow.by_name:
                    raise Unsupported
                return (yield from self._ask_enter(scope, name, placed, named, [scope.signature], True))
            if self._returns:
                return self._returned(True)
            self_text = f"<{scope.name} at #{self._new()}>"
            return (yield from self._enter(made, (self_text, *placed), named, name, [scope.signature], True))
        if not scope.signature or scope.generator:
            raise Unsupported
        lines = [scope.signature, *self._question.cells_of(scope, known)]
        return (yield from self._enter(scope, placed, named, name, lines))

    def _call_method(self, node: ast.Call, base: str, name: str) -> Asking[str]:
        """Calls a method of the program on an instance."""
        flow = self.shell.flow
        kind = base[1:].partition(" ")[0]
        scope = flow.classes.method(kind, name)
        sure = scope is not None
        scope = scope or flow.labels.get(name)
        if scope is None or scope.generator or scope.arguments is None:
            raise Unsupported
        placed, named = yield from self._given(node)
        line, function = [f".{scope.signature}"], f"{cut(base)}.{name}"
        if sure and scope.decorators == ("staticmethod",):
            return (yield from self._enter(scope, placed, named, function, line))
        if sure and scope.decorators == ("classmethod",):
            return (yield from self._enter(scope, (f"<class {kind!r}>", *placed), named, function, line))
        if scope.parameters[:1] != ("self",):
            raise Unsupported
        if sure:
            return (yield from self._enter(scope, (base, *placed), named, function, line))
        return (yield from self._ask_enter(scope, function, placed, named, line))

    def _call_super(self, node: ast.Call, name: str) -> Asking[str]:
        """Calls a method as the class behind the current method's one has it."""
        scope, classes = self.top.scope, self.shell.flow.classes
        own = scope.name.rpartition(".")[0]
        receiver = self.env.get(scope.parameters[0], "") if scope.parameters else ""
        made = Instance.parse(receiver)
        if made is None or not classes.ordinary(made.type) or classes.get(own) is None:
            raise Unsupported
        placed, named = yield from self._given(node)
        method = classes.method(made.type, name, after=own)
        if method is None:
            if name == "__init__" and not placed and not named:
                return "None"  # object's, which does nothing
            raise Unsupported
        return (yield from self._enter(method, (receiver, *placed), named, f"super().{name}"))

    def _class_of(self, node: ast.expr) -> ScopeFlow | None:
        """Returns the class of the program that a name stands for."""
        if not isinstance(node, ast.Name) or node.id in self._inner:
            return None
        known = self.env.get(node.id, self._question.outer(node.id))
        owner = self._question.callee(node.id, known)
        return owner if owner is not None and owner.bases is not None else None

    def _call_of_class(self, node: ast.Call, owner: ScopeFlow, name: str) -> Asking[str]:
        """Calls a function that stands in a class by way of the class."""
        method = self.shell.flow.classes.method(owner.name, name)
        if method is None:
            raise Unsupported
        placed, named = yield from self._given(node)
        if method.decorators == ("classmethod",):
            placed = [f"<class {owner.name!r}>", *placed]
        return (yield from self._enter(method, placed, named, f"{owner.name}.{name}", [method.signature]))

    def _given(self, node: ast.Call) -> Asking[tuple[list[str], dict[str, str]]]:
        """Returns the texts of a call's arguments: those by place, and those by name."""
        placed: list[str] = []
        named: dict[str, str] = {}
        for argument in node.args:
            placed.append((yield from self.solid(argument)))
        for keyword in node.keywords:
            named[str(keyword.arg)] = yield from self.solid(keyword.value)
        return placed, named

    def _enter(
        self,
        scope: ScopeFlow,
        placed: Sequence[str],
        named: Mapping[str, str],
        function: str,
        lines: Sequence[str] = (),
        makes: bool = False,
    ) -> Asking[str]:
        """Enters a frame of a function, which is the next state, unless it has returned already.

        With which variables it begins is certain where `bind` says so, and asked otherwise.
        """
        if not self.enters:
            raise Unsupported
        if self._returns:
            return self._returned(makes)
        arguments = scope.arguments
        plain = not scope.decorators or scope.decorators[0] in _UNWRAPPED
        bound = bind(arguments, placed, named) if arguments is not None and plain else None
        if bound is None or scope.generator:
            first = 1 if makes or lines and lines[0].startswith(".") else 0
            return (yield from self._ask_enter(scope, function, placed[first:], named, lines, makes))
        opened, ids = self.shell.opening(scope, bound)
        raise Called(Outcome("C", self.shell.flow.label_of[scope.name], changes=opened, ids=ids))

    def _ask_enter(
        self,
        scope: ScopeFlow,
        function: str,
        placed: Sequence[str],
        named: Mapping[str, str],
        lines: Sequence[str],
        makes: bool = False,
    ) -> Asking[str]:
        """Asks what a frame begins with, and enters it, unless it has returned already."""
        if not self.enters:
            raise Unsupported
        if self._returns:
            return self._returned(makes)
        parts = [*map(cut, placed), *(f"{name}={cut(text)}" for name, text in named.items())]
        prompt = "\n".join([f"{MARK}{function}({', '.join(parts)})", *lines])
        outcome = yield from self.ask(Ask(prompt, self._question.grammar().only("CX"), enters=True))
        raise Called(outcome)

    def _returned(self, makes: bool) -> str:
        """Returns what the next of the calls that are over returned, or made."""
        text = self._returns.pop(0)
        if self._returns and self._returns[0].startswith(_SELF):
            made = self._returns.pop(0).removeprefix(_SELF)
            text = made if makes else text
        return text


class Called(Exception):
    """A function of the program is entered."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


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


def _annotations(node: ast.FunctionDef) -> list[ast.expr]:
    parameters = [part for part in ast.walk(node.args) if isinstance(part, ast.arg)]
    hints = [parameter.annotation for parameter in parameters]
    return [hint for hint in (*hints, node.returns) if hint is not None]


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
