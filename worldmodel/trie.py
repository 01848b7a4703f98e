"""Which tokens of any tokenizer stay inside a grammar of bytes.

A grammar speaks of bytes, a tokenizer of tokens that are runs of bytes. All tokens stand in one trie; a walk
over it that follows only what the grammar allows finds the tokens that may come next, whether or not they end
where the grammar's own units do. A token that cuts a character in two is as good as any other.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase
from transformers.convert_slow_tokenizer import bytes_to_unicode

from debugworld.worldmodel.constraint import END, Grammar
from debugworld.worldmodel.errors import ModelError

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_WORD_MARK = "▁"


def token_bytes(tokenizer: PreTrainedTokenizerBase) -> dict[int, bytes]:
    """Returns the bytes that each token stands for; control tokens stand for none and are left out.

    Args:
        tokenizer: one whose tokens are runs of bytes: byte-level BPE, or SentencePiece.

    Raises:
        ModelError: a tokenizer of another kind.
    """
    control = set(tokenizer.all_special_ids)
    vocabulary = {token: text for text, token in tokenizer.get_vocab().items()}
    added = {token: str(text) for token, text in tokenizer.added_tokens_decoder.items()}
    alphabet = {character: byte for byte, character in bytes_to_unicode().items()}
    plain = [text for token, text in vocabulary.items() if token not in added and token not in control]
    if all(character in alphabet for text in plain for character in text):
        spelled = {token: bytes(map(alphabet.__getitem__, text)) for token, text in vocabulary.items()
                   if token not in added and token not in control}  # fmt: skip
    elif any(_WORD_MARK in text for text in plain) and any(map(_BYTE_TOKEN.fullmatch, plain)):
        spelled = {token: _piece(text) for token, text in vocabulary.items()
                   if token not in added and token not in control}  # fmt: skip
    else:
        raise ModelError(
            f"cannot tell the bytes of {type(tokenizer).__name__}'s tokens; a grammar needs byte-level BPE "
            "or SentencePiece with byte tokens"
        )
    spelled |= {token: text.encode() for token, text in added.items() if token not in control}
    return {token: spelling for token, spelling in spelled.items() if spelling}


def _piece(text: str) -> bytes:
    byte = _BYTE_TOKEN.fullmatch(text)
    return bytes([int(byte[1], 16)]) if byte else text.replace(_WORD_MARK, " ").encode()


class _Node:
    """Tokens that end here, and where each byte leads."""

    __slots__ = ("nodes", "tokens")

    def __init__(self) -> None:
        self.nodes: dict[int, _Node] = {}
        self.tokens: list[int] = []


class TokenTrie:
    """All tokens of a vocabulary by their bytes.

    Args:
        spelled: bytes of each token.
        end: tokens that end an answer.
        vocabulary: number of tokens, those without bytes included.
        kept: most masks remembered.
    """

    def __init__(
        self, spelled: Mapping[int, bytes], end: frozenset[int], vocabulary: int, kept: int = 4096
    ) -> None:
        self.spelled, self.end, self._vocabulary = spelled, end, vocabulary
        self._root, self._kept = _Node(), kept
        self._masks: OrderedDict[Hashable, torch.Tensor] = OrderedDict()
        for token, spelling in spelled.items():
            if token in end:
                continue
            node = self._root
            for byte in spelling:
                node = node.nodes.setdefault(byte, _Node())
            node.tokens.append(token)

    def allowed(self, grammar: Grammar, state: Any) -> list[int]:
        """Returns the tokens that may follow in a grammar's state: those all of whose bytes may.

        Raises:
            ModelError: there are none.
        """
        found = sorted(self.end) if END in grammar.allowed(state) else []
        found += self._walk(grammar, state)
        if not found:
            raise ModelError(f"no token of the vocabulary may follow in the grammar's state {state!r}")
        return found

    def _walk(self, grammar: Grammar, state: Any) -> Iterator[int]:
        open_ = [(self._root, state)]
        while open_:
            node, here = open_.pop()
            bytes_ = grammar.allowed(here)
            few = bytes_ if len(bytes_) < len(node.nodes) else node.nodes
            for byte in few:
                below = node.nodes.get(byte)
                if below is None or byte not in bytes_:
                    continue
                yield from below.tokens
                if below.nodes:
                    open_.append((below, grammar.advance(here, byte)))

    def mask(self, grammar: Grammar, state: Any) -> torch.Tensor:
        """Returns the same as a mask, made once for each state: 0 where a token may follow, else -inf.

        Returns:
            float32, shape ``(vocabulary,)``.
        """
        key = (grammar.key, state)
        mask = self._masks.get(key)
        if mask is None:
            mask = torch.full((self._vocabulary,), -torch.inf)
            mask[self.allowed(grammar, state)] = 0.0
            self._masks[key] = mask
            while len(self._masks) > self._kept:
                self._masks.popitem(last=False)
        else:
            self._masks.move_to_end(key)
        return mask

    def advance(self, grammar: Grammar, state: Any, token: int) -> Any:
        """Returns the grammar's state after an allowed token that does not end the answer."""
        for byte in self.spelled[token]:
            state = grammar.advance(state, byte)
        return state
