"""A model asked for states in a format, with the history in the prompt.

Where the history becomes too long for the model, its oldest states are left out of the prompt, half of them
at a time so that the rest is seldom read anew; what is left out is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Protocol

from debugworld.sandboxes.debugger import Action, ActionKind, Exit, ExitCode, State
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.engine import Completion, Request
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import Codec

_slots = count()
_LASTING = (ActionKind.BREAK, ActionKind.CLEAR)


@dataclass(frozen=True)
class CodecRequest(Request):
    """A question in a format.

    Attributes:
        markers: the format's markers, each one token; symbol ``END + 1 + i`` of the grammar is the i-th.
        stop: those of them that end an answer.
    """

    markers: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()


class TooLong(ModelError):
    """A question does not fit into what the model can read."""


class Completer(Protocol):
    """What answers questions, see `engine.Engine`."""

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order."""


class Conversation:
    """Asks one model about one walk after another.

    Args:
        engine: answers; several conversations may share one.
        codec: the format that the model speaks.
        context: tokens that the model can read and write together.
        max_tokens: tokens of the longest answer.
        measure: returns the number of a prompt's tokens; None takes its bytes, of which a token has at
            least one.
    """

    def __init__(
        self,
        engine: Completer,
        codec: Codec,
        context: int = 8192,
        max_tokens: int = 512,
        measure: Callable[[str], int] | None = None,
    ) -> None:
        if not 0 < max_tokens < context:
            raise ValueError(f"max_tokens must be between 1 and the context, {context}; got {max_tokens}")
        self.codec, self.context, self.max_tokens = codec, context, max_tokens
        self.dropped = 0
        """Number of the walk's oldest states that the last prompt left out."""
        self.prompt_tokens = 0
        """Size of the last prompt, as `measure` has it."""
        self.cut_answers = 0
        """Answers about the walk that ended where the tokens did that they could have."""
        self._engine, self._slot = engine, next(_slots)
        self._measure = measure or (lambda prompt: len(prompt.encode()))

    def begin(self) -> None:
        """Begins a new walk, of which nothing is left out yet."""
        self.dropped = self.prompt_tokens = self.cut_answers = 0

    def state(self, walk: Trajectory, action: Action | None) -> tuple[State, float]:
        """Asks which state an action leads to.

        Args:
            walk: the steps so far; None of its states is asked for.
            action: what is done next; None asks for a first state.

        Returns:
            The state, ``never`` where the answer was none, and the model's confidence in it, in [0, 1].

        Raises:
            ModelError: the program alone is too long, or the model cannot be asked in this format.
        """
        answer = self._ask(walk, action)
        confidence = math.exp(answer.raw_lowest)
        if not answer.finished:
            return State.at_exit(Exit(ExitCode.NEVER, "token_budget")), confidence
        try:
            return self.codec.read(walk, action, answer.text), confidence
        except ModelError:
            return State.at_exit(Exit(ExitCode.NEVER, "incoherent")), confidence

    def text(self, walk: Trajectory, action: Action) -> tuple[Completion, float]:
        """Asks for the answer to an action that leads to no state."""
        answer = self._ask(walk, action)
        return answer, math.exp(answer.raw_lowest)

    def _ask(self, walk: Trajectory, action: Action | None) -> Completion:
        prompt = self._prompt(walk, action)
        grammar = self.codec.grammar(walk, action)
        request = CodecRequest(
            self._slot, prompt, grammar, self.max_tokens, markers=self.codec.markers, stop=self.codec.stop
        )
        [answer] = self._engine.complete([request])
        self.cut_answers += answer.cut
        return answer

    def _prompt(self, walk: Trajectory, action: Action | None) -> str:
        """Returns the question, with as much of the history as there is room for."""
        room, last = self.context - self.max_tokens, max(len(walk.steps) - 1, 0)
        self.dropped = min(self.dropped, last)
        while True:
            prompt = self.codec.prompt(without(walk, self.dropped), action)
            self.prompt_tokens = self._measure(prompt)
            if self.prompt_tokens <= room:
                return prompt
            if self.dropped == last:
                raise TooLong(
                    f"the program and one state take {self.prompt_tokens} tokens in the format "
                    f"{self.codec.name}; there is room for {room} beside an answer: "
                    "take a model with a longer context"
                )
            self.dropped += max(1, (last - self.dropped) // 2)


def without(walk: Trajectory, number: int) -> Trajectory:
    """Returns a walk without its oldest steps, but with the breakpoints that were set in them."""
    if not number:
        return walk
    first = Step(None, walk.steps[number].state)
    set_before = [
        Step(step.action, first.state)
        for step in walk.steps[: number + 1]
        if step.action is not None and step.action.kind in _LASTING
    ]
    return replace(walk, steps=(first, *set_before, *walk.steps[number + 1 :]))
