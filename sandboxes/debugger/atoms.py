"""The texts of immutable plain values, and how the texts of a container's items are put together."""

from __future__ import annotations

import re
from typing import Any

from .limits import CUT, MAX_ITEMS, MAX_STRING, MAX_TEXT

ADDRESS = " at #?"
"""Stands for a memory address in printed text, in messages and in strings."""
BIG = 1 << 62
"""An integer between -BIG and BIG is written by its repr without asking for its size."""
SHORT = 20
"""Items of a tuple that counts as an immutable plain value."""

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,16}\b")
_NoneType: type = type(None)


def stable(text: str) -> str:
    """Returns a text with `ADDRESS` in place of memory addresses."""
    return _ADDRESS.sub(ADDRESS, text) if " at 0x" in text else text


def atom(value: Any, kind: type) -> str | None:
    """Returns the text of an immutable plain value, which depends on nothing else; None for other values.

    Such are numbers, strings, bytes and None of the built-in types themselves and of moderate size, and short
    tuples of them.

    Args:
        value: any value.
        kind: its type.
    """
    if kind is int:
        return repr(value) if -BIG < value < BIG else None
    if kind is str:
        if len(value) > MAX_STRING:
            return None
        text = repr(value)
        return stable(text) if " at 0x" in text else text
    if kind is _NoneType or kind is bool or kind is float or kind is complex:
        return repr(value)
    if kind is tuple:
        return _flat_tuple(value) if len(value) <= SHORT else None
    if kind is bytes and len(value) <= MAX_STRING:
        return stable(repr(value))
    return None


def _flat_tuple(value: tuple[Any, ...]) -> str | None:
    texts, room = [], MAX_TEXT
    for item in value:
        kind = type(item)
        if kind is tuple:
            return None
        text = atom(item, kind)
        if text is None:
            return None
        texts.append(text)
        room -= len(text) + 2
    if room < 2:
        return None
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def enclosed(start: str, texts: list[str], size: int, end: str) -> str:
    """Joins the texts of a container's first items; `CUT` ends them where the container has more."""
    more = f", {CUT}" if size > MAX_ITEMS and len(texts) == MAX_ITEMS else ""
    return f"{start}{', '.join(texts)}{more}{end}"


def paired(parts: list[str]) -> list[str]:
    """Joins texts of keys and values, which alternate; a part that stands alone says why nothing follows."""
    if len(parts) == 1:
        return parts
    if len(parts) % 2:
        parts = [*parts, CUT]
    return [f"{key}: {text}" for key, text in zip(parts[::2], parts[1::2], strict=True)]
