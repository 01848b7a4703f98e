"""Where a breakpoint binds in a program, and where it goes when the source changes.

A breakpoint that can never hold is answered, not kept: its `Binding` says why, and what would be right.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache

from .breakpoint import Binding, Breakpoint, BreakpointKind
from .errors import ProgramError
from .program import ENTRY_NAME, Program
from .source import Source, code_name
from .statements import blocks, clause_line, makes_stop

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ALIKE = 0.6
"""From which likeness on a line that was edited in place is still the same line."""


def bind(program: Program, breakpoint: Breakpoint) -> Binding:
    """Says where in a program a breakpoint binds.

    * A line inside a statement of several lines binds to the statement's first line, a blank or comment
      line to the next line of the same function, class or module that can stop.
    * A function or class is known by its name or qualified name, an exception by a name that is built in,
      defined or imported, a change's variable by being a local of its function, or one of the module.
    * A failure needs `Program.tests`.
    """
    return _BINDERS[breakpoint.kind](program, breakpoint)


def moved(breakpoint: Breakpoint, old: Program, new: Program) -> Breakpoint | None:
    """Returns a breakpoint as it stands after the source changed; None where its line is gone.

    A line moves with those around it; one that was edited in place is the most similar one in its stead.
    """
    if breakpoint.kind is not BreakpointKind.LINE:
        return breakpoint
    before, after = _lines(old, breakpoint.file), _lines(new, breakpoint.file)
    place = breakpoint.line - 1
    for tag, start, end, target, target_end in SequenceMatcher(None, before, after, False).get_opcodes():
        if not start <= place < end:
            continue
        if tag == "equal":
            return replace(breakpoint, line=place - start + target + 1)
        if tag == "replace":
            alike = get_close_matches(before[place], after[target:target_end], 1, _ALIKE)
            return replace(breakpoint, line=after.index(alike[0], target) + 1) if alike else None
    return None


def _lines(program: Program, file: str) -> list[str]:
    if not file:
        return list(program.lines)
    source = program.sources.get(code_name(file))
    return list(source.text.split("\n")[:-1]) if source is not None else []


def _bind_line(program: Program, breakpoint: Breakpoint) -> Binding:
    line = breakpoint.line
    source = program.sources.get(code_name(breakpoint.file))
    bound = 0
    if source is not None:
        bound = line if line in source.outline.stop_lines else _stops(program, source.file).get(line, 0)
    if bound:
        return Binding(replace(breakpoint, line=bound) if bound != line else breakpoint, True)
    try:
        program.require_breakable(line, breakpoint.file)
    except ProgramError as error:
        return Binding(breakpoint, False, str(error))
    raise AssertionError("a line that can stop binds")


@lru_cache(maxsize=64)
def _stops(program: Program, file: str) -> dict[int, int]:
    """For each line of a file that makes no stop itself the line at which a breakpoint there stops."""
    source = program.sources[code_name(file)]
    table = _LineTable(source)
    table.read(source.module.body, 0, True)
    if program.entry is not None and not file:
        table.read(program.entry.body, 0, True)
    return table.targets()


class _LineTable:
    """Which statement, function, class or module each line of a source belongs to."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._owner = [0] * len(source.lines)
        self._begun: dict[int, int] = {}
        self._owners = 0

    def read(self, body: list[ast.stmt], owner: int, opens: bool) -> None:
        """Reads a block of a scope, given by its number; 0 is the module."""
        for place, node in enumerate(body):
            inner = [*getattr(node, "handlers", ()), *getattr(node, "cases", ()), *blocks(node)]
            is_scope = isinstance(node, _SCOPES)
            if makes_stop(node, opens and place == 0, not owner) or is_scope:
                self._begin(_first(node), self._end(node), node.lineno)
            for clause in (c for c in inner if not isinstance(c, list)):
                line = clause_line(clause)
                self._begin(line, self._last(line, clause.body), line)
            if is_scope:
                self._owners += 1
                for line in range(self._end(node) + 1, (node.end_lineno or node.lineno) + 1):
                    self._owner[line] = self._owners
            inside = self._owners if is_scope else owner
            for block in blocks(node):
                self.read(block, inside, is_scope)

    def targets(self) -> dict[int, int]:
        """Returns the lines that do not stop but bind to one that does, with that one."""
        stops = self._source.outline.stop_lines
        found: dict[int, int] = {}
        following: dict[int, int] = {}
        for line in range(len(self._owner) - 1, 0, -1):
            owner = self._owner[line]
            if line in stops:
                following[owner] = line
                continue
            target = self._begun.get(line, following.get(owner, 0))
            if target in stops:
                found[line] = target
        return found

    def _begin(self, first: int, last: int, stop: int) -> None:
        for line in range(first, last + 1):
            self._begun[line] = stop

    def _end(self, node: ast.stmt) -> int:
        """The last line of a statement without its blocks."""
        clauses = [clause_line(c) for c in (*getattr(node, "cases", ()), *getattr(node, "handlers", ()))]
        bodies = [_first(block[0]) for block in blocks(node)]
        if not bodies:
            return node.end_lineno or node.lineno
        return self._trimmed(node.lineno, min([*bodies, *clauses]) - 1)

    def _last(self, line: int, body: list[ast.stmt]) -> int:
        return self._trimmed(line, _first(body[0]) - 1)

    def _trimmed(self, first: int, last: int) -> int:
        """The last line of a range that is neither blank nor a comment; at least the first."""
        while last > first and self._source.lines[last][:1] in ("", "#"):
            last -= 1
        return max(first, last)


