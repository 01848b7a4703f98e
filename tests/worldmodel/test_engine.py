"""The engine answers as greedy `generate` under the same masks does, whatever is cached or batched."""

from __future__ import annotations

import copy
import math
import random
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    Lfm2Config,
    Lfm2ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    LogitsProcessor,
    LogitsProcessorList,
)

from debugworld.worldmodel import slots
from debugworld.worldmodel.answer import draw
from debugworld.worldmodel.completion import TOO_LONG, CompletionEngine
from debugworld.worldmodel.constraint import END, symbol_of, token_of
from debugworld.worldmodel.engine import Engine, Request, Sampling
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.lean import Feed, LeanModel
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.tokenizer import build_tokenizer

TOKENIZER = build_tokenizer(["<|mark|>"])
MAX_TOKENS = 12
LEAN = {"hybrid": True, "grouped": True, "modules": False, "attention": None}
"""Whether the lean pass is demanded, refused or left to the engine."""


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
    if kind in ("hybrid", "modules"):
        model = build_model(TrainConfig(hidden_size=32, layers=4, heads=4), len(TOKENIZER))
    elif kind == "grouped":  # fewer keys than queries, another window, a convolution at the end
        model = Lfm2ForCausalLM(
            Lfm2Config(
                vocab_size=len(TOKENIZER), hidden_size=32, intermediate_size=64, num_hidden_layers=3,
                block_auto_adjust_ff_dim=False, num_attention_heads=4, num_key_value_heads=2, conv_L_cache=3,
                layer_types=["full_attention", "full_attention", "conv"], pad_token_id=0, bos_token_id=1,
                eos_token_id=3,
            )
        )  # fmt: skip
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


@pytest.mark.parametrize(
    ("kind", "graphs"),
    [
        ("hybrid", False), ("grouped", False), ("modules", False), ("attention", False), ("hybrid", True),
        ("grouped", True),
    ],
)  # fmt: skip
@settings(max_examples=5, deadline=None)
@given(rounds=st.lists(PROMPTS, min_size=1, max_size=2), seed=st.integers(0, 1000), size=st.integers(1, 8))
def test_equals_generate(
    kind: str, graphs: bool, rounds: list[list[tuple[str, str]]], seed: int, size: int
) -> None:
    engine = Engine(tiny(kind), TOKENIZER, batch_size=size, memories=3, lean=LEAN[kind], graphs=graphs)
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


def test_a_prompt_that_leaves_no_room_in_the_positions_is_not_read() -> None:
    class Endless(RandomGrammar):
        def allowed(self, state: int) -> frozenset[int]:
            return frozenset(b"ab")

    for kind in ("hybrid", "attention"):
        engine = Engine(tiny(kind), TOKENIZER)
        assert engine.positions
        engine.positions = 40
        long, short, fits = (Request(0, "a" * count, Endless(0), 9) for count in (38, 3, 33))
        unread, read, ended = engine.complete([long, short, fits])
        assert (unread.text, unread.finished, unread.reason) == ("", False, TOO_LONG)
        assert len(read.text) == 9 and read == engine.complete([short])[0]
        assert len(ended.text) == 40 - 35 and not ended.finished and not ended.reason
        engine.forget()
        assert engine.complete([long, long]) == [unread, unread]


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


