"""Which line a breakpoint stops at, for each line of a source: statements have several, comments none."""

from __future__ import annotations

import ast

from .source import Source
from .statements import blocks, clause_line, makes_stop

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class LineTable:
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
        if isinstance(node, ast.Match):
            return node.subject.end_lineno or node.lineno
        clauses = [clause_line(clause) for clause in getattr(node, "handlers", ())]
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
