"""What an answer may be, token by token: the interface between a codec's grammar and the decoder.

A grammar is an automaton over symbols: 0 to 255 are the bytes of the answer's UTF-8, `END` is the end of the
answer, and ``END + 1 + i`` is the i-th marker of the tokenizer. States are hashable and never change.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from debugworld.worldmodel.tokenizer import CONTROL_TOKENS, EOS, FIRST_BYTE

if TYPE_CHECKING:
    import torch

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
    """A table of masks, a row for each set of symbols, made when it first occurs.

    Args:
        vocabulary: number of tokens, those that stand for no symbol included.
        device: where the table lies.
    """

    def __init__(self, vocabulary: int, device: torch.device | str = "cpu") -> None:
        import torch

        self._table = torch.full((64, vocabulary), -torch.inf, device=device)
        self._numbers: dict[frozenset[int], int] = {}

    def number(self, symbols: frozenset[int]) -> int:
        """Returns the row of a set of symbols."""
        number = self._numbers.get(symbols)
        if number is None:
            import torch

            number = self._numbers[symbols] = len(self._numbers)
            if number == len(self._table):
                self._table = torch.cat([self._table, torch.full_like(self._table, -torch.inf)])
            self._table[number, [token_of(symbol) for symbol in symbols]] = 0.0
        return number

    def rows(self, numbers: Sequence[int]) -> torch.Tensor:
        """Returns float32, shape ``(numbers, vocabulary)``: 0 where a token is permitted, else -inf."""
        import torch

        return self._table[torch.tensor(numbers, device=self._table.device)]
