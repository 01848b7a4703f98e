"""Objects in texts: their numbers, and the fields that an instance shows.

A debugger numbers the objects of a stop from 1, in the order in which they show. So the number of an object
differs from stop to stop and from frame to frame; what is the same object is kept by the shell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"| at #(\d+)""")
_HEAD = re.compile(r"<([\w.<>]+?) at #(\d+)(?: |>$)")
_OBJECT = re.compile(r"<(?:[\w. ]|<\w+>)+? at #(\d+)")
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
BACK = " ...>"
"""How an instance ends that shows inside itself."""


def numbers(text: str) -> list[int]:
    """The numbers of the objects in a text, in order, each as often as it shows."""
    if "#" not in text:
        return []
    return [int(found[1]) for found in _TOKEN.finditer(text) if found[1]]


def renumbered(text: str, number: Callable[[int], int]) -> str:
    """Returns a text with other numbers; what strings in it hold stays."""
    if "#" not in text:
        return text
    return _TOKEN.sub(lambda found: f" at #{number(int(found[1]))}" if found[1] else found[0], text)


def blank(text: str) -> str:
    """Returns a text with no numbers: what two objects have in common that look alike."""
    return renumbered(text, lambda _: 0)


def in_order(texts: Iterable[str]) -> dict[int, int]:
    """Numbers as a debugger would give them to the objects of some texts, by the numbers there."""
    given: dict[int, int] = {}
    for text in texts:
        for number in numbers(text):
            given.setdefault(number, len(given) + 1)
    return given


def shown(text: str) -> Iterator[tuple[int, str]]:
    """Yields the objects that show in a text with their own texts, outer ones first."""
    opened: list[int] = []
    found: list[tuple[int, int, str]] = []
    for place, letter in _outside_strings(text):
        if letter == "<":
            opened.append(place)
        elif letter == ">" and opened and text[place - 1] not in "-=":
            start = opened.pop()
            inside = text[start : place + 1]
            head = _OBJECT.match(inside)
            if head is not None:
                found.append((start, int(head[1]), inside))
    for _, number, inside in sorted(found):
        yield number, inside


def replaced(text: str, number: int, new: str) -> str:
    """Returns a text in which an object shows as it is now, wherever it shows in full."""
    if f" at #{number}" not in text:
        return text
    for other, old in shown(text):
        if other == number and old != new and not old.endswith(BACK):
            text = text.replace(old, new)
            break
    return text


@dataclass
class Instance:
    """An instance of a class, by its text, such as ``<Point at #1 x=1, y=[2, 3]>``.

    Attributes:
        head: class and number.
        fields: texts by name, in order.
    """

    head: str
    fields: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Instance | None:
        """Reads a text; None where it is no instance's, or was cut."""
        found = _HEAD.match(text)
        if found is None or not text.endswith(">"):
            return None
        made = cls(text[: found.end()].rstrip(" >"))
        inside = text[found.end() : -1]
        for part in parts_of(inside) if inside else []:
            name, sign, value = part.partition("=")
            if not sign or not name.isidentifier():
                return None
            made.fields[name] = value
        return made

    @property
    def type(self) -> str:
        """The qualified name of its class."""
        return self.head[1:].rpartition(" at #")[0]

    @property
    def number(self) -> int:
        """Its number."""
        return int(self.head.rpartition("#")[2])

    def __str__(self) -> str:
        told = ", ".join(f"{name}={text}" for name, text in self.fields.items())
        return f"{self.head} {told}>" if told else f"{self.head}>"


def parts_of(text: str) -> list[str]:
    """Splits at the commas that stand in no bracket and no quote."""
    parts: list[str] = []
    start = 0
    open_: list[str] = []
    for place, letter in _outside_strings(text):
        if letter in _CLOSING:
            open_.append(_CLOSING[letter])
        elif open_ and letter == open_[-1]:
            open_.pop()
        elif letter == "," and not open_:
            parts.append(text[start:place])
            start = place + 2
    return [*parts, text[start:]]


def depth(text: str) -> int:
    """How many brackets stand inside one another."""
    found = deepest = 0
    for _, letter in _outside_strings(text):
        if letter in _CLOSING:
            found += 1
            deepest = max(deepest, found)
        elif letter in ")]}>":
            found -= 1
    return deepest


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    """Yields the places and letters of a text that stand in no string."""
    quote, place = "", 0
    while place < len(text):
        letter = text[place]
        if quote:
            if letter == "\\":
                place += 1
            elif letter == quote:
                quote = ""
        elif letter in "'\"":
            quote = letter
        else:
            yield place, letter
        place += 1
