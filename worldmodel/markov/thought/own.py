"""Calls of the program's own functions, and the instances of its classes, as far as they are certain.

Which function runs, with which variables its frame begins, and what an instance shows under a name follow
from the source and from the state alone, as the value of a variable does; nothing is evaluated.
"""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from debugworld.sandboxes.debugger.limits import CUT, MAX_DEPTH, MAX_TEXT
from debugworld.sandboxes.debugger.program import ENTRY_NAME

from ..binding import bind, constant
from ..objects import BACK, Instance, depth, numbers
from ..operand import cut
from ..outcome import Outcome
from ..question import Question
from ..stop import ScopeFlow
from .ask import MARK, Ask, Asking, Raised, Unsupported

if TYPE_CHECKING:
    from ..shell import Shell

MAX_ASKS = 160
"""Questions about one statement, after which it is asked about as a whole."""
BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_SELF = "self="
"""What the text of a method's object begins with, behind what the method returned."""
_UNWRAPPED = frozenset({"property", "setter", "staticmethod", "classmethod"})
"""Decorators with which a method is still entered as it was written."""


class Own(ABC):
    """What the source and the state say of a program's own functions and objects, at one statement.

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
        self.scope: ScopeFlow | None = self.top.scope
        """Whose variables a name may be; None for an expression of the module's own level."""
        self.enters = True
        """Whether a function of the program may be called."""
        self._question = Question(shell)
        self._returns = list(self.top.returns)
        self._inner: dict[str, str] = {}
        self._asks = self._made = self._deep = 0

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

    @abstractmethod
    def value(self, node: ast.expr) -> Asking[str]:
        """Returns the text of an expression's value."""

    @abstractmethod
    def solid(self, node: ast.expr) -> Asking[str]:
        """The same, of a value that has a text of its own."""

    @abstractmethod
    def truth(self, node: ast.expr) -> Asking[bool]:
        """Returns whether an expression counts as true."""

    @abstractmethod
    def holds(self, text: str) -> Asking[bool]:
        """Returns whether a value counts as true."""

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
        known = BUILTINS | flow.imported | flow.by_name.keys()
        if scope is None or scope.decorators or any(constant(d) is None for d in defaults) or names - known:
            raise Unsupported
        return f"<function {scope.name} at #{self.new()}>"

    def _kept(self, node: ast.expr) -> str | None:
        """Returns the text of a function that a statement makes without running any of it."""
        if not isinstance(node, ast.Lambda) or any(node.args.defaults) or any(node.args.kw_defaults):
            return None
        scope, called = self.top.scope, self.shell.program.call is not None
        function = scope.arguments is not None or called and scope.name == ENTRY_NAME
        inside = f"{scope.name}.<locals>." if function else ""
        if self._inner or not inside and called:
            return None
        return f"<function {inside}<lambda> at #{self.new()}>"

    def mangled(self, name: str) -> str:
        """Returns the name under which the current code keeps an attribute."""
        return self.shell.flow.classes.mangled(self.top.scope, name)

    def field(self, text: str, name: str) -> str | None:
        """Returns what an instance shows under a name; None where that does not say what reading it gives."""
        made = Instance.parse(text)
        if made is None or not self.shell.flow.classes.reads_plainly(made.type, name):
            return None
        found = made.fields.get(name)
        if found is None or self._computed(made.type, name) or CUT in found or BACK in found:
            return None
        return found

    def with_field(self, text: str, suffix: str, value: str) -> str | None:
        """Returns an instance's text with a value under a name; None where that is not all that happens."""
        made, name = Instance.parse(text), suffix.removeprefix(".")
        if made is None or name == suffix or not self.shell.flow.classes.writes_plainly(made.type, name):
            return None
        if self._computed(made.type, name) or BACK in value or made.number in numbers(value):
            return None
        made.fields[name] = value
        whole = str(made)
        return whole if CUT not in whole and len(whole) <= MAX_TEXT and depth(whole) < MAX_DEPTH else None

    def _computed(self, kind: str, name: str) -> bool:
        """Whether a class may say by code of the program what stands under a name."""
        classes = self.shell.flow.classes
        if classes.ordinary(kind):
            return classes.property(kind, name, False) is not None
        return name in self.shell.flow.labels

    def new(self) -> int:
        """Returns the number of a new object."""
        self._made += 1
        return self.top.count + self._made

    def _call_own(self, node: ast.Call, name: str, scope: ScopeFlow, known: str | None) -> Asking[str]:
        """Calls a function or class of the program."""
        if known is not None and known.startswith("<class") != (scope.bases is not None):
            raise Unsupported
        placed, named = yield from self._given(node)
        if scope.bases is not None:
            classes = self.shell.flow.classes
            made = classes.method(scope.name, "__init__")
            if made is None and not placed and not named and classes.bare(scope.name):
                return f"<{scope.name} at #{self.new()}>"
            if made is None or not classes.ordinary(scope.name) or classes.method(scope.name, "__new__"):
                if f"{scope.name}.__init__" not in self.shell.flow.by_name:
                    raise Unsupported
                return (yield from self._ask_enter(scope, name, placed, named, [scope.signature], True))
            if self._returns:
                return self._returned(True)
            self_text = f"<{scope.name} at #{self.new()}>"
            return (yield from self._enter(made, (self_text, *placed), named, name, [scope.signature], True))
        if not scope.signature or scope.generator:
            raise Unsupported
        lines = [scope.signature, *self._question.cells_of(scope, known)]
        function = self.top.ids.get(numbers(known)[0], 0) if known and numbers(known) else 0
        return (yield from self._enter(scope, placed, named, name, lines, function=function))

    def _call_method(self, node: ast.Call, base: str, name: str) -> Asking[str]:
        """Calls a method of the program on an instance."""
        flow = self.shell.flow
        kind = base[1:].partition(" ")[0]
        scope = flow.classes.method(kind, name)
        kept = self.field(base, name)
        if kept is not None:
            scope = self._question.callee(name, kept)
            if scope is None:
                raise Unsupported
            return (yield from self._call_own(node, name, scope, kept))
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

    def class_of(self, node: ast.expr) -> ScopeFlow | None:
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
        written: str,
        lines: Sequence[str] = (),
        makes: bool = False,
        function: int = 0,
    ) -> Asking[str]:
        """Enters a frame of a function, which is the next state, unless it has returned already.

        With which variables it begins is certain where `bind` says so, and asked otherwise.
        """
        if not self.enters:
            raise Unsupported
        if self._returns:
            return self._returned(makes)
        arguments = scope.arguments
        decorators = [name.rpartition(".")[2] for name in scope.decorators]
        plain = not decorators or len(decorators) == 1 and decorators[0] in _UNWRAPPED
        bound = bind(arguments, placed, named) if arguments is not None and plain else None
        opening = None if bound is None or scope.generator else self.shell.opening(scope, bound, function)
        if opening is None:
            first = 1 if makes or lines and lines[0].startswith(".") else 0
            return (yield from self._ask_enter(scope, written, placed[first:], named, lines, makes))
        raise Called(opening)

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


def _annotations(node: ast.FunctionDef) -> list[ast.expr]:
    parameters = [part for part in ast.walk(node.args) if isinstance(part, ast.arg)]
    hints = [parameter.annotation for parameter in parameters]
    return [hint for hint in (*hints, node.returns) if hint is not None]
