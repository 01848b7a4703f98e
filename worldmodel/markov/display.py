"""Lists and dictionaries whose items are written out: what they look like where one of them is set."""

from __future__ import annotations

import re

from debugworld.sandboxes.debugger.limits import CUT, MAX_DEPTH, MAX_ITEMS, MAX_TEXT

from .objects import depth, parts_of

_INDEX = re.compile(r"-?\d+")
_PAIR = re.compile(r"""('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|-?\d+): (.*)""", re.DOTALL)


def items_of(text: str) -> list[str] | None:
    """Returns the texts of the items of a list or tuple; None where that is none, or not written out."""
    if text[:1] + text[-1:] not in ("[]", "()") or CUT in text:
        return None
    inside = text[1:-1].removesuffix(",")
    return parts_of(inside) if inside else []


def pairs_of(text: str) -> dict[str, str] | None:
    """Returns the texts of a dictionary's values by its keys; None where these are not all names."""
    if text[:1] + text[-1:] != "{}" or CUT in text:
        return None
    found = [_PAIR.fullmatch(part) for part in parts_of(text[1:-1])] if text != "{}" else []
    pairs = {pair[1][1:-1]: pair[2] for pair in found if pair is not None}
    return pairs if len(pairs) == len(found) and all(map(str.isidentifier, pairs)) else None


def with_item(text: str, suffix: str, value: str) -> str | None:
    """Returns a container's text with a value at an index or a key; None where that is not certain.

    All other items are what they were. Keys are compared by their texts, so they must be all strings, or all
    integers.

    Args:
        text: A list or a dictionary.
        suffix: ``[INDEX]`` or ``[KEY]``.
        value: What is put there.
    """
    key = suffix[1:-1]
    unsure = any(CUT in one or " at #" in one for one in (text, suffix, value)) or text in value
    if not suffix.startswith("[") or unsure:
        return None
    inside = text[1:-1]
    parts = parts_of(inside) if inside else []
    if text.startswith("[") and text.endswith("]"):
        if not _INDEX.fullmatch(key) or not -len(parts) <= int(key) < len(parts):
            return None
        parts[int(key)] = value
    elif text.startswith("{") and text.endswith("}"):
        pairs = [_PAIR.fullmatch(part) for part in (*parts, f"{key}: {value}")]
        keys = [pair[1] for pair in pairs if pair is not None]
        if len(keys) < len(pairs) or len({one[0] in "'\"" for one in keys}) > 1:
            return None
        place = keys.index(key)
        parts[place:] = [f"{key}: {value}", *parts[place + 1 :]]
    else:
        return None
    whole = f"{text[0]}{', '.join(parts)}{text[-1]}"
    short = len(parts) <= MAX_ITEMS and len(whole) <= MAX_TEXT and depth(whole) < MAX_DEPTH
    return whole if short else None
