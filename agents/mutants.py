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
    for match in _TOKEN.finditer(line):
        token = match[0]
        others = _SWAPS.get(token, ())
        if token.isdecimal():
            others = tuple(str(int(token) + step) for step in (1, -1) if int(token) + step >= 0)
        for other in others:
            yield line[: match.start()] + other + line[match.end() :]