def test_guesses_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prompts that repeat themselves are guessed from; what is guessed wrongly leaves no trace."""
    requests = [Request(n, "abcabcab" * (n + 1) + "\n", RandomGrammar(n), 60) for n in range(6)]
    told = []
    for guesses in (0, 64):
        monkeypatch.setattr(slots, "GUESSES", guesses)
        told.append(Engine(tiny("hybrid"), TOKENIZER, memo=0, batch_size=4).complete(requests))
    for plain, guessed in zip(*told, strict=True):
        assert plain.text == guessed.text and plain.finished == guessed.finished
        assert plain.raw_logprobs == pytest.approx(guessed.raw_logprobs, abs=1e-4)


def test_what_the_grammar_forces_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forced(RandomGrammar):
        def allowed(self, state: int) -> frozenset[int]:
            return frozenset({END} if state == 30 else {ord("a") + state % 3})

        def advance(self, state: int, symbol: int) -> int:
            return state + 1

    engine, request, steps = Engine(tiny("hybrid"), TOKENIZER), Request(0, "a", Forced(0)), []
    read = engine._decoder._lean.read
    monkeypatch.setattr(engine._decoder._lean, "read", lambda feeds: steps.append(len(feeds)) or read(feeds))
    [answer] = engine.complete([request])
    text, logprobs = reference("hybrid", request)
    assert answer.text == text == "abc" * 10 and answer.finished and len(steps) == 1
    assert answer.logprobs == pytest.approx(logprobs, abs=1e-4) and answer.raw_total < -1
    short = engine.complete([Request(0, "a", Forced(0), max_tokens=7)])[0]
    assert short.text == "abcabca" and not short.finished


@pytest.mark.parametrize("kind", ["hybrid", "attention"])
def test_draws_of_one_prompt(kind: str) -> None:
    """Draws are functions of their seeds, whoever else is in the batch."""
    request = Request(0, "a = 1\n", RandomGrammar(3), 20)
    draws = request.draws(8, Sampling(temperature=3.0, seed=10))
    engine = Engine(tiny(kind), TOKENIZER, batch_size=3)
    together = [answer.text for answer in engine.complete(draws)]
    alone = [Engine(tiny(kind), TOKENIZER).complete([one])[0].text for one in reversed(draws)]
    assert together == alone[::-1] and len(set(together)) > 2
    narrow = request.draws(4, Sampling(temperature=3.0, top_p=1e-9))
    assert {answer.text for answer in engine.complete(narrow)} == {engine.complete([request])[0].text}


def test_draws_have_the_chances_of_the_model() -> None:
    scores = torch.tensor([0.0, 1.0, -math.inf, 2.0])
    chance = np.random.default_rng(0)
    for sampling, among in ((Sampling(2.0), [0, 1, 3]), (Sampling(2.0, top_p=0.6), [1, 3])):
        drawn = np.bincount([draw(scores, sampling, chance) for _ in range(4000)], minlength=4) / 4000
        expected = torch.zeros(4)
        expected[among] = (scores[among] / 2).softmax(-1)
        assert drawn == pytest.approx(expected.numpy(), abs=0.03)


@pytest.mark.parametrize("wrong", [{"temperature": 0.0}, {"top_p": 0.0}, {"top_p": 1.5}])
def test_sampling_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="temperature must be above 0"):
        Sampling(**wrong)


def test_new_weights_after_forget() -> None:
    model = copy.deepcopy(tiny("hybrid"))
    engine, request = Engine(model, TOKENIZER), Request(0, "a = 1\n", RandomGrammar(5), 20)
    before = engine.complete([request])
    for weights in model.parameters():
        weights.data.mul_(-0.5)
    engine.forget()
    assert engine.complete([request]) == Engine(model, TOKENIZER).complete([request]) != before


def test_weights_are_copied_again_where_they_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    model, copies = copy.deepcopy(tiny("hybrid")), []

    def counted(*given: Any) -> LeanModel:
        copies.append(given)
        return LeanModel(*given)

    monkeypatch.setattr("debugworld.worldmodel.slots.LeanModel", counted)
    engine, request = Engine(model, TOKENIZER), Request(0, "a = 1\n", RandomGrammar(5), 20)
    engine.forget()
    made = len(copies)
    before = engine.complete([request])
    engine.forget()
    assert engine.complete([request]) == before and len(copies) == made
    next(iter(model.parameters())).data.mul_(-0.5)
    engine.forget()
    assert engine.complete([request]) == Engine(model, TOKENIZER).complete([request])
    assert len(copies) == made + 2


def test_lean_where_there_is_none() -> None:
    with pytest.raises(ModelError, match="no lean pass for LlamaForCausalLM"):
        Engine(tiny("attention"), TOKENIZER, lean=True)
    with pytest.raises(ModelError, match="graphs are of the lean pass"):
        Engine(tiny("attention"), TOKENIZER, graphs=True)


def test_the_engine_is_one_of_many() -> None:
    engine = Engine(tiny("hybrid"), TOKENIZER)
    assert isinstance(engine, CompletionEngine) and engine.abilities.masks


def test_steps_of_fixed_shapes_are_few_and_read_what_others_read() -> None:
    shapes, plain = LeanModel(tiny("hybrid"), 5, graphs=True), LeanModel(tiny("hybrid"), 5)
    held = [0, 0, 0]
    for counts in ((50, 9, 3), (1, 1, 1), (3, 1, 2), (1, 8, 1), (6, 1, 1), (2, 1, 1)):
        feeds = [
            Feed(held[row], [30 + row + place for place in range(count)], wanted=min(count, 2))
            for row, count in enumerate(counts)
        ]
        assert torch.allclose(shapes.read(feeds), plain.read(feeds), atol=1e-4)
        held = [have + count for have, count in zip(held, counts, strict=True)]
    assert set(shapes._frames) == {(4, 1, 64), (4, 4, 64), (4, 8, 64), (4, 2, 64)}
    shapes.reserve(1_000)
    assert not shapes._frames  # what they wrote to is no more


@pytest.mark.gpu
@pytest.mark.parametrize(("kind", "graphs"), [("hybrid", False), ("hybrid", True), ("attention", False)])
def test_a_gpu_answers_the_same(kind: str, graphs: bool) -> None:
    requests = [Request(n, f"a = {n}\n", RandomGrammar(n), 20) for n in range(9)]
    expected = Engine(tiny(kind), TOKENIZER).complete(requests)
    model = copy.deepcopy(tiny(kind))
    engine = Engine(model, TOKENIZER, batch_size=4, device="cuda", graphs=graphs)
    found = engine.complete(requests)
    assert [answer.text for answer in found] == [answer.text for answer in expected]
