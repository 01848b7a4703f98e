"""Answers of OutputPrediction: what counts as right, and wrong ones that look right."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np

from debugworld.sandboxes.debugger import Event, ExitCode, Trace

_FILLERS = ("None", "0", "1", "True", "False", "''", "[]", "{}", "()", "-1", "2", "'a'", "[0]", "3.0")
"""Values to guess when nothing is known; also pads a short list of candidates."""
_EXCEPTIONS = ("ValueError", "TypeError", "KeyError", "IndexError", "ZeroDivisionError", "AttributeError")
_MAX_LITERAL = 20_000

GUESSES = _FILLERS
"""The answers that sampling a text action says."""


def outcome(trace: Trace) -> str | None:
    """Returns the text of what a call returned or raised; None where it did neither."""
    last = trace.states[-1] if trace.states else None
    if last is None or last.depth or last.value is None or trace.exit.code is ExitCode.NEVER:
        return None
    return last.value if last.event in (Event.RETURN, Event.EXCEPTION) else None


def same_value(answer: str, truth: str) -> bool:
    """Tells whether an answer means the true value.

    Equal texts do; so do literals of one type that compare equal, whatever their
    spelling.
    """
    if answer.strip() == truth.strip():
        return True
    try:
        left, right = _literal(answer), _literal(truth)
        return type(left) is type(right) and bool(left == right)
    except _NO_LITERAL:
        return False


_NO_LITERAL = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)


def _literal(text: str) -> Any:
    if len(text) > _MAX_LITERAL:
        raise ValueError("too long for a literal")
    return ast.literal_eval(text.strip())


def candidates(trace: Trace, truth: str, count: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Returns the truth among wrong answers, in random order.

    Wrong answers are values of the truth's type that the run showed, the truth with
    one thing changed, and common values, in equal shares as far as they go.

    Args:
        trace: The real run.
        truth: Its outcome.
        count: Answers to return, at least 2.
        rng: Where chance comes from.
    """
    seen = [text for text in _values(trace) if _kind(text) == _kind(truth)]
    sources = [_shuffled(seen, rng), _shuffled(list(_mutants(truth)), rng), list(_FILLERS)]
    chosen = [truth]
    while len(chosen) < count and any(sources):
        for source in sources:
            while source:
                text = source.pop(0)
                if not any(same_value(text, other) for other in chosen):
                    chosen.append(text)
                    break
    chosen = chosen[:count]
    return tuple(chosen[i] for i in rng.permutation(len(chosen)))


def _shuffled(texts: list[str], rng: np.random.Generator) -> list[str]:
    return [texts[i] for i in rng.permutation(len(texts))]


def _values(trace: Trace) -> list[str]:
    """Distinct values that the run showed, by first sight."""
    found: dict[str, None] = {}
    for state in trace.states:
        found.update(dict.fromkeys(state.locals.values()))
        if state.value is not None:
            found[state.value] = None
    return list(found)


def _kind(text: str) -> str:
    try:
        return type(_literal(text)).__name__
    except _NO_LITERAL:
        return "exception" if ": " in text or text.endswith("Error") else "object"


def _mutants(truth: str) -> Iterator[str]:
    """Yields the truth with one thing changed."""
    value: Any
    try:
        value = _literal(truth)
    except _NO_LITERAL:
        kind, colon, message = truth.partition(":")
        if _kind(truth) == "exception":
            yield from (name + colon + message for name in _EXCEPTIONS if name != kind)
        yield from _digits(truth)
        return
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, (int, float)):
        yield from map(repr, (value + 1, value - 1, value + 2, value * 2, -value))
    elif isinstance(value, (str, bytes, list, tuple)) and value:
        yield from map(repr, (value[1:], value[:-1], value[::-1], value[1:-1], value * 2))
    elif isinstance(value, dict) and value:
        for dropped in list(value)[:5]:
            yield repr({key: item for key, item in value.items() if key != dropped})
    yield from _digits(truth)


def _digits(text: str) -> Iterator[str]:
    """Yields the text with one of its first digits raised by one."""
    places = [i for i, character in enumerate(text) if character in "012345678"][:5]
    for i in places:
        yield text[:i] + str(int(text[i]) + 1) + text[i + 1 :]
