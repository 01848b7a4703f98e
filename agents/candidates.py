"""Candidates: calls of one function with other arguments, from several sources.

Each source knows one call whose arguments are literals, and yields texts of calls like it, each once. What
they lead to only a run can tell.
"""

from __future__ import annotations

import ast
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.completion import CompletionEngine, Sampling
from debugworld.worldmodel.data.mutation import mutated
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.inverse import End, Inverse
from debugworld.worldmodel.search.closeness import UNKNOWN
from debugworld.worldmodel.search.variation import Arguments

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Source = Callable[[Program, int, int], Iterator[str]]
"""From a program with a call, a seed and a number: so many calls, fewer where there are no more."""
LARGEST = 1_000
"""Largest number that is drawn by type."""
LONGEST = 12
"""Most characters or items that are drawn by type."""
TEMPERATURE = 0.8
"""Of the model's proposals."""


def mutations(program: Program, seed: int, count: int) -> Iterator[str]:
    """Yields the call with literals changed, their types kept: random search around what is known."""
    for changed in mutated(program, seed, count):
        yield changed.call or ""


def edges(program: Program, seed: int, count: int) -> Iterator[str]:
    """Yields calls with one argument at the edge of its type: nothing, one, less than nothing, one item."""
    call = Arguments.of(program.call)
    if call is None:
        return
    known, found = str(call), dict[str, None]()
    for place, value in enumerate(call.values):
        for edge in _edges(value):
            found.setdefault(str(call.with_value(place, edge)))
    found.pop(known, None)
    yield from random.Random(seed).sample(list(found), min(count, len(found)))  # noqa: S311  no secret


def _edges(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        return [type(value)(edge) for edge in (0, 1, -1)]
    if isinstance(value, (str, list)):
        return [value[:0], value[:1], value[::-1], value[:1] * max(len(value), 2)]
    return [{}] if isinstance(value, dict) else []


def mixed(program: Program, seed: int, count: int) -> Iterator[str]:
    """Yields `edges` and `mutations` in turn, then the rest of the latter."""
    pairs = itertools.zip_longest(edges(program, seed, count // 4), mutations(program, seed, count))
    found = dict.fromkeys(call for pair in pairs for call in pair if call is not None)
    yield from itertools.islice(found, count)


def typed(program: Program, seed: int, count: int) -> Iterator[str]:
    """Yields calls whose arguments hypothesis draws by the types of the known ones.

    Raises:
        ModuleNotFoundError: hypothesis is missing.
    """
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from hypothesis import strategies as st

    call = Arguments.of(program.call)
    if call is None or UNKNOWN in call.values:
        return
    known, values = call, call.values
    found: dict[str, None] = {}

    @seeded(seed)
    @settings(
        max_examples=2 * count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.tuples(*map(_strategy, values)))
    def keep(arguments: tuple[Any, ...]) -> None:
        found.setdefault(str(replace(known, texts=tuple(map(repr, arguments)))))

    keep()
    found.pop(str(known), None)
    yield from list(found)[:count]


def _strategy(value: Any) -> SearchStrategy[Any]:
    """Returns what draws values of a value's type, within bounds that keep runs short."""
    from hypothesis import strategies as st

    if isinstance(value, bool):
        return st.booleans()
    if isinstance(value, int):
        return st.integers(-LARGEST, LARGEST)
    if isinstance(value, float):
        return st.floats(-LARGEST, LARGEST, allow_nan=False, width=32)
    if isinstance(value, str):
        return st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=LONGEST)
    if isinstance(value, tuple):
        return st.tuples(*map(_strategy, value))
    if isinstance(value, (list, set)):
        items = st.one_of(*_distinct(value)) if value else st.integers(-LARGEST, LARGEST)
        if isinstance(value, list):
            return st.lists(items, max_size=LONGEST)
        return st.sets(items, min_size=1, max_size=LONGEST)
    if isinstance(value, dict):
        keys = st.one_of(*_distinct(value)) if value else st.text(max_size=LONGEST)
        items = st.one_of(*_distinct(value.values())) if value else st.integers(-LARGEST, LARGEST)
        return st.dictionaries(keys, items, max_size=LONGEST)
    return st.just(value)


def _distinct(values: Any) -> list[SearchStrategy[Any]]:
    """One strategy for each type among some values."""
    return [_strategy(value) for value in {type(value): value for value in values}.values()]


def proposals(engine: CompletionEngine, program: Program, end: End, seed: int, count: int) -> Iterator[str]:
    """Yields what a model answers to the inverse question, the likeliest first.

    Args:
        engine: Answers, and draws all answers but one.
        program: The program and a call of the function in question.
        end: How the call is to end.
        seed: Of the draws.
        count: Answers to ask for.
    """
    call = _call(program)
    if call is None:
        return
    function = ast.unparse(call.func)
    try:
        inverse = Inverse(replace(program, call=None), function.replace("()", ""))
        found = inverse.propose(engine, end, 1)
        if count > 1 and engine.abilities.sampling:
            found += inverse.propose(engine, end, count - 1, sampling=Sampling(TEMPERATURE, seed=seed))
    except ModelError:
        return
    yield from dict.fromkeys(f"{function}({proposal.arguments})" for proposal in found)


def _call(program: Program) -> ast.Call | None:
    node = ast.parse((program.call or "None").strip(), mode="eval").body
    return node if isinstance(node, ast.Call) else None


def likely_end(program: Program, line: int) -> End | None:
    """Returns the end of the entry function's call that running a line all but says, None where it says none.

    That is so where the line, or one behind it in its block, returns a literal or raises an exception.
    """
    call = _call(program)
    if call is None:
        return None
    name = ast.unparse(call.func).rpartition(".")[2]
    for function in ast.walk(program.module):
        if isinstance(function, ast.FunctionDef) and function.name == name:
            for node in ast.walk(function):
                for block in (getattr(node, part, None) for part in ("body", "orelse", "finalbody")):
                    if isinstance(block, list) and any(each.lineno == line for each in block):
                        start = next(n for n, each in enumerate(block) if each.lineno == line)
                        return _said(block[start:])
    return None


def _said(block: list[ast.stmt]) -> End | None:
    for statement in block:
        if isinstance(statement, ast.Return):
            try:
                return End(repr(ast.literal_eval(statement.value))) if statement.value else End("None")
            except (ValueError, TypeError):
                return None
        if isinstance(statement, ast.Raise) and isinstance(statement.exc, ast.Call):
            return End(ast.unparse(statement.exc.func), True)
        if not isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Pass)):
            return None
    return None
