"""Constrained decoding of any causal language model with any tokenizer whose tokens are runs of bytes.

`engine.Engine` is quick and knows one token a byte; this one takes stock models, whose tokens are several
bytes, and the questions of any codec. What all prompts of a call begin with is read once and shared, what a
slot has read is kept for its next prompt, and rows decode together (see `packed`). A model whose memory is of
another kind, such as one with convolutions, answers one request after the other.
"""

from __future__ import annotations

import copy
import dataclasses
from collections import OrderedDict, deque
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoTokenizer,
    DynamicCache,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.cache_utils import DynamicLayer

from debugworld.worldmodel.checkpoint import read_model
from debugworld.worldmodel.completion import TOO_LONG, Abilities, Completion, Request
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.memo import Memo
from debugworld.worldmodel.packed import Feed, PackedModel
from debugworld.worldmodel.past import Past, PastStore, agreeing
from debugworld.worldmodel.prefix import Memory
from debugworld.worldmodel.quiet import drop_kernel_advice
from debugworld.worldmodel.token_row import TokenRow
from debugworld.worldmodel.vocabulary import Vocabulary, token_bytes
from debugworld.worldmodel.weights import check_model

READ_AT_ONCE = 256
"""Most tokens of prompts that one pass reads."""
GUESSES = 32
"""Tokens of a pass, the rows' own counted in, up to which guesses are read with them."""
_ALIKE = 3
"""Tokens that must agree with an earlier place for a guess."""
_BOLDEST = 16
"""Most tokens of a guess."""
_WORTH_SHARING = 16
"""Tokens from which on a common beginning is worth a memory of its own."""


