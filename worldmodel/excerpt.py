"""The part of a program that a question about more than one statement shows.

A byte is a token and the model reads few of them, so an excerpt holds what can still
run and no more: without comments, docstrings and annotations, one line a statement,
one space an indentation, and then the functions that it calls, as far as they fit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.statements import clause_line
from debugworld.worldmodel.markov import Flow, Stop
from debugworld.worldmodel.markov.stop import ScopeFlow
from debugworld.worldmodel.markov.text import clause_text, statement_text

CUT = "…"
"""Stands where text was left out."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.ClassDef)
_TRIES = (ast.Try, ast.TryStar)
_AGAIN = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, *_TRIES)
"""Statements whose text matters to what stands inside them: control comes back to it."""


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line of a function's text."""

    line: int
    """1-based line of the program; 0 where the debugger cannot stop, as at ``else:``."""
    indent: int
    """How deep it stands below its function."""
    text: str
    """The statement, or the header of a compound one."""
    start: int
    """Place in the function's text from which on it still matters when control stands here."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a program, those that can stop numbered from 1."""

    lines: tuple[str, ...]
    """The text."""
    labels: dict[int, int]
    """The number of each line of the program that is shown and can stop."""
    own: frozenset[int]
    """The lines among them that belong to the function in question."""
    whole: bool
    """Whether nothing was left out."""
    complete: bool
    """Whether nothing of the function in question was left out."""
    scopes: tuple[ScopeFlow, ...]
    """The functions that are shown, that in question first."""

    @property
    def places(self) -> dict[int, int]:
        """The line of the program for each number."""
        return {label: line for line, label in self.labels.items()}


