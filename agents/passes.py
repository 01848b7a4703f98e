"""The order in which the lines of a function ran last, as its source tells."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_Loop = ast.For | ast.AsyncFor | ast.While


@dataclass(frozen=True)
class Function:
    """A function of a program."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    """Its definition."""

    @staticmethod
    def around(source: Mapping[int, str], line: int) -> Function | None:
        """Returns the innermost function that a line is in; None where it is in none.

        Args:
            source: The program's lines by number, blank ones left out.
            line: 1-based.
        """
        text = "\n".join(source.get(number, "") for number in range(1, max(source, default=0) + 1))
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            return None
        found = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.lineno < line <= (node.end_lineno or 0)
        ]
        return Function(max(found, key=lambda node: node.lineno)) if found else None

    @property
    def first(self) -> int:
        """First line of its body."""
        return self.node.body[0].lineno

    @property
    def last(self) -> int:
        """Last line of its body."""
        return self.node.end_lineno or self.first

    def reads(self, line: int) -> list[str]:
        """Returns the names whose values a line depends on, in the order in which it has them."""
        names = [
            (node.col_offset, node.id)
            for node in ast.walk(self.node)
            if isinstance(node, ast.Name) and node.lineno == line and isinstance(node.ctx, ast.Load)
        ]
        names += [
            (node.col_offset, node.target.id)
            for node in ast.walk(self.node)
            if isinstance(node, ast.AugAssign)
            and isinstance(node.target, ast.Name)
            and node.target.lineno == line
        ]
        return list(dict.fromkeys(name for _, name in sorted(names)))

    def ordered(self, lines: Iterable[int], place: int) -> list[int]:
        """Returns the lines that ran before a place, in the order of their last runs up to it.

        That is the order of the source, but for loops: the head of one that was left runs once more after
        its body; and where the place is inside one, what stands behind the place there ran last in the turn
        before. What `break` and `continue` change is left out of account.

        Args:
            lines: Lines that ran.
            place: Line where the program stands.
        """
        loops = [
            (node.lineno, node.end_lineno or node.lineno)
            for node in ast.walk(self.node)
            if isinstance(node, _Loop)
        ]
        ends = dict(loops)

        def own(line: int) -> tuple[int, int, int]:
            end = ends.get(line)
            return (line, 0, 0) if end is None or line < place <= end else (end, 1, -line)

        def moment(line: int) -> tuple[int, ...]:
            around = [head for head, end in loops if head < place <= end and head < line <= end]
            if line > place and around:
                return (max(around), -1, 0, *own(line))
            return (*own(line), 0, 0, 0)

        found = sorted(lines, key=moment)
        return [line for line in found if moment(line) <= moment(place)]
