"""What a model in training makes of examples that it does not learn from.

An answer counts as exact when each of its tokens, the end included, is the likeliest one after the true ones
before it; that is when greedy decoding would write it. So one pass gives loss and exactness, and nothing is
generated. An example that is a walk has many answers; those with nothing given between them count as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from debugworld.worldmodel.batches import Mixture, Split
from debugworld.worldmodel.encoder import Encoder
from debugworld.worldmodel.packing import IGNORED, Encoded, padded_batch

MOST = 512
"""Examples of each store that an evaluation takes."""
SHORTEST = 128
"""Examples that the look takes."""
MOST_TOKENS = 8192
"""Tokens of a batch, padding included."""


@dataclass(frozen=True)
class Score:
    """What an evaluation found.

    Attributes:
        loss: mean loss per completion token, in nats.
        exact: share of the answers that greedy decoding would get right.
        count: number of answers.
    """

    loss: float
    exact: float
    count: int


class HeldOut:
    """The held-out examples of a mixture, encoded.

    Args:
        mixture: the stores.
        tokenizer: encodes them.
        split: which ones are held out.
    """

    def __init__(self, mixture: Mixture, tokenizer: PreTrainedTokenizerBase, split: Split) -> None:
        self.padding = int(tokenizer.pad_token_id)
        encode = Encoder(tokenizer, mixture.format)
        self.stores: dict[str, list[Encoded]] = {}
        for name, store in mixture.stores.items():
            places = split.held_out[name]
            if len(places):
                step = np.linspace(0, len(places) - 1, min(MOST, len(places))).astype(int)
                examples = encode([store[int(i)] for i in places[step]])
                self.stores[name] = sorted(examples, key=lambda example: len(example[0]))
        everything = (example for examples in self.stores.values() for example in examples)
        self.simplest = sorted(everything, key=lambda example: len(example[0]))[:SHORTEST]

    def score(self, model: Any, examples: list[Encoded], device: torch.device) -> Score:
        """Scores a model on examples sorted by length; the model's mode is left as it was."""
        was, loss = model.training, 0.0
        learnt = exact = count = 0
        model.eval()
        try:
            for batch in self._batches(examples):
                part = _score_batch(model, batch, device)
                loss, learnt = loss + part[0], learnt + part[1]
                exact, count = exact + part[2], count + part[3]
        finally:
            model.train(was)
        return Score(loss / max(1, learnt), exact / max(1, count), count)

    def _batches(self, examples: list[Encoded]) -> list[dict[str, torch.Tensor]]:
        groups: list[list[Encoded]] = [[]]
        for example in examples:
            if groups[-1] and (len(groups[-1]) + 1) * len(example[0]) > MOST_TOKENS:
                groups.append([])
            groups[-1].append(example)
        return [padded_batch(group, self.padding) for group in groups if group]


@torch.no_grad()
def _score_batch(
    model: Any, batch: dict[str, torch.Tensor], device: torch.device
) -> tuple[float, int, int, int]:
    """Returns the summed loss, the tokens it is over, the answers whose tokens are all likeliest, and all."""
    labels = batch["labels"].to(device)[:, 1:]
    logits = model(input_ids=batch["input_ids"].to(device), use_cache=False).logits[:, :-1].float()
    loss = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), labels, ignore_index=IGNORED, reduction="sum"
    )
    asked = labels != IGNORED
    begins = asked.clone()
    begins[:, 1:] &= ~asked[:, :-1]
    answers = int(begins.sum())
    number = begins.flatten().cumsum(0) - 1  # of the answer that each token is in
    wrong = asked & (logits.argmax(-1) != labels)
    return float(loss), int(asked.sum()), answers - len(number[wrong.flatten()].unique()), answers
