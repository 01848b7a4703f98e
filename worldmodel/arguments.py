"""Argument lists as an answer: literals in a row, as many as a function takes.

The grammar lets a model write nothing but data: numbers, strings, bytes, ``None``,
``True``, ``False`` and containers of them, whose brackets and quotes close. What it
writes can be put between the brackets of a call, and holds no name that could run.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache

from debugworld.worldmodel.closing import PRINTABLE, QUOTES
from debugworld.worldmodel.constraint import END

MAX_DEPTH = 8
"""Most brackets that stand open at once."""
MAX_NUMBER = 40
"""Most characters of a number."""
_DIGITS = frozenset(b"0123456789")
_HEX = frozenset(b"0123456789abcdef")
_WORDS = (b"None", b"True", b"False", b"set()")
_ESCAPED = frozenset(b"\\'\"nrt")
_LAST_PLANE = b"z"
_HEX_DIGITS = {ord("x"): 2, ord("u"): 4, ord("U"): 8}
_COMMA, _COLON, _SPACE = ord(","), ord(":"), ord(" ")
_ENDS = frozenset(b",:)]}")
# What is open, innermost last: "(" a tuple before its second element, "1" behind its first comma, "T" later;
# "[" a list; "{" a set or dict at its first element, "k" and "v" a dict at a key or a value, "s" a set.
_OPENS = {ord("("): "(", ord("["): "[", ord("{"): "{"}
_CLOSES = {"(": ")", "1": ")", "T": ")", "[": "]", "{": "}", "k": "}", "v": "}", "s": "}"}
_AFTER = {"(": b",", "T": b",)", "[": b",]", "{": b",:}", "k": b":", "v": b",}", "s": b",}"}
_COMMA_TURNS = {"(": "1", "{": "s", "v": "k"}

Place = tuple[int, str, str, bytes]
"""Number of the argument, what is open, what is being read, and its bytes as far as they matter."""


class ArgumentsGrammar:
    """The argument lists that a function can be called with.

    Args:
        least: Fewest arguments.
        most: Most arguments.
        given: Texts of arguments that are known, by their number from 0.
    """

    def __init__(self, least: int, most: int, given: Mapping[int, str] | None = None) -> None:
        self._given = {number: text.encode(errors="replace") for number, text in (given or {}).items()}
        self._least, self._most = max([least, *(number + 1 for number in self._given)]), most
        self.key = ("arguments", self._least, most, tuple(sorted(self._given.items())))
        """Equal for grammars with the same answers."""

    def start(self) -> Place:
        """The state before the first byte."""
        return (0, "", "given" if 0 in self._given else "value", b"")

    def allowed(self, state: Place) -> frozenset[int]:
        """Bytes that may follow, and `END` where the list may stop."""
        number, open_, phase, read = state
        if phase == "given":
            return frozenset(self._given[number][len(read) : len(read) + 1]) or self._behind(number)
        if number >= self._most:
            return frozenset({END})
        found = _inside(open_, phase, read)
        if not open_ and _complete(phase, read):
            return found | self._behind(number)
        return found | {END} if state == (0, "", "value", b"") and not self._least else found

    def advance(self, state: Place, byte: int) -> Place:
        """The state after an allowed byte.

        Raises:
            ValueError: the byte is not allowed.
        """
        if byte not in self.allowed(state):
            raise ValueError(f"byte {byte} ({chr(byte)!r}) may not follow {state}")
        number, open_, phase, read = state
        if phase == "given" and len(read) < len(self._given[number]):
            return (number, "", "given", read + bytes([byte]))
        if byte == _COMMA and not open_ and phase != "string":
            return (number + 1, "", "comma", b"")
        if phase == "comma" and not open_ and number in self._given:
            return (number, "", "given", b"")
        return (number, *_moved(open_, phase, read, byte))

    def _behind(self, number: int) -> frozenset[int]:
        """What may follow a whole argument."""
        ends = frozenset({END}) if number + 1 >= self._least else frozenset()
        return ends | (frozenset({_COMMA}) if number + 1 < self._most else frozenset())


def is_literal(text: str) -> bool:
    """Whether a text is one Python literal."""
    try:
        ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def split(text: str) -> list[str] | None:
    """Splits an argument list into the texts of its arguments; None where it is none of literals."""
    source = f"f({text})"
    try:
        call = ast.parse(source, mode="eval").body
        if not isinstance(call, ast.Call) or call.keywords or not isinstance(call.func, ast.Name):
            return None
        for argument in call.args:
            ast.literal_eval(argument)
        return [ast.get_source_segment(source, argument) or "" for argument in call.args]
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def accepts(grammar: ArgumentsGrammar, text: str) -> bool:
    """Whether a grammar permits a text."""
    state = grammar.start()
    for byte in text.encode(errors="replace"):
        if byte not in grammar.allowed(state):
            return False
        state = grammar.advance(state, byte)
    return END in grammar.allowed(state)


def _complete(phase: str, read: bytes) -> bool:
    """Whether a value may end here."""
    if phase == "number":
        return read[-1:].isdigit()
    return phase == "after" or phase == "word" and read in _WORDS


@cache
def _inside(open_: str, phase: str, read: bytes) -> frozenset[int]:
    """Bytes that may follow within an argument."""
    top = open_[-1:]
    if phase in ("value", "opened"):
        starts = frozenset(b"NTFs-b") | _DIGITS | QUOTES
        starts |= frozenset(_OPENS) if len(open_) < MAX_DEPTH else frozenset()
        return starts | (frozenset(_CLOSES[top].encode()) if phase == "opened" else frozenset())
    if phase in ("comma", "colon"):
        return frozenset(b" )" if top == "1" and phase == "comma" else b" ")
    if phase == "string":
        return _in_string(read)
    if phase == "bytes":
        return QUOTES
    more: frozenset[int] = frozenset()
    if phase == "number":
        more = _in_number(read)
    elif phase == "word":
        more = frozenset(w[len(read)] for w in _WORDS if w.startswith(read) and len(w) > len(read))
    return more | frozenset(_AFTER[top]) if top and _complete(phase, read) else more


def _in_string(read: bytes) -> frozenset[int]:
    """``read`` is ``s`` or ``b``, the quote, and what an escape still lacks."""
    rest = read[2:]
    if not rest:
        return PRINTABLE if read[:1] == b"s" else frozenset(range(0x20, 0x7F))
    if rest == b"\\":
        return _ESCAPED | frozenset(b"xuU" if read[:1] == b"s" else b"x")
    if rest == b"6":  # no character is above 10ffff
        return frozenset(b"01")
    return frozenset(b"0") if rest > b"6" else _HEX


def _in_number(read: bytes) -> frozenset[int]:
    body = read.lstrip(b"-")
    if not body or body[-1:] in (b".", b"+", b"-"):
        return _DIGITS
    if body[-1:] == b"e":
        return _DIGITS | frozenset(b"+-")
    if len(read) >= MAX_NUMBER:
        return frozenset()
    found = _DIGITS if body != b"0" else frozenset()
    if b"e" not in body:
        found |= frozenset(b"e") | (frozenset() if b"." in body else frozenset(b"."))
    return found


def _moved(open_: str, phase: str, read: bytes, byte: int) -> tuple[str, str, bytes]:
    """What is open and being read after a byte within an argument."""
    if phase == "string":
        return (open_, *_in_string_after(read, byte))
    if phase == "bytes":
        return (open_, "string", b"b" + bytes([byte]))
    if phase in ("comma", "colon") and byte == _SPACE:
        return (open_[:-1] + "T" if open_[-1:] == "1" else open_, "value", b"")
    if phase in ("value", "opened"):
        if byte in _OPENS:
            return (open_ + _OPENS[byte], "opened", b"")
        if byte in QUOTES:
            return (open_, "string", b"s" + bytes([byte]))
        if byte == ord("b"):
            return (open_, "bytes", b"")
        if byte in _DIGITS or byte == ord("-"):
            return (open_, "number", bytes([byte]))
        if not open_ or byte != ord(_CLOSES[open_[-1]]):
            return (open_, "word", bytes([byte]))
    elif phase == "number" and byte not in _ENDS or phase == "word" and read not in _WORDS:
        return (open_, phase, read + bytes([byte]))
    top, rest = open_[-1:], open_[:-1]
    if byte == _COMMA:
        return (rest + _COMMA_TURNS.get(top, top), "comma", b"")
    if byte == _COLON:
        return (rest + "v", "colon", b"")
    return (rest, "after", b"")


def _in_string_after(read: bytes, byte: int) -> tuple[str, bytes]:
    head, rest = read[:2], read[2:]
    if not rest:
        if byte == ord("\\"):
            return ("string", head + b"\\")
        return ("after", b"") if byte == head[1] else ("string", head)
    if rest == b"\\":
        lacks = _HEX_DIGITS.get(byte)
        return ("string", head + (str(lacks).encode() if lacks else b""))
    if rest == b"6" and byte == ord("1"):
        return ("string", head + _LAST_PLANE)
    lacks = 4 if rest == _LAST_PLANE else int(rest) - 1
    return ("string", head + (str(lacks).encode() if lacks else b""))
