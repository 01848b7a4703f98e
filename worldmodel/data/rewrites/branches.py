"""Conditions turned round, with their branches."""

from __future__ import annotations

import ast
import random

from .subject import Subject

_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
"""Comparisons that have an exact opposite; ``<`` has none, because of sets and not-a-number."""


def invert_branches(subject: Subject, rng: random.Random) -> bool:
    """Turns round every ``if`` that has an ``else``, and every conditional expression."""
    inverter = _Inverter()
    inverter.visit(subject.module)
    return inverter.changed


class _Inverter(ast.NodeTransformer):
    changed = False

    def visit_If(self, node: ast.If) -> ast.If:
        self.generic_visit(node)
        if node.orelse:
            self.changed = True
            node.test, node.body, node.orelse = negated(node.test), node.orelse, node.body
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        self.generic_visit(node)
        self.changed = True
        node.test, node.body, node.orelse = negated(node.test), node.orelse, node.body
        return node


def negated(test: ast.expr) -> ast.expr:
    """Returns an expression that is true where another is false."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _NEGATED:
        return ast.Compare(test.left, [_NEGATED[type(test.ops[0])]()], test.comparators)
    return ast.UnaryOp(ast.Not(), test)
