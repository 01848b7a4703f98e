"""An answer in the making, by tokens of any length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from debugworld.worldmodel.answer import draw
from debugworld.worldmodel.completion import Completion, Request
from debugworld.worldmodel.vocabulary import Vocabulary


class TokenRow:
    """Chooses an answer's tokens within its grammar.

    Args:
        request: what is answered.
        vocabulary: the tokens.
    """

    def __init__(self, request: Request, vocabulary: Vocabulary) -> None:
        self.request, self._vocabulary = request, vocabulary
        self.tokens: list[int] = []
        self._state: Any = request.grammar.start()
        self._logprobs: list[float] = []
        self._raw: list[float] = []
        self._finished = False
        self._chance = np.random.default_rng(request.sampling.seed) if request.sampling else None
        self._settle()

    @property
    def done(self) -> bool:
        """Whether nothing more is to be chosen."""
        return self._finished or len(self.tokens) >= self.request.max_tokens

    def ahead(self, guess: Sequence[int] = ()) -> list[int]:
        """Returns tokens that may be read before they are chosen.

        Where one token alone is permitted, it comes next in any case; elsewhere a guess goes on, as far as
        the grammar permits it.

        Args:
            guess: what may come next; ignored where tokens are drawn.
        """
        found: list[int] = []
        rest = [] if self._chance is not None else list(guess)
        state, grammar = self._state, self.request.grammar
        while len(self.tokens) + len(found) + 1 < self.request.max_tokens:
            token = self._vocabulary.only(grammar, state)
            if token is None and rest and self._vocabulary.row(grammar, state)[rest[0]]:
                token = rest[0]
            if token is None or token in self._vocabulary.ends:
                break
            rest = rest[1:] if rest and rest[0] == token else []
            state = self._vocabulary.advance(grammar, state, token)
            if self._vocabulary.closed(grammar, state):
                break
            found.append(token)
        return found

    def choose(self, logits: torch.Tensor) -> int:
        """Adds a token and returns it; logits are float32, shape ``(vocabulary,)``."""
        row = self._vocabulary.row(self.request.grammar, self._state)
        scores = logits.masked_fill(~row.to(logits.device), -torch.inf)
        if self._chance is not None and self.request.sampling is not None:
            token = draw(scores, self.request.sampling, self._chance)
        else:
            token = int(scores.argmax())
        self._logprobs.append(float(scores[token] - scores.logsumexp(-1)))
        self._raw.append(float(logits[token] - logits.logsumexp(-1)))
        if token in self._vocabulary.ends:
            self._finished = True
        else:
            self.tokens.append(token)
            self._state = self._vocabulary.advance(self.request.grammar, self._state, token)
            self._settle()
        return token

    def completion(self) -> Completion:
        """Returns the answer as it is."""
        text = self._vocabulary.decode(self.tokens)
        return Completion(text, tuple(self._logprobs), tuple(self._raw), self._finished)

    def _settle(self) -> None:
        """Ends an answer that needs no token for that."""
        self._finished = not self.done and self._vocabulary.closed(self.request.grammar, self._state)
