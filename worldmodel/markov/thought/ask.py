"""One question of a thought, and the grammar of its answer."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from ..grammar import OutcomeGrammar
from ..operand import cut
from ..outcome import Outcome

MARK = "?"
"""What a small question begins with."""
HOLE = "_"
"""The name of the operand that the question may change."""


@dataclass(frozen=True)
class Ask:
    """One question.

    Attributes:
        prompt: its text.
        grammar: the answers that it can have.
        whole: whether it asks about the whole statement at once.
        enters: whether it asks what a function of the program is called with.
    """

    prompt: str
    grammar: OutcomeGrammar
    whole: bool = False
    enters: bool = False


Answer = TypeVar("Answer")
Asking = Generator[Ask, Outcome, Answer]
"""Asks, is sent the outcomes, and returns something."""


class Unsupported(Exception):
    """The statement cannot be taken apart; it is asked about as a whole."""


class Raised(Exception):
    """A part of the statement raised; the text is ``Type: message``."""


class Form(str):
    """Text that stands for an operand in a question and is no text of a value: ``enumerate([1, 2])``."""


def value_of(expression: str, operands: dict[str, str]) -> Ask:
    """Asks for the value of an expression, and what it did to the operand `HOLE`."""
    return Ask(_prompt(expression, operands), _grammar("RX", tuple(sorted({HOLE} & operands.keys()))))


def effect_of(statement: str, operands: dict[str, str], names: tuple[str, ...]) -> Ask:
    """Asks what a statement gives to some names."""
    return Ask(_prompt(statement, operands), _grammar("LX", names))


def turn_of(target: str, names: tuple[str, ...], iterable: str, turn: int) -> Ask:
    """Asks whether a loop over an iterable turns once more, and what its target is then."""
    return Ask(_prompt(f"for {target} in {cut(iterable)}", {}) + f"\n#{turn}", _grammar("10X", names))


def raised_by(statement: str, operands: dict[str, str]) -> Ask:
    """Asks which exception a statement raises."""
    return Ask(_prompt(statement, operands), _grammar("X", ()))


def _prompt(first: str, operands: dict[str, str]) -> str:
    return "\n".join([MARK + first, *(f"{name}={cut(text)}" for name, text in operands.items())])


@cache
def _grammar(letters: str, names: tuple[str, ...]) -> OutcomeGrammar:
    return OutcomeGrammar(letters, names, {}, ())


def told(expression: str) -> Asking[str]:
    """Asks for the value of an expression on operands that are written out.

    Raises:
        Unsupported: by the answer it has none.
    """
    outcome = yield value_of(expression, {})
    if outcome.letter != "R":
        raise Unsupported
    return outcome.value


def yes(expression: str) -> Asking[bool]:
    """Asks whether an expression is true."""
    return (yield from told(expression)) == "True"
