"""Finds the stops of one scope and links them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debugworld.sandboxes.debugger.statements import blocks, clause_line, header, makes_stop

from .stop import RERAISE, Guard, Kind, ScopeFlow, Stop
from .text import clause_text, statement_text

if TYPE_CHECKING:
    from .flow import Flow

_FIRST_FINAL = -2
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_WITHS = (ast.With, ast.AsyncWith)
_TRIES = (ast.Try, ast.TryStar)
_YIELDS = (ast.Yield, ast.YieldFrom, ast.Await)


@dataclass(frozen=True)
class _Loop:
    head: int
    after: int
    outer: int


class Builder:
    """Finds the stops of one scope and links them."""

    def __init__(self, flow: Flow, scope: ScopeFlow, at_module: bool) -> None:
        self._flow = flow
        self._scope = scope
        self._at_module = at_module

    def block(
        self,
        body: Sequence[ast.stmt],
        after: int,
        guards: tuple[Guard, ...],
        loop: _Loop | None,
        opens_scope: bool = False,
        binds: tuple[str, ...] = (),
    ) -> int:
        """Links a list of statements and returns the target of its start."""
        groups: list[list[ast.stmt]] = []
        for position, node in enumerate(body):
            if not makes_stop(node, opens_scope and position == 0, self._at_module):
                continue
            if groups and groups[-1][0].lineno == node.lineno:
                groups[-1].append(node)
            else:
                groups.append([node])
        for group in reversed(groups):
            self._group(group, after, guards, loop, binds)
            after = group[0].lineno
        return after

    def _group(
        self,
        group: list[ast.stmt],
        after: int,
        guards: tuple[Guard, ...],
        loop: _Loop | None,
        binds: tuple[str, ...],
    ) -> None:
        """Links the statements that share a line."""
        node = group[-1]
        line = node.lineno
        stop = Stop(
            line, "; ".join(map(statement_text, group)), Kind.PLAIN, after, after, (), guards, binds=binds
        )
        parts: list[ast.AST] = [part for member in group for part in self._parts(member)]
        stop.node = node if len(group) == 1 else None
        self._scope.stops[line] = stop
        for member in group:
            self._flow.nested(self._scope, member)
        self._link(stop, node, after, guards, loop, binds)
        _describe(stop, parts)
        stop.idle = all(isinstance(member, (*_TRIES, ast.Pass, ast.Break, ast.Continue)) for member in group)
        if isinstance(node, _SCOPES):
            stop.makes_object = True
            stop.binds_also += (node.name,)

    @staticmethod
    def _parts(node: ast.stmt) -> list[ast.AST]:
        """What runs with a statement's line: all of it, or the header of a block."""
        inner = list(blocks(node))
        if isinstance(node, _SCOPES):
            return list(node.decorator_list)
        if not inner:
            return [node]
        inline = [s for block in inner for s in block if s.lineno == node.lineno]
        return [*header(node), *inline]

    def _link(
        self,
        stop: Stop,
        node: ast.stmt,
        after: int,
        guards: tuple[Guard, ...],
        loop: _Loop | None,
        binds: tuple[str, ...],
    ) -> None:
        line = stop.line
        if isinstance(node, ast.Return):
            stop.kind = Kind.RETURN
        elif isinstance(node, (ast.Break, ast.Continue)) and loop is not None:
            stop.then = loop.after if isinstance(node, ast.Break) else loop.head
            stop.jumps, stop.outer = True, loop.outer
        elif isinstance(node, ast.Raise):
            stop.raises_again = node.exc is None
        elif isinstance(node, ast.If):
            stop.kind = Kind.BRANCH
            stop.other = self.block(node.orelse, after, guards, loop, binds=binds)
            stop.then = self._body(stop, node.body, after, guards, loop, binds)
        elif isinstance(node, _LOOPS):
            stop.kind, stop.loop = Kind.BRANCH, True
            stop.last = max(statement.end_lineno or line for statement in node.body)
            stop.other = self.block(node.orelse, after, guards, loop, binds=binds)
            inner = _Loop(line, after, len(guards))
            stop.then = self._body(stop, node.body, line, guards, inner, binds)
        elif isinstance(node, _WITHS):
            if node.body[0].lineno != line:
                stop.kind, stop.other = Kind.WITH, after
                inside = (Guard("with", line, line), *guards)
                stop.then = self.block(node.body, line, inside, loop, binds=binds)
        elif isinstance(node, _TRIES):
            stop.then = self._try(node, after, guards, loop, binds)
        elif isinstance(node, ast.Match):
            target = after
            for case in reversed(node.cases):
                target = self._clause(case, case.body, target, after, guards, loop, binds)
            stop.then = target

    def _body(
        self,
        stop: Stop,
        body: list[ast.stmt],
        after: int,
        guards: tuple[Guard, ...],
        loop: _Loop | None,
        binds: tuple[str, ...],
    ) -> int:
        """Links a block that may stand on its header's own line; returns its target."""
        rest = [node for node in body if node.lineno != stop.line]
        target = self.block(rest, after, guards, loop, binds=binds)
        inline = [node for node in body if node.lineno == stop.line]
        if not inline:
            return target
        last = inline[-1]
        if isinstance(last, (ast.Break, ast.Continue)) and loop is not None:
            stop.jumps, stop.outer = True, loop.outer
            return loop.after if isinstance(last, ast.Break) else loop.head
        return target

    def _try(
        self,
        node: ast.Try | ast.TryStar,
        after: int,
        guards: tuple[Guard, ...],
        loop: _Loop | None,
        binds: tuple[str, ...],
    ) -> int:
        final: tuple[Guard, ...] = ()
        leave = after
        if node.finalbody:
            end = _FIRST_FINAL - len(self._flow.finals)
            self._flow.finals[end] = after
            leave = self.block(node.finalbody, end, guards, loop, binds=binds)
            final = (Guard("finally", leave, end),)
        around = (*final, *guards)
        target = RERAISE
        for handler in reversed(node.handlers):
            target = self._clause(handler, handler.body, target, leave, around, loop, binds)
        inside = (Guard("except", target, 0), *around) if node.handlers else around
        after_body = self.block(node.orelse, leave, around, loop, binds=binds)
        return self.block(node.body, after_body, inside, loop, binds=binds)

    def _clause(
        self,
        clause: ast.ExceptHandler | ast.match_case,
        body: list[ast.stmt],
        other: int,
        after: int,
        guards: tuple[Guard, ...],
        loop: _Loop | None,
        binds: tuple[str, ...],
    ) -> int:
        line = clause_line(clause)
        stop = Stop(line, clause_text(clause), Kind.BRANCH, after, other, (), guards, binds=binds)
        if isinstance(clause, ast.ExceptHandler) and clause.name:
            binds = (*binds, clause.name)
        parts: list[ast.AST] = [
            value for name, value in ast.iter_fields(clause) if name != "body" and isinstance(value, ast.AST)
        ]
        parts += [node for node in body if node.lineno == line]
        self._scope.stops[line] = stop
        stop.then = self._body(stop, body, after, guards, loop, binds)
        _describe(stop, parts)
        if isinstance(clause, ast.ExceptHandler) and clause.name:
            stop.binds_also += (clause.name,)
        return line


def _describe(stop: Stop, parts: Sequence[ast.AST]) -> None:
    """Fills in what a stop reads, calls and makes."""
    also: dict[str, None] = {}
    reads: dict[str, None] = {}
    calls: list[ast.Call] = []
    todo: list[ast.AST] = list(reversed(parts))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name):
            reads.setdefault(node.id)
        elif isinstance(node, ast.Call):
            calls.append(node)
        elif isinstance(node, _YIELDS):
            stop.suspends = True
        elif isinstance(node, (ast.Lambda, ast.GeneratorExp)):
            stop.makes_object = True
        elif isinstance(node, ast.alias):
            also.setdefault(node.asname or node.name.split(".")[0])
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            also.setdefault(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            also.setdefault(node.rest)
        todo.extend(reversed(list(ast.iter_child_nodes(node))))
    stop.reads, stop.calls = tuple(reads), tuple(calls)
    stop.binds_also += tuple(also)
