"""Rehearsing a generated program: how long it runs, how large its values get, how it ends.

Runs in this process, so it is for programs of this generator only. What it tells
is the same on every supported CPython: it counts statements of the syntax tree,
not events of an interpreter.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

TEXT_LIMIT = 60
SIZE_LIMIT = 16
NUMBER_LIMIT = 10**9


class _Stop(BaseException):
    """The rehearsal has seen enough."""


@dataclass(frozen=True)
class Rehearsal:
    """What one run did."""

    states: int
    """About how many canonical states it has: exact for most, off by a few where frames unwind."""
    error: str | None
    """``Type: message`` of an uncaught exception."""
    caught: bool
    """An `except` clause ran."""
    overrun: bool
    """It ran past the budget, or a value grew too large, or versions of CPython disagree on it."""
    value: Any
    """What the call returned."""
    stdout: str
    """What it printed."""


def rehearse(source: str, call: str, budget: int = 400) -> Rehearsal:
    """Runs a program of the generator, at most `budget` statements.

    Raises:
        SyntaxError: the source or the call does not compile.
    """
    ticks = 0
    printed: list[str] = []
    caught = False

    def tick(values: dict[str, Any], weight: int, handler: bool) -> None:
        nonlocal ticks, caught
        ticks += weight
        caught = caught or handler
        if ticks > budget or any(_too_large(value, 2) for value in values.values()):
            raise _Stop

    def write(*parts: object, sep: str = " ", end: str = "\n") -> None:
        printed.append(sep.join(map(str, parts)) + end)

    def portable(function: Callable[..., Any]) -> Callable[..., Any]:
        """Ends the rehearsal where CPython's versions disagree: empty `max`, sums of floats."""

        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal ticks
            try:
                result = function(*arguments, **options)
            except ValueError:
                ticks = budget
                raise _Stop from None
            if function is sum and isinstance(result, float):
                ticks = budget
                raise _Stop
            return result

        return call

    own = {"print": write, "max": portable(max), "min": portable(min), "sum": portable(sum)}
    names: dict[str, Any] = {"__name__": "program", "__builtins__": {**vars(builtins), **own}}
    names |= {"__tick__": tick, "__locals__": locals}
    value, error, overrun = None, None, False
    try:
        exec(_instrument(source), names)
        ticks = 3
        value = eval(compile(call, "<call>", "eval", dont_inherit=True), names)
        overrun = _too_large(value, 3)
    except _Stop:
        overrun = True
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}"
    return Rehearsal(ticks + 1, error, caught, overrun, value, "".join(printed))


def _too_large(value: object, depth: int) -> bool:
    if isinstance(value, str):
        return len(value) > TEXT_LIMIT
    if isinstance(value, int):
        return not -NUMBER_LIMIT <= value <= NUMBER_LIMIT
    if isinstance(value, float):
        return not -1e9 <= value <= 1e9
    if isinstance(value, (list, tuple, set)):
        return len(value) > SIZE_LIMIT or (depth > 0 and any(_too_large(part, depth - 1) for part in value))
    if isinstance(value, dict):
        return len(value) > SIZE_LIMIT or (
            depth > 0 and any(_too_large(v, depth - 1) for v in value.values())
        )
    return False


def _instrument(source: str) -> CodeType:
    tree = ast.parse(source)
    for node in tree.body:
        _instrument_blocks(node)
    return compile(tree, "<program>", "exec", dont_inherit=True)


def _instrument_blocks(node: ast.AST) -> None:
    """Puts a tick before each nested statement; the first of a block also pays for its head."""
    for name in ("body", "orelse", "finalbody", "handlers"):
        block = getattr(node, name, None)
        if not isinstance(block, list):
            continue
        for inner in block:
            _instrument_blocks(inner)
        if name != "handlers" and not isinstance(node, ast.ClassDef):
            setattr(node, name, _ticked(block, node, name))


def _ticked(block: list[ast.stmt], owner: ast.AST, name: str) -> list[ast.stmt]:
    handler = isinstance(owner, ast.ExceptHandler)
    extra = 2 if handler or isinstance(owner, ast.FunctionDef) else 0
    if name == "body" and isinstance(owner, (ast.For, ast.While)):
        extra = 1
    done: list[ast.stmt] = []
    for node in block:
        if not isinstance(node, (ast.Global, ast.Nonlocal)):
            done.append(_tick_call(1 + extra, handler))
            extra = 0
        done.append(node)
    return done


def _tick_call(weight: int, handler: bool) -> ast.stmt:
    return ast.parse(f"__tick__(__locals__(), {weight}, {handler})").body[0]
