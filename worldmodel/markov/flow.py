"""Where control can go: the static part of what a debugger shows.

For every line at which the program can stop, `Flow` knows the text of its
statement, the names it reads, where its branches lead, and which handlers,
``finally`` blocks and ``with`` statements stand around it.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

from debugworld.sandboxes.debugger.program import ENTRY_NAME, Program

from .builder import Builder
from .classes import Classes
from .stop import END, ScopeFlow
from .text import bare_arguments
from .unbound import module_names, own_nodes, plain_variables

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.ClassDef)
_CHANGING = frozenset(
    {
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "extendleft",
        "insert",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "update",
    }
)
"""Methods that change a container."""


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
        """Attributes that are set of anything but ``self``, or changed in place, anywhere."""
        changed = {n.id for n in _changed(module) if isinstance(n, ast.Name) and not _is_set(n)}
        shared = {name for n in ast.walk(module) if isinstance(n, ast.Global) for name in n.names}
        self.globals = {n: e for n, e in _once(module.body).items() if n not in changed | shared}
        """Names of the module that are assigned once and never changed, with what they are given."""
        own = (node.id for node in own_nodes(module.body) if isinstance(node, ast.Name) and _is_set(node))
        self.assigned = frozenset(own) | shared
        """Names that may stand for something else than the function or class of that name."""
        self.lambdas: dict[str, list[ast.Lambda]] = {}
        """Lambdas by qualified name."""
        self._lambdas(module, "")
        self.bound = module_names(module)
        """Names that the module may bind; None where it may bind any."""
        self._constants(module)
        self.constants = {name: text for name, text in self.constants.items() if name not in changed}
        top = self._scope("<module>", 1, module.body, None)
        top.plain = plain_variables(module.body) - shared
        if program.call is not None:
            entry = ast.increment_lineno(ast.parse(program.entry_text), program.entry_line - 1)
            wrapper = entry.body[0]
            assert isinstance(wrapper, ast.FunctionDef)
            self._lambdas(entry, "")
            self.scopes[ENTRY_NAME, wrapper.lineno] = self._scope(
                ENTRY_NAME, wrapper.lineno, wrapper.body, None
            )
        ordered = sorted(self.scopes.values(), key=lambda scope: scope.line)
        self.by_name: dict[str, ScopeFlow] = {scope.name: scope for scope in ordered}
        """Scopes by qualified name; the last one wins."""
        self.labels: dict[str, ScopeFlow] = {}
        """Scopes by the shortest name that tells them apart."""
        short = Counter(name.rpartition(".")[2] for name in self.by_name)
        for scope in ordered:
            name = scope.name.rpartition(".")[2]
            scope.label = name if short[name] == 1 else scope.name
            if self.by_name[scope.name] is not scope:
                scope.label += f"@{scope.line}"
            self.labels[scope.label] = scope
        self.classes = Classes(self)
        """The program's classes."""

    def scope(self, function: str, line: int) -> ScopeFlow | None:
        """Returns the scope of a qualified name that begins or stops at a line, else the last of the name."""
        found = self.scopes.get((function, line))
        if found is None:
            same = (scope for scope in self.scopes.values() if scope.name == function)
            found = next((scope for scope in same if line in scope.stops), None)
        return found or self.by_name.get(function)

    def names_code(self, name: str) -> bool:
        """Whether a plain name may stand for a function or class of the program."""
        return any(s.name == name or s.name.endswith(f".<locals>.{name}") for s in self.by_name.values())

    def owner(self, scope: ScopeFlow, name: str) -> ScopeFlow | None:
        """Returns the function around another one whose variable a free name of that one is."""
        around = scope.name
        while "." in around:
            around = around.rpartition(".")[0]
            found = self.by_name.get(around)
            if found is not None and found.arguments is not None and name in found.names:
                return found
        return None

    def _lambdas(self, node: ast.AST, around: str) -> None:
        """Notes the lambdas under a node; qualified names there begin with ``around``."""
        if isinstance(node, ast.Lambda):
            self.lambdas.setdefault(f"{around}<lambda>", []).append(node)
        if isinstance(node, (*_SCOPES, ast.Lambda)):
            around += getattr(node, "name", "<lambda>")
            around += "." if isinstance(node, ast.ClassDef) else ".<locals>."
        for child in ast.iter_child_nodes(node):
            self._lambdas(child, around)

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
            scope.constants = _once(node.body)
        if isinstance(node, _FUNCTIONS):
            scope.arguments = node.args
            scope.plain = plain_variables(node.body, node.args)
            stars = [a for a in (node.args.vararg, node.args.kwarg) if a is not None]
            plain = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            scope.parameters = tuple(a.arg for a in [*plain, *stars])
            scope.signature = f"{node.name}({ast.unparse(bare_arguments(node.args))})"
            scope.generator = isinstance(node, ast.AsyncFunctionDef) or any(
                isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own_nodes(body)
            )
            scope.rebound = frozenset(
                n.id for n in own_nodes(body) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
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
            shared = {n for part in own_nodes(body) if isinstance(part, ast.Nonlocal) for n in part.names}
            own = set(scope.names) - shared
            scope.free = tuple(
                n for n in dict.fromkeys((*reads, *inner, *sorted(shared))) if n in around - own
            )
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


def _once(body: Sequence[ast.stmt]) -> dict[str, ast.expr]:
    """Names that a body assigns once and for all on its own level, with what they are given."""
    bound = Counter(n.id for s in body for n in own_nodes([s]) if isinstance(n, ast.Name) and _is_set(n))
    found: dict[str, ast.expr] = {}
    for node in body:
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        if isinstance(node, ast.AnnAssign):
            target = node.target
        value = getattr(node, "value", None)
        match target, value:
            case ast.Tuple(elts=left), ast.Tuple(elts=right) if len(left) == len(right):
                starred = any(isinstance(part, ast.Starred) for part in (*left, *right))
                pairs = [] if starred else list(zip(left, right, strict=True))
            case ast.expr(), ast.expr():
                pairs = [(target, value)]
            case _:
                continue
        for part, given in pairs:
            if isinstance(part, ast.Name) and bound[part.id] == 1:
                found[part.id] = given
    return found


def _is_set(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))


def _changed(module: ast.Module) -> Iterator[ast.expr]:
    """Yields what is assigned, deleted or changed in place, anywhere: the whole of every part, too."""
    for node in ast.walk(module):
        if isinstance(node, ast.expr) and _is_set(node):
            yield node
            while isinstance(node, ast.Subscript):
                node = node.value
                yield node
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Attribute) and function.attr in _CHANGING:
            yield function.value


def _set_attributes(module: ast.Module) -> Iterator[str]:
    """Yields attributes that are set of anything but ``self``, or changed in place, anywhere."""
    for node in _changed(module):
        if isinstance(node, ast.Attribute):
            own = isinstance(node.value, ast.Name) and node.value.id == "self"
            if not own or not _is_set(node):
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
