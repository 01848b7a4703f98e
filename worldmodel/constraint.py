"""What an answer may be, token by token: the interface between a codec's grammar and the decoder.

A grammar is an automaton over symbols: 0 to 255 are the bytes of the answer's UTF-8, `END` is the end of the
answer, and ``END + 1 + i`` is the i-th marker of the tokenizer. States are hashable and never change.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol

import torch

from debugworld.worldmodel.tokenizer import CONTROL_TOKENS, EOS, FIRST_BYTE

END = 256
"""The symbol of the end of an answer."""


class Grammar(Protocol):
    """The answers that one request can have."""

    @property
    def key(self) -> Hashable:
        """Equal for grammars with the same answers."""

    def start(self) -> Any:
        """Returns the state before the first symbol."""

    def allowed(self, state: Any) -> frozenset[int]:
        """Returns the symbols that may follow; never none."""

    def advance(self, state: Any, symbol: int) -> Any:
        """Returns the state after an allowed symbol other than `END`."""


def token_of(symbol: int) -> int:
    """Returns the id of a symbol's token."""
    if symbol == END:
        return CONTROL_TOKENS.index(EOS)
    return symbol + FIRST_BYTE - (symbol > END)


def symbol_of(token: int) -> int:
    """Returns the symbol of a token's id, the reverse of `token_of`."""
    if token == CONTROL_TOKENS.index(EOS):
        return END
    symbol = token - FIRST_BYTE
    return symbol + (symbol >= END)


class Masks:
    """Rows of permitted tokens, made once for each set of symbols.

    Args:
        vocabulary: number of tokens.
    """

    def __init__(self, vocabulary: int) -> None:
        self._vocabulary = vocabulary
        self._rows: dict[frozenset[int], torch.Tensor] = {}

    def row(self, symbols: frozenset[int]) -> torch.Tensor:
        """Returns bool, shape ``(vocabulary,)``: true where a token is permitted."""
        row = self._rows.get(symbols)
        if row is None:
            row = torch.zeros(self._vocabulary, dtype=torch.bool)
            row[[token_of(symbol) for symbol in symbols]] = True
            self._rows[symbols] = row
        return row
