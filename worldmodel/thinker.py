"""Drives thoughts: hands their questions to an engine, many at once, and gives the answers back."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from debugworld.worldmodel.calibration import Evidence
from debugworld.worldmodel.completion import TOO_LONG, Completion, Request
from debugworld.worldmodel.markov import Outcome, Shell
from debugworld.worldmodel.markov.operand import leave_out
from debugworld.worldmodel.markov.thought import Ask, Thought, think


class Granularity(str, Enum):
    """How much one question covers."""

    LINE = "line"
    """A statement, all of it."""
    EXPRESSION = "expression"
    """One operator, call, subscript or turn of a loop, on concrete operands; dearer and truer."""


class Completer(Protocol):
    """Answers requests in their order."""

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Returns one completion a request."""


@dataclass
class Considered:
    """What a thought came to.

    Attributes:
        outcome: what the statement does; None where an answer did not end, or was no answer.
        evidence: how sure the model was on the way.
        reason: why there is no outcome: ``token_budget`` or ``incoherent``.
    """

    outcome: Outcome | None = None
    evidence: Evidence = Evidence("step")
    reason: str = ""


class Thinker:
    """Asks a model what statements do.

    Args:
        engine: answers.
        slot: who asks, see `Request`.
        max_tokens: longest answer.
        granularity: how much one question covers.
    """

    def __init__(
        self,
        engine: Completer,
        slot: Hashable,
        max_tokens: int = 256,
        granularity: Granularity = Granularity.EXPRESSION,
    ) -> None:
        self._engine, self._slot, self._max_tokens = engine, slot, max_tokens
        self.granularity = granularity

    def consider(self, shells: Sequence[Shell]) -> list[Considered]:
        """Returns what the statements do at which shells stand; the shells may be at any places.

        Args:
            shells: each at a state whose successor is not certain; no two are one.
        """
        return self.follow([self._thought(shell) for shell in shells])

    def follow(self, thoughts: Sequence[Thought]) -> list[Considered]:
        """Leads thoughts to their ends, all of them one question at a time."""
        found = [Considered() for _ in thoughts]
        waiting: list[tuple[int, Ask]] = []
        for number, thought in enumerate(thoughts):
            self._send(thought, None, number, found[number], waiting)
        while waiting:
            asked, waiting = waiting, []
            requests = [Request(self._slot, ask.prompt, ask.grammar, self._max_tokens) for _, ask in asked]
            for (number, _), answer in zip(asked, self._engine.complete(requests), strict=True):
                made = found[number]
                unread = answer.reason == TOO_LONG
                made.evidence = made.evidence.after(answer.raw_logprobs, unread)
                if not answer.finished:
                    leave_out(unread=unread)
                    made.reason = "token_budget" if answer.cut else "incoherent"
                    continue
                try:
                    outcome = Outcome.parse(answer.text)
                except ValueError:
                    made.reason = "incoherent"
                    continue
                self._send(thoughts[number], outcome, number, made, waiting)
        return found

    def _thought(self, shell: Shell) -> Thought:
        if self.granularity is Granularity.EXPRESSION:
            return think(shell)
        return _whole(shell)

    @staticmethod
    def _send(
        thought: Thought,
        outcome: Outcome | None,
        number: int,
        made: Considered,
        waiting: list[tuple[int, Ask]],
    ) -> None:
        try:
            ask = next(thought) if outcome is None else thought.send(outcome)
        except StopIteration as end:
            made.outcome = end.value
            if not made.evidence.questions:
                made.evidence = Evidence()
            return
        waiting.append((number, ask))


def _whole(shell: Shell) -> Thought:
    return (yield Ask(shell.prompt(), shell.grammar(), whole=True))
