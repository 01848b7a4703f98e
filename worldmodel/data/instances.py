"""Reads and writes the fields in an instance's text, ``<Point at #1 x=1, y=[2, 3]>``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_HEAD = re.compile(r"<([\w.<>]+?) at #(\d+)(?: |>$)")
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}


@dataclass
class Instance:
    """An instance of a class, by its text.

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

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={text}" for name, text in self.fields.items())
        return f"{self.head} {shown}>" if shown else f"{self.head}>"


def parts_of(text: str) -> list[str]:
    """Splits at the commas that stand in no bracket and no quote."""
    parts, start, open_, quote, place = [], 0, [], "", 0
    while place < len(text):
        letter = text[place]
        if quote:
            if letter == "\\":
                place += 1
            elif letter == quote:
                quote = ""
        elif letter in "'\"":
            quote = letter
        elif letter in _CLOSING:
            open_.append(_CLOSING[letter])
        elif open_ and letter == open_[-1]:
            open_.pop()
        elif letter == "," and not open_:
            parts.append(text[start:place])
            start = place + 2
        place += 1
    return [*parts, text[start:]]
