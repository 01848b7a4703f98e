"""Which byte may follow in the text of a value, so that its quotes and brackets close."""

from __future__ import annotations

from functools import cache

PRINTABLE = frozenset(range(0x20, 0x100)) - {0x7F}
"""The bytes of a text on one line, those of characters outside ASCII included."""
QUOTES = frozenset(b"'\"")
"""What strings begin and end with."""
MAX_OPEN = 12
"""Most brackets and quotes that stand open at once."""
_OPEN = {ord("("): ")", ord("["): "]", ord("{"): "}", ord("<"): ">"}
_CLOSE = frozenset(b")]}>")


def after(open_: str, byte: int) -> str:
    """Returns what stands open after a byte: a closing character for each bracket, quotes, a backslash."""
    last = open_[-1:]
    if last == "\\":
        return open_[:-1]
    if last and last in "'\"":
        return open_ + "\\" if byte == ord("\\") else open_[:-1] if byte == ord(last) else open_
    if byte in QUOTES:
        return open_ + chr(byte)
    if byte in _OPEN and (byte != ord("<") or not last or last in ")]}>"):
        return open_ + _OPEN[byte]
    return open_[:-1] if last and byte == ord(last) else open_


@cache
def allowed(open_: str) -> frozenset[int]:
    """Returns the bytes that may follow inside a value; it may end where nothing stands open."""
    last = open_[-1:]
    if last and last in "\\'\"":
        return PRINTABLE
    found = PRINTABLE - _CLOSE | (frozenset({ord(last)}) if last else frozenset(b">"))
    return found - frozenset(_OPEN) - QUOTES if len(open_) >= MAX_OPEN else found
