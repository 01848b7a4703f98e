"""Statements as one line of text, the way a question shows them."""

from __future__ import annotations

import ast
import copy

from debugworld.sandboxes.debugger.statements import blocks, clause_line

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def statement_text(node: ast.stmt) -> str:
    """Writes a statement on one line; of a compound one the header and what shares its line."""
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return f"{ast.unparse(node.target)} = {ast.unparse(node.value)}"
    inner = [statement for block in blocks(node) for statement in block]
    if not inner:
        return _one_line(node)
    bare = copy.copy(node)
    for name in _BLOCKS:
        if hasattr(bare, name):
            setattr(bare, name, [])
    if isinstance(bare, (*_FUNCTIONS, ast.ClassDef)):
        bare.decorator_list = []
    if isinstance(bare, _FUNCTIONS):
        bare.args, bare.returns = bare_arguments(bare.args), None
    inline = "; ".join(statement_text(statement) for statement in inner if statement.lineno == node.lineno)
    return f"{_one_line(bare)} {inline}".rstrip()


def _one_line(node: ast.AST) -> str:
    return " ".join(part.strip() for part in ast.unparse(node).split("\n"))


def clause_text(clause: ast.ExceptHandler | ast.match_case) -> str:
    """Writes an ``except`` or ``case`` line on one line, with what shares its line."""
    inline = [node for node in clause.body if node.lineno == clause_line(clause)]
    tail = " " + "; ".join(map(statement_text, inline)) if inline else ""
    if isinstance(clause, ast.ExceptHandler):
        kind = f" {ast.unparse(clause.type)}" if clause.type else ""
        return f"except{kind}{' as ' + clause.name if clause.name else ''}:{tail}"
    guard = f" if {ast.unparse(clause.guard)}" if clause.guard else ""
    return f"case {ast.unparse(clause.pattern)}{guard}:{tail}"


def bare_arguments(arguments: ast.arguments) -> ast.arguments:
    """Parameters without annotations."""
    function = ast.parse(f"def f({ast.unparse(arguments)}): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    for node in ast.walk(function.args):
        if isinstance(node, ast.arg):
            node.annotation = None
    return function.args