class Listing:
    """The functions of a program as excerpts show them.

    Args:
        program: A checked program.
        flow: Its control flow, where it is known already.
    """

    def __init__(self, program: Program, flow: Flow | None = None) -> None:
        self.flow = flow or Flow(program)
        """The program's control flow."""
        self._nodes: dict[int, ast.AST] = {}
        trees = [program.module, *([program.entry] if program.entry is not None else [])]
        for tree in trees:
            for node in ast.walk(tree):
                if isinstance(node, _SCOPES):
                    self._nodes[node.lineno] = node
        self._module = program.module
        self._by_line = {scope.line: scope for scope in self.flow.scopes.values() if scope.name != "<module>"}
        self._texts: dict[tuple[str, int], tuple[CodeLine, ...]] = {}
        self._loops: dict[tuple[str, int], list[Stop]] = {}
        self._delicate: dict[tuple[str, int], frozenset[int]] = {}

    def text(self, scope: ScopeFlow) -> tuple[CodeLine, ...]:
        """Returns the lines of a function's body, or of the module's."""
        key = scope.name, scope.line
        if key not in self._texts:
            node = self._module if scope.name == "<module>" else self._nodes.get(scope.line)
            body = getattr(node, "body", [])
            out: list[CodeLine] = []
            self._write(body, scope, 0, None, out, "")
            self._texts[key] = tuple(out)
        return self._texts[key]

    def header(self, scope: ScopeFlow) -> str:
        """Returns the ``def`` line of a function; empty for a module."""
        node = self._nodes.get(scope.line)
        if scope.name == "<module>" or node is None:
            return ""
        if isinstance(node, ast.ClassDef):
            return f"class {node.name}:"
        own = scope.stops.get(scope.line)
        line = f"def {scope.signature or scope.name + '()'}:"
        return f"{line} {own.text}" if own is not None else line

    def loops(self, scope: ScopeFlow, line: int) -> tuple[int, ...]:
        """Returns the heads of the loops that hold a line of a function, outermost first."""
        key = scope.name, scope.line
        if key not in self._loops:
            self._loops[key] = sorted(
                (stop for stop in scope.stops.values() if stop.loop), key=lambda stop: stop.line
            )
        return tuple(stop.line for stop in self._loops[key] if stop.holds(line))

    def owners(self, line: int) -> tuple[ScopeFlow, ...]:
        """Returns the functions, or the module, that can stop at a line."""
        return tuple(scope for scope in self.flow.scopes.values() if line in scope.stops)

    def delicate(self, scope: ScopeFlow) -> frozenset[int]:
        """Returns the lines in ``except`` clauses and ``finally`` blocks of a function.

        What control does there depends on how it came there, which line and variables do not tell.
        """
        key = scope.name, scope.line
        if key not in self._delicate:
            node = self._module if scope.name == "<module>" else self._nodes.get(scope.line)
            found: set[int] = set()
            for part in ast.walk(node) if node is not None else ():
                if isinstance(part, _TRIES):
                    inner = [*part.handlers, *part.finalbody]
                    found |= {getattr(one, "lineno", 0) for each in inner for one in ast.walk(each)}
            self._delicate[key] = frozenset(found)
        return self._delicate[key]

    def callees(self, scope: ScopeFlow, lines: Iterable[int]) -> Iterator[ScopeFlow]:
        """Yields the functions of the program that some lines of a function name."""
        flow = self.flow
        for line in lines:
            stop = scope.stops.get(line)
            if stop is None:
                continue
            methods = [call.func.attr for call in stop.calls if isinstance(call.func, ast.Attribute)]
            for name in stop.reads:
                found = flow.by_name.get(f"{scope.name}.<locals>.{name}") or flow.by_name.get(name)
                if found is None and "<locals>" in scope.name:
                    found = flow.labels.get(name)
                if found is not None and isinstance(self._nodes.get(found.line), ast.ClassDef):
                    found = flow.by_name.get(f"{found.name}.__init__")
                if found is not None and found.name != "<module>":
                    yield found
            for name in methods:
                found = flow.labels.get(name)
                if found is not None and isinstance(self._nodes.get(found.line), _FUNCTIONS):
                    yield found

    def excerpt(self, scope: ScopeFlow, line: int | None, budget: int, numbered: bool = True) -> Excerpt:
        """Returns what can still run when control stands at a line of a function, and what that calls.

        Args:
            scope: The function.
            line: Where control stands; None for its entry, which shows the function whole.
            budget: Most bytes of the text.
            numbered: Whether lines have numbers, and the current one a mark.
        """
        text = self.text(scope)
        place = next((n for n, part in enumerate(text) if part.line == line), None)
        first = 0 if place is None else text[place].start
        shown = text[first:]
        writer = _Writer(budget, numbered, line)
        if place is None:
            writer.head(self.header(scope), line is None)
        base = min((part.indent for part in shown), default=0)
        indent = 1 if place is None and not numbered and scope.name != "<module>" else 0
        whole = complete = writer.block(shown, indent - base)
        own = frozenset(writer.labels)
        scopes = [scope]
        inside = self._inside(scope, shown)
        todo = [*self.callees(scope, own or (part.line for part in shown))]
        for part in inside:
            todo += self.callees(part, part.stops)
        known = {id(scope), *map(id, inside)}
        while todo:
            callee = todo.pop(0)
            if id(callee) in known:
                continue
            known.add(id(callee))
            lines = self.text(callee)
            if not writer.fits(self.header(callee), lines):
                whole = False
                writer.head(f"{self.header(callee)} {CUT}", False)
                continue
            scopes.append(callee)
            writer.head(self.header(callee), False)
            writer.block(lines, 0 if numbered else 1)
            todo += self.callees(callee, (part.line for part in lines))
            for part in self._inside(callee, lines):
                known.add(id(part))
        inner = {n for part in inside for n in part.stops} - set(scope.stops)
        shown_scopes = (*scopes, *inside)
        return Excerpt(tuple(writer.lines), writer.labels, own - inner, whole, complete, shown_scopes)

    def _inside(self, scope: ScopeFlow, lines: Sequence[CodeLine]) -> list[ScopeFlow]:
        """The functions whose text stands inside these lines of another one."""
        shown = {part.line for part in lines}
        return [
            other
            for other in self.flow.by_name.values()
            if other is not scope and other.name.startswith(scope.name + ".") and other.line in shown
        ]

    def _write(
        self,
        body: Sequence[ast.stmt],
        scope: ScopeFlow,
        indent: int,
        start: int | None,
        out: list[CodeLine],
        prefix: str,
    ) -> None:
        """Adds a block to a text; ``start`` is the place of what stands around it and runs again, if any."""
        done: set[int] = set()
        for node in body:
            if node.lineno in done:
                continue
            done.add(node.lineno)
            stop = scope.stops.get(node.lineno)
            if stop is None and _says_nothing(node):
                continue
            here = len(out) if start is None else start
            text = stop.text if stop is not None else statement_text(node)
            out.append(CodeLine(node.lineno if stop else 0, indent, prefix + text, here))
            last = [other for other in body if other.lineno == node.lineno][-1]
            again = here if isinstance(last, _AGAIN) else start
            self._blocks(last, scope, indent, again, out)

    def _blocks(
        self, node: ast.stmt, scope: ScopeFlow, indent: int, start: int | None, out: list[CodeLine]
    ) -> None:
        def write(body: Sequence[ast.stmt], inner: ScopeFlow = scope) -> None:
            rest = [part for part in body if part.lineno != node.lineno]
            self._write(rest, inner, indent + 1, start, out, "")

        def word(text: str) -> None:
            out.append(CodeLine(0, indent, text, len(out) if start is None else start))

        if isinstance(node, _SCOPES):
            write(node.body, self._by_line.get(node.lineno, scope))
            return
        if isinstance(node, ast.Match):
            clauses: Sequence[ast.match_case | ast.ExceptHandler] = node.cases
        else:
            write(getattr(node, "body", []))
            clauses = getattr(node, "handlers", [])
        for clause in clauses:
            line = clause_line(clause)
            inner = indent + isinstance(node, ast.Match)
            out.append(CodeLine(line, inner, clause_text(clause), len(out) if start is None else start))
            rest = [part for part in clause.body if part.lineno != line]
            self._write(rest, scope, inner + 1, start, out, "")
        orelse = getattr(node, "orelse", [])
        if orelse and _is_elif(node, orelse):
            self._write(orelse, scope, indent, start, out, "el")
        elif orelse:
            word("else:")
            write(orelse)
        if getattr(node, "finalbody", []):
            word("finally:")
            write(node.finalbody)  # type: ignore[attr-defined]


