"""Statements of a source: where the debugger can stop, and what each function binds.

CPython's own line tables differ between versions: an expression over several
lines, a comprehension or a decorator makes other line events on 3.11 than on
3.13. The canonical trace stops once at each statement, so `flatten` moves every
node of an expression to the first line of its statement before compilation.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

PLAIN_COLUMN = -1
"""Column of code that runs in its own statement: none, so that tracebacks underline nothing."""
COMPREHENSION_COLUMN = 1
"""Column of code inside a comprehension, which some versions inline."""

FINALIZER = "__del__"
"""Name of the functions that make no states, because their moment is the interpreter's own matter."""
_LINE_END = 1 << 12
"""End column of code inside a comprehension: a traceback underlines no whole line."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_SCOPES = (*_FUNCTIONS, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Scope:
    """One code object that makes stops: a function, a class body or the module."""

    name: str
    """Name as in ``co_name``."""
    line: int
    """Line of ``def`` or ``class``; 1 for the module."""
    names: dict[str, int] = field(default_factory=dict)
    """Position of each parameter and local name, in order of first binding."""
    comprehension_names: frozenset[str] = frozenset()
    """Names bound by comprehensions inside the scope's own statements."""
    body_line: int = 0
    """Line of the first statement."""

    @property
    def covered(self) -> bool:
        """Whether a comprehension's variable has the name of a local, which it hides while it runs."""
        return any(name in self.comprehension_names for name in self.names)


@dataclass
class Outline:
    """What the recorder and the breakpoints need to know of a source."""

    scopes: dict[tuple[str, int], Scope]
    """Scopes by name and line."""
    stop_lines: frozenset[int]
    """Lines at which the traced code can make a ``line`` stop."""
    tight_loops: frozenset[int]
    """Lines that hold a loop together with its body: each turn is a stop."""
    odd_lines: frozenset[int] = frozenset()
    """Lines where CPython may report one stop several times, or several as one: those loops, loops whose body
    makes no stop, and comprehensions, which some versions inline."""

    @staticmethod
    def of(module: ast.Module, entry: ast.Module | None, traced: bool = True) -> Outline:
        """Reads a parsed source and its entry wrapper, which is None for a script or another file.

        Args:
            module: the source.
            entry: the wrapper; with one the module body runs before the trace begins.
            traced: whether the module body can be part of the trace.
        """
        scopes: dict[tuple[str, int], Scope] = {("<module>", 1): _scope("<module>", 1, module.body)}
        stops: set[int] = set()
        _collect(module.body, traced and entry is None, scopes, stops)
        if entry is not None:
            _collect(entry.body, False, scopes, stops)
        loops = [node for node in _statements(module.body) if isinstance(node, _LOOPS)]
        tight = (n.lineno for n in loops if n.body[0].lineno == n.lineno and not _spins(n))
        odd = {node.lineno for node in loops if not _leaves_its_line(node)}
        for root in (module, entry):
            odd |= {node.lineno for node in _statements(root.body) if _comprehends(node)} if root else set()
        return Outline(scopes, frozenset(stops), frozenset(tight), frozenset(odd))


def flatten(tree: ast.Module) -> ast.Module:
    """Moves every expression to the first line of its statement, in place.

    Columns no longer say where a node stood: they tell `PLAIN_COLUMN` code from
    `COMPREHENSION_COLUMN` code.
    """
    for statement in tree.body:
        _flatten_statement(statement)
    return tree


def imports_late(module: ast.Module) -> bool:
    """Whether a function of a source imports something, by a statement or by name."""
    names = ("__import__", "import_module", "exec")
    return any(
        isinstance(node, (ast.Import, ast.ImportFrom))
        or getattr(node, "id", None) in names
        or getattr(node, "attr", None) in names
        for scope in _statements(module.body)
        if isinstance(scope, _FUNCTIONS)
        for node in ast.walk(scope)
    )


def header(node: ast.stmt) -> Iterator[ast.AST]:
    """Yields the parts of a statement that run with its first line, not its blocks."""
    for name in node._fields:
        if name in ("body", "orelse", "finalbody", "handlers", "cases"):
            continue
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            yield value
        elif type(value) is list:
            yield from (part for part in value if isinstance(part, ast.AST))


