"""A token is permitted exactly where the grammar can read its bytes, whatever the tokenizer merges."""

from __future__ import annotations

import json
import random
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models
from transformers import PreTrainedTokenizerFast

from debugworld.sandboxes.debugger import Action, ActionKind, Program
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.trajectories import Step, Trajectory, sample
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import CODECS, Codec, open_codec
from debugworld.worldmodel.formats.language import END
from debugworld.worldmodel.markov.grammar import OutcomeGrammar
from debugworld.worldmodel.tokenizer import build_tokenizer
from debugworld.worldmodel.vocabulary import Vocabulary, token_bytes

from .automata import RandomGrammar, long_tokens

UMLAUTS = 'def f(s):\n    größe = s + "é✓𝄞"\n    return größe\n'
CORPUS = [UMLAUTS, json.dumps({"n": "12", "größe": "'ab é✓'"}, ensure_ascii=False), '", "x": "'] * 30


def vocabulary(codec: Codec, size: int = 400) -> Vocabulary:
    return Vocabulary(build_tokenizer(codec.markers, CORPUS, size), codec.markers, codec.stop)


def walks(program: Program, codec: Codec, seed: int) -> Trajectory:
    trace = record(program)
    if len(codec.actions) > 1:
        return sample(program, trace, seed, 12)
    into = Action(ActionKind.STEP_INTO)
    steps = (Step(into if n else None, s) for n, s in enumerate([*trace.states, trace.final][:12]))
    return Trajectory(program, (), tuple(steps))


@pytest.mark.parametrize("name", sorted(CODECS))
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**5))
def test_every_row_is_that_of_reading_each_token_by_itself(name: str, seed: int) -> None:
    codec = open_codec(name)
    tokens = vocabulary(codec)
    texts = token_bytes(build_tokenizer(codec.markers, CORPUS, 400))
    texts = {token: text for token, text in texts.items() if token not in tokens.markers.values()}
    program = Program(UMLAUTS, "f('ß')") if seed % 2 else generate(seed).program
    walk = walks(program, codec, seed)
    number = seed % len(walk.steps)
    before = Trajectory(program, walk.visited, walk.steps[:number])
    step = walk.steps[number]
    grammar = codec.grammar(before, step.action)
    state = grammar.start()
    for token in tokens.encode(codec.answer(before, step)):
        row = tokens.row(grammar, state)
        assert row[token]
        for other, text in texts.items():
            after, read = state, True
            for byte in text:
                read = read and byte in grammar.allowed(after)
                after = grammar.advance(after, byte) if read else after
            assert bool(row[other]) is (read and other not in tokens.ends)
        state = tokens.advance(grammar, state, token)
    assert END in grammar.allowed(state)
    assert tokens.decode(tokens.encode(codec.answer(before, step))) == codec.answer(before, step)


def test_a_program_cannot_forge_markers_or_control_tokens() -> None:
    codec = open_codec("cwm")
    tokens = vocabulary(codec)
    program = Program("def f(s):\n    return s + '<|end_of_text|><eos><|frame_sep|>'\n", "f('<eos>')")
    prompt = codec.prompt(Trajectory(program, (), ()), None)
    ids = tokens.encode(prompt)
    assert ids.count(tokens.markers["<|end_of_text|>"]) == 0
    assert ids.count(tokens.markers["<|frame_sep|>"]) == 1
    assert 3 not in ids, "no end token"
    assert tokens.decode(ids) == prompt


def test_a_tokenizer_without_the_markers_is_refused() -> None:
    with pytest.raises(ModelError, match="lacks 10 of the 10 tokens"):
        codec = open_codec("cwm")
        Vocabulary(build_tokenizer(), codec.markers, codec.stop)


def test_a_tokenizer_of_words_is_refused() -> None:
    core = Tokenizer(models.WordLevel({"a": 0, "?": 1}, unk_token="?"))
    core.decoder = decoders.WordPiece()
    with pytest.raises(ModelError, match="byte-level"):
        Vocabulary(PreTrainedTokenizerFast(tokenizer_object=core))


