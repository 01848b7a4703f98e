"""Outlines and flattened code: where a source can stop, and what its functions bind."""

from __future__ import annotations

import ast
import textwrap
import types
from collections.abc import Iterator

import pytest

from debugworld.sandboxes.debugger.source import compile_flat
from debugworld.sandboxes.debugger.statements import (
    COMPREHENSION_COLUMN,
    Outline,
    flatten,
    imports_late,
)


def _outline(source: str) -> Outline:
    return Outline.of(ast.parse(textwrap.dedent(source)), None)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _codes(inner)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("'doc'\n'text'\n1\n...\n", {2, 3, 4}),
        ("def f():\n    'doc'\n    global x\n    x: int\n    self.x: int\n", {1, 5}),
        ("x: int\nclass C:\n    'doc'\n    y: int\n", {1, 2}),
        ("try:\n    a\nexcept (\n    E\n):\n    b\nelse:\n    c\nfinally:\n    d\n", {1, 2, 3, 6, 8, 10}),
        (
            "match x:\n    case [\n        1\n    ]:\n        a\n    case _ if b:\n        c\n",
            {1, 2, 5, 6, 7},
        ),
        ("@d(\n    1\n)\ndef f(\n    a\n):\n    return (\n        a\n    )\n", {4, 7}),
        ("if a: b\nelif c:\n    d\nelse:\n    e\n", {1, 2, 3, 5}),
        ("while a:\n    with b as c, \\\n            d:\n        pass\nelse:\n    e\n", {1, 2, 4, 6}),
        ("x = [\n    y\n    for y in z\n]; w = (\n    1\n)\n", {1, 4}),
        ("class C:\n    def __del__(self):\n        a\n        def f():\n            b\n", {1, 2, 5}),
    ],
)
def test_lines_that_can_stop(source: str, lines: set[int]) -> None:
    assert _outline(source).stop_lines == lines


def test_the_body_above_an_entry_cannot_stop() -> None:
    module, entry = ast.parse("x = 1\ndef f():\n    return x\n"), ast.parse("def main():\n    return f()\n")
    outline = Outline.of(module, ast.increment_lineno(entry, 3))
    assert outline.stop_lines == {3, 5}
    assert set(outline.scopes) == {("<module>", 1), ("f", 2), ("main", 4)}


def test_names_stand_in_the_order_of_their_binding() -> None:
    source = """\
        def f(a, /, b=1, *c, d, **e):
            import os.path, sys as s
            with open(a) as (g, h):
                i: int = 1
            for j, [k, *l] in (m := c):
                def n(): o = 1
            try:
                p = q = lambda r: r
            except E as t:
                class u: v = 1
            match a:
                case {"w": x, **y}:
                    z = [aa for aa, ab in b if (ac := aa)]
                case [*ad] | ae:
                    del af
            return {ag: a for ag in a}, p
    """
    scope = _outline(source).scopes["f", 1]
    known = "a b d c e os s g h i m j k l n p q t u x y z ac ad ae af"
    assert set(scope.names) == set(known.split())
    assert list(scope.names)[:5] == ["a", "b", "d", "c", "e"]
    assert list(scope.names.values()) == list(range(len(scope.names)))
    assert scope.comprehension_names == {"aa", "ab", "ag"}
    assert (scope.line, scope.body_line) == (1, 2)


def test_loops_on_one_line_are_known() -> None:
    source = """\
        while a: b
        for c in d: e; f
        while True: pass
        while True: continue
        while g:
            h
        for i in j: pass
    """
    assert _outline(source).tight_loops == {1, 2, 7}


def test_every_expression_moves_to_the_line_of_its_statement() -> None:
    source = (
        "x = f(\n    1,\n    [g(y)\n     for y in z],\n)\n"
        "try:\n    pass\nexcept (\n    E,\n):\n    w = (\n        2\n    )\n"
    )
    tree = flatten(ast.parse(source))
    lines = {node.lineno for node in ast.walk(tree) if hasattr(node, "lineno")}
    assert lines == {1, 6, 7, 8, 11}
    columns = {node.col_offset for node in ast.walk(tree.body[0]) if hasattr(node, "col_offset")}
    assert COMPREHENSION_COLUMN in columns and len(columns) == 2


def test_flattened_code_has_columns_inside_comprehensions_only() -> None:
    tree = ast.parse("def f(x):\n    y = x + 1\n    return [z * y for z in x]\n")
    columns: dict[int | None, set[int | None]] = {}
    for code in _codes(compile_flat(tree, "<program>")):
        for line, _, column, _ in code.co_positions():
            columns.setdefault(line, set()).add(column)
    assert columns[2] == {None}
    assert COMPREHENSION_COLUMN in columns[3]


def test_comprehensions_are_in_no_name() -> None:
    tree = ast.parse("def f():\n    return [lambda: 1 for _ in x], {(lambda: 2): (lambda: 3) for _ in x}\n")
    names = {code.co_qualname for code in _codes(compile_flat(tree, "<program>"))}
    assert "f.<locals>.<lambda>" in names
    assert not any("comp>." in name for name in names)


@pytest.mark.parametrize(
    ("source", "late"),
    [
        ("import a\nfrom b import c\nif d:\n    import e\n", False),
        ("class C:\n    import a\n", False),
        ("def f():\n    if a:\n        from b import c\n", True),
        ("class C:\n    async def f(self):\n        import a\n", True),
        ("def f():\n    return __import__('a')\n", True),
        ("import importlib\ndef f():\n    importlib.import_module('a')\n", True),
        ("def f():\n    exec('import a')\n", True),
        ("def f():\n    return 'import a'\n", False),
    ],
)
def test_late_imports_are_seen(source: str, late: bool) -> None:
    assert imports_late(ast.parse(source)) is late