def _first(node: ast.stmt) -> int:
    """The first line of a statement, its decorators included."""
    return min([node.lineno, *(part.lineno for part in getattr(node, "decorator_list", ()))])


def _bind_function(program: Program, breakpoint: Breakpoint) -> Binding:
    scopes = [scope for scope in _scopes(program) if breakpoint.names(scope.name)]
    if any(scope.enters for scope in scopes):
        return Binding(breakpoint, True)
    if scopes:
        inner = [scope.name for scope in _scopes(program) if scope.name.startswith(f"{scopes[0].name}.")]
        hint = f"; its functions are: {', '.join(inner)}" if inner else ""
        why = f"the body of the class {breakpoint.name} runs before the traced code begins{hint}"
        return Binding(breakpoint, False, f"{program.name}: {why}")
    have = ", ".join(scope.name for scope in _scopes(program) if scope.enters) or "nothing"
    why = f"there is no function or class {breakpoint.name}; there are: {have}"
    return Binding(breakpoint, False, f"{program.name}: {why}")


def _bind_exception(program: Program, breakpoint: Breakpoint) -> Binding:
    name = breakpoint.name
    builtin = getattr(builtins, name, None)
    if isinstance(builtin, type) and issubclass(builtin, BaseException):
        return Binding(breakpoint, True)
    own = {scope.name for scope in _scopes(program) if scope.is_class}
    if any(known == name or known.endswith("." + name) for known in own):
        return Binding(breakpoint, True)
    imported = _imported(program)
    if "*" in imported or name.partition(".")[0] in imported or name in imported:
        return Binding(breakpoint, True)
    have = f"; its own classes are: {', '.join(sorted(own))}" if own else ""
    why = f"{name} is no built-in exception, no class of the program and not imported{have}"
    return Binding(breakpoint, False, f"{program.name}: {why}")


def _bind_change(program: Program, breakpoint: Breakpoint) -> Binding:
    name, owner = breakpoint.name, breakpoint.function
    if not owner:
        names = _module_names(program)
        if name in names:
            return Binding(breakpoint, True)
        have = ", ".join(sorted(names)) or "none"
        why = f"the module has no variable {name}; it has: {have}"
        return Binding(breakpoint, False, f"{program.name}: {why}")
    scopes = [scope for scope in _scopes(program) if breakpoint.names_function(scope.name)]
    if not scopes:
        unknown = _bind_function(program, Breakpoint(kind=BreakpointKind.FUNCTION, name=owner))
        return replace(unknown, breakpoint=breakpoint)
    if any(name in scope.locals for scope in scopes):
        return Binding(breakpoint, True)
    have = ", ".join(sorted({local for scope in scopes for local in scope.locals})) or "none"
    return Binding(breakpoint, False, f"{program.name}: {owner} has no local {name}; it has: {have}")


