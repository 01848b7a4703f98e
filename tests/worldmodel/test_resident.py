"""Batches made on the device hold what batches made in Python hold, once each, at few widths."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from debugworld.worldmodel.batches import BatchStream, Mixture
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.resident import WIDTHS, ResidentStream
from debugworld.worldmodel.store import ExampleStore
from debugworld.worldmodel.student import compile_blocks
from debugworld.worldmodel.tokenizer import build_tokenizer

TOKENIZER = build_tokenizer()
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Mixture:
    root = tmp_path_factory.mktemp("resident")
    first = ((f"{n}\n" * (1 + n % 9), f"é{n * n}") for n in range(600))
    ExampleStore.write(root / "first", first)
    ExampleStore.write(root / "second", ((f"'{n:x}'[1:]", f"{n:x}"[1:]) for n in range(5000, 5300)))
    stores = {name: ExampleStore(root / name) for name in ("first", "second")}
    return Mixture(stores, {"first": 2.0, "second": 1.0})


def texts(stream: BatchStream, batches: int) -> list[tuple[list[int], list[int]]]:
    """Returns the rows of some batches without padding."""
    found = []
    for batch, _ in zip(stream, range(batches), strict=False):
        for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
            size = len(ids) - ids[::-1].index(TOKENIZER.eos_token_id)
            assert set(ids[size:]) <= {TOKENIZER.pad_token_id} and set(labels[size:]) <= {-100}
            found.append((ids[:size], labels[:size]))
    return found


def test_a_round_holds_the_examples_that_the_other_stream_draws(mixture: Mixture) -> None:
    size = 900
    other = BatchStream(mixture, TOKENIZER, 512, 3, round_size=size)
    resident = ResidentStream(CPU, mixture, TOKENIZER, 64, 3, round_size=size)
    wanted = sorted(texts(other, len(other._round(0).batches)))
    found = texts(resident, len(resident._round(0).batches))
    assert len(found) > 0.9 * size and len(wanted) == size
    for row in found:  # those left out are less than a batch of each width
        wanted.remove(row)


def test_batches_have_few_widths_and_equal_cost(mixture: Mixture) -> None:
    stream = ResidentStream(CPU, mixture, TOKENIZER, 256, 0, round_size=900)
    shapes = {tuple(batch["input_ids"].shape) for batch, _ in zip(stream, range(60), strict=False)}
    longest = max(int(store.lengths.max()) for store in mixture.stores.values())
    assert {width for _, width in shapes} <= {*WIDTHS, longest}
    assert all(rows * width <= 256 for rows, width in shapes)


def test_it_goes_on_where_it_stood_and_counts_tokens(mixture: Mixture) -> None:
    whole = ResidentStream(CPU, mixture, TOKENIZER, 256, 0, round_size=300, marked=True)
    batches = [batch for batch, _ in zip(whole, range(40), strict=False)]
    *at, tokens = batches[19]["at"].tolist()
    assert tokens == int((batches[19]["input_ids"] != TOKENIZER.pad_token_id).sum())
    later = ResidentStream(CPU, mixture, TOKENIZER, 256, 0, round_size=300, at=(at[0], at[1]))
    for batch, again in zip(batches[20:], later, strict=False):
        assert torch.equal(batch["input_ids"], again["input_ids"])


def test_a_tokenizer_that_merges_is_refused(mixture: Mixture) -> None:
    merging = build_tokenizer(corpus=["hello hello hello"] * 20, size=270)
    with pytest.raises(ModelError, match="tokenizer of bytes"):
        ResidentStream(CPU, mixture, merging, 256, 0)


def test_a_model_without_blocks_is_not_compiled() -> None:
    with pytest.raises(ModelError, match="no list of blocks"):
        compile_blocks(torch.nn.Linear(2, 2))


def test_an_order_of_drawing_is_the_seed_s(mixture: Mixture) -> None:
    rows = [
        np.concatenate(
            [rows for _, rows in ResidentStream(CPU, mixture, TOKENIZER, 256, seed)._round(0).batches]
        )
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(rows[0], rows[1]) and not np.array_equal(rows[0], rows[2])
