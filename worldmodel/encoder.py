"""From examples to tokens: which template a format has, and which tokens are learnt."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from debugworld.worldmodel.formats import MARKOV, open_codec
from debugworld.worldmodel.packing import Encoded
from debugworld.worldmodel.store import Example
from debugworld.worldmodel.vocabulary import Vocabulary


class Encoder:
    """Encodes the examples of a format.

    Our own questions become start, prompt, boundary, completion, end. In a format nothing is added: its
    markers say all of that.

    Args:
        tokenizer: its pair template is that of our own questions; it keeps a format's markers whole.
        format: what the examples are written in.

    Raises:
        ModelError: there is no such format, or the tokenizer lacks a marker of it.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, format: str = MARKOV) -> None:
        self._tokenizer = tokenizer
        self._vocabulary: Vocabulary | None = None
        if format != MARKOV:
            codec = open_codec(format)
            self._vocabulary = Vocabulary(tokenizer, codec.markers, codec.stop)

    def __call__(self, examples: Sequence[Example]) -> list[Encoded]:
        """Returns the tokens of examples, and which of them are learnt."""
        if self._vocabulary is None:
            sequences = self._tokenizer([e.prompt for e in examples], [e.completion for e in examples])
            boundary = self._tokenizer.sep_token_id
            asked = [ids.index(boundary) + 1 for ids in sequences["input_ids"]]
            return [
                (ids, [place >= first for place in range(len(ids))])
                for ids, first in zip(sequences["input_ids"], asked, strict=True)
            ]
        parts = iter(self._vocabulary.encode_all([part for example in examples for part in example.parts]))
        found: list[Encoded] = []
        for example in examples:
            tokens: list[int] = []
            learnt: list[bool] = []
            for place in range(len(example.parts)):
                part = next(parts)
                tokens += part
                learnt += [place % 2 == 1] * len(part)
            found.append((tokens, learnt))
        return found
