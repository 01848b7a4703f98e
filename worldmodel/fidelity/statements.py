"""What a program's statements have, by line: the side of `constructs` that the source tells."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from debugworld.sandboxes.debugger import Program

_BUILT_IN = frozenset(dir(builtins))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_LITERALS = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, *_COMPREHENSIONS)


@dataclass
class Statement:
    """The statements of one line."""

    tags: set[str] = field(default_factory=set)
    """Constructs that they have."""
    bound: set[str] = field(default_factory=set)
    """Names that they bind."""
    twins: set[frozenset[str]] = field(default_factory=set)
    """Pairs of names that they give one value: ``b = a``, ``a = b = []``."""


@dataclass(frozen=True)
class Names:
    """What the names of a program may stand for."""

    bound: frozenset[str]
    """Bound by the program itself, anywhere."""
    imported: frozenset[str]
    """Bound by imports."""
    attributes: frozenset[str]
    """Attributes that its classes define, or that it sets."""

    def native(self, function: ast.expr) -> bool:
        """Whether a call of an expression is one of a function that is not the program's own.

        A method is known by its name: one that no class of the program defines and no statement sets. What
        comes out of a call or a container may be anything, and is none.
        """
        if isinstance(function, ast.Name):
            return function.id not in self.bound and function.id in self.imported | _BUILT_IN
        if not isinstance(function, ast.Attribute):
            return False
        value = function.value
        if isinstance(value, _LITERALS):
            return True
        if isinstance(value, ast.Name) and value.id in self.imported - self.bound:
            return True
        return function.attr not in self.attributes


@lru_cache(maxsize=1024)
def statements(program: Program) -> dict[int, Statement]:
    """Returns the statements of a program by the lines at which they begin."""
    found: dict[int, Statement] = {}
    names = _names(program.module)
    for node in ast.walk(program.module):
        if not isinstance(node, (ast.stmt, ast.ExceptHandler)):
            continue
        line = found.setdefault(node.lineno, Statement())
        for inner in _shallow(node):
            line.tags |= _tags(inner, names)
            if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
                line.bound.add(inner.id)
        if isinstance(node, ast.Assign):
            same = {one.id for one in (*node.targets, node.value) if isinstance(one, ast.Name)}
            line.twins |= {frozenset((a, b)) for a in same for b in same if a < b}
    return found


@lru_cache(maxsize=1024)
def recursive(program: Program) -> frozenset[str]:
    """Returns the names of the functions that call themselves by name."""
    return frozenset(
        node.name
        for node in ast.walk(program.module)
        if isinstance(node, _FUNCTIONS)
        and any(
            isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == node.name
            for call in ast.walk(node)
        )
    )


def _names(module: ast.Module) -> Names:
    bound: set[str] = set()
    imported: set[str] = set()
    attributes: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imported |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            attributes.add(node.attr)
        if isinstance(node, ast.ClassDef):
            attributes |= set(_members(node))
    return Names(frozenset(bound), frozenset(imported), frozenset(attributes))


def _members(owner: ast.ClassDef) -> Iterator[str]:
    for each in owner.body:
        if isinstance(each, (*_FUNCTIONS, ast.ClassDef)):
            yield each.name
        else:
            stored = (node for node in ast.walk(each) if isinstance(node, ast.Name))
            yield from (node.id for node in stored if isinstance(node.ctx, ast.Store))


def _shallow(statement: ast.AST) -> Iterable[ast.AST]:
    """Yields a statement and its expressions, not the statements inside it."""
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [
            child
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case))
        ]


def _tags(node: ast.AST, names: Names) -> set[str]:
    if isinstance(node, _COMPREHENSIONS):
        return {"comprehension"}
    if isinstance(node, (ast.For, ast.While, ast.AsyncFor)):
        return {"loops"}
    if isinstance(node, (ast.If, ast.IfExp, ast.Match)):
        return {"branches"}
    if isinstance(node, (ast.Raise, ast.Try, ast.ExceptHandler, ast.Assert)):
        return {"exceptions"}
    if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await)):
        return {"generators"}
    if isinstance(node, ast.ClassDef):
        return {"classes"}
    if isinstance(node, (ast.Lambda, ast.Nonlocal)):
        return {"closures"}
    if isinstance(node, ast.JoinedStr) or isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {"strings"}
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("self", "cls")
    ):
        return {"classes"}
    if isinstance(node, ast.Call) and names.native(node.func):
        return {"native calls"}
    return set()
