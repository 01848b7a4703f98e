"""Answers many requests at once, each within its grammar, reading nothing twice.

A memo answers repeated requests; prompts that begin like an earlier one of their slot, or like any late
one with the same first line, are read from there on (see `prefix`); all rows of a batch decode together and
leave when they are done. The answers are those of greedy `generate` under the same masks, token by token.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from debugworld.worldmodel.checkpoint import load_model
from debugworld.worldmodel.constraint import END, Grammar, Masks, symbol_of
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.prefix import MemoryStore, Reader
from debugworld.worldmodel.tokenizer import FIRST_BYTE

SMALL = 50_000_000
"""Parameters below which one thread answers fastest."""
_NEWLINE = FIRST_BYTE + ord("\n")


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Gives PyTorch a number of threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class Request:
    """A question.

    Attributes:
        slot: who asks, for instance one environment of many; its next prompt may begin like this one.
        prompt: text of the question.
        grammar: what the answer may be.
        max_tokens: longest answer; one cut there is marked as not finished.
    """

    slot: Hashable
    prompt: str
    grammar: Grammar
    max_tokens: int = 256


@dataclass(frozen=True)
class Completion:
    """An answer.

    Attributes:
        text: the answer.
        logprobs: natural logarithm of each token's probability among the permitted ones, the end included.
        raw_logprobs: the same among all tokens: low where the grammar had to overrule the model.
        finished: whether the answer ended by itself.
    """

    text: str
    logprobs: tuple[float, ...]
    raw_logprobs: tuple[float, ...]
    finished: bool

    @property
    def total(self) -> float:
        """Log-probability of the whole answer."""
        return sum(self.logprobs)

    @property
    def lowest(self) -> float:
        """The least log-probability of a token, the best single sign of a wrong answer."""
        return min(self.logprobs, default=0.0)

    @property
    def raw_total(self) -> float:
        """Log-probability of the whole answer without the grammar."""
        return sum(self.raw_logprobs)

    @property
    def raw_lowest(self) -> float:
        """The least log-probability of a token without the grammar."""
        return min(self.raw_logprobs, default=0.0)


class Engine:
    """Constrained decoding of one model.

    Args:
        model: a causal language model; used in evaluation mode, in the precision it has (float32 is the
            fastest for small ones on a CPU).
        tokenizer: of `build_tokenizer`.
        batch_size: most rows that decode together.
        memories: most prompts remembered for slots, and for first lines.
        memo: most answers remembered.
        temperature: 0 takes the likeliest permitted token; above, tokens are drawn and no answer is kept.
        seed: of the drawing.
        threads: of the CPU while it answers; None takes one for models of less than `SMALL` parameters, which
            several threads slowed down where it was tried, and else what PyTorch has.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        batch_size: int = 32,
        memories: int = 256,
        memo: int = 65_536,
        temperature: float = 0.0,
        seed: int = 0,
        threads: int | None = None,
    ) -> None:
        size = sum(weights.numel() for weights in model.parameters())
        self._threads = threads or (1 if size < SMALL else torch.get_num_threads())
        self.batch_size, self.temperature = batch_size, temperature
        self._tokenizer, self._masks = tokenizer, Masks(len(tokenizer))
        with torch.inference_mode():
            self._reader = Reader(model.eval())
        self._memories = MemoryStore(memories)
        self._memo: OrderedDict[Hashable, Completion] = OrderedDict()
        self._memo_size, self._seeds = memo, np.random.SeedSequence(seed)

    @classmethod
    def load(cls, path: str | Path | None = None, **options: Any) -> Engine:
        """Opens an engine over a checkpoint.

        Args:
            path: its folder; None takes the one that ships with the package.
            **options: as in the constructor.

        Raises:
            ModelError: the checkpoint is missing or damaged.
        """
        model, tokenizer, _ = load_model(None if path is None else Path(path))
        return cls(model, tokenizer, **options)

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order.

        Raises:
            ModelError: a grammar permits nothing at some place.
        """
        keys: list[Hashable] = [
            number if self.temperature else (request.prompt, request.grammar.key, request.max_tokens)
            for number, request in enumerate(requests)
        ]
        fresh = {key: request for key, request in zip(keys, requests, strict=True) if key not in self._memo}
        answers = {key: self._memo[key] for key in keys if key in self._memo}
        waiting = sorted(fresh.items(), key=lambda item: len(item[1].prompt))
        with torch.inference_mode(), _threads(self._threads):
            for start in range(0, len(waiting), self.batch_size):
                part = waiting[start : start + self.batch_size]
                rows = self._decode([request for _, request in part])
                for (key, _), row in zip(part, rows, strict=True):
                    answers[key] = row.completion(self._tokenizer)
        if not self.temperature:
            self._remember(answers)
        return [answers[key] for key in keys]

    def forget(self) -> None:
        """Drops all memories and the memo, as for a model whose weights have changed."""
        self._memories.forget()
        self._memo.clear()

    def _remember(self, answers: dict[Hashable, Completion]) -> None:
        for key, answer in answers.items():
            self._memo[key] = answer
            self._memo.move_to_end(key)
        while len(self._memo) > self._memo_size:
            self._memo.popitem(last=False)

    def _decode(self, requests: Sequence[Request]) -> list[_Row]:
        """Answers one batch."""
        encoded = self._tokenizer([request.prompt for request in requests])["input_ids"]
        prompts = [tuple(ids) for ids in encoded]
        lines = [_first_line(prompt) for prompt in prompts]
        known = [
            self._memories.find(request.slot, line, prompt)
            for request, line, prompt in zip(requests, lines, prompts, strict=True)
        ]
        memories, logits = self._reader.read(known, prompts)
        for request, line, memory in zip(requests, lines, memories, strict=True):
            self._memories.keep(request.slot, line, memory.cut(len(memory.tokens) - 1))
        chances = self._chances(len(requests))
        rows = [_Row(request, chance) for request, chance in zip(requests, chances, strict=True)]
        batch, running = self._reader.join(memories), rows
        while True:
            tokens = self._choose(running, logits)
            going = [place for place, row in enumerate(running) if not row.done]
            if not going:
                return rows
            if len(going) < len(running):
                batch.select(going)
                tokens, running = tokens[going], [running[place] for place in going]
            logits = self._reader.step(batch, tokens)

    def _choose(self, rows: Sequence[_Row], logits: torch.Tensor) -> torch.Tensor:
        """Adds a token to each row, and returns them, int64, shape ``(rows,)``."""
        permitted = torch.stack([self._masks.row(row.allowed()) for row in rows])
        raw = logits.log_softmax(-1)
        within = logits.masked_fill(~permitted, -torch.inf).log_softmax(-1)
        if self.temperature:
            noise = torch.tensor(np.stack([row.chance.gumbel(size=logits.shape[1]) for row in rows]))
            tokens = (within / self.temperature + noise).argmax(-1)
        else:
            tokens = within.argmax(-1)
        parts = (tokens, within.gather(1, tokens[:, None])[:, 0], raw.gather(1, tokens[:, None])[:, 0])
        for row, token, logprob, raw_logprob in zip(rows, *(part.tolist() for part in parts), strict=True):
            row.add(token, logprob, raw_logprob)
        return tokens

    def _chances(self, count: int) -> list[np.random.Generator]:
        """Returns a source of chance for each row, so that its draws do not depend on its neighbours."""
        return [np.random.default_rng(seed) for seed in self._seeds.spawn(count)]


class _Row:
    """An answer in the making."""

    def __init__(self, request: Request, chance: np.random.Generator) -> None:
        self.request, self.chance = request, chance
        self.state: Any = request.grammar.start()
        self.tokens: list[int] = []
        self.logprobs: list[float] = []
        self.raw_logprobs: list[float] = []
        self.finished = False

    @property
    def done(self) -> bool:
        return self.finished or len(self.tokens) >= self.request.max_tokens

    def allowed(self) -> frozenset[int]:
        symbols = self.request.grammar.allowed(self.state)
        if not symbols:
            raise ModelError(f"the grammar permits nothing in its state {self.state!r}")
        return symbols

    def add(self, token: int, logprob: float, raw_logprob: float) -> None:
        self.logprobs.append(logprob)
        self.raw_logprobs.append(raw_logprob)
        symbol = symbol_of(token)
        if symbol == END:
            self.finished = True
        else:
            self.tokens.append(token)
            self.state = self.request.grammar.advance(self.state, symbol)

    def completion(self, tokenizer: PreTrainedTokenizerBase) -> Completion:
        text = str(tokenizer.decode(self.tokens, skip_special_tokens=True))
        return Completion(text, tuple(self.logprobs), tuple(self.raw_logprobs), self.finished)


def _first_line(tokens: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the tokens of a prompt up to its first line break: the statement it is about."""
    return tokens[: tokens.index(_NEWLINE)] if _NEWLINE in tokens else tokens