class _Writer:
    """Collects the lines of an excerpt."""

    def __init__(self, budget: int, numbered: bool, line: int | None) -> None:
        self.lines: list[str] = []
        self.labels: dict[int, int] = {}
        self._left = budget
        self._numbered = numbered
        self._line = line

    def head(self, text: str, current: bool) -> None:
        if text:
            self._add((">" if current and self._numbered else "") + text)

    def block(self, lines: Sequence[CodeLine], shift: int) -> bool:
        """Adds lines as far as they fit; tells whether all did."""
        for part in lines:
            label = len(self.labels) + 1 if part.line else None
            text = self._text(part, shift, label)
            if len(text.encode()) + 1 > self._left and self.lines:
                self.lines.append(CUT)
                return False
            if label is not None:
                self.labels[part.line] = label
            self._add(text)
        return True

    def fits(self, header: str, lines: Sequence[CodeLine]) -> bool:
        size = sum(len(part.text.encode()) + part.indent + 4 for part in lines)
        return len(header) + 1 + size <= self._left

    def _text(self, part: CodeLine, shift: int, label: int | None) -> str:
        indent = " " * (part.indent + shift)
        if not self._numbered:
            return indent + part.text
        mark = ">" if part.line and part.line == self._line else " "
        return f"{label or ''}{mark}{indent}{part.text}"

    def _add(self, text: str) -> None:
        self._left -= len(text.encode(errors="replace")) + 1
        self.lines.append(text)


def _says_nothing(node: ast.stmt) -> bool:
    """Whether a statement is a docstring, a bare annotation or the like."""
    return (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) or (
        isinstance(node, ast.AnnAssign) and node.value is None
    )


def _is_elif(node: ast.stmt, orelse: Sequence[ast.stmt]) -> bool:
    return (
        isinstance(node, ast.If)
        and len(orelse) == 1
        and isinstance(orelse[0], ast.If)
        and orelse[0].col_offset == node.col_offset
    )
