"""Answers many requests at once, each within its grammar, reading nothing twice.

A memo answers repeated requests; prompts that begin like an earlier one of their slot, or like any late
one with the same first line, are read from there on (see `prefix`); rows decode together. The shipped
architecture has a forward pass of its own (see `lean` and `slots`); any other goes through its modules (see
`padded`). The answers are those of greedy `generate` under the same masks, token by token.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from debugworld.worldmodel.answer import Row
from debugworld.worldmodel.checkpoint import load_model
from debugworld.worldmodel.completion import TOO_LONG, Abilities, Completion, Request, Sampling
from debugworld.worldmodel.constraint import Masks
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.lean import LeanModel
from debugworld.worldmodel.memo import Memo
from debugworld.worldmodel.padded import PaddedDecoder
from debugworld.worldmodel.slots import SlotDecoder

__all__ = ["SMALL", "Completion", "Engine", "Request", "Sampling"]

SMALL = 50_000_000
"""Parameters below which one thread answers fastest."""
_UNREAD = Completion("", (), (), False, TOO_LONG)


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Gives PyTorch a number of threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Engine:
    """Constrained decoding of one model.

    Args:
        model: a causal language model; used in evaluation mode, in the precision it has (float32 is the
            fastest for small ones on a CPU).
        tokenizer: of `build_tokenizer`.
        batch_size: most rows that decode together.
        memories: most prompts remembered for slots, and for first lines.
        memo: most answers remembered.
        temperature: of requests that do not say how they are drawn; 0 takes the likeliest permitted token;
            above, each has a seed of its own and no answer is kept.
        seed: of those seeds.
        threads: of the CPU while it answers; None takes one for models of less than `SMALL` parameters, which
            several threads slowed down where it was tried, and else what PyTorch has.
        device: where the model is moved to, such as ``cuda``; None leaves it where it is.
        lean: whether the lean pass is used; None uses it where there is one for the model.
        graphs: whether its steps are filled up to fixed shapes, which a GPU begins at once as CUDA graphs.

    Raises:
        ModelError: the lean pass or graphs are demanded and there is none, or the model's cache cannot be
            remembered.
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
        device: torch.device | str | None = None,
        lean: bool | None = None,
        graphs: bool = False,
    ) -> None:
        size = self.parameters = sum(weights.numel() for weights in model.parameters())
        self._threads = threads or (1 if size < SMALL else torch.get_num_threads())
        self.batch_size, self.temperature = batch_size, temperature
        self._tokenizer = tokenizer
        model = model.eval()
        if device is not None:
            model = model.to(device)  # type: ignore[arg-type]
        self.device = str(model.device)
        """Where the model is."""
        if lean is None:
            lean = LeanModel.supports(model)
        elif lean and not LeanModel.supports(model):
            raise ModelError(
                f"there is no lean pass for {type(model).__name__} in {model.dtype}; lean=None picks"
            )
        if graphs and not lean:
            raise ModelError(f"graphs are of the lean pass, which {type(model).__name__} is not given here")
        self.positions: int | None = getattr(model.config, "max_position_embeddings", None)
        """Tokens that the model reads, the answer's included; None for any number."""
        masks = Masks(model.config.vocab_size, model.device)
        with torch.inference_mode():
            self._decoder: SlotDecoder | PaddedDecoder = (
                SlotDecoder(model, masks, batch_size, memories, graphs)
                if lean
                else PaddedDecoder(model, masks, batch_size, memories)
            )
        self._memo, self._seeds = Memo(memo), np.random.SeedSequence(seed)

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

    @property
    def abilities(self) -> Abilities:
        """All there is."""
        return Abilities(masks=True, logprobs=True, raw_logprobs=True, sampling=True)

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order.

        A prompt that leaves no room in the model's positions is not read; its completion is not finished, for
        `TOO_LONG`. One that leaves less than ``max_tokens`` has an answer that is cut there.

        Raises:
            ModelError: a grammar permits nothing at some place.
        """
        drawn = self.temperature > 0
        if drawn:
            requests = [self._drawn(request) for request in requests]
        return self._memo.answer(requests, self._answer, remember=not drawn)

    def _answer(self, requests: Sequence[Request]) -> list[Completion]:
        encoded = self._tokenizer([request.prompt for request in requests], verbose=False)["input_ids"]
        fitting = [self._fitted(request, len(ids)) for request, ids in zip(requests, encoded, strict=True)]
        prompts = [tuple(ids) for ids, fits in zip(encoded, fitting, strict=True) if fits is not None]
        rows = [Row(request) for request in fitting if request is not None]
        with torch.inference_mode(), _threads(self._threads):
            self._decoder.decode(rows, prompts)
        written = [row.tokens for row in rows]
        texts = self._tokenizer.batch_decode(written, skip_special_tokens=True) if rows else []
        found = iter([row.completion(text) for row, text in zip(rows, texts, strict=True)])
        return [_UNREAD if request is None else next(found) for request in fitting]

    def _fitted(self, request: Request, used: int) -> Request | None:
        """Returns a request whose answer ends where the positions do; None where its prompt has no room."""
        room = request.max_tokens if self.positions is None else self.positions - used
        if room < 1:
            return None
        return request if room >= request.max_tokens else dataclasses.replace(request, max_tokens=room)

    def forget(self) -> None:
        """Drops all memories and the memo, as for a model whose weights have changed."""
        with torch.inference_mode():
            self._decoder.forget()
        self._memo.forget()

    def _drawn(self, request: Request) -> Request:
        """Returns a request with a seed of its own, unless it has one."""
        if request.sampling is not None:
            return request
        [source] = self._seeds.spawn(1)
        sampling = Sampling(self.temperature, seed=int(source.generate_state(1, np.uint64)[0]))
        return dataclasses.replace(request, sampling=sampling)
