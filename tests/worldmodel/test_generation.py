"""Transformers' generate behind the common interface, and which engine a model gets."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from debugworld.worldmodel.completion import CompletionEngine, Request, Sampling
from debugworld.worldmodel.constraint import END
from debugworld.worldmodel.engine import Engine
from debugworld.worldmodel.engines import open_engine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.generation import GenerateEngine
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.tokenizer import build_tokenizer

from .automata import RandomGrammar, long_tokens

TEXTS = ["counter = counter + 1", "L\ncounter=[1, 2, 'é']", "name='naïve €'", "R {'key': (1, 2)}"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama with fresh weights and a tokenizer of long tokens, as save_pretrained leaves them."""
    tokenizer = long_tokens(TEXTS, 320)
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, eos_token_id=0, pad_token_id=0, bos_token_id=None,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    for weights in model.parameters():
        weights.data.mul_(3.0)
    path = tmp_path_factory.mktemp("llama")
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def greedy(engine: GenerateEngine, request: Request) -> tuple[str, bool]:
    """Answers one token at a time with a pass over all tokens each, and the grammar by brute force."""
    ids, text, state = engine._tokenizer(request.prompt)["input_ids"], b"", request.grammar.start()
    spelled, end = engine.vocabulary.spelled, engine.vocabulary.ends
    for _ in range(request.max_tokens + 1):
        logits = engine._model(torch.tensor([ids])).logits[0, -1]
        best: tuple[float, int, object] | None = None
        for token, score in enumerate(logits.tolist()):
            here = state
            if token in end:
                inside = END in request.grammar.allowed(state)
            else:
                inside = token in spelled
                for byte in spelled.get(token, b""):
                    inside = inside and byte in request.grammar.allowed(here)
                    here = request.grammar.advance(here, byte) if inside else here
            if inside and (best is None or score > best[0]):
                best = (score, token, here)
        assert best is not None
        if best[1] in end:
            return text.decode(errors="replace"), True
        if len(ids) - len(engine._tokenizer(request.prompt)["input_ids"]) == request.max_tokens:
            break
        ids, text, state = [*ids, best[1]], text + spelled[best[1]], best[2]
    return text.decode(errors="replace"), False


def test_any_model_and_tokenizer_within_a_grammar(folder: Path) -> None:
    engine = open_engine(folder)
    assert isinstance(engine, GenerateEngine) and isinstance(engine, CompletionEngine)
    prompts = ["counter = 1", "name='é'", "x", "R {'key'"]
    requests = [Request(n, prompt, RandomGrammar(n), 10) for n, prompt in enumerate(prompts)]
    with torch.inference_mode():
        for request, answer in zip(requests, engine.complete(requests), strict=True):
            text, finished = greedy(engine, request)
            assert (answer.text, answer.finished) == (text, finished)
            assert len(answer.logprobs) == len(answer.raw_logprobs) >= 1
            pairs = zip(answer.raw_logprobs, answer.logprobs, strict=True)
            assert all(raw <= within + 1e-5 for raw, within in pairs)


def test_draws(folder: Path) -> None:
    request = Request(0, "counter", RandomGrammar(2), 8)
    draws = request.draws(5, Sampling(temperature=2.0))
    together = [answer.text for answer in GenerateEngine.load(folder).complete(draws)]
    alone = GenerateEngine.load(folder, batch_size=1).complete(draws)
    assert together == [answer.text for answer in alone] and len(set(together)) > 1


def test_it_equals_the_engine_of_the_package() -> None:
    torch.manual_seed(2)
    tokenizer = build_tokenizer()
    model = build_model(TrainConfig(hidden_size=32, layers=4, heads=4), len(tokenizer)).eval()
    for weights in model.parameters():
        weights.data.mul_(3.0)
    requests = [Request(n, f"a = {n * 11}\na=1", RandomGrammar(n), 12) for n in range(5)]
    ours = Engine(model, tokenizer).complete(requests)
    theirs = GenerateEngine(model, tokenizer, batch_size=3).complete(requests)
    for one, other in zip(ours, theirs, strict=True):
        assert (one.text, one.finished) == (other.text, other.finished)
        assert one.raw_logprobs == pytest.approx(other.raw_logprobs, abs=1e-4)


def test_which_engine(folder: Path, tiny_checkpoint: Path, tmp_path: Path) -> None:
    assert isinstance(open_engine(tiny_checkpoint), Engine)
    assert isinstance(open_engine(str(folder)), GenerateEngine)
    assert isinstance(NeuralDebugger.load(folder), NeuralDebugger)
    for missing in (tmp_path, tmp_path / "nowhere", tmp_path / "no.gguf"):
        with pytest.raises(ModelError):
            open_engine(missing)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="no model that transformers can read"):
        open_engine(tmp_path)
