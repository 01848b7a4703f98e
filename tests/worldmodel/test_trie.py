"""Tokens of many bytes stay inside a grammar of bytes: as brute force finds them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from debugworld.worldmodel.constraint import END
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.markov.grammar import OutcomeGrammar
from debugworld.worldmodel.tokenizer import build_tokenizer
from debugworld.worldmodel.trie import TokenTrie, token_bytes

TEXTS = [
    "counter = counter + 1",
    "L\ncounter=[1, 2, 'é']",
    "name='naïve €'",
    "R {'key': (1, 2)}",
    "X ValueError: no",
]


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


OUTCOME = OutcomeGrammar("LXCR", ["counter", "name", "né"], {"f": ("key", "k")}, [1, 2, 12])


@cache
def trained() -> PreTrainedTokenizerBase:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<end>"], initial_alphabet=alphabet, show_progress=False
    )
    core.train_from_iterator(TEXTS * 20, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<end>")


@cache
def trie() -> TokenTrie:
    tokenizer = trained()
    return TokenTrie(token_bytes(tokenizer), frozenset({tokenizer.eos_token_id}), len(tokenizer))


def brute(grammar: object, state: object) -> set[int]:
    found = set()
    for token, spelling in trie().spelled.items():
        here = state
        for byte in spelling:
            if byte not in grammar.allowed(here):
                break
            here = grammar.advance(here, byte)
        else:
            found.add(token)
    return found | (set(trie().end) if END in grammar.allowed(state) else set())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.randoms(use_true_random=False))
def test_allowed_tokens_are_those_of_brute_force(seed: int, random_: bool, chance: random.Random) -> None:
    grammar = RandomGrammar(seed) if random_ else OUTCOME
    state, text = grammar.start(), b""
    for _ in range(12):
        expected = brute(grammar, state)
        if not expected:
            with pytest.raises(ModelError, match="no token"):
                trie().allowed(grammar, state)
            return
        found = trie().allowed(grammar, state)
        assert len(found) == len(set(found)) and set(found) == expected
        mask = trie().mask(grammar, state)
        assert {token for token, value in enumerate(mask.tolist()) if value == 0} == expected
        going = sorted(expected - trie().end)
        if not going:
            return
        token = chance.choice(going)
        after = state
        for byte in trie().spelled[token]:
            after = grammar.advance(after, byte)
        state = trie().advance(grammar, state, token)
        assert state == after
        text += trie().spelled[token]


@given(st.text(max_size=30))
def test_bytes_of_tokens_spell_the_text(text: str) -> None:
    for tokenizer in (trained(), build_tokenizer()):
        spelled = token_bytes(tokenizer)
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert b"".join(spelled[token] for token in ids) == text.encode()


def test_control_tokens_stand_for_nothing() -> None:
    tokenizer = build_tokenizer(["<|mark|>"])
    spelled = token_bytes(tokenizer)
    assert len(spelled) == 257 and not set(spelled) & set(tokenizer.all_special_ids)


def test_some_tokens_are_longer_than_a_byte() -> None:
    assert any(len(spelling) > 3 for spelling in trie().spelled.values())


def test_a_tokenizer_of_words_is_refused() -> None:
    core = Tokenizer(models.WordLevel({"<unk>": 0, "héllo wörld €": 1}, unk_token="<unk>"))
    with pytest.raises(ModelError, match="byte-level BPE"):
        token_bytes(PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>"))
