"""Constrained decoding of any causal language model with any byte-level tokenizer.

`engine.Engine` is quick and knows one token a byte; this one takes stock models, whose tokens are several
bytes, and the questions of any codec. Of each slot it keeps what the model holds after the last prompt, so
that a history that grows is read once.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DynamicCache,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.cache_utils import DynamicLayer

from debugworld.worldmodel.completion import Abilities, Completion, Request
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.quiet import drop_kernel_advice, without_bars
from debugworld.worldmodel.vocabulary import Vocabulary


class TokenEngine:
    """Greedy constrained decoding, one request after the other.

    Args:
        model: a causal language model; used in evaluation mode, where it is, in the precision it has.
        tokenizer: its fast, byte-level tokenizer.
        slots: most slots of which the model's memory is kept.
        ends: texts, each one token, that end an answer as the tokenizer's own end does, where a format has no
            markers for that.

    Raises:
        ModelError: an end is no token, or the model knows fewer tokens than its tokenizer.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        slots: int = 16,
        ends: Sequence[str] = (),
    ) -> None:
        self._ends = [tokenizer.eos_token_id, *(_token(tokenizer, text) for text in ends)]
        self._model, self._tokenizer, self._most = model.eval(), tokenizer, slots
        known = len(model.get_input_embeddings().weight)  # type: ignore[arg-type]
        if known < len(tokenizer):
            raise ModelError(
                f"the model knows {known} tokens and its tokenizer has "
                f"{len(tokenizer)}; resize the model's embeddings or take the tokenizer it was trained with"
            )
        self._vocabularies: dict[tuple[tuple[str, ...], tuple[str, ...]], Vocabulary] = {}
        self._kept: OrderedDict[Hashable, tuple[list[int], DynamicCache]] = OrderedDict()

    @classmethod
    def load(
        cls,
        path: str | Path,
        dtype: torch.dtype = torch.float32,
        gguf_file: str | None = None,
        ends: Sequence[str] = (),
    ) -> TokenEngine:
        """Opens a model's folder, as `save_pretrained` writes it.

        Args:
            path: the folder; nothing is downloaded.
            dtype: precision of the weights.
            gguf_file: name of a GGUF file in the folder, instead of weights and tokenizer of transformers.
            ends: as in the constructor.

        Raises:
            ModelError: there is no model, or it is damaged.
        """
        drop_kernel_advice()
        options: dict[str, Any] = {"local_files_only": True}
        if gguf_file is not None:
            options["gguf_file"] = gguf_file
        if not Path(path).is_dir():
            raise ModelError(f"{path} is no folder of a model")
        try:
            tokenizer = AutoTokenizer.from_pretrained(path, **options)
            with without_bars():
                model = AutoModelForCausalLM.from_pretrained(path, dtype=dtype, **options)
        except Exception as error:  # each library below fails in ways of its own
            raise ModelError(f"{path} holds no causal language model that can be opened ({error})") from error
        return cls(model.requires_grad_(False), tokenizer, ends=ends)

    @property
    def parameters(self) -> int:
        """Number of the model's parameters."""
        return sum(each.numel() for each in self._model.parameters())

    @property
    def context(self) -> int:
        """Tokens that the model reads and writes together, as configuration and tokenizer say; else 8,192."""
        told = getattr(self._model.config, "max_position_embeddings", None) or 8192
        known = self._tokenizer.model_max_length  # a huge number where it is not known
        return min(told, known)

    @property
    def abilities(self) -> Abilities:
        """It does not draw."""
        return Abilities(masks=True, logprobs=True, raw_logprobs=True, sampling=False)

    def vocabulary(self, markers: Sequence[str] = (), stop: Sequence[str] = ()) -> Vocabulary:
        """Returns the tokenizer as the grammars of a codec see it.

        Raises:
            ModelError: a marker is no token of the model.
        """
        key = (tuple(markers), tuple(stop))
        if key not in self._vocabularies:
            self._vocabularies[key] = Vocabulary(self._tokenizer, *key, ends=self._ends)
        return self._vocabularies[key]

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order.

        Raises:
            ModelError: a marker is no token of the model, or a grammar permits nothing at some place.
        """
        with torch.inference_mode():
            return [self._complete(request) for request in requests]

    def forget(self) -> None:
        """Drops what is kept of the slots, as for a model whose weights have changed."""
        self._kept.clear()

    def _complete(self, request: Request) -> Completion:
        vocabulary = self.vocabulary(getattr(request, "markers", ()), getattr(request, "stop", ()))
        grammar, state = request.grammar, request.grammar.start()
        prompt = vocabulary.encode(request.prompt)
        logits, cache, whole = self._read(request.slot, prompt)
        tokens: list[int] = []
        logprobs: list[float] = []
        raw_logprobs: list[float] = []
        finished = False
        while len(tokens) < request.max_tokens:
            if vocabulary.closed(grammar, state):
                finished = True
                break
            raw = logits.float().log_softmax(-1)
            row = vocabulary.row(grammar, state)
            within = raw[: len(row)].masked_fill(~row, -torch.inf).log_softmax(-1)
            token = int(within.argmax())
            logprobs.append(float(within[token]))
            raw_logprobs.append(float(raw[token]))
            if token in vocabulary.ends:
                finished = True
                break
            tokens.append(token)
            state = vocabulary.advance(grammar, state, token)
            logits = self._step(cache, [token])
        if whole and tokens:
            cache.crop(-len(tokens))
        text = vocabulary.decode(tokens)
        return Completion(text, tuple(logprobs), tuple(raw_logprobs), finished)

    def _read(self, slot: Hashable, prompt: list[int]) -> tuple[torch.Tensor, DynamicCache, bool]:
        """Reads a prompt on from what its slot holds.

        Returns:
            The logits after it, a cache to go on with, and whether that is the slot's own, to be cut back.
        """
        known, cache = self._kept.pop(slot, ([], None))
        if cache is None:
            cache = DynamicCache(config=self._model.config)
        whole = all(type(layer) is DynamicLayer for layer in cache.layers)
        shared = next((n for n, (a, b) in enumerate(zip(known, prompt, strict=False)) if a != b), None)
        size = min(len(known), len(prompt)) if shared is None else shared
        size = min(size, len(prompt) - 1)
        if size < len(known):
            if whole and size:
                cache.crop(size - len(known))
            else:
                cache, size = DynamicCache(config=self._model.config), 0
        logits = self._step(cache, prompt[size:])
        self._kept[slot] = (prompt, cache)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return logits, cache if whole else copy.deepcopy(cache), whole

    def _step(self, cache: DynamicCache, tokens: list[int]) -> torch.Tensor:
        """Reads tokens; returns the logits after the last, shape ``(vocabulary,)``."""
        ids = torch.tensor([tokens], device=self._model.device)
        out = self._model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        return out.logits[0, -1].cpu()


def _token(tokenizer: PreTrainedTokenizerBase, text: str) -> int:
    """Returns the one token of a text."""
    found: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    if len(found) != 1:
        raise ModelError(f"{text!r} is {len(found)} tokens of this tokenizer, and so cannot end an answer")
    return found[0]
