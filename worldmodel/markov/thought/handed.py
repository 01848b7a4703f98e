"""Functions that are values: what a lambda gives, and what a built-in does with a function it is handed."""

from __future__ import annotations

import ast
import re
from abc import abstractmethod
from collections.abc import Mapping

from ..binding import bind
from ..display import items_of, pairs_of
from .ask import Asking, Form, Unsupported, value_of
from .iterable import left
from .loops import Loops
from .own import BUILTINS
from .place import Place

_DRAINING = frozenset(
    ["dict", "extend", "frozenset", "join", "list", "max", "min", "set", "sorted", "sum", "tuple", "update"]
)
"""Built-ins and methods that go through all of their argument at once."""
_PURE = frozenset(
    ["abs", "bin", "bool", "chr", "float", "hex", "int", "len", "list", "max", "min", "oct", "ord", "repr"]
    + ["round", "set", "sorted", "str", "sum", "tuple"]
)
"""Built-ins that make a value of one argument, and change nothing."""
_LAMBDA = re.compile(r"<function (\S*<lambda>) at #(\d+)>")
_DEEPEST = 20
"""Lambdas called inside one another."""
_TARGET = ast.Name("x", ast.Store())
_ITEM = ast.Name(".item", ast.Load())
"""What an item is called that a function is called with: no variable of a program is."""


