"""What a world model has to beat: answers that know nothing, or next to nothing, of running programs.

`CopyDebugger` says that nothing changed. `StaticEngine` knows the source, not the values: control goes on to
the next statement, nothing is bound anew. `NGramEngine` has counted the bytes of runs. The engines answer the
same questions as a network, within the same grammars, so they are debuggers behind the same shell.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from debugworld.sandboxes.debugger import Action, Program, State
from debugworld.worldmodel.completion import Abilities, Completion, Request
from debugworld.worldmodel.constraint import END, Grammar
from debugworld.worldmodel.data.thoughts import Pair
from debugworld.worldmodel.memo import Memo
from debugworld.worldmodel.spoken import entry_state

SEPARATOR = "\n\n"
"""What stands between questions that are shown."""
_CALLED = re.compile(r"(\w+)\(")
"""Names that a statement calls."""


class CopyDebugger:
    """Says after every action that nothing changed."""

    max_states = 1
    confidence = math.nan

    def reset(self, program: Program) -> State:
        """Begins a program."""
        self._state = entry_state(program)
        return self._state

    def ground(self, states: Sequence[State]) -> State:
        """Stands at the last of some true states."""
        self._state = states[-1]
        return self._state

    def step(self, action: Action) -> State:
        """Does nothing."""
        return self._state

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Does nothing."""
        return self._state


class StaticEngine:
    """Answers by the text of the statement, without looking at values.

    Functions of the program that a statement calls are entered once each; then control goes on, conditions
    hold, and nothing is bound anew.
    """

    @property
    def abilities(self) -> Abilities:
        """It is never unsure, and never draws."""
        return Abilities(masks=True, logprobs=False, raw_logprobs=False, sampling=False)

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order."""
        return [self._answer(request) for request in requests]

    def forget(self) -> None:
        """Remembers nothing."""

    @staticmethod
    def _answer(request: Request) -> Completion:
        first, *rest = request.prompt.split("\n")
        returned = sum(line.startswith("^") for line in rest)
        calls = [f"C {name}" for name in _CALLED.findall(first)]
        for text in [call for call in calls if _permits(request.grammar, call)][returned:]:
            return Completion(text, (), (), True)
        for text in ("L", "1", "R None", "X Exception"):
            if _permits(request.grammar, text):
                return Completion(text, (), (), True)
        return Completion("", (), (), False, "nothing static can be said")


def _permits(grammar: Grammar, text: str) -> bool:
    """Whether a text is a whole answer."""
    state = grammar.start()
    for byte in text.encode():
        if byte not in grammar.allowed(state):
            return False
        state = grammar.advance(state, byte)
    return END in grammar.allowed(state)


class NGramEngine:
    """Continues with the byte that came most often behind the last ones, in questions with their answers.

    Shorter contexts stand in for those that were never seen: stupid backoff (Brants et al., 2007), without
    its discount, since only the likeliest byte counts.

    Args:
        examples: questions and answers.
        order: most bytes of a context.
    """

    def __init__(self, examples: Iterable[Pair], order: int = 12) -> None:
        if order < 1:
            raise ValueError(f"order must be at least 1; got {order}")
        self._order = order
        self._counts: dict[bytes, Counter[int]] = defaultdict(Counter)
        self.examples = 0
        for prompt, answer in examples:
            self.examples += 1
            text = _bytes(prompt)
            for symbol in (*answer.encode(), END):
                for size in range(min(order, len(text)) + 1):
                    self._counts[text[len(text) - size :]][symbol] += 1
                text = (text + bytes([symbol % 256]))[-order:]

    @property
    def abilities(self) -> Abilities:
        """It knows probabilities, and does not draw."""
        return Abilities(masks=True, logprobs=True, raw_logprobs=True, sampling=False)

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order."""
        return [self._answer(request) for request in requests]

    def forget(self) -> None:
        """Remembers no answers."""

    def _answer(self, request: Request) -> Completion:
        context, state = _bytes(request.prompt), request.grammar.start()
        answer = bytearray()
        logprobs: list[float] = []
        while len(logprobs) < request.max_tokens:
            symbol, chance = self._next(context, request.grammar.allowed(state))
            logprobs.append(math.log(chance))
            if symbol == END:
                break
            answer.append(symbol)
            state = request.grammar.advance(state, symbol)
            context = (context + bytes([symbol]))[-self._order :]
        else:
            symbol = -1
        told = tuple(logprobs)
        return Completion(bytes(answer).decode(errors="replace"), told, told, symbol == END)

    def _next(self, context: bytes, allowed: frozenset[int]) -> tuple[int, float]:
        """Returns the likeliest permitted symbol behind a context, and its share there."""
        for size in range(min(self._order, len(context)), -1, -1):
            counts = self._counts.get(context[len(context) - size :])
            if counts is None:
                continue
            symbol = max(sorted(allowed & counts.keys()), key=counts.__getitem__, default=None)
            if symbol is not None:
                return symbol, counts[symbol] / counts.total()
        return min(allowed), 1 / len(allowed)


class PromptedEngine:
    """Shows a model that was never trained on our questions some of them with their answers first.

    Args:
        engine: runs the model; the separator has to end its answers.
        examples: shown before every question, the same ones each time.
        measure: tokens of a prompt, that of the examples included; None counts bytes.
        separator: what stands behind each answer.
    """

    def __init__(
        self,
        engine: Any,
        examples: Sequence[Pair],
        measure: Callable[[str], int] | None = None,
        separator: str = SEPARATOR,
    ) -> None:
        self._engine, self._memo = engine, Memo(65_536)
        self._measure = measure or (lambda prompt: len(prompt.encode()))
        self._shown = "".join(f"Q: {prompt}\nA: {answer}{separator}" for prompt, answer in examples)

    @property
    def abilities(self) -> Abilities:
        """Those of the engine."""
        return self._engine.abilities

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order."""
        asked = [dataclasses.replace(one, prompt=self._whole(one.prompt)) for one in requests]
        return self._memo.answer(asked, self._engine.complete)

    def count(self, prompt: str) -> int:
        """Returns the tokens that are read for a question, the examples before it included."""
        return self._measure(self._whole(prompt))

    def forget(self) -> None:
        """Drops what is remembered."""
        self._memo.forget()
        self._engine.forget()

    def _whole(self, prompt: str) -> str:
        return f"{self._shown}Q: {prompt}\nA: "


def _bytes(prompt: str) -> bytes:
    """Returns a prompt as the beginning of a context; a byte that no text has ends it."""
    return prompt.encode() + b"\xff"
