"""Lines at fault, where a collection gives only the faulty and the right program."""

from __future__ import annotations

import io
import tokenize
from difflib import SequenceMatcher

_LAYOUT = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


def lines_at_fault(buggy: str, fixed: str) -> tuple[int, ...]:
    """Returns the 1-based lines of a faulty program that differ from the right one.

    Comments, blank lines and spacing inside a line do not count; indentation does.
    Where lines are only missing, it is the line that they belong before, or the last
    one. The two are aligned by `difflib.SequenceMatcher`.
    """
    try:
        left, right = _significant(buggy), _significant(fixed)
    except (tokenize.TokenError, SyntaxError):  # programs that do not parse are compared as text
        left, right = _written(buggy), _written(fixed)
    matcher = SequenceMatcher(None, [text for _, text in left], [text for _, text in right], autojunk=False)
    found: set[int] = set()
    for tag, start, end, _, _ in matcher.get_opcodes():
        if tag == "insert":
            found.update(number for number, _ in (left[start : start + 1] or left[-1:]))
        elif tag != "equal":
            found.update(number for number, _ in left[start:end])
    return tuple(sorted(found))


def _significant(source: str) -> list[tuple[int, str]]:
    """Returns number and normal form of each line that says something."""
    lines = source.split("\n")
    tokens: dict[int, list[str]] = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _LAYOUT:
            for offset, text in enumerate(token.string.split("\n")):
                tokens.setdefault(token.start[0] + offset, []).append(text)
    return [
        (n, f"{len(line) - len(line.lstrip())} {' '.join(tokens[n])}")
        for n, line in enumerate(lines, 1)
        if n in tokens
    ]


def _written(source: str) -> list[tuple[int, str]]:
    return [(n, line.rstrip()) for n, line in enumerate(source.split("\n"), 1) if line.strip()]
