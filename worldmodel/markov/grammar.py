"""The grammar of an answer: which byte may follow, given the state of the program.

Decoding is masked by it, so whatever the network prefers, an answer is an outcome
that this statement can have, names in scope, functions and lines of this source,
and values whose quotes and brackets close and whose numbers are numbers. Its lines
come in the order in which `Outcome` writes them, and each name has one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

END = 256
"""The end of the answer, beside the 256 byte values."""

State = tuple[str, tuple[str, ...], bytes, frozenset[bytes]]
"""Phase, open brackets and quotes (or candidates), the bytes read in the phase, and what was told: names that
have a line, and the marks of the lines behind those of changes."""

_PRINTABLE = frozenset(range(0x20, 0x100)) - {0x7F}
_OPEN = {ord("("): ")", ord("["): "]", ord("{"): "}", ord("<"): ">"}
_CLOSE = frozenset(map(ord, ")]}>"))
_QUOTES = frozenset(map(ord, "'\""))
_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.<>")
_DIGITS = frozenset(b"0123456789")
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_NEWLINE = ord("\n")
_FRACTION = 22
"""Digits behind a point: four zeros and the 17 that tell a float, at most."""
_MAX_OPEN = 12


class OutcomeGrammar:
    """The answers that one statement of one program can have.

    Args:
        letters: First characters of the possible outcomes.
        names: Names that can change.
        labels: Functions that can be called, each with the names its frame can bind.
        lines: Lines that control can be sent to.
        waiting: Functions of which a generator is suspended and can be resumed.
    """

    def __init__(
        self,
        letters: str,
        names: Iterable[str],
        labels: dict[str, tuple[str, ...]],
        lines: Iterable[int],
        waiting: Iterable[str] = (),
    ) -> None:
        self._given = (tuple(names), labels, tuple(lines), tuple(waiting))
        names, labels, lines, waiting = self._given
        self._letters = frozenset(letters.encode()) - (frozenset() if labels else {ord("C")})
        self._names = tuple(sorted({name.encode() for name in names}))
        self._labels = {
            label.encode(): tuple(sorted({n.encode() for n in bound})) for label, bound in labels.items()
        }
        self._lines = tuple(sorted(str(line).encode() for line in lines))
        self._callees = {
            "": tuple(sorted(self._labels)),
            "~": tuple(sorted(label.encode() for label in waiting)),
        }
        self.key = (
            self._letters,
            self._names,
            tuple(sorted(self._labels.items())),
            self._lines,
            self._callees["~"],
        )
        """Equal for grammars with the same answers."""
        self._allowed = lru_cache(maxsize=4096)(self._bytes_after)

    def only(self, letters: str) -> OutcomeGrammar:
        """Returns the grammar of the same statement with fewer outcomes."""
        return OutcomeGrammar(letters, *self._given)

    def start(self) -> State:
        """The state before the first byte."""
        return ("letter", (), b"", frozenset())

    def allowed(self, state: State) -> frozenset[int]:
        """Bytes that may follow, and `END` where the answer may stop."""
        return self._allowed(state)

    def advance(self, state: State, byte: int) -> State:
        """The state after an allowed byte.

        Raises:
            ValueError: the byte is not allowed.
        """
        if byte not in self.allowed(state):
            raise ValueError(f"byte {byte} ({chr(byte)!r}) may not follow {state}")
        phase, stack, read, told = state
        if phase == "letter":
            after, stack = {
                ord("R"): ("space", ("R",)),
                ord("X"): ("space", ("X",)),
                ord("C"): ("resume", ()),
            }.get(byte, ("line end", ()))
            return (after, stack, b"", told)
        if phase == "resume":
            if byte == ord("~"):
                return ("resume", (), b"~", told)
            return ("label", ("~",) if read else (), b"", told)
        if phase == "space":
            return ("value", ("",), b"", told) if stack[0] == "R" else ("type", (), b"", told)
        if byte == _NEWLINE:
            return _next_line(state)
        if phase == "field":
            return _field(stack, byte, told)
        if phase in ("name", "gone", "label", "line", "argument"):
            if byte == ord("=") and phase in ("name", "argument"):
                return ("value", ("", *stack), b"", told | {read})
            return (phase, stack, read + bytes([byte]), told)
        if phase == "type":
            return ("colon", (), b"", told) if byte == ord(":") else ("type", (), b"x", told)
        if phase in ("colon", "message"):
            return ("message", (), b"", told)
        return _in_value(state, byte)

    def _bytes_after(self, state: State) -> frozenset[int]:
        found = self._permitted(state)
        if _NEWLINE in found and not self._permitted(_next_line(state)):
            found -= {_NEWLINE}
        return found

    def _permitted(self, state: State) -> frozenset[int]:
        """Returns the bytes that may follow, a new line even where nothing is left that it could tell."""
        phase, stack, read, told = state
        ends = frozenset({_NEWLINE, END})
        if phase == "letter":
            return self._letters
        if phase == "resume":
            return frozenset(b" ~") if self._callees["~"] and not read else frozenset(b" ")
        if phase == "space":
            return frozenset(b" ")
        if phase == "line end":
            return ends
        if phase == "label":
            callees = self._callees["~" if stack else ""]
            return _following(callees, read) | (ends if read in callees else frozenset())
        if phase == "field":
            return self._field_starts(stack, told)
        if phase in ("name", "argument", "gone"):
            names = self._left(stack, told)
            behind = ends if phase == "gone" else frozenset(b"=")
            return _following(names, read) | (behind if read in names else frozenset())
        if phase == "line":
            return _following(self._lines, read) | (frozenset({END}) if read in self._lines else frozenset())
        if phase == "type":
            return (_WORD | frozenset(b":") | ends) if read else _WORD
        if phase == "colon":
            return frozenset(b" ")
        if phase == "message":
            return _PRINTABLE | ends
        return _value_bytes(stack[0], read)

    def _left(self, stack: tuple[str, ...], told: frozenset[bytes]) -> tuple[bytes, ...]:
        """Returns the names, of the frame or of the callee in the stack, that have no line yet."""
        names = self._labels.get(stack[0].encode(), ()) if stack else self._names
        return tuple(name for name in names if name not in told)

    def _field_starts(self, stack: tuple[str, ...], told: frozenset[bytes]) -> frozenset[int]:
        """Returns what a line may begin with: changes come first, then deletions, the output, the line."""
        starts = frozenset(b"@") if self._lines and not stack else frozenset()
        if b">" in told:
            return starts
        left = self._left(stack, told)
        if left and not stack:
            starts |= {ord("-")}
        if b"-" not in told:
            starts |= {name[0] for name in left}
        return starts | {ord(">")}


def _next_line(state: State) -> State:
    """Returns the state at the beginning of the next line."""
    phase, stack, read, told = state
    if phase == "label":
        return ("field", ("~",) if stack else (read.decode(),), b"", told)
    if phase == "value":
        return ("field", stack[1:], b"", told)
    return ("field", (), b"", told | {read} if phase == "gone" else told)


def _field(stack: tuple[str, ...], byte: int, told: frozenset[bytes]) -> State:
    """Reads the first byte of a line."""
    if byte == ord("-"):
        return ("gone", stack, b"", told | {b"-"})
    if byte == ord(">"):
        return ("value", ("", *stack), b">", told | {b">"})
    if byte == ord("@"):
        return ("line", (), b"", told)
    return ("argument" if stack else "name", stack, bytes([byte]), told)


@cache
def _following(names: tuple[bytes, ...], read: bytes) -> frozenset[int]:
    size = len(read)
    return frozenset(name[size] for name in names if len(name) > size and name.startswith(read))


def _in_value(state: State, byte: int) -> State:
    """Reads a byte of a value: keeps track of brackets, quotes, escapes and the parts of a number."""
    phase, (open_, *owner), read, told = state
    last = open_[-1:]
    mark = b">" if read.startswith(b">") else b""
    part = read.removeprefix(b">")
    if last == "\\":
        return (phase, (open_[:-1], *owner), mark + b"x", told)
    if last in ("'", '"') and last:
        if byte == ord("\\"):
            open_ += "\\"
        elif byte == ord(last):
            open_ = open_[:-1]
        return (phase, (open_, *owner), mark + b"x", told)
    if byte in _QUOTES:
        open_ += chr(byte)
    elif byte in _OPEN and (byte != ord("<") or not last or last in ")]}>"):
        open_ += _OPEN[byte]
    elif byte in _CLOSE and last == chr(byte):
        open_ = open_[:-1]
    return (phase, (open_, *owner), mark + _after(part, byte, last), told)


def _after(part: bytes, byte: int, last: str) -> bytes:
    """Returns the part of a number that a byte outside of texts leads to, ``x`` outside of numbers.

    The parts: ``-`` a sign, ``0`` digits, ``.`` a point, ``5`` once for each digit behind it, ``e``, ``E`` a
    sign behind it, ``9`` the digits of an exponent; ``w`` is a word, in which digits are no number.
    """
    if last == ">":
        return b"x"  # what objects without a literal look like is free
    first = part[:1]
    if byte in _DIGITS:
        if first in (b".", b"5"):
            return b"5" + part.removeprefix(b".")
        return {b"e": b"9", b"E": b"9", b"9": b"9", b"w": b"w"}.get(first, b"0")
    if byte == ord(".") and first == b"0":
        return b"."
    if byte == ord("e") and first in (b"0", b"5"):
        return b"e"
    if byte in b"+-" and first == b"e":
        return b"E"
    if byte == ord("-"):
        return b"-"
    return b"w" if byte in _WORD or byte >= 0x80 else b"x"


@lru_cache(maxsize=65536)
def _value_bytes(open_: str, read: bytes) -> frozenset[int]:
    ends = frozenset({_NEWLINE, END})
    if read == b">":
        return _QUOTES  # what is printed is a string
    if read.startswith(b">") and not open_:
        return ends
    last = open_[-1:]
    if last == "\\":
        return _PRINTABLE
    if last and last in "'\"":
        return _PRINTABLE
    part = read.removeprefix(b">")
    if part[:1] in (b".", b"e", b"E"):
        return _DIGITS | (frozenset(b"+-") if part == b"e" else frozenset())
    allowed = _PRINTABLE - _CLOSE
    if last:
        allowed |= {ord(last)}
    elif read:
        allowed |= ends | {ord(">")}
    if part[:1] in (b"0", b"5", b"9"):
        allowed -= _LETTERS | _QUOTES | frozenset(b".")
        allowed |= {b"0": frozenset(b".ej"), b"5": frozenset(b"ej"), b"9": frozenset(b"j")}[part[:1]]
        if len(part) >= _FRACTION:
            allowed -= _DIGITS
    if len(open_) >= _MAX_OPEN:
        allowed -= frozenset(_OPEN) | _QUOTES
    return allowed
