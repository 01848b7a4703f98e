"""Answers that were given before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence

from debugworld.worldmodel.completion import Completion, Request


class Memo:
    """Remembers answers; one question asked several times at once is answered once.

    Args:
        size: most answers kept; the ones not asked for longest go first.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._kept: OrderedDict[Hashable, Completion] = OrderedDict()

    def answer(
        self,
        requests: Sequence[Request],
        ask: Callable[[Sequence[Request]], Sequence[Completion]],
        remember: bool = True,
    ) -> list[Completion]:
        """Answers requests, in their order.

        Args:
            requests: any number.
            ask: answers those that are new.
            remember: whether what it answers is kept.
        """
        keys = [
            (request.prompt, request.grammar.key, request.max_tokens, request.sampling, request.memory)
            for request in requests
        ]
        answers = {key: self._kept[key] for key in keys if key in self._kept}
        fresh = {key: one for key, one in zip(keys, requests, strict=True) if key not in answers}
        if fresh:
            answers |= zip(fresh, ask(list(fresh.values())), strict=True)
        if remember:
            for key, answer in answers.items():
                self._kept[key] = answer
                self._kept.move_to_end(key)
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)
        return [answers[key] for key in keys]

    def forget(self) -> None:
        """Drops everything."""
        self._kept.clear()
