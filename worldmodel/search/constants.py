"""Constants that arguments may have to hold: those of the program's text and those of what is looked for.

Conditions compare with what the program says, and a function often returns what it was given; so the literals
of the text and of the wanted end, their items and their neighbours are likelier arguments than drawn ones
(constant seeding: Fraser and Arcuri, 2012).
"""

from __future__ import annotations

import ast
import random
import string
from collections.abc import Iterator
from itertools import islice
from typing import Any

from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.data.mutation import mutate

from .closeness import UNKNOWN, literal

MOST = 200
"""Constants that are kept."""
LONGEST = 60
"""Characters of a constant's text."""
DRAWN = 0.25
"""Chance that a value is drawn anew though there are constants of its type."""
LETTERS = string.ascii_letters + string.digits + " -_.,:()"
"""What drawn texts are made of."""
SPELT = 12
"""Letters of a text up to which they are constants, too."""


class Constants:
    """Values by type, those of the target first.

    Args:
        program: Its text.
        wanted: Text of a value that is looked for; empty for none.
    """

    def __init__(self, program: Program, wanted: str = "") -> None:
        self._by_type: dict[type, dict[str, Any]] = {}
        self.wanted: list[Any] = []
        """The value that is looked for, and its items."""
        value = literal(wanted) if wanted else UNKNOWN
        if value is not UNKNOWN:
            self.wanted = list(islice(_items(value), MOST))
        for each in (*self.wanted, *_said(program.module)):
            self._add(each)

    def _add(self, value: Any) -> None:
        text = repr(value)
        kept = self._by_type.setdefault(type(value), {})
        if len(text) <= LONGEST and len(kept) < MOST:
            kept.setdefault(text, value)

    def like(self, value: Any) -> list[Any]:
        """Returns the constants of a value's type."""
        kept = list(self._by_type.get(type(value), {}).values())
        if type(value) is float:
            kept += [float(each) for each in self._by_type.get(int, {}).values()]
        return kept

    def put(self, value: Any, rng: random.Random) -> Any:
        """Returns a value of the same type in which a constant, a neighbour or a draw took a place."""
        if isinstance(value, dict) and value and rng.random() < 0.8:
            return self._put_in_mapping(value, rng)
        if isinstance(value, (list, tuple)) and value and rng.random() < 0.8:
            return self._put_in_items(value, rng)
        known = self.like(value)
        if not known or rng.random() < DRAWN:
            return self._drawn(value, rng)
        chosen = rng.choice(known)
        if isinstance(value, str) and value and rng.random() < 0.3:
            place = rng.randrange(len(value) + 1)
            return value[:place] + chosen + value[place:]
        if rng.random() < 0.6:
            return chosen
        return chosen + rng.choice((-2, -1, 1, 2)) if type(value) is int else mutate(chosen, rng)

    def _drawn(self, value: Any, rng: random.Random) -> Any:
        """Returns a value that need not be like the one that is known, nor like a constant."""
        if isinstance(value, bool):
            return not value
        if isinstance(value, (int, float)):
            size = rng.choice((10, 100, 1000))
            drawn = rng.randint(-size, size) if isinstance(value, int) else round(rng.uniform(-size, size), 2)
            return rng.choice((-value, value * 10, drawn, drawn))
        if isinstance(value, str):
            return "".join(rng.choice(LETTERS) for _ in range(rng.randrange(9)))
        if isinstance(value, list) and not value:
            kinds = [each for kind in (int, str) for each in self._by_type.get(kind, {}).values()][:20]
            item = rng.choice([*kinds, 0, "a", rng.randint(-100, 100)])
            return [item, *(mutate(item, rng) for _ in range(rng.randrange(4)))]
        return mutate(value, rng)

    def _put_in_items(self, value: Any, rng: random.Random) -> Any:
        items = list(value)
        place = rng.randrange(len(items))
        new = self.put(items[place], rng)
        draw = rng.random()
        if draw < 0.5 or isinstance(value, tuple):
            items[place] = new
        elif draw < 0.8:
            items.insert(rng.randrange(len(items) + 1), new)
        else:
            del items[place]
        return type(value)(items)

    def _put_in_mapping(self, value: dict[Any, Any], rng: random.Random) -> dict[Any, Any]:
        new = dict(value)
        key = rng.choice(list(new))
        draw = rng.random()
        if draw < 0.4:
            new[key] = self.put(new[key], rng)
        elif draw < 0.8:
            kept = new.pop(key) if rng.random() < 0.5 else new[key]
            new[self.put(key, rng)] = kept
        else:
            del new[key]
        return new


def _said(module: ast.AST) -> Iterator[Any]:
    """Yields the literals of a text, displays of literals included."""
    for node in ast.walk(module):
        if isinstance(node, (ast.Constant, ast.UnaryOp, ast.List, ast.Tuple, ast.Dict, ast.Set)):
            value = literal(ast.unparse(node))
            if value is not UNKNOWN and value is not None and value is not ...:
                yield value


def _items(value: Any) -> Iterator[Any]:
    """Yields a value, what is in it, deep, and the same turned around or without what joins its parts."""
    yield value
    if isinstance(value, str) and len(value) > 1:
        yield value[::-1]
        letters = "".join(filter(str.isalnum, value))
        parts = "".join(each if each.isalnum() else " " for each in value).split()
        yield from (each for each in (letters, letters[::-1], *parts) if each and each != value)
        if len(value) <= SPELT:
            yield list(value)
            yield from value
    elif isinstance(value, dict):
        yield from (list(value), list(value.values()))
        for each in (*value, *value.values()):
            yield from _items(each)
    elif isinstance(value, (list, tuple, set, frozenset)):
        items = list(value)
        yield from (items, items[::-1], tuple(items))
        for each in items:
            yield from _items(each)
