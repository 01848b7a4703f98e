"""Any causal language model of transformers, through its own `generate`, within grammars.

The model may have any tokenizer whose tokens are runs of bytes (see `vocabulary`). It is the engine to trust
and to compare with: nothing is remembered but answers, each prompt is read anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from debugworld.worldmodel.answer import draw
from debugworld.worldmodel.completion import Abilities, Completion, Request
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.memo import Memo
from debugworld.worldmodel.quiet import drop_kernel_advice, without_bars
from debugworld.worldmodel.vocabulary import Vocabulary, token_bytes


class GenerateEngine:
    """Answers through a model's `generate`.

    Args:
        model: a causal language model; used where it is, in the precision it has.
        tokenizer: its tokenizer; a prompt gets the control tokens that it adds by itself.
        batch_size: most prompts of one call, padded at the left.
        memo: most answers remembered.
        separator: text that ends an answer as well, where the tokenizer has a token for it.

    Raises:
        ModelError: the bytes of the tokenizer's tokens cannot be told, or no token ends an answer.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        batch_size: int = 8,
        memo: int = 65_536,
        separator: str = "",
    ) -> None:
        self._model, self._tokenizer, self.batch_size = model.eval(), tokenizer, batch_size
        told: Any = model.generation_config.eos_token_id if model.generation_config else None
        own = {tokenizer.eos_token_id, *(told if isinstance(told, list) else [told])} - {None}
        if not own:
            raise ModelError("neither tokenizer nor generation_config.json names a token that ends an answer")
        size = model.get_output_embeddings().weight.shape[0]
        spelled = token_bytes(tokenizer) if separator else {}
        others = {token for token, text in spelled.items() if text == separator.encode()}
        self.vocabulary = Vocabulary(tokenizer, ends={*own, *others}, size=size)
        self._end, self._memo = min(own), Memo(memo)
        self.separator = separator if others else f"{tokenizer.convert_ids_to_tokens(self._end)}{separator}"
        """Text that begins with what ends an answer: the separator, behind the end token where need be."""
        self._pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else self._end

    @classmethod
    def load(
        cls, path: str | Path, *, device: torch.device | str | None = None, **options: Any
    ) -> GenerateEngine:
        """Opens an engine over a saved model.

        Args:
            path: a folder that `from_pretrained` reads, or a GGUF file.
            device: where the model is put; None takes a CUDA device where there is one.
            **options: as in the constructor.

        Raises:
            ModelError: there is no such model, or it cannot be read.
        """
        path = Path(path)
        drop_kernel_advice()
        folder, extra = (path.parent, {"gguf_file": path.name}) if path.suffix == ".gguf" else (path, {})
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **extra)
            with without_bars():
                model: Any = AutoModelForCausalLM.from_pretrained(
                    folder, dtype="auto", local_files_only=True, **extra
                )
        except Exception as error:  # each library below fails in ways of its own
            raise ModelError(
                f"{path} is no model that transformers can read ({error}); give the folder of save_pretrained"
            ) from error
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        return cls(model.to(device).requires_grad_(False), tokenizer, **options)

    @property
    def parameters(self) -> int:
        """Number of the model's parameters."""
        return sum(each.numel() for each in self._model.parameters())

    @property
    def device(self) -> str:
        """Where the model is."""
        return str(self._model.device)

    @property
    def abilities(self) -> Abilities:
        """All there is."""
        return Abilities(masks=True, logprobs=True, raw_logprobs=True, sampling=True)

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order; ``max_tokens`` are tokens of this tokenizer.

        Raises:
            ModelError: a grammar permits nothing at some place, or no token that the vocabulary has.
        """
        return self._memo.answer(requests, self._answer)

    def forget(self) -> None:
        """Drops the memo."""
        self._memo.forget()

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

    def _answer(self, requests: Sequence[Request]) -> list[Completion]:
        prompts = [self._tokenizer(request.prompt)["input_ids"] or [self._end] for request in requests]
        answers: dict[int, Completion] = {}
        order = sorted(range(len(requests)), key=lambda place: len(prompts[place]))
        for start in range(0, len(order), self.batch_size):
            part = order[start : start + self.batch_size]
            rows = [_TokenRow(requests[place], self.vocabulary) for place in part]
            self._generate(rows, [prompts[place] for place in part])
            answers |= {place: row.completion() for place, row in zip(part, rows, strict=True)}
        return [answers[place] for place in range(len(requests))]

    def _generate(self, rows: list[_TokenRow], prompts: list[list[int]]) -> None:
        longest = max(map(len, prompts))
        ids = [[self._pad] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
        read = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        device: Any = self._model.device
        with torch.inference_mode():
            self._model.generate(
                torch.tensor(ids, device=device),
                attention_mask=torch.tensor(read, device=device),
                generation_config=GenerationConfig(
                    do_sample=False,
                    num_beams=1,
                    repetition_penalty=1.0,
                    max_new_tokens=max(row.request.max_tokens for row in rows) + 1,
                    eos_token_id=self._end,
                    pad_token_id=self._pad,
                ),
                logits_processor=LogitsProcessorList([_GrammarProcessor(rows, self._end)]),
            )


class _TokenRow:
    """An answer in the making, by tokens of any length."""

    def __init__(self, request: Request, vocabulary: Vocabulary) -> None:
        self.request, self._vocabulary = request, vocabulary
        self._state: Any = request.grammar.start()
        self._tokens: list[int] = []
        self._logprobs: list[float] = []
        self._raw: list[float] = []
        self.finished = False
        self._chance = np.random.default_rng(request.sampling.seed) if request.sampling else None

    @property
    def done(self) -> bool:
        return self.finished or len(self._tokens) >= self.request.max_tokens

    def choose(self, logits: torch.Tensor) -> int:
        """Adds a token; logits are float32, shape ``(vocabulary,)``."""
        row = self._vocabulary.row(self.request.grammar, self._state)
        scores = logits.masked_fill(~row.to(logits.device), -torch.inf)
        if self._chance is not None and self.request.sampling is not None:
            token = draw(scores, self.request.sampling, self._chance)
        else:
            token = int(scores.argmax())
        self._logprobs.append(float(scores[token] - scores.logsumexp(-1)))
        self._raw.append(float(logits[token] - logits.logsumexp(-1)))
        if token in self._vocabulary.ends:
            self.finished = True
        else:
            self._tokens.append(token)
            self._state = self._vocabulary.advance(self.request.grammar, self._state, token)
        return token

    def completion(self) -> Completion:
        text = self._vocabulary.decode(self._tokens)
        return Completion(text, tuple(self._logprobs), tuple(self._raw), self.finished)


class _GrammarProcessor(LogitsProcessor):
    """Chooses each row's token itself and leaves generate no other."""

    def __init__(self, rows: Sequence[_TokenRow], end: int) -> None:
        self._rows, self._end = rows, end

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Returns scores of shape ``(rows, vocabulary)``: 0 for each row's token and -inf elsewhere."""
        forced = torch.full_like(scores, -torch.inf)
        for place, row in enumerate(self._rows):
            forced[place, self._end if row.done else row.choose(scores[place].float())] = 0.0
        return forced
