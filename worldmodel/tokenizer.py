"""One byte, one token: the vocabulary of the neural debugger; or a byte-level BPE that is trained on traces.

Predicting a state is copying, slicing and counting characters, so by default nothing is merged. Text is
UTF-8; a character outside ASCII is two to four tokens and nothing is unrepresentable. A codec that writes
markers of its own (the paper's ``<|frame_sep|>``) names them when the tokenizer is built; each is then one
token. The control tokens (``<bos>`` and so on) can only be placed by the template: a debugged program whose
string happens to hold ``<eos>`` cannot forge one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import pre_tokenizers
    from transformers import PreTrainedTokenizerFast

PAD, BOS, SEP, EOS, UNK = CONTROL_TOKENS = ("<pad>", "<bos>", "<sep>", "<eos>", "<unk>")
"""Padding, start, boundary of prompt and completion, end, and (never produced) unknown."""
FIRST_BYTE = len(CONTROL_TOKENS)
"""Id of byte 0; byte b has the id ``FIRST_BYTE + b``."""
LENGTH_LIMIT = 512
"""Longest sequence in tokens, control tokens included."""


def build_tokenizer(
    markers: Sequence[str] = (), corpus: Iterable[str] | None = None, size: int = 512
) -> PreTrainedTokenizerFast:
    """Builds the tokenizer.

    ``tokenizer(prompt)`` gives ``<bos> prompt <sep>``, what the model is asked with;
    ``tokenizer(prompt, completion)`` gives ``<bos> prompt <sep> completion <eos>``, what it learns from.

    Args:
        markers: texts that a codec uses as single tokens, such as ``<|frame_sep|>``; they get the ids
            after all others, in this order.
        corpus: texts to train a byte-level BPE on, markers included; None merges nothing. Each digit stays a
            token of its own, and no token reaches over a marker, a word's end or a number's.
        size: tokens of the BPE: control tokens, bytes and merged ones, without the markers. Fewer, where the
            corpus has no more to merge.

    Raises:
        ValueError: the size leaves no room for the bytes.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {token: index for index, token in enumerate(CONTROL_TOKENS)}
    vocabulary |= {symbol: FIRST_BYTE + byte for byte, symbol in enumerate(byte_symbols())}
    merges: list[tuple[str, str]] = []
    if corpus is not None:
        if size < len(vocabulary):
            raise ValueError(f"a BPE needs at least {len(vocabulary)} tokens; got {size}")
        merges = _train_merges(_between(corpus, markers), size - FIRST_BYTE)
        for pair in merges:
            vocabulary.setdefault("".join(pair), len(vocabulary))
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, unk_token=UNK))
    core.pre_tokenizer = _words() if corpus is not None else _bytes()
    core.decoder = decoders.ByteLevel()
    core.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A {SEP}",
        pair=f"{BOS} $A {SEP} $B:1 {EOS}:1",
        special_tokens=[(token, vocabulary[token]) for token in (BOS, SEP, EOS)],
    )
    core.add_special_tokens(list(CONTROL_TOKENS))
    core.add_tokens([AddedToken(marker, normalized=False, special=False) for marker in markers])
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        bos_token=BOS,
        sep_token=SEP,
        eos_token=EOS,
        unk_token=UNK,
        split_special_tokens=True,
        clean_up_tokenization_spaces=False,
        model_max_length=LENGTH_LIMIT,
    )


def _bytes() -> pre_tokenizers.PreTokenizer:
    from tokenizers import pre_tokenizers

    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


def _words() -> pre_tokenizers.PreTokenizer:
    from tokenizers import pre_tokenizers

    digits = pre_tokenizers.Digits(individual_digits=True)
    return pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])


def _between(corpus: Iterable[str], markers: Sequence[str]) -> Iterator[str]:
    """Yields what stands between the markers of texts."""
    cut = re.compile("|".join(map(re.escape, markers)) or r"(?!)")
    for text in corpus:
        yield from filter(None, cut.split(text))


def _train_merges(texts: Iterator[str], size: int) -> list[tuple[str, str]]:
    """Returns the merges of a BPE of at most so many tokens, the bytes included, in their order."""
    from tokenizers import Tokenizer, models, trainers

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = _words()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=byte_symbols(), show_progress=False)
    core.train_from_iterator(texts, trainer)
    return [tuple(pair) for pair in json.loads(core.to_str())["model"]["merges"]]


def byte_symbols() -> list[str]:
    """Returns the printable character by which the byte-level alphabet writes each byte, in byte order."""
    visible = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    symbols = {byte: chr(byte) for byte in visible} | {byte: chr(256 + n) for n, byte in enumerate(hidden)}
    return [symbols[byte] for byte in range(256)]
