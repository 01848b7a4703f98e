"""Packed examples know nothing of one another: what a model says of one is what it says of it alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LlamaConfig, LlamaForCausalLM, MambaConfig, MambaForCausalLM

from debugworld.worldmodel.batches import BatchStream, Mixture
from debugworld.worldmodel.convolution import keep_apart, takes_owners
from debugworld.worldmodel.encoder import Encoder
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.packing import IGNORED, Encoded, pack, packed_batch, padded_batch
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.store import ExampleStore
from debugworld.worldmodel.tokenizer import build_tokenizer

TOKENIZER = build_tokenizer()
PAIRS = [("1 + 1\n", "2"), ("'abc'[1:]\n", "bc"), ("x = [1, 2]|x\n", "[1, 2]"), ("not y|y=0\n", "True")]


def _model(kind: str, attention: str) -> torch.nn.Module:
    torch.manual_seed(0)
    if kind == "lfm2":
        model = build_model(TrainConfig(hidden_size=32, layers=4, heads=4), len(TOKENIZER))
    else:
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(TOKENIZER),
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=3,
                num_attention_heads=4,
                num_key_value_heads=2,
            )
        )
    for weights in model.parameters():  # fresh weights are too small for a leak to show
        if weights.ndim > 1:
            torch.nn.init.normal_(weights, std=0.3)
    model.set_attn_implementation(attention)
    model.config.use_cache = False
    return model.eval()


def _encoded() -> list[Encoded]:
    sequences = TOKENIZER([a for a, _ in PAIRS], [b for _, b in PAIRS])["input_ids"]
    boundaries = [ids.index(TOKENIZER.sep_token_id) for ids in sequences]
    return [(ids, [n > at for n in range(len(ids))]) for ids, at in zip(sequences, boundaries, strict=True)]


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("kind", ["lfm2", "llama"])
@torch.no_grad()
def test_logits_of_a_packed_example_are_those_of_the_example_alone(kind: str, attention: str) -> None:
    model, examples = _model(kind, attention), _encoded()
    alone = [model(torch.tensor([ids])).logits[0] for ids, _ in examples]
    keep_apart(model)
    batch = packed_batch([examples[:3], examples[3:]], 64, TOKENIZER.pad_token_id)
    if not takes_owners(model):
        del batch["seq_idx"]
    together = model(**batch).logits
    lengths = [len(ids) for ids, _ in examples]
    start = 0
    for number, length in enumerate(lengths[:3]):
        torch.testing.assert_close(together[0, start : start + length], alone[number], atol=1e-4, rtol=1e-4)
        start += length
    torch.testing.assert_close(together[1, : lengths[3]], alone[3], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_the_stock_convolution_leaks() -> None:
    """Why `keep_apart` exists; when this fails, transformers has learnt to do it."""
    model, examples = _model("lfm2", "sdpa"), _encoded()
    alone = model(torch.tensor([examples[1][0]])).logits[0]
    batch = packed_batch([examples[:2]], 64, TOKENIZER.pad_token_id)
    with pytest.raises(ValueError, match="packed"):
        model(**batch)
    del batch["seq_idx"]
    first = len(examples[0][0])
    leaking = model(**batch).logits[0, first : first + len(alone)]
    assert (leaking - alone).abs().max() > 1e-2


def test_packed_loss_and_gradient_equal_padded_ones() -> None:
    examples = _encoded()
    losses, gradients = [], []
    for packed in (False, True):
        model = _model("lfm2", "sdpa").train()
        keep_apart(model)
        if packed:
            batch = packed_batch([examples], 128, TOKENIZER.pad_token_id)
        else:
            batch = padded_batch(examples, TOKENIZER.pad_token_id)
        loss = model(**batch).loss
        loss.backward()
        losses.append(loss.detach())
        gradients.append([weights.grad for weights in model.parameters()])
    torch.testing.assert_close(*losses, atol=1e-4, rtol=1e-4)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)


def test_a_model_that_would_leak_is_refused() -> None:
    model = MambaForCausalLM(MambaConfig(vocab_size=32, hidden_size=16, num_hidden_layers=1))
    with pytest.raises(ModelError, match="packed = false"):
        keep_apart(model)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60))
def test_rows_hold_every_example_once(lengths: list[int]) -> None:
    rows = pack(lengths, 50)
    assert sorted(place for row in rows for place in row) == list(range(len(lengths)))
    assert all(sum(lengths[place] for place in row) <= 50 for row in rows)
    assert len(rows) <= 2 * -(-sum(lengths) // 50)


def test_an_example_longer_than_a_row_is_told() -> None:
    with pytest.raises(ModelError, match="row_tokens"):
        pack([3, 60], 50)


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Mixture:
    root = tmp_path_factory.mktemp("stores")
    ExampleStore.write(root / "sums", ((f"{a} + {b}\n", str(a + b)) for a in range(20) for b in range(20)))
    return Mixture({"sums": ExampleStore(root / "sums")}, {"sums": 1.0})


def test_packed_batches_have_one_shape_and_learn_completions_only(mixture: Mixture) -> None:
    stream = iter(BatchStream(mixture, TOKENIZER, 128, seed=0, round_size=64, row_tokens=64, owners=True))
    for _ in range(30):
        batch = next(stream)
        assert batch["input_ids"].shape == (2, 64)
        for ids, labels, owners in zip(batch["input_ids"], batch["labels"], batch["seq_idx"], strict=True):
            for number in range(int(owners.max())):
                text = TOKENIZER.decode(ids[owners == number])
                own = labels[owners == number]
                learnt = TOKENIZER.decode(own[own != IGNORED])
                prompt, _, completion = text.partition("<sep>")
                left, _, right = prompt.removeprefix("<bos>").partition(" + ")
                assert learnt == completion == f"{int(left) + int(right)}<eos>"


@pytest.mark.parametrize("row_tokens", [0, 64])
def test_ranks_share_the_round_and_resume_where_they_stood(mixture: Mixture, row_tokens: int) -> None:
    options = {"round_size": 64, "row_tokens": row_tokens}
    one = BatchStream(mixture, TOKENIZER, 128, 3, **options)
    whole = [batch["input_ids"] for batch, _ in zip(one, range(24), strict=False)]
    per_round = len(one._round(0).batches) // 2 * 2
    for rank in (0, 1):
        stream = BatchStream(mixture, TOKENIZER, 128, 3, **options, rank=rank, world=2)
        own = [batch["input_ids"] for batch, _ in zip(stream, range(10), strict=False)]
        for place, ids in enumerate(own[: per_round // 2]):
            assert torch.equal(ids, whole[2 * place + rank])
        at = stream.position(7)
        marked = BatchStream(mixture, TOKENIZER, 128, 3, **options, rank=rank, world=2, marked=True)
        after = [tuple(batch["at"].tolist()) for batch, _ in zip(marked, range(10), strict=False)]
        assert after == [stream.position(count) for count in range(1, 11)]
        again = next(iter(BatchStream(mixture, TOKENIZER, 128, 3, **options, rank=rank, world=2, at=at)))
        assert torch.equal(again["input_ids"], own[7])


def test_workers_keep_the_order(mixture: Mixture) -> None:
    from torch.utils.data import DataLoader

    stream = BatchStream(mixture, TOKENIZER, 128, 3, round_size=64)
    plain = [batch["input_ids"] for batch, _ in zip(stream, range(9), strict=False)]
    loaded = DataLoader(stream, batch_size=None, num_workers=2)
    for expected, batch in zip(plain, loaded, strict=False):
        assert torch.equal(expected, batch["input_ids"])


def test_held_out_prompts_are_never_drawn(mixture: Mixture) -> None:
    stream = BatchStream(mixture, TOKENIZER, 128, 3, round_size=64, held_out=0.2)
    out = {mixture.stores["sums"][int(i)].prompt for i in stream.split.held_out["sums"]}
    assert 40 < len(out) < 130
    drawn = set()
    for batch, _ in zip(stream, range(200), strict=False):
        for ids in batch["input_ids"]:
            drawn.add(TOKENIZER.decode(ids).removeprefix("<bos>").partition("<sep>")[0])
    assert len(drawn) == 400 - len(out) and not drawn & out
    learnt = Encoder(TOKENIZER)([mixture.stores["sums"][0]])[0][1]
    assert learnt == [False] * (len("0 + 0\n") + 2) + [True] * 2


@pytest.mark.parametrize(("alpha", "copies"), [(0.0, (1, 1, 1)), (0.5, (1, 2, 3)), (1.0, (1, 4, 9))])
def test_what_was_met_often_is_drawn_often(tmp_path: Path, alpha: float, copies: tuple[int, ...]) -> None:
    """An example met n times comes n ** alpha times in a pass, and never if it is held out."""
    pairs = [("a\n", "1")] + [("b\n", "2")] * 4 + [("c\n", "3")] * 9
    mixture = Mixture({"all": ExampleStore.write(tmp_path / "s", pairs)}, {"all": 1.0})
    stream = BatchStream(mixture, build_tokenizer(), 64, seed=1, round_size=sum(copies), alpha=alpha)
    stream.round_size = sum(copies)
    drawn = [[index for _, index in stream._round(number).drawn] for number in (0, 1)]
    for indices in drawn:
        assert tuple(map(indices.count, range(3))) == copies


def test_a_lesson_of_small_questions(tmp_path: Path) -> None:
    """Longer examples are not drawn, and a store that has no others gives none."""
    stores = {
        "mixed": ExampleStore.write(tmp_path / "a", [("a\n", "1"), ("a long question\n", "2"), ("c\n", "3")]),
        "long": ExampleStore.write(tmp_path / "b", [("another long question\n", "4")]),
    }
    mixture = Mixture(stores, {"mixed": 1.0, "long": 3.0})
    stream = BatchStream(mixture, build_tokenizer(), 64, seed=1, most=8)
    assert set(stream._round(0).drawn) == {("mixed", 0), ("mixed", 2)}
    with pytest.raises(ModelError, match="no example has at most 3 tokens"):
        BatchStream(mixture, build_tokenizer(), 64, seed=1, most=3)
