"""Mutants of a line: the small changes that mutation testing makes."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SWAPS = {
    "==": ("!=",),
    "!=": ("==",),
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    ">": (">=", "<"),
    ">=": (">", "<="),
    "+": ("-",),
    "-": ("+",),
    "*": ("//", "+"),
    "/": ("//", "*"),
    "//": ("/", "*"),
    "%": ("//",),
    "=": ("+=",),
    "+=": ("=", "-="),
    "-=": ("=", "+="),
    "*=": ("=", "+="),
    "and": ("or",),
    "or": ("and",),
    "not": ("",),
    "True": ("False",),
    "False": ("True",),
    "min": ("max",),
    "max": ("min",),
    "break": ("continue",),
    "continue": ("break",),
}
_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|\w+|[-+*/%<>=!]?=|//|\*\*|\S")


def mutants(line: str) -> Iterator[str]:
    """Yields a line with one operator, word or number changed, from left to right; some do not compile."""
    return (text for _, text in slips(line))


def slips(line: str) -> Iterator[tuple[str, str]]:
    """Yields the mutants of a line, each after its kind, such as ``< to <=`` or ``number up``."""
    for match in _TOKEN.finditer(line):
        token = match[0]
        others = {f"{token} to {other}".rstrip(): other for other in _SWAPS.get(token, ())}
        if token.isdecimal():
            steps = {"number up": 1, "number down": -1}
            others = {kind: str(int(token) + by) for kind, by in steps.items() if int(token) + by >= 0}
        for kind, other in others.items():
            yield kind, line[: match.start()] + other + line[match.end() :]
