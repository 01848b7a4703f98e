"""Takes a statement apart and puts its outcome together."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..frame import MUTABLE
from ..outcome import Outcome
from ..stop import Stop
from .ask import HOLE, Ask, Asking, Raised, Unsupported, effect_of, raised_by, value_of
from .own import Called
from .reduction import Reduction

if TYPE_CHECKING:
    from ..shell import Shell

_NO_OPERATION = "TypeError: unsupported operand type(s) for"
Thought = Asking[Outcome]
"""What `think` returns."""


def think(shell: Shell) -> Thought:
    """Asks small questions about the statement at which a shell stands, and returns its outcome.

    A statement that cannot be taken apart is one question, its `Ask.whole` true. The shell is not
    changed, but for what it remembers of a loop's iterable.

    Args:
        shell: Stands at a state whose successor is not certain.
    """
    try:
        return (yield from _Statement(shell).outcome())
    except Unsupported:
        return (yield Ask(shell.prompt(), shell.grammar(), whole=True))


def consider(shell: Shell, expression: str) -> Asking[str]:
    """Asks for the value of an expression where a shell stands; what it would change is not kept.

    Raises:
        SyntaxError: it is no expression.
        Raised: by the answers, it raises.
    """
    node = ast.parse(expression.strip(), mode="eval").body
    reduction = Reduction(shell)
    reduction.enters, reduction.scope = False, None
    try:
        return (yield from reduction.solid(node))
    except Unsupported:
        names = dict.fromkeys(part.id for part in ast.walk(node) if isinstance(part, ast.Name))
        known = {name: shell.stack[-1].locals[name] for name in names if name in shell.stack[-1].locals}
        return (yield from reduction.ask(value_of(ast.unparse(node), known))).value


class _Statement:
    """One statement's way."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._top = shell.stack[-1]
        self._stop: Stop = shell.stop()
        self._reduction = Reduction(shell)

    def outcome(self) -> Thought:
        """Returns what the statement does.

        Raises:
            Unsupported: it cannot be taken apart.
        """
        node = self._stop.node
        if node is None or self._stop.suspends or self._top.resumed:
            raise Unsupported
        reduction = self._reduction
        try:
            return (yield from self._statement(node))
        except Raised as error:
            return self._finished("X", str(error))
        except Called as call:
            outcome = call.outcome
            outcome.stdout = reduction.stdout
            return outcome

    def _finished(self, letter: str, value: str = "", deleted: tuple[str, ...] = ()) -> Outcome:
        before, after = self._top.locals, self._reduction.env
        changes = {name: text for name, text in after.items() if before.get(name) != text}
        stdout = self._reduction.stdout
        return Outcome(letter, value, changes=changes, deleted=deleted, stdout=stdout, ids={})

    def _statement(self, node: ast.stmt) -> Thought:
        reduction = self._reduction
        if isinstance(node, ast.Return):
            text = "None" if node.value is None else (yield from reduction.solid(node.value))
            return self._finished("R", text)
        if isinstance(node, (ast.If, ast.While)):
            return (yield from self._branch(node))
        if isinstance(node, ast.For):
            return (yield from self._for(node))
        if isinstance(node, ast.Raise):
            return (yield from self._raise(node))
        if isinstance(node, ast.Delete):
            return (yield from self._delete(node))
        if isinstance(node, ast.FunctionDef):
            reduction.bind(node.name, reduction.defined(node))
            return self._finished("L")
        yield from self._plain(node)
        return self._finished("L")

    def _plain(self, node: ast.stmt) -> Asking[None]:
        """A statement that only computes."""
        reduction = self._reduction
        if isinstance(node, ast.Expr):
            yield from reduction.value(node.value)
        elif isinstance(node, ast.Assign):
            text = yield from reduction.solid(node.value)
            for target in node.targets:
                yield from self._assign(target, text)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            text = yield from reduction.solid(node.value)
            yield from self._assign(node.target, text)
        elif isinstance(node, ast.AugAssign):
            yield from self._augment(node)
        elif isinstance(node, ast.Assert):
            if not (yield from reduction.truth(node.test)):
                raise Unsupported
        else:
            raise Unsupported

    def _assign(self, target: ast.expr, text: str) -> Asking[None]:
        reduction = self._reduction
        if isinstance(target, (ast.Tuple, ast.List)):
            yield from self._unpack(target, text)
        else:
            place = yield from reduction.place(target, read=False)
            self._local(target)
            yield from reduction.write(place, text)

    def _unpack(self, target: ast.Tuple | ast.List, text: str) -> Asking[None]:
        """Asks for the parts under names of their own, then puts each at its place."""
        names = [chr(ord("a") + number) for number in range(len(target.elts))]
        holes = [
            f"*{name}" if isinstance(part, ast.Starred) else name
            for name, part in zip(names, target.elts, strict=True)
        ]
        if len(names) > 26:
            raise Unsupported
        left = ", ".join(holes) + ("," if len(holes) == 1 else "")
        ask = effect_of(f"{left} = {HOLE}", {HOLE: text}, tuple(names))
        outcome = yield from self._reduction.ask(ask)
        for name, part in zip(names, target.elts, strict=True):
            if name not in outcome.changes:
                raise Unsupported
            inner = part.value if isinstance(part, ast.Starred) else part
            yield from self._assign(inner, outcome.changes[name])

    def _augment(self, node: ast.AugAssign) -> Asking[None]:
        reduction = self._reduction
        self._local(node.target)
        place = yield from reduction.place(node.target)
        right = yield from reduction.value(node.value)
        text = yield from reduction.augmented(place.text, node.op, right)
        if text is not None:
            pass
        elif place.text.startswith(MUTABLE):
            if " at #" in place.text or " at #" in right:
                raise Unsupported
            operator = ast.unparse(ast.AugAssign(ast.Name(HOLE), node.op, ast.Name("right")))
            statement = operator.removesuffix("right") + str(right)
            outcome = yield from reduction.ask(effect_of(statement, {HOLE: place.text}, (HOLE,)))
            text = outcome.changes.get(HOLE, place.text)
        else:
            try:
                text = yield from reduction.operate(place.text, node.op, right)
            except Raised as error:
                raise Raised(_in_place(str(error), node.op)) from None
        yield from reduction.write(place, text)

    def _local(self, target: ast.expr) -> None:
        """Refuses variables of other frames."""
        scope = self._top.scope
        if isinstance(target, ast.Name) and target.id not in (*scope.names, *scope.free):
            raise Unsupported

    def _branch(self, node: ast.If | ast.While) -> Thought:
        holds = yield from self._reduction.truth(node.test)
        if not holds:
            return self._finished("0")
        inline = [inner for inner in node.body if inner.lineno == node.lineno]
        if len(inline) > 1:
            raise Unsupported
        for inner in inline:
            if isinstance(inner, ast.Return):
                return (yield from self._statement(inner))
            if not isinstance(inner, (ast.Break, ast.Continue, ast.Pass)):
                yield from self._plain(inner)
        return self._finished("1")

    def _for(self, node: ast.For) -> Thought:
        reduction, top, line = self._reduction, self._top, self._stop.line
        if any(inner.lineno == line for inner in node.body):
            raise Unsupported
        turn = top.turns.get(line, 0)
        live = isinstance(node.iter, ast.Name) and top.locals.get(node.iter.id, "").startswith(MUTABLE)
        iterable = top.iterables.get(line) if turn else None
        if iterable is None or live:
            again = turn > 0 and not live
            if again:  # it was evaluated when the loop began
                reduction.env |= top.entered.get(line, {})
                reduction.enters = False
            iterable = yield from reduction.value(node.iter)
            if again:
                reduction.env = dict(top.locals)
            top.iterables[line] = iterable
        changes = yield from reduction.turn(node.target, iterable, turn)
        if changes is None:
            return self._finished("0")
        reduction.env.update(changes)
        return self._finished("1")

    def _raise(self, node: ast.Raise) -> Thought:
        reduction = self._reduction
        kind = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if isinstance(kind, ast.Name):
            reduction.require(kind.id)
        if node.exc is None or node.cause is not None or not isinstance(node.exc, ast.Call):
            raise Unsupported
        call = node.exc
        if not isinstance(call.func, ast.Name) or call.keywords or call.func.id in self._shell.flow.by_name:
            raise Unsupported
        parts = []
        for argument in call.args:
            parts.append((yield from reduction.solid(argument)))
        outcome = yield raised_by(f"raise {call.func.id}({', '.join(parts)})", {})
        return self._finished("X", outcome.value)

    def _delete(self, node: ast.Delete) -> Thought:
        reduction, gone = self._reduction, []
        for target in node.targets:
            if isinstance(target, ast.Name):
                if target.id not in reduction.env:
                    reduction.require(target.id)
                    raise Unsupported
                del reduction.env[target.id]
                gone.append(target.id)
                continue
            place = yield from reduction.place(target, read=False)
            if place.base is None:
                raise Unsupported
            ask = effect_of(f"del {HOLE}{place.suffix}", {HOLE: place.base.text}, (HOLE,))
            outcome = yield from reduction.ask(ask)
            yield from reduction.write(place.base, outcome.changes.get(HOLE, place.base.text))
        return self._finished("L", deleted=tuple(gone))


def _in_place(error: str, operator: ast.operator) -> str:
    """Returns what an operator raised as its augmented assignment says it."""
    sign = ast.unparse(ast.BinOp(ast.Name("a"), operator, ast.Name("b")))[2:-2]
    shown = "** or pow()" if sign == "**" else sign
    return error.replace(f"{_NO_OPERATION} {shown}: ", f"{_NO_OPERATION} {sign}=: ", 1)
