"""Which tokens a grammar permits, for any tokenizer whose tokens are runs of bytes.

A grammar speaks of bytes and markers, a tokenizer of tokens of several bytes each. A token is permitted
where the grammar can read its bytes one after the other; which ones can is found by walking both at once,
the grammar and a tree of all tokens, and remembered. In free text, where nearly every token is permitted
and most bytes change nothing, tokens of such bytes alone are found at once and only the others are walked.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase
from transformers.convert_slow_tokenizer import bytes_to_unicode

from debugworld.worldmodel.constraint import END, Grammar
from debugworld.worldmodel.errors import ModelError

Node = dict[int, Any]
"""A node of a tree of tokens: the nodes below by byte, and at `_HERE` the tokens that end there."""
_HERE = -1
_MANY = 64
"""Bytes that leave a grammar's state as it is, from which on it counts as free text."""
_GRAMMARS = 64
"""Grammars whose states are remembered."""
_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_WORD_MARK = "▁"


class Vocabulary:
    """The tokens of a tokenizer, as grammars see them.

    Args:
        tokenizer: one whose tokens are runs of bytes; its special tokens are never read into text.
        markers: texts that are one token each; symbol ``END + 1 + i`` is the i-th.
        stop: markers that end an answer; where empty, prompts get the tokenizer's template and ``ends`` end
            an answer.
        ends: tokens that end an answer; None takes the tokenizer's end token.
        size: tokens that the model knows, those that the tokenizer lacks included; None for as many as the
            tokenizer has.
        rows: most rows remembered, each of a byte for each token.

    Raises:
        ModelError: the tokenizer is of another kind, or lacks a marker.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        markers: Sequence[str] = (),
        stop: Sequence[str] = (),
        *,
        ends: Iterable[int] | None = None,
        size: int | None = None,
        rows: int = 1024,
    ) -> None:
        self._tokenizer, self._stop = tokenizer, tuple(stop)
        known = tokenizer.get_vocab()
        self.markers: dict[str, int] = {marker: known[marker] for marker in markers if marker in known}
        """Token of each marker."""
        missing = [marker for marker in markers if marker not in known]
        if missing:
            raise ModelError(
                f"the model's tokenizer lacks {len(missing)} of the {len(markers)} tokens that the format "
                f"needs, among them {', '.join(missing[:4])}; train one with the "
                "markers, or choose the model's own format"
            )
        plain: Iterable[Any] = [tokenizer.eos_token_id] if ends is None else ends
        closing = [self.markers[marker] for marker in stop] if stop else plain
        self.ends = frozenset(int(token) for token in closing if token is not None)
        """Tokens that end an answer."""
        self._size = len(tokenizer) if size is None else size
        self._ids = tuple(self.markers.values())
        self._split = re.compile("|".join(map(re.escape, sorted(markers, key=len, reverse=True))) or r"(?!)")
        self._symbols = {token: END + 1 + place for place, token in enumerate(self._ids)}
        self.spelled = token_bytes(tokenizer)
        """Bytes of each token of text."""
        for token in (*self._ids, *self.ends):
            self.spelled.pop(token, None)
        self._tree = _tree(self.spelled.items())
        self._loops: dict[frozenset[int], tuple[torch.Tensor, dict[int, Node]]] = {}
        self._rows: OrderedDict[Hashable, torch.Tensor] = OrderedDict()
        self._steps: OrderedDict[Hashable, dict[Any, dict[int, Any]]] = OrderedDict()
        self._most = rows

    def __len__(self) -> int:
        return self._size

    def encode(self, prompt: str) -> list[int]:
        """Returns the tokens of a prompt; but for its markers, nothing in it is read as a special token."""
        return self.encode_all([prompt])[0]

    def encode_all(self, prompts: Sequence[str]) -> list[list[int]]:
        """Returns the tokens of prompts, as `encode`; what stands between their markers is read at once."""
        if not self._stop:
            return [list(ids) for ids in self._tokenizer(list(prompts))["input_ids"]] if prompts else []
        cut = [_parted(self._split, prompt) for prompt in prompts]
        texts = list({text: None for pieces in cut for text in pieces[::2] if text})
        read = (
            self._tokenizer(texts, add_special_tokens=False, split_special_tokens=True, verbose=False)
            if texts
            else {"input_ids": []}
        )
        ids = dict(zip(texts, read["input_ids"], strict=True)) | {"": []}
        return [
            [
                token
                for place, text in enumerate(pieces)
                for token in ((self.markers[text],) if place % 2 else ids[text])
            ]
            for pieces in cut
        ]

    def count(self, prompt: str) -> int:
        """Returns the number of a prompt's tokens."""
        return len(self.encode(prompt))

    def decode(self, tokens: Sequence[int]) -> str:
        """Returns the text of an answer, with its markers."""
        markers = {token: marker for marker, token in self.markers.items()}
        parts = [markers[t].encode() if t in markers else self.spelled.get(t, b"") for t in tokens]
        return b"".join(parts).decode(errors="replace")

    def closed(self, grammar: Grammar, state: Any) -> bool:
        """Whether an answer is complete and needs no token to say so."""
        return bool(self._stop) and grammar.allowed(state) == {END}

    def advance(self, grammar: Grammar, state: Any, token: int) -> Any:
        """Returns a grammar's state after a permitted token that ends nothing."""
        if token in self._symbols:
            return grammar.advance(state, self._symbols[token])
        for byte in self.spelled[token]:
            state = grammar.advance(state, byte)
        return state

    def row(self, grammar: Grammar, state: Any) -> torch.Tensor:
        """Returns bool, shape ``(tokens,)``: true where a token is permitted in a state.

        Raises:
            ModelError: none is.
        """
        key = (grammar.key, state)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._permitted(grammar, state)
            if len(self._rows) > self._most:
                self._rows.popitem(last=False)
        else:
            self._rows.move_to_end(key)
        return row

    def only(self, grammar: Grammar, state: Any) -> int | None:
        """Returns the one token that is permitted in a state; None where there are several.

        Raises:
            ModelError: none is.
        """
        symbols = grammar.allowed(state)
        if len(symbols) > 1:
            return None
        found = self.row(grammar, state).nonzero()
        return int(found[0, 0]) if len(found) == 1 else None

    def _permitted(self, grammar: Grammar, state: Any) -> torch.Tensor:
        allowed = grammar.allowed(state)
        row = torch.zeros(len(self), dtype=torch.bool)
        found = [self._ids[symbol - END - 1] for symbol in allowed if symbol > END]
        if END in allowed:
            found += self.ends
        texts = self._after(grammar, state)
        loop = frozenset(byte for byte, after in texts.items() if after == state)
        if len(loop) >= _MANY:
            inside, others = self._loop(loop)
            row |= inside
            for byte, node in others.items():
                if byte in texts:
                    self._walk(node, grammar, texts[byte], found)
        else:
            self._walk(self._tree, grammar, state, found)
        row[found] = True
        if not row.any():
            raise ModelError(f"the grammar permits nothing in its state {state!r}")
        return row

    def _walk(self, tree: Node, grammar: Grammar, state: Any, found: list[int]) -> None:
        """Adds the tokens of a tree whose bytes a grammar reads from a state on."""
        todo = [(tree, state)]
        while todo:
            node, at = todo.pop()
            found += node.get(_HERE, ())
            if len(node) > (_HERE in node):
                texts = self._after(grammar, at)
                if len(node) < len(texts):
                    todo += [(below, texts[byte]) for byte, below in node.items() if byte in texts]
                else:
                    todo += [(node[byte], after) for byte, after in texts.items() if byte in node]

    def _after(self, grammar: Grammar, state: Any) -> dict[int, Any]:
        """Returns the states after each byte that a grammar permits; those of the last grammars are kept."""
        steps = self._steps.get(grammar.key)
        if steps is None:
            steps = self._steps[grammar.key] = {}
            if len(self._steps) > _GRAMMARS:
                self._steps.popitem(last=False)
        if state not in steps:
            steps[state] = {
                symbol: grammar.advance(state, symbol) for symbol in grammar.allowed(state) if symbol < END
            }
        return steps[state]

    def _loop(self, loop: frozenset[int]) -> tuple[torch.Tensor, dict[int, Node]]:
        """Returns the tokens of these bytes alone, and trees of the others behind their first other byte."""
        known = self._loops.get(loop)
        if known is None:
            inside = torch.zeros(len(self), dtype=torch.bool)
            parts: dict[int, list[tuple[int, bytes]]] = {}
            for token, text in self.spelled.items():
                other = next((place for place, byte in enumerate(text) if byte not in loop), -1)
                if other < 0:
                    inside[token] = True
                else:
                    parts.setdefault(text[other], []).append((token, text[other + 1 :]))
            known = self._loops[loop] = (inside, {byte: _tree(part) for byte, part in parts.items()})
        return known


