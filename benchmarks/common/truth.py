"""True answers in a model's place: what the shell around it could reach if the model never erred."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from debugworld.sandboxes.debugger import Program, Trace
from debugworld.worldmodel.completion import Completion, Request
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.thoughts import lessons_of
from debugworld.worldmodel.markov.thought.ask import MARK

_UNKNOWN = "X NotImplementedError: no true answer is known"


class TrueAnswers:
    """Answers questions about some runs: statements from the runs, expressions by evaluating them.

    What neither knows, such as an expression over objects of the program's own classes, is answered wrongly,
    so that what is measured with it is a lower bound.

    Args:
        runs: Programs with their recorded runs.
    """

    def __init__(self, runs: Iterable[tuple[Program, Trace]]) -> None:
        self._oracle = Oracle()
        self._known: dict[str, str] = {}
        for program, trace in runs:
            for lesson in lessons_of(program, trace, self._oracle):
                self._known.setdefault(*lesson.whole)
                entered = [(ask.prompt, str(answer)) for ask, answer in lesson.asked or () if ask.enters]
                self._known.update(entered)

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order, each as surely as the others."""
        return [Completion(self._answer(request.prompt), (-0.1,), (-0.1,), True) for request in requests]

    def _answer(self, prompt: str) -> str:
        known = self._known.get(prompt)
        if known is None and prompt.startswith(MARK):
            answer = self._oracle.answer(prompt)
            known = None if answer is None else str(answer)
        return _UNKNOWN if known is None else known
