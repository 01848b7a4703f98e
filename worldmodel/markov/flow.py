"""Where control can go: the static part of what a debugger shows.

For every line at which the program can stop, `Flow` knows the text of its
statement, the names it reads, where its branches lead, and which handlers,
``finally`` blocks and ``with`` statements stand around it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from debugworld.sandboxes.debugger.program import ENTRY_NAME, Program

from .binding import constant
from .builder import Builder
from .classes import Classes
from .stop import END, ScopeFlow
from .text import bare_arguments

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.ClassDef)


class Flow:
    """All scopes of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        """The checked program."""
        self.scopes: dict[tuple[str, int], ScopeFlow] = {}
        """Scopes by qualified name and line."""
        self.finals: dict[int, int] = {}
        """Normal continuation of each ``finally`` block, by its target."""
        self.rebinds_cells = "nonlocal " in program.text or "global " in program.text
        """Whether a function may assign variables of another frame."""
        self.constants: dict[str, str] = {}
        """Module names that are assigned one literal, with its text."""
        module = ast.parse(program.text)
        self.imported: frozenset[str] = frozenset(_imported(module))
        """Names that imports bind, anywhere."""
        self.set_attributes = frozenset(_set_attributes(module))
        """Attributes that are assigned or deleted of anything but ``self``, anywhere."""
        self._constants(module)
        self._scope("<module>", 1, module.body, None)
        if program.call is not None:
            entry = ast.increment_lineno(ast.parse(program.entry_text), program.entry_line - 1)
            wrapper = entry.body[0]
            assert isinstance(wrapper, ast.FunctionDef)
            self.scopes[ENTRY_NAME, wrapper.lineno] = self._scope(
                ENTRY_NAME, wrapper.lineno, wrapper.body, None
            )
        self.by_name: dict[str, ScopeFlow] = {scope.name: scope for scope in self.scopes.values()}
        """Scopes by qualified name; the last one wins."""
        short: dict[str, list[ScopeFlow]] = {}
        for scope in self.by_name.values():
            short.setdefault(scope.name.rpartition(".")[2], []).append(scope)
        self.labels: dict[str, ScopeFlow] = {
            (name if len(scopes) == 1 else scope.name): scope
            for name, scopes in short.items()
            for scope in scopes
        }
        """Scopes by the shortest name that tells them apart."""
        self.label_of = {scope.name: label for label, scope in self.labels.items()}
        """The shortest telling name of each qualified name."""
        self.classes = Classes(self)
        """The program's classes."""

    def scope(self, function: str, line: int) -> ScopeFlow | None:
        """Returns the scope of a qualified name and line, else of the name."""
        return self.scopes.get((function, line)) or self.by_name.get(function)

    def owner(self, scope: ScopeFlow, name: str) -> ScopeFlow | None:
        """Returns the function around another one whose variable a free name of that one is."""
        around = scope.name
        while "." in around:
            around = around.rpartition(".")[0]
            found = self.by_name.get(around)
            if found is not None and found.arguments is not None and name in found.names:
                return found
        return None

    def _constants(self, module: ast.Module) -> None:
        seen: set[str] = set()
        for node in ast.walk(module):
            if (
                isinstance(node, ast.Assign)
                and len(node.targets) == 1
                and isinstance(node.targets[0], ast.Name)
            ):
                name = node.targets[0].id
                literal = node in module.body and _is_literal(node.value)
                if literal and name not in seen:
                    self.constants[name] = repr(ast.literal_eval(node.value))
                else:
                    self.constants.pop(name, None)
                seen.add(name)
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                self.constants.pop(node.target.id, None)
                seen.add(node.target.id)

    def _scope(self, name: str, line: int, body: list[ast.stmt], node: ast.AST | None) -> ScopeFlow:
        scope = ScopeFlow(name, line)
        outline = self.program.outline.scopes.get((name.rpartition(".")[2], line))
        scope.names = tuple(outline.names) if outline else ()
        if isinstance(node, _SCOPES):
            calls = (d.func if isinstance(d, ast.Call) else d for d in node.decorator_list)
            scope.decorators = tuple(map(ast.unparse, calls))
        if isinstance(node, ast.ClassDef):
            scope.bases = tuple(map(ast.unparse, node.bases))
            scope.keywords = bool(node.keywords)
            scope.constants = _constants_of(node, scope.names)
        if isinstance(node, _FUNCTIONS):
            scope.arguments = node.args
            stars = [a for a in (node.args.vararg, node.args.kwarg) if a is not None]
            plain = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            scope.parameters = tuple(a.arg for a in [*plain, *stars])
            scope.signature = f"{node.name}({ast.unparse(bare_arguments(node.args))})"
            scope.generator = isinstance(node, ast.AsyncFunctionDef) or any(
                isinstance(n, (ast.Yield, ast.YieldFrom)) for n in _own_nodes(body)
            )
            scope.rebound = frozenset(
                n.id for n in _own_nodes(body) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            )
        self.scopes[name, line] = scope
        builder = Builder(self, scope, at_module=name == "<module>")
        scope.first = builder.block(body, END, (), None, True)
        if "<locals>" in name:
            around = {
                n for owner in self.scopes.values() if name.startswith(owner.name + ".") for n in owner.names
            }
            reads = dict.fromkeys(n for stop in scope.stops.values() for n in stop.reads)
            inner = dict.fromkeys(
                n for s in self.scopes.values() if s.name.startswith(name + ".") for n in s.free
            )
            scope.free = tuple(n for n in {**reads, **inner} if n in around and n not in scope.names)
        return scope

    def nested(self, scope: ScopeFlow, node: ast.stmt) -> None:
        """Adds the scope of a function or class that another scope defines."""
        if not isinstance(node, _SCOPES):
            return
        if scope.name in ("<module>", ENTRY_NAME):
            name = node.name
        elif scope.parameters or scope.signature:
            name = f"{scope.name}.<locals>.{node.name}"
        else:
            name = f"{scope.name}.{node.name}"
        inner = self._scope(name, node.lineno, node.body, node)
        if isinstance(node, ast.ClassDef):
            made = self.scopes.get((f"{name}.__init__", _init_line(node)))
            inner.signature = (
                node.name + made.signature.removeprefix("__init__") if made else f"{node.name}()"
            )
            inner.signature = inner.signature.replace("(self, ", "(").replace("(self)", "()")
            inner.parameters = ()
            inner.bare = _is_bare(node)


