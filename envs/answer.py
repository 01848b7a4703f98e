"""Answers of OutputPrediction: what counts as right, and wrong ones that look right."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.debugger import Event, ExitCode, Trace

from .chance import below, scrambled, shuffled, wander
from .memory import by_trace
from .scene import one_line

_FILLERS = ("None", "0", "1", "True", "False", "''", "[]", "{}", "()", "-1", "2", "'a'", "[0]", "3.0")
"""Values to guess when nothing is known; also pads a short list of candidates."""
_EXCEPTIONS = ("ValueError", "TypeError", "KeyError", "IndexError", "ZeroDivisionError", "AttributeError")
CHOICES = 32
"""Choices of wrong answers and their order for one truth of one run; a multiple of the answers of a task."""
_MAX_LITERAL = 20_000
_Meant = tuple[str, tuple[str, Hashable]]
"""A text with its `meaning`."""

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
    return meaning(answer) == meaning(truth)


_NO_LITERAL = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)


@lru_cache(maxsize=65_536)
def meaning(text: str) -> tuple[str, Hashable]:
    """Returns the kind of a text and what stands for its value: equal for those that `same_value` equates."""
    try:
        value = _literal(text)
        return type(value).__name__, _frozen(value)
    except _NO_LITERAL:
        kind = "exception" if ": " in text or text.endswith("Error") else "object"
        return kind, ("text", text.strip())


def _frozen(value: Any) -> Hashable:
    """Returns something hashable that equals what stands for another literal where the two are equal."""
    if isinstance(value, (list, tuple)):
        return type(value).__name__, tuple(map(_frozen, value))
    if isinstance(value, dict):
        return "dict", frozenset((key, _frozen(item)) for key, item in value.items())
    if isinstance(value, set):
        return "set", frozenset(value)
    found: Hashable = value
    return found


def _literal(text: str) -> Any:
    if len(text) > _MAX_LITERAL:
        raise ValueError("too long for a literal")
    return ast.literal_eval(text.strip())


def candidates(trace: Trace, truth: str, count: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Returns the truth among wrong answers, in random order; at most twelve, each on one line.

    Wrong answers are values of the truth's type that the run showed, the truth with
    one thing changed, and common values, in equal shares as far as they go. One of `CHOICES`
    choices is drawn.

    Args:
        trace: The real run.
        truth: Its outcome.
        count: Answers to return, at least 2.
        rng: Where chance comes from.
    """
    return choice(trace, truth, count, below(CHOICES, rng))


@by_trace
def choice(trace: Trace, truth: str, count: int, number: int) -> tuple[str, ...]:
    """Returns one of the choices of `candidates`; over all, the truth stands equally often at each place.

    Args:
        trace: The real run.
        truth: Its outcome.
        count: Answers to return, at least 2.
        number: Of the choice, below `CHOICES`.
    """
    return _chosen(_seen(trace).get(meaning(truth)[0], ()), truth, count, number)


class Choices(NamedTuple):
    """All choices of candidates for one truth."""

    texts: tuple[str, ...]
    """The candidates of all of them, none twice."""
    right: npt.NDArray[np.bool_]
    """Which of ``texts`` mean the truth, see `same_value`; bool ``(texts,)``."""
    places: npt.NDArray[np.int64]
    """Where in ``texts`` the candidates of each stand; int64 ``(CHOICES, candidates)``."""


@by_trace
def choices(trace: Trace, truth: str, count: int) -> Choices:
    """Returns all choices of `candidates`, as `choice` numbers them.

    Args:
        trace: The real run.
        truth: Its outcome.
        count: Answers of each, at least 2.
    """
    seen = _seen(trace).get(meaning(truth)[0], ())
    places: dict[str, int] = {}
    found = [
        [places.setdefault(text, len(places)) for text in _chosen(seen, truth, count, number)]
        for number in range(CHOICES)
    ]
    right = [same_value(text, one_line(truth)) for text in places]
    return Choices(tuple(places), np.array(right), np.array(found))


def _chosen(seen: Sequence[_Meant], truth: str, count: int, number: int) -> tuple[str, ...]:
    words = [f"{part} {number} {truth}" for part in ("seen", "mutants", "order")]
    one, two, three = (scrambled(crc32(word.encode(errors="replace"))) for word in words)
    known = {meaning(truth)}
    sources = [wander(seen, one), wander(_mutations(truth), two), iter(_fillers())]
    wrong: list[str] = []
    while sources and len(wrong) < count - 1:
        for source in tuple(sources):
            for text, value in source:
                if value not in known:
                    known.add(value)
                    wrong.append(text)
                    break
            else:
                sources.remove(source)
            if len(wrong) == count - 1:
                break
    return among(truth, shuffled(wrong, three), number)


def among(truth: str, wrong: Sequence[str], number: int) -> tuple[str, ...]:
    """Returns a truth among wrong answers, each on one line; where it stands goes round with a number."""
    found = list(map(one_line, wrong))
    found.insert(number % (len(found) + 1), one_line(truth))
    return tuple(found)


@by_trace
def _seen(trace: Trace) -> dict[str, list[_Meant]]:
    """Values that the run showed, by kind, none twice, by first sight."""
    texts: dict[str, None] = {}
    for state in trace.states:
        texts.update(dict.fromkeys(state.locals.values()))
        if state.value is not None:
            texts[state.value] = None
    found: dict[str, dict[Hashable, _Meant]] = {}
    for text in texts:
        value = meaning(text)
        found.setdefault(value[0], {}).setdefault(value, (text, value))
    return {kind: list(values.values()) for kind, values in found.items()}


@lru_cache(maxsize=8192)
def _mutations(truth: str) -> tuple[_Meant, ...]:
    return tuple((text, meaning(text)) for text in mutants(truth))


@cache
def _fillers() -> tuple[_Meant, ...]:
    return tuple((text, meaning(text)) for text in _FILLERS)


def mutants(truth: str) -> Iterator[str]:
    """Yields a value's text, or an exception's, with one thing changed."""
    value: Any
    try:
        value = _literal(truth)
    except _NO_LITERAL:
        kind, colon, message = truth.partition(":")
        if meaning(truth)[0] == "exception":
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
