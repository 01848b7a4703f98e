"""The engine answers as greedy `generate` under the same masks does, whatever is cached or batched."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LlamaConfig, LlamaForCausalLM, LogitsProcessor, LogitsProcessorList

from debugworld.worldmodel.constraint import END, symbol_of, token_of
from debugworld.worldmodel.engine import Engine, Request
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.tokenizer import build_tokenizer

TOKENIZER = build_tokenizer(["<|mark|>"])
MAX_TOKENS = 12


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
        some = chance.sample([*range(32, 127), END, END + 1, 10, 195], chance.randint(1, 40))
        return frozenset(some) | ({END} if chance.random() < 0.3 else set())

    def advance(self, state: int, symbol: int) -> int:
        return (state * 7 + symbol) % 5 + 1


class Mask(LogitsProcessor):
    def __init__(self, grammar: RandomGrammar, start: int) -> None:
        self.grammar, self.start = grammar, start

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        state = self.grammar.start()
        for token in input_ids[0, self.start :].tolist():
            state = self.grammar.advance(state, symbol_of(token))
        masked = torch.full_like(scores, -torch.inf)
        tokens = [token_of(symbol) for symbol in self.grammar.allowed(state)]
        masked[:, tokens] = scores[:, tokens]
        return masked


@cache
def tiny(kind: str) -> torch.nn.Module:
    torch.manual_seed(1)
    if kind == "hybrid":
        model = build_model(TrainConfig(hidden_size=32, layers=4, heads=4), len(TOKENIZER))
    else:
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(TOKENIZER), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
                num_attention_heads=4, num_key_value_heads=2, eos_token_id=3, pad_token_id=0, bos_token_id=1,
            )
        )  # fmt: skip
    for weights in model.parameters():  # fresh weights answer almost alike everywhere
        weights.data.mul_(3.0)
    return model.eval()


def reference(kind: str, request: Request) -> tuple[str, list[float]]:
    ids = TOKENIZER(request.prompt, return_tensors="pt")["input_ids"]
    out = tiny(kind).generate(
        ids,
        do_sample=False,
        max_new_tokens=request.max_tokens,
        logits_processor=LogitsProcessorList([Mask(request.grammar, ids.shape[1])]),
        return_dict_in_generate=True,
        output_scores=True,
    )
    answer = out.sequences[0, ids.shape[1] :]
    logprobs = [
        float(score.log_softmax(-1)[0, token]) for score, token in zip(out.scores, answer, strict=True)
    ]
    return TOKENIZER.decode(answer, skip_special_tokens=True), logprobs


PROMPTS = st.lists(
    st.tuples(st.sampled_from(["a = b + 1", "if x:", "s = t[1:]", ""]), st.text("ab=12\né", max_size=20)),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("kind", ["hybrid", "attention"])
@settings(max_examples=6, deadline=None)
@given(rounds=st.lists(PROMPTS, min_size=1, max_size=2), seed=st.integers(0, 1000), size=st.integers(1, 8))
def test_equals_generate(kind: str, rounds: list[list[tuple[str, str]]], seed: int, size: int) -> None:
    engine = Engine(tiny(kind), TOKENIZER, batch_size=size, memories=3)
    for number, prompts in enumerate(rounds):
        requests = [
            Request(slot % 3, f"{line}\n{rest}", RandomGrammar(seed + number + slot), MAX_TOKENS)
            for slot, (line, rest) in enumerate(prompts)
        ]
        for request, completion in zip(requests, engine.complete(requests), strict=True):
            text, logprobs = reference(kind, request)
            assert completion.text == text
            assert completion.logprobs == pytest.approx(logprobs, abs=1e-4)
            pairs = zip(completion.raw_logprobs, completion.logprobs, strict=True)
            assert all(raw <= within + 1e-6 for raw, within in pairs)


def test_growing_prompts_of_one_slot() -> None:
    """A history that grows is read from where it was left, and answered as if read anew."""
    engine, text = Engine(tiny("hybrid"), TOKENIZER, memo=0), "start"
    for step in range(5):
        text += f" then {step}<|mark|>"
        request = Request("env", text, RandomGrammar(step), MAX_TOKENS)
        assert engine.complete([request])[0].text == reference("hybrid", request)[0]


def test_repeats_and_memo() -> None:
    engine = Engine(tiny("hybrid"), TOKENIZER)
    request = Request(0, "a = 1\n", RandomGrammar(5))
    first, second = engine.complete([request, request])
    assert first == second == engine.complete([request])[0]
    assert first.lowest == min(first.logprobs) and first.total == sum(first.logprobs)


def test_length_limit_is_told() -> None:
    class Endless(RandomGrammar):
        def allowed(self, state: int) -> frozenset[int]:
            return frozenset(b"ab")

    completion = Engine(tiny("hybrid"), TOKENIZER).complete([Request(0, "a", Endless(0), max_tokens=7)])[0]
    assert len(completion.text) == 7 and not completion.finished


def test_sampling_is_seeded() -> None:
    request = Request(0, "a = 1\n", RandomGrammar(3), 30)
    engines = [Engine(tiny("hybrid"), TOKENIZER, temperature=2.0, seed=seed) for seed in (1, 1, 2)]
    drawn = [engine.complete([request] * 4) for engine in engines]
    assert drawn[0] == drawn[1] != drawn[2]


def test_empty_grammar_is_an_error() -> None:
    class Nothing(RandomGrammar):
        def allowed(self, state: int) -> frozenset[int]:
            return frozenset()

    with pytest.raises(ModelError, match="permits nothing"):
        Engine(tiny("hybrid"), TOKENIZER).complete([Request(0, "a", Nothing(0))])
