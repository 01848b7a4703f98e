"""Formats: codecs between what a debugger shows and the text that a model reads."""

from .paper import MARKERS, PaperState, PaperStep, PaperText, decode, encode

__all__ = ["MARKERS", "PaperState", "PaperStep", "PaperText", "decode", "encode"]
