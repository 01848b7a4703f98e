"""What is judged: a debugger that can be given a true history, and what it costs to ask it."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from debugworld.sandboxes.debugger import Action, Program, State
from debugworld.worldmodel.completion import Abilities, Completion, CompletionEngine, Request
from debugworld.worldmodel.tokenizer import CONTROL_TOKENS


def stamp(program: Program) -> int:
    """Returns the first 64 bits of a program's content hash."""
    return int(program.digest[:16], 16)


class Judged(Protocol):
    """A debugger behind the protocol that goes on from a true history."""

    max_states: int
    """States after which a dream ends; may be changed between moves."""

    def reset(self, program: Program) -> State:
        """Begins a program."""

    def ground(self, states: Sequence[State]) -> State:
        """Stands at the last of some true states."""

    def step(self, action: Action) -> State:
        """Does one action."""

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Changes a variable."""

    @property
    def confidence(self) -> float:
        """How sure it is of the state that the last action led to, in [0, 1]; nan where it cannot tell."""


class Meter:
    """An engine that counts what another one is asked, before any answer is remembered.

    What the engine did not answer anew is counted apart: an answer that it gave before and remembered is the
    very same object again.

    Args:
        engine: answers.
        measure: tokens of a prompt; None takes one a byte and the control tokens.
    """

    def __init__(self, engine: CompletionEngine, measure: Callable[[str], int] | None = None) -> None:
        self._engine = engine
        self._measure = measure or (lambda prompt: len(prompt.encode()) + len(CONTROL_TOKENS) - 1)
        self.questions = self.answer_tokens = self.prompt_tokens = self.cut = 0
        self.remembered = 0
        """Tokens, of prompts and answers, of the questions that were answered from memory."""
        self._given: weakref.WeakValueDictionary[int, Completion] = weakref.WeakValueDictionary()

    @property
    def abilities(self) -> Abilities:
        """Those of the engine."""
        return self._engine.abilities

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order."""
        found = self._engine.complete(requests)
        self.questions += len(found)
        for request, answer in zip(requests, found, strict=True):
            read, written = self._measure(request.prompt), len(answer.logprobs)
            self.prompt_tokens += read
            self.answer_tokens += written
            self.cut += answer.cut
            if self._given.get(id(answer)) is answer:
                self.remembered += read + written
            self._given[id(answer)] = answer
        return found

    @property
    def engine(self) -> CompletionEngine:
        """What answers."""
        return self._engine

    def beside(self, engine: CompletionEngine) -> Meter:
        """Returns a meter over another way to the engine, with counts of its own."""
        return Meter(engine, self._measure)

    def forget(self) -> None:
        """Drops what the engine remembers; what it gave before counts as new, even where others keep it."""
        self._given.clear()
        self._engine.forget()

    def read(self) -> dict[str, int]:
        """Returns the counts so far: questions, tokens of prompts and answers, answers cut short."""
        return {
            "questions": self.questions,
            "prompt_tokens": self.prompt_tokens,
            "answer_tokens": self.answer_tokens,
            "cut": self.cut,
        }


@dataclass
class Subject:
    """One thing to judge."""

    name: str
    """What tables call it."""
    debugger: Judged
    """Answers."""
    meter: Meter | None = None
    """Counts what its model is asked; None where there is no model."""
    parameters: int = 0
    """Of the model; 0 where there is none, or where it is not known."""
    about: dict[str, Any] = field(default_factory=dict)
    """What tells it from others, as plain JSON data: kind, model, granularity, digest of the weights."""
    seen: frozenset[int] = frozenset()
    """First 64 bits of the content hashes of the programs that it learnt from, as far as they are known."""
    checked: bool = False
    """Whether `seen` is all that it learnt from; else nobody here knows what that was."""
    fitted: frozenset[str] = frozenset()
    """First 16 hexadecimal digits of the hashes of those that its confidence was fitted to."""

    again: Callable[[Meter], Judged] | None = None
    """Makes another debugger like this one, over a meter; None where several cannot share one engine."""
    clock: Callable[[], float] = time.perf_counter
    """Seconds, of which differences count; of its own questions alone, where several are asked at once."""

    def beside(self, engine: CompletionEngine, clock: Callable[[], float]) -> Subject:
        """Returns the same subject over another way to its engine, which can be asked beside this one."""
        assert self.again is not None and self.meter is not None
        meter = self.meter.beside(engine)
        return replace(self, debugger=self.again(meter), meter=meter, clock=clock)

    def learnt(self, program: Program) -> bool:
        """Whether it learnt from a program."""
        return stamp(program) in self.seen

    def cost(self) -> dict[str, int]:
        """Returns what was asked of the model so far, empty where there is none."""
        return self.meter.read() if self.meter is not None else {}

    @property
    def remembered(self) -> int:
        """Tokens so far, of those that were asked, that no model read or wrote: answers from memory."""
        return self.meter.remembered if self.meter is not None else 0

    def forget(self) -> None:
        """Drops what the model remembers of earlier questions; the next answers are made anew."""
        if self.meter is not None:
            self.meter.forget()
