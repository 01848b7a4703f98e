"""DebugBench: bugs that a language model put into LeetCode answers (Tian et al., 2024), its Python part.

It ships no tests; the examples in each problem's text (``Input: n = 7 Output: 2``)
become the cases. A problem that accepts several answers may show one that the right
program does not give, so load the set with ``check=`` to keep what holds.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from debugworld.envs.bug import Bug, Case

from .bug_rows import NO_COMPILE, usable
from .difference import lines_at_fault
from .table import Hub, field_of, read_table

HUB = Hub("Rtian/DebugBench")
LANGUAGE = "python3"
NO_METHOD = "answers that are no plain method of a class Solution"
"""Why a row is left out."""
UNDEFINED = "answers that need what LeetCode defines, such as TreeNode"
"""Why a row is left out."""
_EXAMPLE = re.compile(r"Input:\s*(.+?)\s*Output:\s*(.+?)\s*(?:Explanation\b.*)?", re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None}
_MODULES = ("typing", "collections", "heapq", "math", "itertools", "functools", "bisect", "operator", "re")
"""Modules whose names LeetCode has imported, the first that has a name wins."""


def debugbench(path: str | None, left_out: Counter[str]) -> Iterator[Bug]:
    """Yields the bugs of DebugBench that are written in Python.

    Args:
        path: a copy of the user's, of the hub or of the authors' repository; None for the hub.
        left_out: counts what is left out, by reason.

    Raises:
        TaskError: the rows cannot be had, or one lacks a field.
    """
    counts: Counter[str] = Counter()
    for place, row in read_table(HUB, path):
        if row.get("language", LANGUAGE) != LANGUAGE or _other_language(place):
            continue
        slug = field_of(row, place, "slug")
        kind = str(row.get("subtype") or row.get("bug_type") or row.get("category") or "").strip()
        counts[slug] += 1
        fixed = _plain(field_of(row, place, "solution", "oracle_code"))
        buggy = _plain(field_of(row, place, "buggy_code"))
        tree = _parsed(fixed)
        if tree is None or _parsed(buggy) is None:
            left_out[NO_COMPILE] += 1
            continue
        imports = _imports(tree)
        if imports is None:
            left_out[UNDEFINED] += 1
            continue
        methods = _methods(tree)
        if not methods:
            left_out[NO_METHOD] += 1
            continue
        buggy, fixed = imports + buggy, imports + fixed
        bug = Bug(
            f"DebugBench/{slug}/{counts[slug]}",
            f"leetcode/{slug}",
            buggy,
            fixed,
            tuple(_cases(row.get("examples"), methods)),
            lines_at_fault(buggy, fixed),
            str(row.get("question") or row.get("description") or "").strip(),
            kind,
        )
        if usable(bug, left_out):
            yield bug


def _other_language(place: str) -> bool:
    """Whether a row comes from one of the repository's files in another language."""
    return re.search(r"/(cpp|java)_[^/]*\.json", place) is not None


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n") + "\n"


def _parsed(source: str) -> ast.Module | None:
    try:
        compile(source, "row", "exec", dont_inherit=True)
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _imports(tree: ast.Module) -> str | None:
    """Returns the import lines that a program counts on; None where a name is nowhere to be had."""
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    bound |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)} | set(dir(builtins)) | {"__name__"}
    bound |= {n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    bound |= {n.name for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and n.name}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - bound
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree)):
        return ""
    lines = set()
    for name in used:
        if name in _MODULES:
            lines.add(f"import {name}\n")
            continue
        home = next((m for m in _MODULES if hasattr(importlib.import_module(m), name)), None)
        if home is None:
            return None
        lines.add(f"from {home} import {name}\n")
    return "".join(sorted(lines))


def _methods(tree: ast.Module) -> dict[str, list[str]]:
    """Returns the public methods of class ``Solution`` with their parameters."""
    return {
        part.name: [argument.arg for argument in part.args.args[1:]]
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "Solution"
        for part in node.body
        if isinstance(part, ast.FunctionDef) and not part.name.startswith("_")
    }


def _cases(examples: Any, methods: dict[str, list[str]]) -> Iterator[Case]:
    texts = examples if isinstance(examples, (list, tuple)) else [examples]
    for text in texts:
        match = _EXAMPLE.fullmatch(text.strip()) if isinstance(text, str) else None
        if not match:
            continue
        call, expected = _expression(f"f({match[1]})"), _expression(match[2])
        if not isinstance(call, ast.Call) or expected is None or call.args:
            continue
        given = {word.arg: ast.unparse(word.value) for word in call.keywords}
        exact = [m for m, parameters in methods.items() if set(parameters) == set(given)]
        alike = [m for m, parameters in methods.items() if len(parameters) == len(given)]
        if exact:
            arguments = [given[name] for name in methods[exact[0]]]
        elif alike:
            arguments = list(given.values())
        else:
            continue
        yield Case(f"Solution().{(exact or alike)[0]}({', '.join(arguments)})", ast.unparse(expected))


def _expression(text: str) -> ast.expr | None:
    """Reads an expression of literals in which JSON's words stand for Python's."""
    try:
        node = _Words().visit(ast.parse(text.strip(), mode="eval").body)
        values = [word.value for word in node.keywords] if isinstance(node, ast.Call) else [node]
        for value in values:
            ast.literal_eval(value)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None
    return ast.fix_missing_locations(node)


class _Words(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(_WORDS[node.id]) if node.id in _WORDS else node
