"""A model that is right about plain expressions, and runs that are dreamt with it."""

from __future__ import annotations

from collections.abc import Sequence

from debugworld.sandboxes.debugger import Action, ActionKind, Event, Program, State
from debugworld.worldmodel.completion import Completion, Request
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.neural import NeuralDebugger


class Evaluates:
    """Answers small questions truly, and notes every one that no plain expression is."""

    def __init__(self) -> None:
        self.others: list[str] = []
        self._oracle = Oracle()

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests in their order."""
        found = []
        for request in requests:
            answer = self._oracle.answer(request.prompt)
            if answer is None:
                self.others.append(request.prompt)
            found.append(Completion(str(answer or "X Unknown: no answer"), (-0.1,), (-0.1,), True))
        return found


def dreamt(program: Program) -> tuple[list[State], list[str]]:
    """Returns a run as it is dreamt step by step, and the questions that were more than plain expressions."""
    model = Evaluates()
    neural = NeuralDebugger(model, max_states=300)
    states = [neural.reset(program)]
    while states[-1].event is not Event.EXIT:
        states.append(neural.step(Action(ActionKind.STEP_INTO)))
    return states, model.others
