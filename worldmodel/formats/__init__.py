"""Formats: codecs between what a debugger shows and the text that a model reads."""

from debugworld.worldmodel.errors import ModelError

from .codec import Codec, Piece, Turn, size_of
from .cwm import CwmCodec
from .history import ChangesCodec, HistoryCodec
from .paper import MARKERS, PaperState, PaperStep, PaperText, decode, encode
from .paper_codec import PaperCodec

CODECS: dict[str, type[Codec]] = {
    codec.name: codec for codec in (PaperCodec, CwmCodec, HistoryCodec, ChangesCodec)
}
"""Every codec by its name."""
MARKOV = "markov"
"""Name of our own questions, for which there is no codec: a symbolic shell asks them."""


def open_codec(name: str) -> Codec:
    """Returns the codec of a name.

    Raises:
        ModelError: there is none; the message lists the names.
    """
    if name not in CODECS:
        raise ModelError(f"there is no format {name!r}; the formats are {', '.join(sorted(CODECS))}")
    return CODECS[name]()


__all__ = [
    "CODECS",
    "MARKERS",
    "MARKOV",
    "ChangesCodec",
    "Codec",
    "CwmCodec",
    "HistoryCodec",
    "PaperCodec",
    "PaperState",
    "PaperStep",
    "PaperText",
    "Piece",
    "Turn",
    "decode",
    "encode",
    "open_codec",
    "size_of",
]
