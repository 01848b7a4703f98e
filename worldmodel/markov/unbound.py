"""Names that have no value: what reading one raises, as the source and the frame's variables tell.

Only what is certain is told. In a program that can bind names behind its source's back (``exec``,
``globals``, a star import) any name may have a value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .flow import Flow
    from .frame import Frame
    from .stop import ScopeFlow

_HIDDEN = frozenset({"exec", "eval", "globals", "vars", "builtins", "__builtins__", "__import__", "sys"})
"""Names with which a program can bind others."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def module_names(module: ast.Module) -> frozenset[str] | None:
    """Returns the names that the module's own level may bind, and those that functions declare global.

    None where any name may be bound.
    """
    found = set(_bound(own_nodes(module.body)))
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and node.id in _HIDDEN:
            return None
        if isinstance(node, ast.Global):
            found.update(node.names)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {alias.name for alias in node.names}
            if "*" in names or names & _HIDDEN:
                return None
    return frozenset(found)


def plain_variables(body: Sequence[ast.stmt], arguments: ast.arguments | None = None) -> frozenset[str]:
    """Returns the variables of a frame that nothing but assignments, ``for`` and ``del`` bind.

    A parameter is among them where it can be deleted. What else binds a variable (imports, handlers,
    patterns, ``with``, definitions) is followed less surely, and left out.
    """
    plain: set[str] = set()
    deleted: set[str] = set()
    other: set[str] = set()
    for each in own_nodes(body):
        if isinstance(each, ast.Name):
            if not isinstance(each.ctx, ast.Load):
                (deleted if isinstance(each.ctx, ast.Del) else plain).add(each.id)
        elif isinstance(each, (ast.Global, ast.Nonlocal)):
            other.update(each.names)
        elif isinstance(each, (ast.withitem, ast.comprehension)):
            target = each.optional_vars if isinstance(each, ast.withitem) else each.target
            other.update(_bound(ast.walk(target) if target is not None else ()))
        else:
            other.update(_bound([each]))
    given = {each.arg for each in ast.walk(arguments) if isinstance(each, ast.arg)} if arguments else set()
    return frozenset((plain | deleted) - other - (given - deleted))


def own_nodes(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """Yields the nodes of a body that belong to its own frame."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(node))


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yields the names that some nodes bind, in whatever way."""
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest


def unset(scope: ScopeFlow | None, name: str) -> str:
    """Returns what reading a variable of the frame raises that shows no value; empty where it is not certain.

    Args:
        scope: Of the frame; None for an expression of the module's own level.
        name: The variable.
    """
    if scope is None or name not in scope.plain:
        return ""
    if scope.arguments is None:
        return f"NameError: name '{name}' is not defined"
    return f"UnboundLocalError: cannot access local variable '{name}' where it is not associated with a value"


def missing(flow: Flow, frame: Frame, scope: ScopeFlow | None, name: str) -> str:
    """Returns what reading a name raises that is no variable of the frame; empty where that is not certain.

    Args:
        flow: Of the program.
        frame: Where the name is read.
        scope: The frame's; None for an expression of the module's own level.
        name: Neither a built-in nor imported.
    """
    if flow.bound is None or name.startswith("__") or scope is not None and name in scope.names:
        return ""
    owner = flow.owner(scope, name) if scope is not None else None
    if owner is not None:
        maker = frame.maker
        if maker is None or maker.scope is not owner or name in maker.locals or name not in owner.plain:
            return ""
        where = "where it is not associated with a value in enclosing scope"
        return f"NameError: cannot access free variable '{name}' {where}"
    return "" if name in flow.bound else f"NameError: name '{name}' is not defined"
