"""An answer in the making, and the choice of its next tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from debugworld.worldmodel.completion import Completion, Request, Sampling
from debugworld.worldmodel.constraint import END, symbol_of
from debugworld.worldmodel.errors import ModelError


class Row:
    """An answer in the making, by a tokenizer of single bytes.

    Args:
        request: what is answered.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.state: Any = request.grammar.start()
        self.tokens: list[int] = []
        self.logprobs: list[float] = []
        self.raw_logprobs: list[float] = []
        self.finished = False
        sampling = request.sampling
        self.chance = np.random.default_rng(sampling.seed) if sampling else None

    @property
    def done(self) -> bool:
        """Whether nothing more is to be added."""
        return self.finished or len(self.tokens) >= self.request.max_tokens

    def allowed(self) -> frozenset[int]:
        """Returns the symbols that may come next.

        Raises:
            ModelError: there are none.
        """
        return permitted(self.request, self.state)

    def add(self, token: int, logprob: float, raw_logprob: float) -> None:
        """Adds a permitted token."""
        self.logprobs.append(logprob)
        self.raw_logprobs.append(raw_logprob)
        symbol = symbol_of(token)
        if symbol == END:
            self.finished = True
        else:
            self.tokens.append(token)
            self.state = self.request.grammar.advance(self.state, symbol)

    def completion(self, text: str) -> Completion:
        """Returns the answer; ``text`` is that of its tokens."""
        return Completion(text, tuple(self.logprobs), tuple(self.raw_logprobs), self.finished)


def permitted(request: Request, state: Any) -> frozenset[int]:
    """Returns the symbols that may come next in a request's answer.

    Raises:
        ModelError: there are none.
    """
    symbols = request.grammar.allowed(state)
    if not symbols:
        raise ModelError(f"the grammar permits nothing in its state {state!r}")
    return symbols


def draw(scores: torch.Tensor, sampling: Sampling, chance: np.random.Generator) -> int:
    """Draws a token.

    Args:
        scores: logits, -inf for what is not permitted; float, shape ``(vocabulary,)``.
        sampling: temperature and top-p.
        chance: gives one number.
    """
    chances = (scores.double() / sampling.temperature).softmax(-1).cpu().numpy()
    order = np.argsort(-chances, kind="stable")
    reached = np.cumsum(chances[order])
    kept = 1 + int(np.searchsorted(reached, sampling.top_p * reached[-1] * (1 - 1e-12)))
    kept = min(kept, int((chances > 0).sum()))
    return int(order[min(np.searchsorted(reached, chance.random() * reached[kept - 1], "right"), kept - 1)])


def choose(rows: Sequence[Row], logits: torch.Tensor, masks: torch.Tensor) -> list[int]:
    """Adds a token to each row, and returns them.

    Args:
        rows: the answers.
        logits: float32, shape ``(rows, vocabulary)``.
        masks: 0 where a token is permitted and -inf elsewhere, same shape.
    """
    raw, scores = logits.log_softmax(-1), logits + masks
    within, tokens = scores.log_softmax(-1), scores.argmax(-1)
    for place, row in enumerate(rows):
        if row.chance is not None and row.request.sampling is not None:
            tokens[place] = draw(scores[place], row.request.sampling, row.chance)
    parts = (tokens, within.gather(1, tokens[:, None])[:, 0], raw.gather(1, tokens[:, None])[:, 0])
    chosen: list[int] = parts[0].tolist()
    for row, token, logprob, raw_logprob in zip(
        rows, chosen, parts[1].tolist(), parts[2].tolist(), strict=True
    ):
        row.add(token, logprob, raw_logprob)
    return chosen
