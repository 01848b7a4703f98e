"""Arguments of a call as text: literals only, so that nothing in them can run; and others like them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from debugworld.sandboxes.debugger import IllegalAction

from .answer import GUESSES, mutants

MAX_TEXT = 2000
"""Most characters of an argument list."""
_WAYS = "write the arguments as literals, such as 3, 'a', key=[1]"


@dataclass(frozen=True, slots=True)
class EntryCall:
    """A call of a function with nothing but literals."""

    function: str
    """What stands before the brackets: a name, or names with dots."""
    arguments: str
    """The argument list, as `ast.unparse` spells it."""

    def __str__(self) -> str:
        return f"{self.function}({self.arguments})"

    @property
    def hidden(self) -> str:
        """The same call with its arguments left out; an expression, too."""
        return f"{self.function}(...)"

    @staticmethod
    @lru_cache(maxsize=4096)
    def read(call: str | None) -> EntryCall | None:
        """Reads an entry expression; None where it is no call of a name with at least one literal and no other."""  # noqa: E501  a summary is one line
        try:
            node = ast.parse((call or "").strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        if not isinstance(node, ast.Call) or not (node.args or node.keywords) or not _is_name(node.func):
            return None
        texts = _texts(node)
        return None if texts is None else EntryCall(ast.unparse(node.func), ", ".join(texts))

    def with_arguments(self, text: str) -> EntryCall:
        """Returns the call with other arguments.

        Args:
            text: An argument list, or the whole call of the same function.

        Raises:
            IllegalAction: it is neither, or not of literals only.
        """
        if len(text) > MAX_TEXT:
            raise IllegalAction(f"the arguments have {len(text)} characters; at most {MAX_TEXT} are taken")
        for wrapped in (f"{self.function}({text}\n)", text):
            found = EntryCall.read(wrapped)
            if found is not None and found.function == self.function:
                return found
        shown = text if len(text) <= 80 else text[:77] + "..."
        raise IllegalAction(f"{shown!r} are no arguments of {self.function}; {_WAYS}")


def _is_name(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _texts(node: ast.Call) -> list[str] | None:
    """Returns the arguments' texts; None where one is no literal."""
    found = []
    try:
        for argument in node.args:
            ast.literal_eval(argument)
            found.append(ast.unparse(argument))
        for keyword in node.keywords:
            if keyword.arg is None:
                return None
            ast.literal_eval(keyword.value)
            found.append(f"{keyword.arg}={ast.unparse(keyword.value)}")
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    return found


def variations(call: EntryCall, rng: np.random.Generator) -> Iterator[EntryCall]:
    """Yields calls like one, each once: one argument of it, or of another that was yielded, is changed.

    As many of them stem from one another as from the call, so that it does not stand in their middle.
    It ends when nothing new was found for a while.

    Args:
        call: Where they stem from.
        rng: Where chance comes from.
    """
    known, barren = [call], 0
    while barren < 40:
        node = ast.parse(str(known[int(rng.integers(len(known)))]), mode="eval").body
        assert isinstance(node, ast.Call)
        texts = _texts(node) or []
        place = int(rng.integers(len(texts)))
        name = node.keywords[place - len(node.args)].arg if place >= len(node.args) else None
        value = texts[place].removeprefix(f"{name}=")
        pool = list(mutants(value)) or list(GUESSES)
        text = pool[int(rng.integers(len(pool)))]
        texts[place] = f"{name}={text}" if name else text
        made = EntryCall.read(f"{call.function}({', '.join(texts)})")
        if made is None or made in known:
            barren += 1
            continue
        known.append(made)
        barren = 0
        yield made
