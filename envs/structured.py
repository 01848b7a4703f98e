"""Structured actions: a command as a dict of its parts, for policies with one head a part.

One more face of one vocabulary; the numbers and the mask of `CommandSet` stay what they are.
"""

from __future__ import annotations

from typing import Any

from gymnasium import spaces

from debugworld.sandboxes.debugger import BASIC_KINDS, Action, ActionKind, Breakpoint, IllegalAction

from .command import Answer, Command, TaskCommand, TaskKind, spell
from .family import Family
from .scene import Scene
from .spaces import TextSpace

MAX_TEXT = 4096
"""Most characters of the part ``text``."""
ANSWER = "answer"
"""Name of the command that answers."""


class StructuredFamily(Family):
    """A family whose actions are dicts; observations and commands are those of the family inside.

    An action is ``{"command": Discrete, "number": Discrete}`` and one part more: in the features family
    ``"answer"``, the number of a candidate, where the task takes answers; in the text family ``"text"``, for
    an answer, an edit, an expression, or the condition of a breakpoint. ``command`` is a place in `names`;
    ``number`` is a line or the number of a test, and 0 is none. What a command does not take is ignored.

    Args:
        inner: The family to show and to answer like.

    Attributes:
        names: The commands in the order of their numbers.
    """

    def __init__(self, inner: Family) -> None:
        self.inner = inner
        self.commands = inner.commands
        self.observation_space = inner.observation_space
        self._numbered = isinstance(inner.action_space, spaces.Discrete)
        answers, kinds = self.commands.answers, self.commands.kinds
        if self._numbered:
            kinds = tuple(kind for kind in kinds if not kind.takes_text)
        looks = () if self._numbered else (ActionKind.EVALUATE,)
        self._kinds = (*BASIC_KINDS, *looks, *kinds, *([ANSWER] if answers else []))
        self.names = tuple(map(str, self._kinds))
        highest = max(self.commands.max_lines, self.commands.tests)
        parts: dict[str, spaces.Space[Any]] = {
            "command": spaces.Discrete(len(self._kinds)),
            "number": spaces.Discrete(highest + 1),
        }
        if not self._numbered:
            parts["text"] = TextSpace(MAX_TEXT)
        elif answers:
            parts["answer"] = spaces.Discrete(answers)
        self._parts = tuple(parts)
        self.action_space = spaces.Dict(parts)

    def observe(self, scene: Scene) -> Any:
        """Returns the observation of the family inside."""
        return self.inner.observe(scene)

    def command(self, action: dict[str, Any], scene: Scene) -> Command:
        """Puts the parts together."""
        kind, number = self._kinds[int(action["command"])], int(action["number"])
        text = action.get("text", "")
        if isinstance(kind, TaskKind):
            numbered = kind.takes_line or kind is TaskKind.TEST
            return TaskCommand(kind, number if numbered else None, text if kind.takes_text else "")
        if kind == ANSWER:
            return self._answer(action, scene)
        assert isinstance(kind, ActionKind)
        if kind is ActionKind.EVALUATE:
            return Action(kind, text=_filled(text, "an expression"))
        if not kind.takes_line:
            return Action(kind)
        if not number:
            raise IllegalAction(f"{kind} needs a line from 1 on")
        if kind is ActionKind.BREAK and text.strip():
            return Action(kind, breakpoint=Breakpoint(number, condition=text.strip()))
        return Action(kind, number)

    def say(self, command: Command, scene: Scene) -> dict[str, Any]:
        """Takes a command apart."""
        parts: dict[str, Any] = {"command": 0, "number": 0, "answer": 0, "text": ""}
        if self._numbered:
            said = int(self.inner.say(command, scene))  # what has no number has no parts either
            parts["answer"] = max(said - self.commands.first_answer, 0) if isinstance(command, Answer) else 0
        if isinstance(command, Answer):
            name, parts["text"] = ANSWER, command.text
        elif isinstance(command, TaskCommand):
            name, parts["number"], parts["text"] = str(command.kind), command.number or 0, command.text
        else:
            name, parts["number"], parts["text"] = str(command.kind), command.line or 0, command.text or ""
            if command.breakpoint is not None:
                parts["number"], parts["text"] = command.breakpoint.line, command.breakpoint.condition or ""
        if name not in self.names:
            raise IllegalAction(f"this task does not take '{command}'; it takes: {', '.join(self.names)}")
        parts["command"] = self.names.index(name)
        return {part: parts[part] for part in self._parts}

    def spell(self, action: dict[str, Any], scene: Scene) -> str:
        """Returns the text of the command, or the parts where they make none, cut at 200 characters."""
        try:
            said = spell(self.command(action, scene))
        except IllegalAction:
            said = str({name: str(part) for name, part in action.items()})
        return said if len(said) <= 200 else said[:197] + "..."

    def _answer(self, action: dict[str, Any], scene: Scene) -> Answer:
        if not self._numbered:
            return Answer(_filled(action["text"], "an answer"))
        command = self.inner.command(self.commands.first_answer + int(action["answer"]), scene)
        assert isinstance(command, Answer)
        return command


def _filled(text: str, what: str) -> str:
    if not text.strip():
        raise IllegalAction(f"{what} needs a text")
    return text.strip()
