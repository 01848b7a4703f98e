"""Whole numbers on the command line, as `argparse` takes them."""

from __future__ import annotations

import argparse


def from_zero(text: str) -> int:
    """Reads a whole number from 0 on."""
    return _read(text, 0)


def from_one(text: str) -> int:
    """Reads a whole number from 1 on."""
    return _read(text, 1)


def _read(text: str, lowest: int) -> int:
    read = int(text)
    if read < lowest:
        raise argparse.ArgumentTypeError(f"a number from {lowest} on is needed; got {text}")
    return read