class TokenEngine:
    """Answers many requests at once, each within its grammar.

    Args:
        model: a causal language model; used in evaluation mode, where it is, in the precision it has.
        tokenizer: its tokenizer; a prompt gets the control tokens that it adds by itself.
        batch_size: most rows that decode together.
        kept: most bytes of what slots have read.
        memo: most answers remembered.
        packed: whether rows are read together; None where the model can.
        separator: text that ends an answer as well, where the tokenizer has a token for it and a format has
            no markers for that.

    Raises:
        ModelError: no token ends an answer, the model knows fewer tokens than its tokenizer, or its rows
            are to be read together and cannot.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        batch_size: int = 32,
        kept: int = 1 << 30,
        memo: int = 16_384,
        packed: bool | None = None,
        separator: str = "",
    ) -> None:
        self._model, self._tokenizer, self.batch_size = model.eval(), tokenizer, batch_size
        self._size = int(model.get_output_embeddings().weight.shape[0])
        if self._size < len(tokenizer):
            raise ModelError(
                f"the model knows {self._size} tokens and its tokenizer has "
                f"{len(tokenizer)}; resize the model's embeddings or take the tokenizer it was trained with"
            )
        told: Any = model.generation_config.eos_token_id if model.generation_config else None
        ending = [tokenizer.eos_token_id, *(told if isinstance(told, list) else [told])]
        own = {token for token in ending if token is not None and token < self._size}
        if not own:
            raise ModelError("neither tokenizer nor generation_config.json names a token that ends an answer")
        spelled = token_bytes(tokenizer) if separator else {}
        others = {token for token, text in spelled.items() if text == separator.encode()}
        self._ends, self._end = {*own, *others}, min(own)
        self.separator = separator if others else f"{tokenizer.convert_ids_to_tokens(self._end)}{separator}"
        """Text that begins with what ends an answer: the separator, behind the end token where need be."""
        self._vocabularies: dict[tuple[tuple[str, ...], tuple[str, ...]], Vocabulary] = {}
        able = packed is not False and PackedModel.supports(model)
        if packed and not able:
            raise ModelError(f"rows of {type(model).__name__} cannot be read together; packed=None picks")
        self._packed = PackedModel(model) if able else None
        self._pasts = PastStore(kept)
        self._latest: tuple[int, ...] = ()
        self._alone: OrderedDict[Hashable, tuple[list[int], DynamicCache]] = OrderedDict()
        self._memo = Memo(memo)

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        dtype: torch.dtype | str = "auto",
        device: torch.device | str | None = None,
        **options: Any,
    ) -> TokenEngine:
        """Opens an engine over a saved model; nothing is downloaded.

        Args:
            path: a folder that `from_pretrained` reads, or a GGUF file.
            dtype: precision of the weights; ``auto`` takes the one they are saved in.
            device: where the model is put; None takes a CUDA device where there is one.
            **options: as in the constructor.

        Raises:
            ModelError: there is no such model, it cannot be read, lacks weights, or is not causal or damaged.
        """
        path = Path(path)
        drop_kernel_advice()
        folder, extra = (path.parent, {"gguf_file": path.name}) if path.suffix == ".gguf" else (path, {})
        if not path.exists():
            raise ModelError(f"{path} does not exist; give the folder of a model, or a GGUF file")
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **extra)
            model: Any = read_model(folder, dtype=dtype, local_files_only=True, **extra)
        except Exception as error:  # each library below fails in ways of its own
            raise ModelError(
                f"{path} holds no causal language model that transformers can read ({error}); "
                "give the folder of save_pretrained"
            ) from error
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        model = model.to(device).requires_grad_(False)
        check_model(model, str(path))
        return cls(model, tokenizer, **options)

    @property
    def parameters(self) -> int:
        """Number of the model's parameters."""
        return sum(each.numel() for each in self._model.parameters())

    @property
    def device(self) -> str:
        """Where the model is."""
        return str(self._model.device)

    @property
    def context(self) -> int:
        """Tokens that the model reads and writes together, as configuration and tokenizer say; else 8,192."""
        known = self._tokenizer.model_max_length  # a huge number where it is not known
        return min(self._positions or 8192, known)

    @property
    def abilities(self) -> Abilities:
        """All there is."""
        return Abilities(masks=True, logprobs=True, raw_logprobs=True, sampling=True)

    def vocabulary(self, markers: Sequence[str] = (), stop: Sequence[str] = ()) -> Vocabulary:
        """Returns the tokenizer as the grammars of a codec see it.

        Raises:
            ModelError: a marker is no token of the model, or the bytes of its tokens cannot be told.
        """
        key = (tuple(markers), tuple(stop))
        if key not in self._vocabularies:
            self._vocabularies[key] = Vocabulary(self._tokenizer, *key, ends=self._ends, size=self._size)
        return self._vocabularies[key]

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order; ``max_tokens`` are tokens of this tokenizer.

        A prompt that leaves no room in the model's positions is not read; its completion is not finished, for
        `TOO_LONG`. One that leaves less than ``max_tokens`` has an answer that is cut there.

        Raises:
            ModelError: a marker is no token of the model, or a grammar permits nothing at some place.
        """
        return self._memo.answer(requests, self._answer)

    def forget(self) -> None:
        """Drops all that is remembered, as for a model whose weights have changed."""
        self._memo.forget()
        self._pasts.forget()
        self._alone.clear()
        if self._packed is not None:
            self._packed.share(())

    def chat(self, messages: Sequence[dict[str, str]]) -> str:
        """Returns the prompt of a conversation in the model's own template, up to the next message.

        Where the model has none, the messages follow one another with a blank line between them. What looks
        like a control token in a message is broken up.

        Args:
            messages: ``role`` and ``content`` of each.
        """
        told = [{**each, "content": each["content"].replace("<|", "< |")} for each in messages]
        if self._tokenizer.chat_template is None:
            return "\n\n".join(each["content"] for each in told) + "\n\n"
        return str(self._tokenizer.apply_chat_template(told, tokenize=False, add_generation_prompt=True))

    @property
    def _positions(self) -> int | None:
        told: int | None = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        return told

    def _answer(self, requests: Sequence[Request]) -> list[Completion]:
        rows: list[TokenRow | None] = []
        prompts: list[tuple[int, ...]] = []
        for request in requests:
            vocabulary = self.vocabulary(getattr(request, "markers", ()), getattr(request, "stop", ()))
            prompt = tuple(vocabulary.encode(request.prompt) or [self._end])
            room = request.max_tokens if self._positions is None else self._positions - len(prompt)
            if room < 1:
                rows.append(None)
                continue
            fitted = dataclasses.replace(request, max_tokens=min(room, request.max_tokens))
            rows.append(TokenRow(fitted, vocabulary))
            prompts.append(prompt)
        read = [row for row in rows if row is not None]
        with torch.inference_mode():
            if self._packed is not None and read:
                self._share(self._packed, read, prompts)
                self._together(self._packed, read, prompts)
            else:
                for row, prompt in zip(read, prompts, strict=True):
                    self._by_itself(row, list(prompt))
        return [_UNREAD if row is None else row.completion() for row in rows]

    def _share(self, packed: PackedModel, rows: Sequence[TokenRow], prompts: list[tuple[int, ...]]) -> None:
        """Shares what all prompts and the one before them begin with."""
        known, first = packed.prefix, prompts[0]
        others = [*prompts[1:], self._latest] if self._latest else prompts[1:]
        size = min((agreeing(first, other) for other in others), default=0)
        size = min([size, *(len(prompt) - 1 for prompt in prompts)])
        self._latest = prompts[-1]
        if known is not None:
            kept = min(agreeing(known.tokens, prompt[:-1]) for prompt in prompts)
            if kept == len(known.tokens) and (len(prompts) == 1 or size < kept + _WORTH_SHARING):
                return
            size = max(size, kept)
        if size < _WORTH_SHARING:
            size = 0
        if known is None and not size:
            return
        pasts = [self._pasts.find(row.request.slot) for row in rows]
        if known is not None:
            pasts.append(Past(known))
        sizes = [(min(size, agreeing(past.tokens, first)), past) for past in pasts if past is not None]
        have, best = max(sizes, key=lambda known: known[0], default=(0, None))
        packed.share(first[:size], best.between(0, have) if best and have else None)

    def _together(
        self, packed: PackedModel, rows: Sequence[TokenRow], prompts: Sequence[tuple[int, ...]]
    ) -> None:
        """Completes rows; long prompts come first, so that they do not end alone."""
        before = len(packed.prefix.tokens) if packed.prefix else 0
        order = sorted(range(len(rows)), key=lambda place: -len(prompts[place]))
        waiting = deque(_Seat(rows[place], prompts[place], before) for place in order if not rows[place].done)
        seats: list[_Seat | None] = [None] * min(self.batch_size, len(waiting))
        while waiting or any(seats):
            budget = READ_AT_ONCE
            feeds: list[Feed] = []
            fed: list[_Seat] = []
            for place in range(len(seats)):
                seat = seats[place]
                if seat is None and waiting and budget > 0:
                    seat = seats[place] = waiting.popleft()
                    self._recall(packed, place, seat)
                if seat is None or (budget <= 0 and not seat.row.tokens):
                    continue
                feeds.append(seat.feed(place, budget))
                fed.append(seat)
                budget -= len(feeds[-1].tokens)
            logits = packed.read(feeds)
            end = 0
            for feed, seat in zip(feeds, fed, strict=True):
                end += feed.heads
                seat.take(feed.tokens, logits[end - feed.heads : end], GUESSES // len(fed) - 1)
                if seat.row.done:
                    own = Memory(seat.own, packed.take(feed.place, seat.read))
                    self._pasts.keep(seat.row.request.slot, Past(own, packed.prefix))
                    seats[feed.place] = None
        packed.clear()

    def _recall(self, packed: PackedModel, place: int, seat: _Seat) -> None:
        """Gives a row what its slot has read already."""
        past = self._pasts.find(seat.row.request.slot)
        if past is None:
            return
        whole = (*(packed.prefix.tokens if packed.prefix else ()), *seat.todo)
        before = len(whole) - len(seat.todo)
        known = min(agreeing(past.tokens, whole), len(whole) - seat.heads)
        if known > before:
            packed.put(place, past.between(before, known).layers)
            seat.skip(known - before)

    def _by_itself(self, row: TokenRow, prompt: list[int]) -> None:
        """Completes one row through the model's own cache."""
        if row.done:
            return
        slot = row.request.slot
        known, cache = self._alone.pop(slot, ([], None))
        if cache is None:
            cache = DynamicCache(config=self._model.config)
        whole = all(type(layer) is DynamicLayer for layer in cache.layers)
        size = min(agreeing(known, prompt), len(prompt) - 1)
        if size < len(known):
            if whole and size:
                cache.crop(size - len(known))
            else:
                cache, size = DynamicCache(config=self._model.config), 0
        logits = self._step(cache, prompt[size:])
        self._alone[slot] = (prompt, cache)
        if len(self._alone) > _MOST_ALONE:
            self._alone.popitem(last=False)
        own = cache if whole else copy.deepcopy(cache)
        read = 0
        while True:
            token = row.choose(logits)
            if row.done:
                break
            logits, read = self._step(own, [token]), read + 1
        if whole and read:
            cache.crop(-read)

    def _step(self, cache: DynamicCache, tokens: list[int]) -> torch.Tensor:
        """Reads tokens; returns the logits after the last, float32, shape ``(vocabulary,)``."""
        ids = torch.tensor([tokens], device=self._model.device)
        out = self._model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        return out.logits[0, -1].float()


