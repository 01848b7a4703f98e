"""Where a program's frames can stand: its functions, their lines and their names, by place and by text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from debugworld.sandboxes.debugger import Event, Program
from debugworld.sandboxes.debugger.statements import Scope

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.ClassDef)


@dataclass(frozen=True)
class Routine:
    """What can be a frame: a function, a class body or a module."""

    name: str
    """Qualified name, as `State.function` has it."""
    file: str
    """Its file; empty for the program's own source."""
    line: int
    """Where its ``call`` stands: the line of its ``def``."""
    lines: tuple[int, ...]
    """Lines at which it can stop, ascending."""
    names: tuple[str, ...]
    """Names that its locals can show, in their order: its own, and those of the functions around it."""


class Layout:
    """The routines of a program.

    Args:
        program: a program that compiles.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.routines = tuple(_routines(program))
        """All routines, file by file, outer ones first."""
        self.by_name: dict[str, Routine] = {}
        """By qualified name; the first of several."""
        self._calls: dict[tuple[str, int], list[Routine]] = {}
        self._lines: dict[tuple[str, int], list[Routine]] = {}
        for routine in self.routines:
            self.by_name.setdefault(routine.name, routine)
            self._calls.setdefault((routine.file, routine.line), []).insert(0, routine)
            for line in routine.lines:
                self._lines.setdefault((routine.file, line), []).insert(0, routine)

    @staticmethod
    @lru_cache(maxsize=256)
    def of(program: Program) -> Layout:
        """Returns the layout of a program; that of a late one is kept."""
        return Layout(program)

    def owners(self, line: int, file: str = "", event: Event = Event.LINE) -> list[Routine]:
        """Returns the routines that can stand at a line, the innermost first."""
        called = self._calls.get((file, line), [])
        return called if event is Event.CALL else self._lines.get((file, line), called)

    def owner(self, line: int, file: str = "", event: Event = Event.LINE) -> str:
        """Returns the name of the routine that stands at a line, as well as the line tells; else nothing."""
        found = self.owners(line, file, event)
        return found[0].name if found else ""

    def reads(self, source: str, event: Event) -> list[tuple[str, int]]:
        """Returns the places, as file and line, whose line has a text; the outermost routine's first."""
        found: dict[tuple[str, int], None] = {}
        for routine in self.routines:
            lines = (routine.line,) if event is Event.CALL else (*routine.lines, routine.line)
            for line in lines:
                if self.program.source_line(line, routine.file) == source:
                    found[routine.file, line] = None
        return list(found)


def _routines(program: Program) -> Iterator[Routine]:
    for source in program.sources.values():
        bodies = [source.module]
        if not source.file and program.entry is not None:
            bodies.append(program.entry)
        stops = source.outline.stop_lines
        scopes = source.outline.scopes
        module = scopes.get(("<module>", 1))
        nodes = [node for body in bodies for node in _nested(body, "", ())]
        inside = {line for node, _, _ in nodes if not _flat(node) for line in _body(node)}
        outside = tuple(sorted(stops - inside))
        first = source.module.body[0].lineno if source.module.body else 1
        yield Routine("<module>", source.file, first, outside, tuple(module.names) if module else ())
        for node, name, around in nodes:
            hidden = {line for inner in _below(node) if not _flat(inner) for line in _body(inner)}
            lines = tuple(line for line in _body(node) if line in stops and line not in hidden)
            scope = scopes.get((node.name, node.lineno))
            own = dict.fromkeys(scope.names if scope else ())
            free = {name for outer in around for name in _bound(scopes, outer)} - own.keys()
            yield Routine(name, source.file, node.lineno, lines, (*own, *sorted(free | {"__class__"})))


def _bound(scopes: dict[tuple[str, int], Scope], node: ast.AST) -> tuple[str, ...]:
    """Returns what a function binds that those inside it can see."""
    if not isinstance(node, _FUNCTIONS):
        return ()
    scope = scopes.get((node.name, node.lineno))
    return tuple(scope.names) if scope else ()


def _flat(node: ast.AST) -> bool:
    """Whether a scope's body stands on the line of its head."""
    return bool(node.body[0].lineno == node.lineno)  # type: ignore[attr-defined]


def _body(node: ast.AST) -> range:
    """Returns the lines of a scope's body."""
    return range(node.body[0].lineno, node.end_lineno + 1)  # type: ignore[attr-defined]


def _below(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _SCOPES):
            yield child
        else:
            yield from _below(child)


def _nested(node: ast.AST, prefix: str, around: tuple[ast.AST, ...]) -> Iterator[tuple]:
    for child in _below(node):
        name = prefix + child.name  # type: ignore[attr-defined]
        yield child, name, around
        inner = f"{name}.<locals>." if isinstance(child, _FUNCTIONS) else f"{name}."
        yield from _nested(child, inner, (*around, child))
