"""Writes a grammar with few states in the GBNF notation, for servers that decode within one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from debugworld.worldmodel.constraint import END, Grammar

MOST_STATES = 512
"""States up to which a grammar is written out."""


def as_gbnf(grammar: Grammar) -> str | None:
    """Returns a grammar's answers as GBNF rules, one for each state, as llama.cpp and xgrammar read them.

    Args:
        grammar: any; its bytes above 127 are left out, because GBNF speaks of characters.

    Returns:
        None where the grammar has more than `MOST_STATES` states, as any with nested values has, or where it
        has no answer in ASCII.
    """
    return _written(_Keyed(grammar))


class _Keyed:
    """A grammar that is equal to others with the same key."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar

    def __hash__(self) -> int:
        return hash(self.grammar.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and self.grammar.key == other.grammar.key


@lru_cache(maxsize=1024)
def _written(keyed: _Keyed) -> str | None:
    grammar = keyed.grammar
    start = grammar.start()
    numbers: dict[Any, int] = {start: 0}
    open_, rules = [start], []
    while open_:
        state = open_.pop()
        symbols = grammar.allowed(state)
        ways: dict[int, list[int]] = {}
        for symbol in sorted(symbol for symbol in symbols if symbol < 128):
            after = grammar.advance(state, symbol)
            if after not in numbers:
                numbers[after] = len(numbers)
                open_.append(after)
            ways.setdefault(numbers[after], []).append(symbol)
        if len(numbers) > MOST_STATES:
            return None
        choices = ['""'] if END in symbols else []
        choices += [f"[{''.join(map(_escaped, symbols))}] s{after}" for after, symbols in ways.items()]
        if not choices:
            return None
        rules.append(f"s{numbers[state]} ::= {' | '.join(choices)}")
    return "\n".join(["root ::= s0", *rules])


def _escaped(symbol: int) -> str:
    character = chr(symbol)
    return character if character.isalnum() else f"\\x{symbol:02x}"
