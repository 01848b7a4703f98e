"""Grammars made up at random, and a tokenizer of long tokens to read them with."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from debugworld.worldmodel.constraint import END


@dataclass(frozen=True)
class RandomGrammar:
    """An automaton with a few states and random permitted sets."""

    seed: int

    @property
    def key(self) -> int:
        return self.seed

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> frozenset[int]:
        chance = random.Random(f"{self.seed} {state}")
        return frozenset(chance.sample([*range(32, 127), *"é€".encode(), END, 10], chance.randint(20, 90)))

    def advance(self, state: int, symbol: int) -> int:
        assert symbol in self.allowed(state)
        return (state * 7 + symbol) % 5


def long_tokens(texts: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE whose tokens reach over words."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<end>"], initial_alphabet=alphabet, show_progress=False
    )
    core.train_from_iterator(list(texts) * 20, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<end>")