_UNREAD = Completion("", (), (), False, TOO_LONG)
_MOST_ALONE = 16
"""Most slots whose caches are kept where rows cannot be read together."""


class _Seat:
    """A row that is being answered.

    Args:
        row: the answer.
        prompt: all its tokens.
        before: how many of them are shared.
    """

    def __init__(self, row: TokenRow, prompt: tuple[int, ...], before: int) -> None:
        ahead = row.ahead()
        self.row = row
        self.todo: list[int] = [*prompt[before:], *ahead]
        """Tokens to read."""
        self.heads = 1 + len(ahead)
        """Of how many of the last of them the logits are wanted."""
        self.own: tuple[int, ...] = ()
        """Tokens read behind the shared ones."""
        self._text, self._asked = list(prompt), len(prompt)
        self._after: dict[tuple[int, ...], int] = {}
        """Where the text went on after its tokens, some at a time, the last time they stood there."""
        self._indexed, self._bold = _ALIKE, 2

    @property
    def read(self) -> int:
        """How many tokens were read behind the shared ones."""
        return len(self.own)

    def skip(self, size: int) -> None:
        """Takes the first tokens as read."""
        self.own, self.todo = tuple(self.todo[:size]), self.todo[size:]

    def feed(self, place: int, budget: int) -> Feed:
        """Returns what is read next at a place: of a prompt about as much as a budget says, else all."""
        size = len(self.todo)
        if not self.row.tokens and budget < size - self.heads:
            size = max(1, budget)
        fed, self.todo = self.todo[:size], self.todo[size:]
        return Feed(place, self.read, fed, 0 if self.todo else self.heads)

    def take(self, tokens: Sequence[int], logits: torch.Tensor, guesses: int) -> None:
        """Adds what the model chooses after tokens that it has read, as far as it chooses what was read.

        Args:
            tokens: what was read.
            logits: after the last of them.
            guesses: most tokens to guess next.
        """
        certain = len(tokens) - len(logits)
        for each in logits:
            chosen = self.row.choose(each)
            certain += 1
            if self.row.done or certain < len(tokens) and tokens[certain] != chosen:
                break
        self.own += tuple(tokens[:certain])
        if not len(logits) or self.row.done:
            return
        missed = len(tokens) - certain
        self._bold = max(1, self._bold // 2) if missed else min(_BOLDEST, 2 * self._bold)
        ahead = self.row.ahead(self._guess(min(guesses, self._bold)))
        self.todo, self.heads = [self.row.tokens[-1], *ahead], 1 + len(ahead)

    def _guess(self, size: int) -> Sequence[int]:
        """Returns what followed the last place where the text's last tokens stood."""
        text = self._text
        text += self.row.tokens[len(text) - self._asked :]
        for end in range(self._indexed, len(text)):
            self._after[tuple(text[end - _ALIKE : end])] = end
        self._indexed = max(self._indexed, len(text))
        found = self._after.get(tuple(text[-_ALIKE:]))
        return () if found is None else text[found : found + size]
