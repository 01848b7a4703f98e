"""A program that is being rewritten: its trees, and which of its names can be changed."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.data.binders import FUNCTIONS, scope_of

_BUILTINS = frozenset(dir(builtins))
_NAMES = "locals globals vars eval exec compile getattr setattr hasattr delattr dir inspect __import__"
_REFLECTIVE = frozenset(_NAMES.split())


@dataclass
class Subject:
    """The trees of one program; rewrites change them in place."""

    module: ast.Module
    call: ast.Expression | None
    names: dict[str, str] = field(default_factory=dict)
    """New name -> old name."""

    @staticmethod
    def of(program: Program) -> Subject:
        """Parses a program.

        Raises:
            ProgramError: it does not parse.
        """
        program.check()
        call = ast.parse(program.call.strip(), mode="eval") if program.call is not None else None
        return Subject(ast.parse(program.text), call)

    def text(self) -> tuple[str, str | None]:
        """Returns the source and the call."""
        ast.fix_missing_locations(self.module)
        call = ast.unparse(self.call) if self.call is not None else None
        return ast.unparse(self.module) + "\n", call

    def nodes(self) -> Iterator[ast.AST]:
        """Yields all nodes of the source and the call."""
        yield from ast.walk(self.module)
        if self.call is not None:
            yield from ast.walk(self.call)

    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Returns all functions and methods."""
        return [node for node in ast.walk(self.module) if isinstance(node, FUNCTIONS)]

    @property
    def reflects(self) -> bool:
        """Whether the program may see its own names as texts."""
        for node in self.nodes():
            if isinstance(node, ast.Name) and node.id in _REFLECTIVE:
                return True
            if isinstance(node, ast.Call) and any(word.arg is None for word in node.keywords):
                return True
        return False

    def used(self) -> set[str]:
        """Returns every name in the program, whatever it names."""
        found: set[str] = set()
        for node in self.nodes():
            for name in ("id", "arg", "name", "attr", "asname", "rest"):
                value = getattr(node, name, None)
                if isinstance(value, str):
                    found.add(value)
            if isinstance(node, (ast.Global, ast.Nonlocal)):
                found.update(node.names)
        return found

    def changeable(self) -> list[str]:
        """Returns the names of functions, parameters and variables that can be changed everywhere at once.

        Not among them: members of classes, imported names, names of keyword arguments to what is not a
        function of the program, and names with underscores around. A program that may see its own names has
        none.
        """
        if self.reflects:
            return []
        found: dict[str, None] = {}
        kept = {"self", "cls", "_", "main"} | _BUILTINS
        own = {node.name for node in self.module.body if isinstance(node, FUNCTIONS)}
        for node in self.nodes():
            if isinstance(node, ast.ClassDef):
                kept |= scope_of(node).bound | {node.name}
            elif isinstance(node, ast.alias):
                kept |= {node.asname or node.name.partition(".")[0]}
            elif isinstance(node, ast.Call):
                if not (isinstance(node.func, ast.Name) and node.func.id in own):
                    kept |= {word.arg for word in node.keywords if word.arg}
            elif isinstance(node, ast.MatchClass):
                kept |= set(node.kwd_attrs)
        for scope in (self.module, *self.functions()):
            found.update(dict.fromkeys(sorted(scope_of(scope).bound)))
        return [name for name in found if name not in kept and not name.startswith("__")]

    def fresh(self, wanted: Iterable[str]) -> str:
        """Returns the first of some names, or one with a number, that the program does not use."""
        used = self.used() | _BUILTINS | set(keyword.kwlist)
        last = "value"
        for name in wanted:
            if name not in used:
                return name
            last = name
        number = 2
        while f"{last}_{number}" in used:
            number += 1
        return f"{last}_{number}"

    def rename(self, new: dict[str, str]) -> None:
        """Changes names everywhere at once, old name -> new name; they must be `changeable`."""
        own = {node.name for node in self.module.body if isinstance(node, FUNCTIONS)}
        for node in list(self.nodes()):
            if isinstance(node, ast.Name):
                node.id = new.get(node.id, node.id)
            elif isinstance(node, ast.arg):
                node.arg = new.get(node.arg, node.arg)
            elif isinstance(node, (*FUNCTIONS, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
                if node.name is not None:
                    node.name = new.get(node.name, node.name)
            elif isinstance(node, ast.MatchMapping) and node.rest is not None:
                node.rest = new.get(node.rest, node.rest)
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                node.names = [new.get(name, name) for name in node.names]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in own:
                for word in node.keywords:
                    if word.arg is not None:
                        word.arg = new.get(word.arg, word.arg)
        self.names.update({name: old for old, name in new.items()})


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yields every list of statements in a node, innermost first."""
    for child in ast.iter_child_nodes(node):
        yield from blocks(child)
    for name in ("body", "orelse", "finalbody"):
        found = getattr(node, name, None)
        if isinstance(found, list) and found and isinstance(found[0], ast.stmt):
            yield found


def loaded(nodes: Iterable[ast.AST]) -> set[str]:
    """Returns the names that are read."""
    return {name.id for name in _names(nodes) if isinstance(name.ctx, ast.Load)}


def stored(nodes: Iterable[ast.AST]) -> set[str]:
    """Returns the names that are bound or deleted."""
    return {name.id for name in _names(nodes) if not isinstance(name.ctx, ast.Load)}


def _names(nodes: Iterable[ast.AST]) -> Iterator[ast.Name]:
    return (part for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name))


def occurrences(name: str, node: ast.AST) -> int:
    """Counts how often a name stands in a node."""
    return sum(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


def has(nodes: Iterable[ast.AST], *kinds: type[ast.AST]) -> bool:
    """Whether there is a node of some kinds anywhere below."""
    return any(isinstance(part, kinds) for node in nodes for part in ast.walk(node))


def shared_names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Returns names that a function declares as global or nonlocal."""
    scope = scope_of(function)
    return set(scope.declared_global | scope.declared_nonlocal)
