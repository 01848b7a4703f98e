"""Stores and tokens give back what was put in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.store import Example, ExampleStore
from debugworld.worldmodel.tokenizer import FIRST_BYTE, build_tokenizer

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
TOKENIZER = build_tokenizer(["<|frame_sep|>"])


@settings(max_examples=25, deadline=None)
@given(pairs=st.lists(st.tuples(TEXT, TEXT.filter(len)), max_size=20))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.mktemp("store") / "s"
    store = ExampleStore.write(path, pairs + pairs)
    kept = list(dict.fromkeys(pairs))
    assert [store[i] for i in range(len(store))] == [Example(*pair) for pair in kept]
    for length, (prompt, completion) in zip(store.lengths, kept, strict=True):
        assert length == len(TOKENIZER(prompt, completion)["input_ids"])
    assert store.about["repeated"] == 2 * len(pairs) - len(kept)
    met = Counter(pairs + pairs)
    assert store.times.tolist() == [met[pair] for pair in kept]


def test_too_long_is_left_out(tmp_path: Path) -> None:
    store = ExampleStore.write(tmp_path / "s", [("a" * 600, "b"), ("a", "b")])
    assert len(store) == 1 and store.about["too_long"] == 1


def test_empty_completion_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="needs a completion"):
        ExampleStore.write(tmp_path / "s", [("a", "")])


def test_damage_is_told(tmp_path: Path) -> None:
    ExampleStore.write(tmp_path / "s", [("a", "b"), ("c", "d")])
    (tmp_path / "s" / "offsets.npy").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="example store"):
        ExampleStore(tmp_path / "s")
    with pytest.raises(ModelError, match="example store"):
        ExampleStore(tmp_path / "none")


@settings(max_examples=200, deadline=None)
@given(text=TEXT)
def test_any_text_comes_back(text: str) -> None:
    ids = TOKENIZER(text)["input_ids"]
    assert TOKENIZER.decode(ids, skip_special_tokens=True) == text
    assert [id - FIRST_BYTE for id in ids[1:-1]] == list(text.encode()) or "<|frame_sep|>" in text


def test_control_tokens_cannot_be_forged() -> None:
    ids = TOKENIZER("'<eos><sep><pad>'")["input_ids"]
    assert min(ids[1:-1]) >= FIRST_BYTE and TOKENIZER.decode(ids[1:-1]) == "'<eos><sep><pad>'"


def test_saved_tokenizer_is_the_same(tmp_path: Path) -> None:
    TOKENIZER.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    text = "x = '<eos>' é🎈\n<|frame_sep|>y"
    assert again(text, text)["input_ids"] == TOKENIZER(text, text)["input_ids"]
    assert len(again(text)["input_ids"]) == len(text.encode()) - len("<|frame_sep|>") + 1 + 2