def token_bytes(tokenizer: PreTrainedTokenizerBase) -> dict[int, bytes]:
    """Returns the bytes that each token stands for; control tokens stand for none and are left out.

    Args:
        tokenizer: one whose tokens are runs of bytes: byte-level BPE, or SentencePiece.

    Raises:
        ModelError: a tokenizer of another kind.
    """
    control = set(tokenizer.all_special_ids)
    added = {t: str(text) for t, text in tokenizer.added_tokens_decoder.items() if t not in control}
    plain = {t: text for text, t in tokenizer.get_vocab().items() if t not in added and t not in control}
    alphabet = {character: byte for byte, character in bytes_to_unicode().items()}
    core = getattr(tokenizer, "backend_tokenizer", None)
    bytewise = core is None or "ByteLevel" in str(core.decoder)
    if bytewise and all(character in alphabet for text in plain.values() for character in text):
        spelled = {token: bytes(map(alphabet.__getitem__, text)) for token, text in plain.items()}
    elif any(_WORD_MARK in text for text in plain.values()) and any(
        map(_BYTE_TOKEN.fullmatch, plain.values())
    ):
        spelled = {token: _piece(text) for token, text in plain.items()}
    else:
        raise ModelError(
            f"cannot tell the bytes of {type(tokenizer).__name__}'s tokens; a grammar needs byte-level BPE, "
            "as of Llama 3, Qwen or SmolLM, or SentencePiece with byte tokens, as of Llama 2"
        )
    spelled |= {token: text.encode() for token, text in added.items()}
    return {token: spelling for token, spelling in spelled.items() if spelling}


def _parted(markers: re.Pattern[str], text: str) -> list[str]:
    """Returns the text before the first marker, then each marker and the text after it."""
    parts, place = [], 0
    for match in markers.finditer(text):
        parts += [text[place : match.start()], match[0]]
        place = match.end()
    return [*parts, text[place:]]


def _piece(text: str) -> bytes:
    byte = _BYTE_TOKEN.fullmatch(text)
    return bytes([int(byte[1], 16)]) if byte else text.replace(_WORD_MARK, " ").encode()


def _tree(tokens: Any) -> Node:
    tree: Node = {}
    for token, text in tokens:
        node = tree
        for byte in text:
            node = node.setdefault(byte, {})
        node.setdefault(_HERE, []).append(token)
    return tree
