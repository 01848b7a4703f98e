"""Drives thoughts: hands their questions to an engine, many at once, and gives the answers back."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from debugworld.worldmodel.calibration import Evidence
from debugworld.worldmodel.completion import TOO_LONG, Completion, Request
from debugworld.worldmodel.markov import Outcome, Shell
from debugworld.worldmodel.markov.operand import leave_out, listening
from debugworld.worldmodel.markov.thought import Ask, Asking, Thought, in_steps, think

DOUBT = 0.95
"""With `Granularity.STEPS`, an answer less probable than this is asked for step by step."""


class Granularity(str, Enum):
    """How much one question covers."""

    LINE = "line"
    """A statement, all of it."""
    EXPRESSION = "expression"
    """One operator, call, subscript or turn of a loop, on concrete operands; dearer and truer."""
    STEPS = "steps"
    """The same, and where its answer is doubtful one step of the operation: a digit, a character, an item."""

    @staticmethod
    def default(ours: bool) -> Granularity:
        """Returns how a model is asked where nothing else is said.

        Args:
            ours: whether it was trained on our questions; what others say of the steps of an operation is
                no truer than their word on the whole, and asking costs eight questions.
        """
        return Granularity.STEPS if ours else Granularity.EXPRESSION


class Completer(Protocol):
    """Answers requests in their order."""

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Returns one completion a request."""


@dataclass
class Considered:
    """What a thought, or one question of it, came to.

    Attributes:
        outcome: what is done; None where an answer did not end, or was no answer.
        evidence: how sure the model was on the way.
        reason: why there is no outcome: ``token_budget`` or ``incoherent``.
        unread: whether that is because the question is longer than what the model reads.
    """

    outcome: Outcome | None = None
    evidence: Evidence = Evidence("step")
    reason: str = ""
    unread: bool = False

    @property
    def cut(self) -> bool:
        """Whether there is no outcome because an answer became too long."""
        return self.reason == "token_budget" and not self.unread


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
        granularity: Granularity = Granularity.STEPS,
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
        return self._lead(thoughts, self.granularity is Granularity.STEPS)

    def _lead(self, thoughts: Sequence[Asking[Outcome | None]], in_doubt: bool) -> list[Considered]:
        """Leads thoughts to their ends.

        Args:
            thoughts: Each asks, and is sent what its questions came to.
            in_doubt: Whether doubtful answers are asked for in steps.
        """
        found = [Considered() for _ in thoughts]
        waiting: list[tuple[int, Ask]] = []
        for number, thought in enumerate(thoughts):
            self._send(thought, None, number, found[number], waiting)
        while waiting:
            asked, waiting = waiting, []
            for (number, _), heard in zip(
                asked, self._answers([ask for _, ask in asked], in_doubt), strict=True
            ):
                made = found[number]
                made.evidence = replace(Evidence.join([made.evidence, heard.evidence]), kind="step")
                if heard.outcome is None:
                    made.reason = heard.reason
                else:
                    self._send(thoughts[number], heard.outcome, number, made, waiting)
        return found

    def _answers(self, asked: Sequence[Ask], in_doubt: bool) -> list[Considered]:
        """Returns what questions come to, answered at once or in steps."""
        requests = [Request(self._slot, ask.prompt, ask.grammar, self._max_tokens) for ask in asked]
        heard = [_read(answer) for answer in self._engine.complete(requests)]
        if in_doubt:
            wrong = [one.outcome is not None and not one.outcome.possible for one in heard]
            doubtful = [
                place
                for place, one in enumerate(heard)
                if wrong[place] or one.evidence.total < math.log(DOUBT)
            ]
            with listening():  # what a step leaves out is no loss
                taken = self._lead([in_steps(asked[place]) for place in doubtful], False)
            for place, other in zip(doubtful, taken, strict=True):
                surer = other.evidence.lowest >= heard[place].evidence.lowest
                if other.outcome is not None and (surer or wrong[place] or heard[place].outcome is None):
                    heard[place] = other
        leave_out(unread=sum(one.unread for one in heard), answers=sum(one.cut for one in heard))
        return heard

    def _thought(self, shell: Shell) -> Thought:
        return _whole(shell) if self.granularity is Granularity.LINE else think(shell)

    @staticmethod
    def _send(
        thought: Asking[Outcome | None],
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


def _read(answer: Completion) -> Considered:
    """Returns what an answer says."""
    unread = answer.reason == TOO_LONG
    evidence = Evidence("step").after(answer.raw_logprobs, unread)
    if not answer.finished:
        return Considered(None, evidence, "token_budget" if answer.cut else "incoherent", unread)
    try:
        return Considered(Outcome.parse(answer.text), evidence)
    except ValueError:
        return Considered(None, evidence, "incoherent")
