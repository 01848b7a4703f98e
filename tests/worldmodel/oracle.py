"""A model that is always right, for tests of debuggers over formats."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from debugworld.sandboxes.debugger import Action, State
from debugworld.worldmodel.conversation import CodecRequest
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.engine import Completion, Request
from debugworld.worldmodel.formats import Codec
from debugworld.worldmodel.formats.language import END

MARKER = re.compile(r"(<\|[a-z0-9_+]+\|>)")


def symbols(codec: Codec, text: str) -> Iterator[int]:
    """Yields the symbols of an answer, as a grammar has them."""
    for place, part in enumerate(MARKER.split(text)):
        if place % 2:
            yield codec.symbol(part)
        else:
            yield from part.encode()


def accepts(codec: Codec, walk: Trajectory, action: Action | None, text: str) -> bool:
    """Whether a codec's grammar lets an answer be given."""
    grammar = codec.grammar(walk, action)
    state = grammar.start()
    for symbol in symbols(codec, text):
        if symbol not in grammar.allowed(state):
            return False
        state = grammar.advance(state, symbol)
    return END in grammar.allowed(state)


class Oracle:
    """Answers with the true text, and checks that it could have been decoded.

    Args:
        codec: the debugger's own; its questions are listened to.
        truth: returns the true state after an action that is asked about.
    """

    def __init__(self, codec: Codec, truth: Callable[[Action | None], State]) -> None:
        self.codec, self.truth = codec, truth
        self.prompts: list[str] = []
        self._asked: tuple[Trajectory, Action | None] | None = None
        ask = codec.prompt

        def prompt(walk: Trajectory, action: Action | None) -> str:
            self._asked = (walk, action)
            return ask(walk, action)

        codec.prompt = prompt  # type: ignore[method-assign]

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        [request] = requests
        assert isinstance(request, CodecRequest) and request.stop
        assert self._asked is not None
        walk, action = self._asked
        text = self.codec.answer(walk, Step(action, self.truth(action)))
        assert accepts(self.codec, walk, action, text), text
        self.prompts.append(request.prompt)
        return [Completion(text, (-0.1,), (-0.1,), True)]
