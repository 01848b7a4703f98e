"""One byte, one token: the vocabulary of the neural debugger.

Predicting a state is copying, slicing and counting characters, so nothing is merged. Text is UTF-8;
a character outside ASCII is two to four tokens and nothing is unrepresentable. A codec that writes
markers of its own (the paper's ``<|frame_sep|>``) names them when the tokenizer is built; each is
then one token. The control tokens (``<bos>`` and so on) can only be placed by the template: a debugged
program whose string happens to hold ``<eos>`` cannot forge one.
"""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

PAD, BOS, SEP, EOS, UNK = CONTROL_TOKENS = ("<pad>", "<bos>", "<sep>", "<eos>", "<unk>")
"""Padding, start, boundary of prompt and completion, end, and (never produced) unknown."""
FIRST_BYTE = len(CONTROL_TOKENS)
"""Id of byte 0; byte b has the id ``FIRST_BYTE + b``."""
LENGTH_LIMIT = 512
"""Longest sequence in tokens, control tokens included."""


def build_tokenizer(markers: Sequence[str] = ()) -> PreTrainedTokenizerFast:
    """Builds the tokenizer.

    ``tokenizer(prompt)`` gives ``<bos> prompt <sep>``, what the model is asked with;
    ``tokenizer(prompt, completion)`` gives ``<bos> prompt <sep> completion <eos>``, what it learns from.

    Args:
        markers: texts that a codec uses as single tokens, such as ``<|frame_sep|>``; they get the ids
            after the bytes, in this order.
    """
    vocabulary = {token: index for index, token in enumerate(CONTROL_TOKENS)}
    vocabulary |= {symbol: FIRST_BYTE + byte for byte, symbol in enumerate(byte_symbols())}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token=UNK))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
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


def byte_symbols() -> list[str]:
    """Returns the printable character by which the byte-level alphabet writes each byte, in byte order."""
    visible = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    symbols = {byte: chr(byte) for byte in visible} | {byte: chr(256 + n) for n, byte in enumerate(hidden)}
    return [symbols[byte] for byte in range(256)]
