"""Which constructs of the language a step has to do with: what a cell of the card is about.

A tag holds for a step where the statements that ran have the construct, or where the values that they changed
are of the kind. One step may have several, or none.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from debugworld.sandboxes.debugger import Event, Program, State

CONSTRUCTS = (
    "strings",
    "floats",
    "big ints",
    "containers",
    "dict order",
    "loops",
    "branches",
    "calls",
    "recursion",
    "closures",
    "exceptions",
    "generators",
    "classes",
    "comprehension",
    "aliasing",
    "native calls",
)
"""The tags, in the order of the card."""
BIG = 2**31
"""Integers from here on are big."""
_FLOAT = re.compile(r"(?<![\w.'\"])-?(?:\d+\.\d|\d+e[+-]?\d|inf\b|nan\b)")
_INTEGER = re.compile(r"(?<![\w.'\"])\d{10,}(?![\w.])")
_DICT = re.compile(r"^(?:defaultdict|OrderedDict|Counter)\(|^\{[^{}]*:")
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BUILT_IN = frozenset(dir(builtins))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def constructs_of(program: Program, states: Sequence[State]) -> tuple[str, ...]:
    """Returns the tags of a move.

    Args:
        program: what ran.
        states: those from where the move began to where it led, in time, both included.
    """
    found: set[str] = set()
    lines = _lines(program)
    for before, after in zip(states, states[1:], strict=False):
        if before.event is Event.LINE:
            found |= lines.get(before.line, frozenset())
        if after.event is Event.EXCEPTION:
            found.add("exceptions")
        if after.event is Event.CALL and before.event is not Event.EXIT:
            found.add("calls")
            if any(state.function == after.function for state in states if state.depth < after.depth):
                found.add("recursion")
        found |= _of_values(_changed(before, after))
    functions = {state.function for state in states}
    if any("<locals>" in name for name in functions):
        found.add("closures")
    if functions & _recursive(program):
        found.add("recursion")
    if any(map(_aliased, states)):
        found.add("aliasing")
    return tuple(tag for tag in CONSTRUCTS if tag in found)


def _changed(before: State, after: State) -> list[str]:
    """Texts of the values that a step showed anew."""
    new = [text for name, text in after.locals.items() if before.locals.get(name) != text]
    return new if after.value is None else [*new, after.value]


def _of_values(texts: Iterable[str]) -> set[str]:
    found = set()
    for text in texts:
        if text[:1] in "'\"" or text[:2] in ("b'", 'b"'):
            found.add("strings")
        elif text[:1] in "[({" and text[1:2]:
            found.add("containers")
        if _FLOAT.search(text):
            found.add("floats")
        if any(int(match) >= BIG for match in _INTEGER.findall(text)):
            found.add("big ints")
        if _DICT.match(text):
            found.add("dict order")
    return found


def _aliased(state: State) -> bool:
    """Whether two names of the frame may stand for one object: mutable, not empty, and shown alike."""
    shown = [text for text in state.locals.values() if text[:1] in "[{" and len(text) > 2]
    return len(shown) > len(set(shown))


@lru_cache(maxsize=1024)
def _lines(program: Program) -> dict[int, frozenset[str]]:
    """Tags of each statement, by each of its lines."""
    found: dict[int, set[str]] = {}
    own = {node.name for node in ast.walk(program.module) if isinstance(node, (*_FUNCTIONS, ast.ClassDef))}
    for statement in ast.walk(program.module):
        if not isinstance(statement, (ast.stmt, ast.ExceptHandler)):
            continue
        tags: set[str] = set()
        for node in _shallow(statement):
            tags |= _of_node(node, own)
        found.setdefault(statement.lineno, set()).update(tags)
    return {line: frozenset(tags) for line, tags in found.items()}


def _shallow(statement: ast.AST) -> Iterable[ast.AST]:
    """Yields a statement and its expressions, not the statements inside it."""
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [
            child
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case))
        ]


def _of_node(node: ast.AST, own: set[str]) -> set[str]:
    if isinstance(node, _COMPREHENSIONS):
        return {"comprehension"}
    if isinstance(node, (ast.For, ast.While, ast.AsyncFor)):
        return {"loops"}
    if isinstance(node, (ast.If, ast.IfExp, ast.Match)):
        return {"branches"}
    if isinstance(node, (ast.Raise, ast.Try, ast.ExceptHandler, ast.Assert)):
        return {"exceptions"}
    if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await)):
        return {"generators"}
    if isinstance(node, ast.ClassDef):
        return {"classes"}
    if isinstance(node, (ast.Lambda, ast.Nonlocal)):
        return {"closures"}
    if isinstance(node, ast.JoinedStr) or isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {"strings"}
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("self", "cls")
    ):
        return {"classes"}
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name):
            return set() if node.func.id in own else {"native calls"} & _native(node.func.id)
        return {"native calls"}
    return set()


def _native(name: str) -> set[str]:
    return {"native calls"} if name in _BUILT_IN else set()


@lru_cache(maxsize=1024)
def _recursive(program: Program) -> frozenset[str]:
    """Names of the functions that call themselves by name."""
    return frozenset(
        node.name
        for node in ast.walk(program.module)
        if isinstance(node, _FUNCTIONS)
        and any(
            isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == node.name
            for call in ast.walk(node)
        )
    )