def _own_nodes(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """Yields the nodes of a body that belong to its own frame."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (*_SCOPES, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(node))


def _is_bare(node: ast.ClassDef) -> bool:
    """Whether a class has nothing that could run when an instance is made, or that is not seen here."""
    plain = all(isinstance(base, ast.Name) and base.id == "object" for base in node.bases)
    own = {part.name for part in node.body if isinstance(part, _FUNCTIONS)}
    return plain and not node.keywords and not node.decorator_list and own.isdisjoint(("__init__", "__new__"))


def _constants_of(node: ast.ClassDef, names: Sequence[str]) -> dict[str, str]:
    """Names that a class's body assigns once and for all, with their texts."""
    found: dict[str, list[str | None]] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, (ast.Store, ast.Del)) and part.id in names:
            found.setdefault(part.id, []).append(None)
    for statement in node.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            target = statement.target
        if isinstance(target, ast.Name) and isinstance(statement, (ast.Assign, ast.AnnAssign)):
            text = constant(statement.value) if statement.value is not None else None
            if len(found.get(target.id, ())) == 1 and text is not None:
                found[target.id] = [text]
    return {name: text for name, (text, *more) in found.items() if text is not None and not more}


def _set_attributes(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, (ast.Store, ast.Del)):
            own = isinstance(node.value, ast.Name) and node.value.id == "self"
            if not own:
                yield node.attr


def _init_line(node: ast.ClassDef) -> int:
    return next((n.lineno for n in node.body if isinstance(n, _FUNCTIONS) and n.name == "__init__"), 0)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]
