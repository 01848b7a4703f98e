"""What an engine is asked and what it answers: one interface for every way to run a language model.

A `CompletionEngine` completes prompts within grammars. The package's own `engine.Engine`, transformers'
`generate` and an OpenAI-compatible endpoint stand behind it; `engines.open_engine` picks one.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from debugworld.worldmodel.constraint import Grammar

TOO_LONG = "the question is longer than what the model reads"
"""Reason of a completion that an engine did not begin."""


@dataclass(frozen=True)
class Sampling:
    """How an answer is drawn. The same request with the same seed draws the same answer.

    Attributes:
        temperature: divides the permitted tokens' logits; above 0.
        top_p: of the permitted tokens, only the likeliest that reach this probability together are drawn
            from; in (0, 1], 1 for all. The temperature comes first.
        seed: of the draws.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.temperature > 0 or not 0 < self.top_p <= 1:
            told = f"{self.temperature}, {self.top_p}"
            raise ValueError(f"temperature must be above 0 and top_p in (0, 1]; got {told}")


@dataclass(frozen=True)
class Request:
    """A question.

    Attributes:
        slot: who asks, for instance one environment of many; its next prompt may begin like this one.
        prompt: text of the question.
        grammar: what the answer may be.
        max_tokens: longest answer; one cut there is marked as not finished.
        sampling: how the answer is drawn; None takes the likeliest permitted token each time.
        memory: whose answers may be given again in place of a new one: those to requests of the same memory.
    """

    slot: Hashable
    prompt: str
    grammar: Grammar
    max_tokens: int = 256
    sampling: Sampling | None = None
    memory: Hashable = None

    def draws(self, count: int, sampling: Sampling | None = None) -> list[Request]:
        """Returns requests for several answers to this question, with seeds that count upwards.

        Args:
            count: how many.
            sampling: of the first; None takes the request's own, or a temperature of 1.
        """
        first = sampling or self.sampling or Sampling()
        drawn = [dataclasses.replace(first, seed=first.seed + number) for number in range(count)]
        return [dataclasses.replace(self, sampling=one) for one in drawn]


@dataclass(frozen=True)
class Completion:
    """An answer.

    Attributes:
        text: the answer.
        logprobs: natural logarithm of each token's probability among the permitted ones, the end included;
            before temperature and top-p. Empty where the engine cannot tell.
        raw_logprobs: the same among all tokens: low where the grammar had to overrule the model. Empty where
            the engine cannot tell.
        finished: whether the answer ended by itself, within the grammar.
        reason: why it is not finished, where the engine knows more than that it became too long.
    """

    text: str
    logprobs: tuple[float, ...]
    raw_logprobs: tuple[float, ...]
    finished: bool
    reason: str = ""

    @property
    def cut(self) -> bool:
        """Whether a limit of tokens ended it, or kept it from beginning."""
        return not self.finished and self.reason in ("", TOO_LONG)

    @property
    def total(self) -> float:
        """Log-probability of the whole answer."""
        return sum(self.logprobs)

    @property
    def lowest(self) -> float:
        """The least log-probability of a token, the best single sign of a wrong answer; nan for unknown."""
        return min(self.logprobs, default=math.nan)

    @property
    def raw_total(self) -> float:
        """Log-probability of the whole answer without the grammar."""
        return sum(self.raw_logprobs)

    @property
    def raw_lowest(self) -> float:
        """The least log-probability of a token without the grammar; nan for unknown."""
        return min(self.raw_logprobs, default=math.nan)


@dataclass(frozen=True)
class Abilities:
    """What an engine can do.

    Attributes:
        masks: every token is chosen within the grammar. Without it, answers are checked afterwards, and one
            outside the grammar is marked as not finished.
        logprobs: completions carry log-probabilities among the permitted tokens.
        raw_logprobs: completions carry log-probabilities among all tokens.
        sampling: requests may ask for draws, reproducible by their seeds.
    """

    masks: bool
    logprobs: bool
    raw_logprobs: bool
    sampling: bool


@runtime_checkable
class CompletionEngine(Protocol):
    """Something that completes prompts within grammars."""

    @property
    def abilities(self) -> Abilities:
        """What the engine can do."""

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order.

        Raises:
            ModelError: the model cannot answer.
        """

    def forget(self) -> None:
        """Drops all that is remembered, as for a model whose weights have changed."""
