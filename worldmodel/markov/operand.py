"""How much of a value a question shows, and what that leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

MAX_OPERAND = 240
"""Characters of one operand's text in a question."""
MAX_RETURNS = 4
"""Returned values shown in a question, the latest ones."""
MARK = "…"
"""Stands where text was left out."""


@dataclass
class LeftOut:
    """What questions did not show or could not ask, and answers could not say."""

    texts: int = 0
    """Values of which only the beginning was shown."""
    returns: int = 0
    """Returned values that were not shown, because later ones were."""
    lines: int = 0
    """Questions about a jump that showed a part of the functions it may run through."""
    unread: int = 0
    """Questions that were longer than what the model reads, and had no answer."""
    answers: int = 0
    """Answers that ended where the tokens did that they could have."""

    def __str__(self) -> str:
        """All of it in words; empty where nothing was left out."""
        told = (
            (self.texts, "value", "shown in part"),
            (self.returns, "returned value", "not shown"),
            (self.lines, "jump", "asked with a part of the program"),
            (self.unread, "question", "longer than the model reads"),
            (self.answers, "answer", "cut short"),
        )
        numbers = (
            (count, f"{count} {what}{'s were' if count > 1 else ' was'} {how}") for count, what, how in told
        )
        return "; ".join(text for count, text in numbers if count)


_listener: ContextVar[LeftOut | None] = ContextVar("left_out", default=None)


@contextmanager
def listening() -> Iterator[LeftOut]:
    """Counts what is left out of the questions that are put in this thread meanwhile."""
    found = LeftOut()
    token = _listener.set(found)
    try:
        yield found
    finally:
        _listener.reset(token)


def leave_out(*, texts: int = 0, returns: int = 0, lines: int = 0, unread: int = 0, answers: int = 0) -> None:
    """Tells who listens what is left out."""
    found = _listener.get()
    if found is not None:
        found.texts += texts
        found.returns += returns
        found.lines += lines
        found.unread += unread
        found.answers += answers


def cut(text: str, most: int = MAX_OPERAND) -> str:
    """Returns a value's text, with a mark where it is too long."""
    if len(text) <= most:
        return text
    leave_out(texts=1)
    return text[:most] + MARK


def latest(returns: Sequence[str]) -> Sequence[str]:
    """Returns the returned values that a question shows."""
    if len(returns) > MAX_RETURNS:
        leave_out(returns=len(returns) - MAX_RETURNS)
    return returns[-MAX_RETURNS:]
