"""Tags of a program: the constructs that its text holds, read from its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_BY_NODE: dict[type[ast.AST], str] = {
    ast.While: "while",
    ast.Break: "break",
    ast.Continue: "continue",
    ast.If: "if",
    ast.IfExp: "ternary",
    ast.BoolOp: "boolean-operator",
    ast.Compare: "comparison",
    ast.ListComp: "comprehension",
    ast.DictComp: "comprehension",
    ast.SetComp: "comprehension",
    ast.GeneratorExp: "comprehension",
    ast.AugAssign: "augmented-assignment",
    ast.Lambda: "lambda",
    ast.Try: "try",
    ast.Raise: "raise",
    ast.With: "with",
    ast.Yield: "generator",
    ast.YieldFrom: "generator",
    ast.ClassDef: "class",
    ast.JoinedStr: "f-string",
    ast.Global: "global",
    ast.Nonlocal: "closure",
    ast.Assert: "assert",
    ast.Delete: "del",
    ast.List: "list",
    ast.Dict: "dict",
    ast.Set: "set",
    ast.Tuple: "tuple",
    ast.Subscript: "indexing",
    ast.Slice: "slice",
    ast.Starred: "unpacking",
}
_LOOP_CALLS = {"range": "for-range", "enumerate": "for-enumerate", "zip": "for-zip", "items": "for-items"}
_CONSTANTS: tuple[tuple[type, str], ...] = ((bool, "bool"), (int, "int"), (float, "float"), (str, "string"))
_STRING_METHODS = frozenset(
    [
        "replace",
        "split",
        "join",
        "strip",
        "lstrip",
        "rstrip",
        "isalpha",
        "isdigit",
        "isalnum",
        "isupper",
        "islower",
        "upper",
        "lower",
        "title",
        "find",
        "rfind",
        "startswith",
        "endswith",
        "partition",
        "rpartition",
        "zfill",
        "center",
        "ljust",
        "rjust",
        "capitalize",
        "swapcase",
    ]
)

TAGS: frozenset[str] = frozenset(
    set(_BY_NODE.values())
    | set(_LOOP_CALLS.values())
    | {tag for _, tag in _CONSTANTS}
    | {
        "for", "else-on-loop", "elif", "chained-comparison", "finally", "decorator", "dataclass", "method",
        "call-helper", "call-as-operand", "default-argument", "keyword-argument", "recursion", "closure",
        "print", "str.format", "global-constant", "string-method", "nested-list", "matrix", "nested-loop",
        "accumulator", "counting-dict", "two-pointer", "search", "sorting-loop", "key-function", "stack",
        "queue",        "string-building", "string-parsing", "digits", "caught-exception", "raises", "free",
    }
)  # fmt: skip
"""Every tag that a generated program may carry."""


def tags_of(source: str) -> frozenset[str]:
    """Returns the tags of the constructs in a source."""
    tree = ast.parse(source)
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    found: set[str] = set()
    for node in ast.walk(tree):
        found.update(_node_tags(node, functions))
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found.add("global-constant")
    return frozenset(found)


def _node_tags(node: ast.AST, functions: set[str]) -> Iterator[str]:
    tag = _BY_NODE.get(type(node))
    if tag is not None:
        yield tag
    if isinstance(node, ast.Constant):
        yield from [name for kind, name in _CONSTANTS if isinstance(node.value, kind)][:1]
    elif isinstance(node, ast.For):
        yield "for"
        yield from _loop_tags(node)
    elif isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        yield "elif"
    elif isinstance(node, ast.Compare) and len(node.ops) > 1:
        yield "chained-comparison"
    elif isinstance(node, ast.Try) and node.finalbody:
        yield "finally"
    elif isinstance(node, ast.List) and any(isinstance(part, ast.List) for part in node.elts):
        yield "nested-list"
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield from _definition_tags(node)
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        yield "unpacking"
    elif isinstance(node, ast.BinOp):
        if any(_calls(part, functions) for part in (node.left, node.right)):
            yield "call-as-operand"
    elif isinstance(node, ast.Call):
        yield from _call_tags(node, functions)
    if isinstance(node, (ast.For, ast.While)) and node.orelse:
        yield "else-on-loop"


def _loop_tags(node: ast.For) -> Iterator[str]:
    if isinstance(node.iter, ast.Call):
        function = node.iter.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        if name in _LOOP_CALLS:
            yield _LOOP_CALLS[name]
    inner = (part for child in node.body for part in ast.walk(child))
    if any(isinstance(part, ast.For) for part in inner):
        yield "nested-loop"


def _definition_tags(node: ast.FunctionDef | ast.ClassDef) -> Iterator[str]:
    if node.decorator_list:
        yield "decorator"
        if any("dataclass" in ast.unparse(d) for d in node.decorator_list):
            yield "dataclass"
    if isinstance(node, ast.ClassDef):
        yield "method"
        return
    if node.args.defaults:
        yield "default-argument"
    for part in ast.walk(node):
        if part is not node and isinstance(part, ast.FunctionDef):
            yield "closure"
        if _calls(part, {node.name}):
            yield "recursion"


def _call_tags(node: ast.Call, functions: set[str]) -> Iterator[str]:
    if node.keywords:
        yield "keyword-argument"
    if any(keyword.arg == "key" for keyword in node.keywords):
        yield "key-function"
    if isinstance(node.func, ast.Name):
        if node.func.id == "print":
            yield "print"
        if node.func.id in functions:
            yield "call-helper"
    elif isinstance(node.func, ast.Attribute):
        if node.func.attr == "format":
            yield "str.format"
        if node.func.attr in _STRING_METHODS:
            yield "string-method"


def _calls(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
