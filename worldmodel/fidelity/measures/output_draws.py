"""Several answers to what a call comes to, drawn: for pass@k of outputs.

Every question on the way is drawn at a temperature, one question one answer within a draw. It costs a whole
dream a draw, so it is asked only where it is asked for by name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from zlib import crc32

from debugworld.sandboxes.debugger import Action, ActionKind
from debugworld.worldmodel.completion import Abilities, Completion, CompletionEngine, Request, Sampling
from debugworld.worldmodel.fidelity.case import Case
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.neural import NeuralDebugger

from .forced import at_limit, spent
from .inputs import DRAWS, TEMPERATURE
from .outputs import comes_to, outcome

_RETURN = Action(ActionKind.STEP_RETURN)


class DrawingEngine:
    """An engine whose every answer is drawn, by the number of a draw and the question.

    Args:
        engine: one that draws.
        seed: of the draw.
        temperature: of every answer.
    """

    def __init__(self, engine: CompletionEngine, seed: str, temperature: float = TEMPERATURE) -> None:
        self._engine, self._seed, self._temperature = engine, seed, temperature

    @property
    def abilities(self) -> Abilities:
        """Those of the engine."""
        return self._engine.abilities

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order."""
        return self._engine.complete(
            [dataclasses.replace(one, sampling=self._sampling(one.prompt)) for one in requests]
        )

    def forget(self) -> None:
        """Drops what the engine remembers."""
        self._engine.forget()

    def _sampling(self, prompt: str) -> Sampling:
        return Sampling(self._temperature, seed=crc32(f"{self._seed} {prompt}".encode()))


def output_draws(subject: Subject, case: Case, seed: int) -> list[Record]:
    """Draws what the entry call comes to, by step returns; nothing of what cannot draw, or of a script."""
    neural, last = subject.debugger, outcome(case)
    if last is None or not isinstance(neural, NeuralDebugger) or not neural.engine.abilities.sampling:
        return []
    if not case.within(len(case.states)):
        return [case.beyond("output_draws", len(case.states))]
    cost = subject.cost()
    right = limit = 0
    for number in range(DRAWS):
        drawer = neural.beside(DrawingEngine(neural.engine, f"{seed} {number}"))
        drawer.max_states = case.budget
        drawer.reset(case.program)
        answer = drawer.step(_RETURN)
        hit = comes_to(answer, last)
        right += hit
        limit += not hit and at_limit(dataclasses.replace(subject, debugger=drawer), answer)
    return [
        {
            "measure": "output_draws",
            "case": case.key,
            "name": case.program.name,
            "origin": case.row.origin if case.row is not None else "",
            "draws": DRAWS,
            "drawn_right": right,
            "drawn_limit": limit,
            "cost": spent(subject, cost),
        }
    ]
