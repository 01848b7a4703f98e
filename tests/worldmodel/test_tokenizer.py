"""Tokenizers keep markers whole and lose nothing, merged or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.worldmodel.formats import open_codec
from debugworld.worldmodel.tokenizer import CONTROL_TOKENS, FIRST_BYTE, build_tokenizer

MARKERS = open_codec("cwm").markers
CORPUS = ["def count(word):<|line_sep|>return len(word) + 123<|frame_sep|>"] * 20
BYTES = build_tokenizer(MARKERS)
TRAINED = build_tokenizer(MARKERS, CORPUS, 300)


def test_a_trained_tokenizer_merges_words_and_neither_digits_nor_markers() -> None:
    vocabulary = TRAINED.get_vocab()
    merged = {text for text, token in vocabulary.items() if token >= FIRST_BYTE + 256} - set(MARKERS)
    assert "count" in merged or "return" in merged
    assert not any(character.isdigit() and len(text) > 1 for text in merged for character in text)
    assert not any("<|" in text or "_sep" in text for text in merged)
    assert len(TRAINED) <= 300 + len(MARKERS)
    assert all(vocabulary[marker] >= FIRST_BYTE + 256 for marker in MARKERS)
    ids = TRAINED("return 123<|line_sep|>", add_special_tokens=False)["input_ids"]
    assert ids[-1] == vocabulary["<|line_sep|>"]
    assert [TRAINED.decode([token]) for token in ids[-4:-1]] == ["1", "2", "3"]


def test_bytes_and_control_tokens_keep_their_ids() -> None:
    for token, text in enumerate(CONTROL_TOKENS):
        assert TRAINED.get_vocab()[text] == BYTES.get_vocab()[text] == token
    assert TRAINED("~", add_special_tokens=False)["input_ids"] == [FIRST_BYTE + ord("~")]


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    for tokenizer in (BYTES, TRAINED):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text


def test_a_size_without_room_for_the_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 261"):
        build_tokenizer(MARKERS, CORPUS, 200)