class Handed(Loops):
    """What ``sorted``, ``max``, ``min``, ``map`` and ``filter`` do with a function that they are handed."""

    @abstractmethod
    def place(self, node: ast.expr, read: bool = True) -> Asking[Place]:
        """Returns where an expression stands, with its value if that is wanted."""

    @abstractmethod
    def write(self, place: Place, text: str) -> Asking[None]:
        """Puts a value at a place."""

    def by_key(self, name: str, node: ast.Call, iterable: str | None = None) -> Asking[list[str] | None]:
        """Returns what ``sorted`` gives, in order, or the one item that ``max`` or ``min`` does, by a key.

        Each item's key is found by itself. How the keys are ordered the model is asked, and where it puts a
        key, the first item stands that has it and was not placed yet: sorting is stable.

        Args:
            name: ``sorted``, ``max`` or ``min``.
            node: The call.
            iterable: What is gone through, if that is not the call's argument.

        Returns:
            None where it is no call with a key, or the answer is no order of the keys.
        """
        words = {str(keyword.arg): keyword.value for keyword in node.keywords}
        function, turned = words.pop("key", None), words.pop("reverse", None)
        alone = len(node.args) == (iterable is None) and (turned is None or name == "sorted")
        if function is None or words or not alone or not self._applies(function):
            return None
        text = iterable or (yield from self.drained(name, node.args[0]))
        text = text or (yield from self.value(node.args[0]))
        if left(text, 1)[1]:  # in which order it is gone through does not show
            return None
        items = yield from self._items(text)
        keys = yield from self._mapped(function, items)
        if not keys or any(" at #" in key for key in keys):
            return None
        down = turned is not None and (yield from self.truth(turned))
        asked = f"{name}([{', '.join(keys)}]{', reverse=True' if down else ''})"
        told = (yield from self.ask(value_of(asked, {}))).value
        order = items_of(told) if name == "sorted" else [told]
        if order is None or not set(order) <= set(keys) or name == "sorted" and len(order) != len(keys):
            return None
        found = []
        for key in order:
            if key not in keys:
                return None
            place = keys.index(key)
            found.append(items.pop(place))
            del keys[place]
        return found

    def lambda_of(self, name: str, text: str | None) -> ast.Lambda | None:
        """Returns the lambda that a name stands for; None where that is not certain.

        Nor is one returned that needs variables of another frame.

        Args:
            name: As written.
            text: What the variable of that name shows; None where it is none.
        """
        flow = self.shell.flow
        made = flow.globals.get(name) if text is None and name not in self._inner else None
        named = _LAMBDA.fullmatch(text or "")
        same = flow.lambdas.get(named[1], []) if named else [made]
        function = same[0] if len(same) == 1 else None
        if not isinstance(function, ast.Lambda):
            return None
        here = named is not None and self.shell.cells.get(self.top.ids.get(int(named[2]), 0)) is self.top
        bound = {part.arg for part in ast.walk(function) if isinstance(part, ast.arg)}
        names = [part for part in ast.walk(function.body) if isinstance(part, ast.Name)]
        free = {part.id for part in names} - bound - {n.id for n in names if isinstance(n.ctx, ast.Store)}
        variables = {own for scope in flow.by_name.values() if scope.arguments for own in scope.names}
        if free & variables and not (here and free & variables <= self.env.keys()):
            return None
        return function

    def call_lambda(
        self, function: ast.Lambda, node: ast.Call, around: Mapping[str, str] | None = None
    ) -> Asking[str]:
        """Calls a lambda: its body is taken apart with the arguments in place.

        Args:
            function: The lambda.
            node: The call.
            around: Variables of a comprehension in which it stands.
        """
        placed, named = yield from self._given(node)
        bound = bind(function.args, placed, named)
        if bound is None or self._deep >= _DEEPEST:
            raise Unsupported
        kept, self._inner = self._inner, {**(around or {}), **bound}
        self._deep += 1
        try:
            text = yield from self.solid(function.body)
        finally:
            self._deep -= 1
            after, self._inner = self._inner, kept
        order = [parameter.arg for parameter in (*function.args.posonlyargs, *function.args.args)]
        given = dict(zip(order, node.args, strict=False)) | {str(k.arg): k.value for k in node.keywords}
        for name, argument in given.items():
            held = isinstance(argument, (ast.Name, ast.Subscript, ast.Attribute))
            if held and after[name] != bound[name]:
                yield from self.write((yield from self.place(argument)), after[name])
        return text

    def drained(self, name: str, node: ast.expr) -> Asking[str | None]:
        """Returns all that a ``map`` or ``filter`` yields to what drains it; None of anything else."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.keywords:
            return None
        kind = node.func.id
        if name not in _DRAINING or kind not in ("map", "filter") or len(node.args) != 2 or self._taken(kind):
            return None
        function, over = node.args
        if not self._applies(function):
            return None
        items = yield from self._items((yield from self.value(over)))
        found = yield from self._mapped(function, items)
        if kind == "filter":
            kept = []
            for item, text in zip(items, found, strict=True):
                if (yield from self.holds(text)):
                    kept.append(item)
            found = kept
        return Form(f"[{', '.join(found)}]")

    def _items(self, iterable: str) -> Asking[list[str]]:
        """Returns what a loop over an iterable would give its target, turn by turn.

        Raises:
            Unsupported: an answer does not tell.
        """
        found: list[str] = []
        while True:
            changes = yield from self.turn(_TARGET, iterable, len(found))
            if changes is None:
                return found
            if _TARGET.id not in changes:
                raise Unsupported
            found.append(changes[_TARGET.id])

    def _applies(self, function: ast.expr) -> bool:
        """Whether a function is certain, and what it gives for one item a value."""
        if isinstance(function, ast.Lambda):
            given = function.args
            more = given.vararg or given.kwarg or given.kwonlyargs or given.defaults
            return not more and len(given.posonlyargs) + len(given.args) == 1
        if isinstance(function, ast.Attribute):
            base = function.value.id if isinstance(function.value, ast.Name) else ""
            return function.attr == "get" and self.env.get(base, "").startswith("{")
        if not isinstance(function, ast.Name) or function.id in self._inner:
            return False
        name, known = function.id, self.env.get(function.id)
        own = self._question.callee(name, known)
        mine = own.bases is None if own is not None else self.lambda_of(name, known) is not None
        return mine or name in _PURE and not self._taken(name)

    def _taken(self, name: str) -> bool:
        """Whether the name of a built-in may stand for something else."""
        flow = self.shell.flow
        elsewhere = name in flow.assigned or name in flow.imported or flow.names_code(name)
        return name not in BUILTINS or elsewhere or name in self.env or name in self._inner

    def _mapped(self, function: ast.expr, items: list[str]) -> Asking[list[str]]:
        """Returns what a function gives for each item.

        Raises:
            Unsupported: it changes one of them.
        """
        found = []
        for item in items:
            self._inner[_ITEM.id] = item
            try:
                found.append((yield from self.solid(ast.Call(function, [_ITEM], []))))
            finally:
                after = self._inner.pop(_ITEM.id)
            if after != item:
                raise Unsupported
        return found

    def spread(self, node: ast.Call) -> Asking[tuple[ast.Call, list[str]]]:
        """Returns a call with its star arguments written out, and the names that stand for them meanwhile.

        Raises:
            Unsupported: the text of one does not show what it gives, or something else is to be called first.
        """
        if not any(isinstance(part, ast.Starred) for part in node.args) and all(k.arg for k in node.keywords):
            return node, []
        parts = [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
        if sum(any(isinstance(part, ast.Call) for part in ast.walk(each)) for each in parts) > 1:
            raise Unsupported  # the star arguments are looked at first, and calls have an order
        names: list[str] = []
        plain: list[ast.expr] = []
        named: list[ast.keyword] = []

        def stands_for(text: str) -> ast.Name:
            names.append(f".{len(self._inner)}")
            self._inner[names[-1]] = text
            return ast.Name(names[-1], ast.Load())

        for part in node.args:
            if isinstance(part, ast.Starred):
                text = yield from self.value(part.value)
                items = items_of(text)
                plain += map(stands_for, (yield from self._items(text)) if items is None else items)
            else:
                plain.append(part)
        for keyword in node.keywords:
            if keyword.arg:
                named.append(keyword)
                continue
            pairs = pairs_of((yield from self.value(keyword.value)))
            if pairs is None:
                raise Unsupported
            named += [ast.keyword(name, stands_for(text)) for name, text in pairs.items()]
        return ast.Call(node.func, plain, named), names
