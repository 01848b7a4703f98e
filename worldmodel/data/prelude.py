"""Imports that a program takes for granted: some collections publish functions without them."""

from __future__ import annotations

import ast
import builtins
from functools import cache
from importlib import import_module

MODULES = (
    "typing",
    "collections",
    "itertools",
    "functools",
    "math",
    "heapq",
    "bisect",
    "operator",
    "string",
    "copy",
    "re",
    "random",
)
"""Modules that answers to programming contests use without a word; of two with one name, the first."""


def with_imports(source: str) -> str:
    """Returns a source with the import lines that it lacks in front; unchanged where it lacks none.

    Names of `MODULES`, and their public names, count where they are read and nowhere bound.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return source
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    parts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    modules = {part.id for part in parts if isinstance(part, ast.Name)} & set(MODULES)
    missing = sorted(read - _bound(tree) - set(dir(builtins)))
    lines = [f"import {name}" for name in missing if name in modules]
    homes: dict[str, list[str]] = {}
    for name in missing:
        home = next((module for module in MODULES if name in _public(module)), None)
        if home is not None and name not in modules:
            homes.setdefault(home, []).append(name)
    lines += [f"from {home} import {', '.join(names)}" for home, names in sorted(homes.items())]
    return "\n".join([*lines, source]) if lines else source


def _bound(tree: ast.Module) -> set[str]:
    """Returns the names that a source binds anywhere."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


@cache
def _public(module: str) -> frozenset[str]:
    home = import_module(module)
    return frozenset(getattr(home, "__all__", None) or (n for n in dir(home) if not n.startswith("_")))
