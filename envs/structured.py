"""Structured actions: a command as a dict of its parts, for policies with one head a part.

The third face of one vocabulary; the numbers and the mask of `CommandSet` stay what they are.
"""

from __future__ import annotations

from typing import Any

from gymnasium import spaces

from debugworld.sandboxes.debugger import BASIC_KINDS, Action, IllegalAction

from .command import Answer, Command, spell
from .family import Family
from .scene import Scene
from .spaces import TextSpace

ANSWER = len(BASIC_KINDS)
"""Number of the command that answers; the moves have their place in ``BASIC_KINDS``."""

MAX_ANSWER = 4096
"""Most characters of an answer."""


class StructuredFamily(Family):
    """A family whose actions are dicts; observations and commands are those of the family inside.

    An action is ``{"command": Discrete, "line": Discrete(max_lines + 1)}``, and where the task takes answers
    ``"answer"``: a text, or in the features family the number of a candidate. Parts that a command does not
    take are ignored. Line 0 is no line.

    Args:
        inner: The family to show and to answer like.
    """

    def __init__(self, inner: Family) -> None:
        self.inner = inner
        self.commands = inner.commands
        self.observation_space = inner.observation_space
        numbered = isinstance(inner.action_space, spaces.Discrete)
        answers = self.commands.answers
        parts: dict[str, spaces.Space[Any]] = {
            "command": spaces.Discrete(ANSWER + bool(answers)),
            "line": spaces.Discrete(self.commands.max_lines + 1),
        }
        if answers:
            parts["answer"] = spaces.Discrete(answers) if numbered else TextSpace(MAX_ANSWER)
        self.action_space = spaces.Dict(parts)
        self._parts, self._numbered = tuple(parts), numbered

    def observe(self, scene: Scene) -> Any:
        """Returns the observation of the family inside."""
        return self.inner.observe(scene)

    def command(self, action: dict[str, Any], scene: Scene) -> Command:
        """Puts the parts together."""
        number, line = int(action["command"]), int(action["line"])
        if number == ANSWER:
            return self._answer(action["answer"], scene)
        kind = BASIC_KINDS[number]
        if kind.takes_line and not line:
            raise IllegalAction(f"{kind} needs a line from 1 on")
        return Action(kind, line if kind.takes_line else None)

    def say(self, command: Command, scene: Scene) -> dict[str, Any]:
        """Takes a command apart."""
        answer: Any = 0 if self._numbered else ""
        if isinstance(command, Answer):
            number, line = ANSWER, 0
            answer = command.text
            if self._numbered:
                answer = int(self.inner.say(command, scene)) - self.commands.first_answer
        else:
            self.inner.say(command, scene)
            number, line = BASIC_KINDS.index(command.kind), command.line or 0
        parts: dict[str, Any] = {"command": number, "line": line, "answer": answer}
        return {name: parts[name] for name in self._parts}

    def spell(self, action: dict[str, Any], scene: Scene) -> str:
        """Returns the text of the command, or the parts where they make none."""
        try:
            return spell(self.command(action, scene))
        except IllegalAction:
            return str({name: str(part) for name, part in action.items()})

    def _answer(self, answer: Any, scene: Scene) -> Answer:
        if not self._numbered:
            if not answer.strip():
                raise IllegalAction("an answer needs a text")
            return Answer(answer.strip())
        command = self.inner.command(self.commands.first_answer + int(answer), scene)
        assert isinstance(command, Answer)
        return command