def _bind_failure(program: Program, breakpoint: Breakpoint) -> Binding:
    if program.tests:
        return Binding(breakpoint, True)
    why = "no test can fail, because the program is not run as a test suite (Program.tests)"
    return Binding(breakpoint, False, f"{program.name}: {why}")


@dataclass(frozen=True, slots=True)
class _Scope:
    """A function or class of a program."""

    name: str
    """Its qualified name."""
    is_class: bool
    enters: bool
    """Whether the traced code can enter it."""
    locals: frozenset[str]
    """Its local names and those it shares with a function around it."""


@lru_cache(maxsize=64)
def _scopes(program: Program) -> tuple[_Scope, ...]:
    found: list[_Scope] = []
    for source in program.sources.values():
        table = symtable.symtable(source.text, source.name, "exec")
        traced = program.is_script or (bool(source.file) and _body_stops(source))
        _collect(table, "", traced, found)
    if not program.is_script:
        found.append(_Scope(ENTRY_NAME, False, True, frozenset()))
    return tuple(found)


def _body_stops(source: Source) -> bool:
    """Whether a file's own body can be part of the trace."""
    stops = source.outline.stop_lines
    return any(
        makes_stop(node, not place, True) and node.lineno in stops
        for place, node in enumerate(source.module.body)
    )


def _collect(table: symtable.SymbolTable, prefix: str, traced: bool, found: list[_Scope]) -> None:
    for child in table.get_children():
        name, kind = child.get_name(), str(getattr(child.get_type(), "value", child.get_type()))
        if kind == "class":
            found.append(_Scope(prefix + name, True, traced, _locals(child)))
            _collect(child, f"{prefix}{name}.", traced, found)
        elif kind == "function" and name not in _EXPRESSIONS:
            found.append(_Scope(prefix + name, False, True, _locals(child)))
            _collect(child, f"{prefix}{name}.<locals>.", True, found)
        else:
            _collect(child, prefix, traced, found)


_EXPRESSIONS = frozenset({"lambda", "listcomp", "setcomp", "dictcomp", "genexpr"})


def _locals(table: symtable.SymbolTable) -> frozenset[str]:
    symbols = table.get_symbols()
    return frozenset(s.get_name() for s in symbols if s.is_local() or s.is_free())


@lru_cache(maxsize=64)
def _module_names(program: Program) -> frozenset[str]:
    """Variables of the program's own module, those that a function declares global included."""
    table = symtable.symtable(program.text, program.name, "exec")
    names = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    names |= {child.get_name() for child in table.get_children() if child.get_name() not in _EXPRESSIONS}
    todo = list(table.get_children())
    while todo:
        child = todo.pop()
        todo.extend(child.get_children())
        names |= {s.get_name() for s in child.get_symbols() if s.is_declared_global() and s.is_assigned()}
    return frozenset(names)


@lru_cache(maxsize=64)
def _imported(program: Program) -> frozenset[str]:
    """Names that imports anywhere in a program bind; ``*`` where one binds names that it does not say."""
    nodes = (node for source in program.sources.values() for node in ast.walk(source.module))
    imports = (node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)))
    aliases = (alias for node in imports for alias in node.names)
    return frozenset(name for a in aliases for name in (a.name, (a.asname or a.name).partition(".")[0]))


_BINDERS: dict[BreakpointKind, Callable[[Program, Breakpoint], Binding]] = {
    BreakpointKind.LINE: _bind_line,
    BreakpointKind.FUNCTION: _bind_function,
    BreakpointKind.EXCEPTION: _bind_exception,
    BreakpointKind.CHANGE: _bind_change,
    BreakpointKind.FAILURE: _bind_failure,
}
