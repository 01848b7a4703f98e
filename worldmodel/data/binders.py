"""Which names each scope of a syntax tree binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
"""Expressions with a scope of their own."""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
"""Definitions of functions."""
_SCOPES = (*FUNCTIONS, ast.ClassDef, ast.Lambda, *COMPREHENSIONS)


@dataclass(frozen=True)
class Scope:
    """The names of one module, class, function, lambda or comprehension."""

    kind: str
    """``module``, ``class``, ``function`` or ``comprehension``; a lambda is a function."""
    bound: frozenset[str]
    """Names that live in it."""
    declared_global: frozenset[str] = frozenset()
    """Names that a ``global`` statement in it gives to the module."""
    declared_nonlocal: frozenset[str] = frozenset()
    """Names that a ``nonlocal`` statement in it takes from around."""
    global_elsewhere: frozenset[str] = frozenset()
    """Of a module: names that functions declare as global."""


def scope_of(node: ast.AST) -> Scope:
    """Returns the scope that a node opens."""
    if isinstance(node, COMPREHENSIONS):
        targets = (part for generator in node.generators for part in ast.walk(generator.target))
        return Scope("comprehension", frozenset(p.id for p in targets if isinstance(p, ast.Name)))
    given: set[str] = set()
    outside: set[str] = set()
    taken: set[str] = set()
    for part in own_nodes(node):
        given.update(_bound_by(part))
        if isinstance(part, ast.Global):
            outside.update(part.names)
        elif isinstance(part, ast.Nonlocal):
            taken.update(part.names)
    if isinstance(node, (*FUNCTIONS, ast.Lambda)):
        given.update(arg.arg for arg in parameters(node.args))
    kinds = {ast.Module: "module", ast.ClassDef: "class"}
    kind = kinds.get(type(node), "function")
    elsewhere: frozenset[str] = frozenset()
    if kind == "module":
        found = (part for part in ast.walk(node) if isinstance(part, ast.Global))
        elsewhere = frozenset(name for part in found for name in part.names)
    bound = frozenset(given - outside - taken)
    return Scope(kind, bound, frozenset(outside), frozenset(taken), elsewhere)


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Returns all parameters in order: plain ones, then ``*`` and ``**``."""
    extra = [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yields the nodes of a scope, those that open inner scopes included, but not what is inside of these.

    An assignment expression in a comprehension belongs to the scope around it and is yielded.
    """
    body = getattr(node, "body", [])
    bodies: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    todo = bodies[::-1]
    while todo:
        part = todo.pop()
        yield part
        if isinstance(part, COMPREHENSIONS):
            yield from (inner.target for inner in ast.walk(part) if isinstance(inner, ast.NamedExpr))
        elif isinstance(part, _SCOPES):
            todo.extend(_around(part))
        else:
            todo.extend(list(ast.iter_child_nodes(part))[::-1])


def _around(node: ast.AST) -> list[ast.AST]:
    """The parts of an inner scope's head that belong to the scope around it."""
    found: list[ast.AST] = list(getattr(node, "decorator_list", ()))
    arguments = getattr(node, "args", None)
    if isinstance(arguments, ast.arguments):
        found += [*arguments.defaults, *filter(None, arguments.kw_defaults)]
    if isinstance(node, ast.ClassDef):
        found += [*node.bases, *(word.value for word in node.keywords)]
    return found[::-1]


def _bound_by(node: ast.AST) -> Iterator[str]:
    """Names that one node binds in its scope."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield node.id
    elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.alias) and node.name != "*":
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