def _children(node: ast.AST) -> list[ast.AST]:
    """Returns what `ast.iter_child_nodes` yields, without its generators: a short run spends much here."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif type(value) is list:
            found += [part for part in value if isinstance(part, ast.AST)]
    return found


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yields the statement lists inside a statement, handlers and cases included."""
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        part = getattr(node, name, None)
        if not isinstance(part, list):
            continue
        if name in ("handlers", "cases"):
            for clause in part:
                yield clause.body
        elif part:
            yield part


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yields statements with all that stand inside them."""
    for node in body:
        yield node
        for block in blocks(node):
            yield from _statements(block)


def clause_line(clause: ast.ExceptHandler | ast.match_case) -> int:
    """Line of an ``except`` or ``case``."""
    return clause.lineno if isinstance(clause, ast.ExceptHandler) else clause.pattern.lineno


def makes_stop(node: ast.stmt, first_in_body: bool, at_module: bool) -> bool:
    """Tells whether a statement runs at all, as seen by a line stop."""
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return False
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return not (first_in_body and isinstance(node.value.value, str))
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return at_module or not isinstance(node.target, ast.Name)
    return True


def _leaves_its_line(node: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Whether every turn of a loop stops at a line other than the loop's."""
    return any(part.lineno != node.lineno and makes_stop(part, False, False) for part in node.body)


def _comprehends(node: ast.stmt) -> bool:
    """Whether a comprehension stands in a statement's own expressions."""
    todo = list(header(node))
    while todo:
        part = todo.pop()
        if isinstance(part, _COMPREHENSIONS):
            return True
        todo += _children(part)
    return False


def _spins(node: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Whether a loop is a single jump to itself, whose turns not every version reports."""
    constant = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and bool(node.test.value)
    return constant and all(isinstance(inner, (ast.Pass, ast.Continue)) for inner in node.body)


def _flatten_statement(node: ast.stmt) -> None:
    _place(node, node.lineno, PLAIN_COLUMN)
    for part in header(node):
        _flatten_expression(part, node.lineno, PLAIN_COLUMN)
    for clause in [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]:
        line = clause_line(clause)
        for name, part in ast.iter_fields(clause):
            if name != "body" and isinstance(part, ast.AST):
                _flatten_expression(part, line, PLAIN_COLUMN)
        if isinstance(clause, ast.ExceptHandler):
            _place(clause, line, PLAIN_COLUMN)
    for block in blocks(node):
        for inner in block:
            _flatten_statement(inner)


def _flatten_expression(node: ast.AST, line: int, column: int) -> None:
    if isinstance(node, _COMPREHENSIONS):
        column = COMPREHENSION_COLUMN
    if hasattr(node, "lineno"):
        _place(node, line, column)
    for child in _children(node):
        _flatten_expression(child, line, column)


def _place(node: ast.AST, line: int, column: int) -> None:
    node.lineno = node.end_lineno = line  # type: ignore[attr-defined]
    node.col_offset = column  # type: ignore[attr-defined]
    node.end_col_offset = column if column == PLAIN_COLUMN else _LINE_END  # type: ignore[attr-defined]


def _collect(
    body: list[ast.stmt],
    traced: bool,
    scopes: dict[tuple[str, int], Scope],
    stops: set[int],
    at_module: bool = True,
    opens_scope: bool = True,
) -> None:
    for position, node in enumerate(body):
        if traced and makes_stop(node, opens_scope and position == 0, at_module):
            stops.add(node.lineno)
        if isinstance(node, _SCOPES):
            arguments = node.args if isinstance(node, _FUNCTIONS) else None
            scopes[node.name, node.lineno] = _scope(node.name, node.lineno, node.body, arguments)
            inside = traced or isinstance(node, _FUNCTIONS)
            _collect(node.body, inside and node.name != FINALIZER, scopes, stops, False, True)
            continue
        for clause in [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]:
            if traced:
                stops.add(clause_line(clause))
        for block in blocks(node):
            _collect(block, traced, scopes, stops, at_module, False)


def _scope(name: str, line: int, body: list[ast.stmt], arguments: ast.arguments | None = None) -> Scope:
    names: dict[str, int] = {}
    inner: set[str] = set()
    if arguments is not None:
        stars = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *stars]:
            names.setdefault(argument.arg, len(names))
    for statement in body:
        for found in _bindings(statement, inner, False):
            names.setdefault(found, len(names))
    return Scope(name, line, names, frozenset(inner), body[0].lineno if body else line)


def _bindings(node: ast.AST, inner: set[str], in_comprehension: bool) -> Iterator[str]:
    """Yields the names a node binds in its own scope, in source order."""
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            if in_comprehension:
                inner.add(node.id)
            else:
                yield node.id
        return
    if isinstance(node, ast.NamedExpr):
        yield node.target.id
        yield from _bindings(node.value, inner, in_comprehension)
        return
    if isinstance(node, _SCOPES):
        yield node.name
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.alias):
        yield node.asname or node.name.split(".")[0]
        return
    if isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
    if isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
    nested = in_comprehension or isinstance(node, _COMPREHENSIONS)
    for child in _children(node):
        yield from _bindings(child, inner, nested)