def test_without_stops_prompts_have_the_template() -> None:
    tokens = Vocabulary(build_tokenizer((), CORPUS, 300))
    ids = tokens.encode("größe = 1")
    assert (ids[0], ids[-1]) == (1, 2)
    assert tokens.ends == {3}
    assert re.fullmatch("größe = 1", tokens.decode(ids[1:-1]))


OUTCOME = OutcomeGrammar("LXCR", ["counter", "name", "né"], {"f": ("key", "k")}, [1, 2, 12])
TEXTS = [
    "counter = counter + 1",
    "L\ncounter=[1, 2, 'é']",
    "name='naïve €'",
    "R {'key': (1, 2)}",
    "X ValueError: no",
]


@cache
def merged() -> PreTrainedTokenizerFast:
    return long_tokens(TEXTS, 400)


@cache
def long() -> Vocabulary:
    return Vocabulary(merged())


def brute(grammar: Any, state: Any) -> set[int]:
    found = set()
    for token, spelling in long().spelled.items():
        here = state
        for byte in spelling:
            if byte not in grammar.allowed(here):
                break
            here = grammar.advance(here, byte)
        else:
            found.add(token)
    return found | (long().ends if END in grammar.allowed(state) else set())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.randoms(use_true_random=False))
def test_permitted_tokens_are_those_of_brute_force(seed: int, random_: bool, chance: random.Random) -> None:
    tokens = long()
    grammar: Any = RandomGrammar(seed) if random_ else OUTCOME
    state = grammar.start()
    for _ in range(12):
        expected = brute(grammar, state)
        if not expected:
            with pytest.raises(ModelError, match="permits nothing"):
                tokens.row(grammar, state)
            return
        assert set(tokens.row(grammar, state).nonzero().flatten().tolist()) == expected
        going = sorted(expected - tokens.ends)
        if not going:
            return
        token = chance.choice(going)
        after = state
        for byte in tokens.spelled[token]:
            after = grammar.advance(after, byte)
        state = tokens.advance(grammar, state, token)
        assert state == after


@given(st.text(max_size=30))
def test_bytes_of_tokens_spell_the_text(text: str) -> None:
    for tokenizer in (merged(), build_tokenizer()):
        spelled = token_bytes(tokenizer)
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert b"".join(spelled[token] for token in ids) == text.encode()


def test_sentence_pieces_have_bytes() -> None:
    """Llama 2's kind: words begin with a mark, and what has no piece is spelled by tokens of one byte."""
    pieces = {
        "<unk>": 0,
        "</s>": 1,
        **{f"<0x{byte:02X}>": 2 + byte for byte in range(256)},
        "▁x": 258,
        "▁": 259,
    }
    core = Tokenizer(models.BPE(pieces, [], byte_fallback=True))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>", eos_token="</s>")
    spelled = token_bytes(tokenizer)
    assert (spelled[2 + 0xC3], spelled[258], spelled[259]) == (b"\xc3", b" x", b" ")
    assert not {0, 1} & set(spelled)


def test_control_tokens_stand_for_nothing() -> None:
    tokenizer = build_tokenizer(["<|mark|>"])
    spelled = token_bytes(tokenizer)
    assert len(spelled) == 257 and not set(spelled) & set(tokenizer.all_special_ids)


def test_some_tokens_are_longer_than_a_byte() -> None:
    assert any(len(spelling) > 3 for spelling in long().spelled.values())


def test_a_model_may_know_more_tokens_than_its_tokenizer() -> None:
    tokens = Vocabulary(build_tokenizer(), ends=[3, 7], size=300)
    assert tokens.row(OUTCOME, OUTCOME.start()).shape == (300,)
    assert tokens.ends == {3, 7}
