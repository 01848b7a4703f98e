"""Calls made out of calls: arguments changed, swapped for constants, or taken from another call."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.data.mutation import mutated

from .closeness import UNKNOWN, literal
from .constants import Constants

_TRIES = 8
"""Draws for each call that is wanted."""
_MUTATED, _SEEDED = 0.45, 0.85
"""Shares, added up, of children by mutation and by constants; the rest has an argument of another parent."""
_STEPPED = 0.4
"""Share of the children not by mutation in which a number takes a step, where there are steps to take."""


@dataclass(frozen=True)
class Arguments:
    """A call in parts."""

    function: str
    """What is called."""
    names: tuple[str, ...]
    """The keyword of each argument, empty for one by position."""
    texts: tuple[str, ...]
    """The text of each."""

    @staticmethod
    def of(call: str | None) -> Arguments | None:
        """Takes a call apart; None where the text is none, or has starred arguments."""
        try:
            node = ast.parse((call or "None").strip(), mode="eval").body
        except SyntaxError:
            return None
        if not isinstance(node, ast.Call) or any(isinstance(each, ast.Starred) for each in node.args):
            return None
        if any(word.arg is None for word in node.keywords):
            return None
        names = (*[""] * len(node.args), *(str(word.arg) for word in node.keywords))
        nodes = (*node.args, *(word.value for word in node.keywords))
        return Arguments(ast.unparse(node.func), names, tuple(map(ast.unparse, nodes)))

    @property
    def values(self) -> list[Any]:
        """The value of each argument; `UNKNOWN` where it is no literal."""
        return [literal(text) for text in self.texts]

    def with_value(self, place: int, value: Any) -> Arguments:
        """Returns the call with another argument; itself where that is no literal."""
        text = repr(value)
        if literal(text) != value:
            return self
        return replace(self, texts=(*self.texts[:place], text, *self.texts[place + 1 :]))

    def __str__(self) -> str:
        pairs = zip(self.names, self.texts, strict=True)
        return f"{self.function}({', '.join(f'{name}={text}' if name else text for name, text in pairs)})"


def seeded(program: Program, constants: Constants, seed: int, count: int) -> Iterator[str]:
    """Yields calls with constants for arguments: one in place of each, those looked for first, then draws.

    Args:
        program: The program and a call that is known.
        constants: What is put in.
        seed: Of the draws.
        count: Most calls.
    """
    known = Arguments.of(program.call)
    if known is None:
        return
    found = {str(known)}
    for call in _seeded(known, constants, random.Random(f"constants/{seed}/{program.digest}"), count):
        if len(found) > count:
            return
        if str(call) not in found:
            found.add(str(call))
            yield str(call)


def _seeded(known: Arguments, constants: Constants, rng: random.Random, count: int) -> Iterator[Arguments]:
    values = known.values
    places = [place for place, value in enumerate(values) if value is not UNKNOWN and value is not None]
    if not places:
        return
    for value in constants.wanted:
        for place in places:
            if type(value) is type(values[place]):
                yield known.with_value(place, value)
    for _ in range(count * _TRIES):
        call = known
        for place in rng.sample(places, rng.choice((1, 1, min(2, len(places))))):
            call = call.with_value(place, constants.put(values[place], rng))
        yield call


@dataclass(frozen=True)
class Parent:
    """A call that others are made out of."""

    call: Arguments
    """The call."""
    gaps: tuple[float, ...] = ()
    """By how much numbers in what it returns are off: steps that its own numbers may take."""


def children(
    program: Program, parents: Sequence[Parent], constants: Constants, seed: int, count: int
) -> Iterator[str]:
    """Yields calls like some others, each once: the parents take turns, the first one most often.

    Args:
        program: The program and a call that is known.
        parents: Calls of the same function, the best first.
        constants: What arguments may be swapped for.
        seed: Of the draws.
        count: Most calls.
    """
    if not parents:
        return
    rng = random.Random(f"children/{seed}/{program.digest}")
    found = {str(each.call) for each in parents}
    for number in range(count * _TRIES):
        parent = parents[min(rng.randrange(len(parents)), rng.randrange(len(parents)))]
        child = _child(program, parent, rng.choice(parents).call, constants, rng, number)
        if child not in found:
            found.add(child)
            yield child
            count -= 1
            if not count:
                return


def _child(
    program: Program, parent: Parent, other: Arguments, constants: Constants, rng: random.Random, number: int
) -> str:
    call, draw = parent.call, rng.random()
    values = call.values
    places = [place for place, value in enumerate(values) if value is not UNKNOWN and value is not None]
    if draw < _MUTATED or not places:
        changed = mutated(replace(program, call=str(call)), number, 1)
        return next((each.call or "" for each in changed), str(call))
    place = rng.choice(places)
    if parent.gaps and rng.random() < _STEPPED:
        return str(call.with_value(place, _stepped(values[place], rng.choice(parent.gaps), rng)))
    if draw < _SEEDED or other.names != call.names:
        return str(call.with_value(place, constants.put(values[place], rng)))
    return str(replace(call, texts=(*call.texts[:place], other.texts[place], *call.texts[place + 1 :])))


def _stepped(value: Any, gap: float, rng: random.Random) -> Any:
    """Returns a value in which one number took a step."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        step = gap * rng.choice((1, 1, 1, -1, 0.5, 2))
        return value + (round(step) if isinstance(value, int) else step)
    if isinstance(value, (list, tuple)) and value:
        place = rng.randrange(len(value))
        new = (_stepped(each, gap, rng) if number == place else each for number, each in enumerate(value))
        return type(value)(new)
    if isinstance(value, dict) and value:
        key = rng.choice(list(value))
        return {**value, key: _stepped(value[key], gap, rng)}
    return value
