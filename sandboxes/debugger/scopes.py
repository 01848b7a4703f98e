"""The names that a program gives to functions, classes and variables, found without running it."""

from __future__ import annotations

import ast
import symtable
import warnings
from dataclasses import dataclass
from functools import lru_cache

from .program import ENTRY_NAME, Program
from .source import Source
from .statements import Outline, makes_stop


@dataclass(frozen=True, slots=True)
class ScopeName:
    """A function or class of a program."""

    name: str
    """Its qualified name."""
    is_class: bool
    enters: bool
    """Whether the traced code can enter it."""
    locals: frozenset[str]
    """Its local names and those it shares with a function around it."""


@lru_cache(maxsize=64)
def scopes(program: Program) -> tuple[ScopeName, ...]:
    """Every function and class of a program's sources, the entry wrapper included."""
    found: list[ScopeName] = []
    for source in program.sources.values():
        table = _table(source.text)
        traced = program.is_script or (bool(source.file) and _body_stops(source))
        _collect(table, "", traced, source.outline, found)
    if not program.is_script:
        found.append(ScopeName(ENTRY_NAME, False, True, frozenset()))
    return tuple(found)


def _table(text: str) -> symtable.SymbolTable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return symtable.symtable(text, "<program>", "exec")


def _body_stops(source: Source) -> bool:
    """Whether a file's own body can be part of the trace."""
    stops = source.outline.stop_lines
    return any(
        makes_stop(node, not place, True) and node.lineno in stops
        for place, node in enumerate(source.module.body)
    )


def _collect(
    table: symtable.SymbolTable, prefix: str, traced: bool, outline: Outline, found: list[ScopeName]
) -> None:
    for child in table.get_children():
        name, kind = child.get_name(), str(getattr(child.get_type(), "value", child.get_type()))
        if kind == "class":
            found.append(ScopeName(prefix + name, True, traced, _locals(child, outline)))
            _collect(child, f"{prefix}{name}.", traced, outline, found)
        elif kind == "function" and name not in _EXPRESSIONS:
            found.append(ScopeName(prefix + name, False, True, _locals(child, outline)))
            _collect(child, f"{prefix}{name}.<locals>.", True, outline, found)
        else:
            _collect(child, prefix, traced, outline, found)


_EXPRESSIONS = frozenset({"lambda", "listcomp", "setcomp", "dictcomp", "genexpr"})


def _locals(table: symtable.SymbolTable, outline: Outline) -> frozenset[str]:
    """Local and shared names; those of comprehensions, which some versions count among them, left out."""
    scope = outline.scopes.get((table.get_name(), table.get_lineno()))
    bound = scope.names if scope is not None else {}
    symbols = table.get_symbols()
    return frozenset(s.get_name() for s in symbols if s.is_free() or (s.is_local() and s.get_name() in bound))


@lru_cache(maxsize=64)
def module_names(program: Program) -> frozenset[str]:
    """Variables of the program's own module, those that a function declares global included."""
    table = _table(program.text)
    names = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    names |= {child.get_name() for child in table.get_children() if child.get_name() not in _EXPRESSIONS}
    todo = list(table.get_children())
    while todo:
        child = todo.pop()
        todo.extend(child.get_children())
        names |= {s.get_name() for s in child.get_symbols() if s.is_declared_global() and s.is_assigned()}
    return frozenset(names)


@lru_cache(maxsize=64)
def imported(program: Program) -> frozenset[str]:
    """Names that imports anywhere in a program bind; ``*`` where one binds names that it does not say."""
    nodes = (node for source in program.sources.values() for node in ast.walk(source.module))
    imports = (node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)))
    aliases = (alias for node in imports for alias in node.names)
    return frozenset(name for a in aliases for name in (a.name, (a.asname or a.name).partition(".")[0]))
