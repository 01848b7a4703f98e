"""Stock architectures and tokenizers answer in a codec's grammar, the same with and without what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import CwmConfig, CwmForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from debugworld.sandboxes.debugger import Action, ActionKind, Program
from debugworld.worldmodel.context import ContextDebugger, open_debugger
from debugworld.worldmodel.conversation import CodecRequest
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import CODECS, open_codec
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.tokenizer import build_tokenizer
from debugworld.worldmodel.tokenwise import TokenEngine

LOOP = Program("def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n", "f(3)")
CORPUS = [LOOP.text, '{"n": "3", "t": "..", "i": ".."}', "return t for i in range"] * 30
INTO = Action(ActionKind.STEP_INTO)


def tokenizer(name: str) -> Any:
    codec = open_codec(name)
    built = build_tokenizer(codec.markers, CORPUS, 320)
    built.model_max_length = 4096
    return built


def llama(tokens: int) -> PreTrainedModel:
    shape = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2)
    return LlamaForCausalLM(LlamaConfig(vocab_size=tokens, max_position_embeddings=4096, **shape))


def cwm(tokens: int) -> PreTrainedModel:
    shape = dict(
        hidden_size=32, intermediate_size=64, num_hidden_layers=4, num_attention_heads=2, head_dim=16
    )
    config = CwmConfig(
        vocab_size=tokens, num_key_value_heads=1, sliding_window=24, bos_token_id=1, eos_token_id=3, **shape
    )
    return CwmForCausalLM(config)


def lfm2(tokens: int) -> PreTrainedModel:
    return build_model(TrainConfig(steps=1, minutes=None, hidden_size=32, layers=2, heads=2), tokens)


def reference(model: PreTrainedModel, engine: TokenEngine, request: CodecRequest) -> str:
    """The same answer without any memory."""
    vocabulary = engine.vocabulary(request.markers, request.stop)
    grammar, state, answer = request.grammar, request.grammar.start(), []
    prompt = vocabulary.encode(request.prompt)
    while len(answer) < request.max_tokens and not vocabulary.closed(grammar, state):
        with torch.inference_mode():
            logits = model(torch.tensor([[*prompt, *answer]]), use_cache=False).logits[0, -1]
        token = int(logits.masked_fill(~vocabulary.row(grammar, state), -torch.inf).argmax())
        if token in vocabulary.ends:
            break
        answer.append(token)
        state = vocabulary.advance(grammar, state, token)
    return vocabulary.decode(answer)


@pytest.mark.parametrize("make", [llama, cwm, lfm2])
@pytest.mark.parametrize("name", ["cwm", "changes"])
def test_what_is_kept_changes_no_answer(make: Any, name: str) -> None:
    torch.manual_seed(0)
    tokens, codec = tokenizer(name), open_codec(name)
    model = make(len(tokens)).eval()
    engine = TokenEngine(model, tokens)
    neural = ContextDebugger(engine, codec, context=4096, max_tokens=30, max_states=6)
    neural.reset(LOOP)
    walk = neural.walk
    for _ in range(3):
        request = CodecRequest(
            "slot",
            codec.prompt(walk, INTO),
            codec.grammar(walk, INTO),
            30,
            markers=codec.markers,
            stop=codec.stop,
        )
        [answer] = engine.complete([request])
        assert answer.text == reference(model, engine, request)
        assert len(answer.logprobs) == len(answer.raw_logprobs) > 0
        assert all(a >= b - 1e-4 for a, b in zip(answer.logprobs, answer.raw_logprobs, strict=True))
        walk = Trajectory(LOOP, (), (*walk.steps, Step(INTO, walk.steps[0].state)))
    shorter = CodecRequest(
        "slot",
        codec.prompt(neural.walk, INTO),
        codec.grammar(walk, INTO),
        9,
        markers=codec.markers,
        stop=codec.stop,
    )
    [answer] = engine.complete([shorter])
    assert answer.text == reference(model, engine, shorter), "a prompt that goes back"


def test_a_model_of_cwms_architecture_is_loaded_and_debugs(tmp_path: Path) -> None:
    torch.manual_seed(1)
    tokens = tokenizer("cwm")
    cwm(len(tokens)).save_pretrained(tmp_path)
    tokens.save_pretrained(tmp_path)
    engine = TokenEngine.load(tmp_path)
    codec = open_codec("cwm")
    measure = engine.vocabulary(codec.markers, codec.stop).count
    neural = ContextDebugger(engine, codec, context=2048, max_tokens=60, max_states=8, measure=measure)
    neural.reset(LOOP)
    while not neural.done:
        state = neural.step(INTO)
        assert 0.0 <= neural.confidence <= 1.0
        if state.exit is None:
            assert state.source in {line.strip() for line in LOOP.lines}
            assert set(state.locals) <= {"n", "t", "i", "f", "__class__"}
    assert len(neural.tree) <= 9
    assert neural.info["prompt_tokens"] > 50


@pytest.mark.parametrize("name", sorted(CODECS))
def test_a_model_that_knows_nothing_still_dreams_states_of_the_program(name: str) -> None:
    torch.manual_seed(2)
    tokens = tokenizer(name)
    engine = TokenEngine(llama(len(tokens)), tokens)
    neural = open_debugger(engine, name, context=3000, max_tokens=40, max_states=5)
    neural.reset(LOOP)
    while not neural.done:
        neural.step(INTO)
    assert all(state.exit is not None or state.line in range(1, 8) for state in neural.tree.states)


def test_models_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    plain = build_tokenizer()
    engine = TokenEngine(llama(len(plain)), plain)
    neural = ContextDebugger(engine, "cwm")
    neural.reset(LOOP)
    with pytest.raises(ModelError, match=r"lacks 10 of the 10 tokens .*begin_of_text"):
        neural.step(INTO)
    with pytest.raises(ModelError, match="resize"):
        TokenEngine(llama(100), plain)
    with pytest.raises(ModelError, match="no folder"):
        TokenEngine.load(tmp_path / "nowhere")
    with pytest.raises(ModelError, match="no causal language model"):
        TokenEngine.load(tmp_path)


def test_a_text_ends_answers_where_it_is_one_token() -> None:
    torch.manual_seed(3)
    tokens = tokenizer("changes")
    [end] = tokens("t", add_special_tokens=False)["input_ids"]
    engine = TokenEngine(llama(len(tokens)), tokens, ends=["t"])
    assert engine.vocabulary().ends == {tokens.eos_token_id, end}
    with pytest.raises(ModelError, match="cannot end an answer"):
        TokenEngine(llama(len(tokens)), tokens, ends=["t q z"])
