"""Structured actions: a command as a dict of its parts, for policies with one head a part.

One more face of one vocabulary; the numbers and the mask of `CommandSet` stay what they are.
"""

from __future__ import annotations

from typing import Any

from gymnasium import spaces

from debugworld.sandboxes.debugger import BASIC_KINDS, Action, ActionKind, Breakpoint, IllegalAction

from .command import ANSWER, LOOK_KINDS, TRY, Answer, Command, TaskCommand, TaskKind, Trial, spell
from .family import Family
from .scene import Scene
from .spaces import TextSpace

MAX_TEXT = 4096
"""Most characters of the part ``text``."""


class StructuredFamily(Family):
    """A family whose actions are dicts; observations and commands are those of the family inside.

    An action is ``{"command": Discrete, "number": Discrete}`` and one part more: in the features family
    ``"answer"``, the number of a candidate or a trial, where the task takes answers; in the text family
    ``"text"``, for an answer, a trial, an edit, an expression, an assignment as ``n = 3``, or the condition
    of a breakpoint. ``command`` is a place in `names`; ``number`` is a line, the number of a test or of
    frames, and 0 is none. A ``break`` or ``clear`` without a line has its text read as `Breakpoint.parse`
    does: ``change n in f hits 2``. What a command does not take is ignored.

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
        looks = () if self._numbered else LOOK_KINDS
        trials = self.commands.trials
        says = (*([ANSWER] if answers else []), *([TRY] if trials else []))
        self._kinds = (*BASIC_KINDS, *looks[:1], *kinds, *says, *looks[1:])
        self.names = tuple(map(str, self._kinds))
        highest = max(self.commands.max_lines, self.commands.tests)
        parts: dict[str, spaces.Space[Any]] = {
            "command": spaces.Discrete(len(self._kinds)),
            "number": spaces.Discrete(highest + 1),
        }
        if not self._numbered:
            parts["text"] = TextSpace(MAX_TEXT)
        elif says:
            parts["answer"] = spaces.Discrete(max(answers, trials))
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
        if kind in (ANSWER, TRY):
            return self._said(str(kind), action, scene)
        assert isinstance(kind, ActionKind)
        if kind in LOOK_KINDS:
            return _look(kind, number, text)
        if not kind.takes_line:
            return Action(kind)
        if not number and kind is not ActionKind.RUN_TO and text.strip():
            return Action(kind, breakpoint=Breakpoint.parse(text.strip()))
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
            if isinstance(command, (Answer, Trial)):
                parts["answer"] = said - self._first(ANSWER if isinstance(command, Answer) else TRY)
        if isinstance(command, (Answer, Trial)):
            name, parts["text"] = ANSWER if isinstance(command, Answer) else TRY, command.text
        elif isinstance(command, TaskCommand):
            name, parts["number"], parts["text"] = str(command.kind), command.number or 0, command.text
        else:
            name = str(command.kind)
            parts["number"], parts["text"] = _parts_of(command)
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

    def _first(self, name: str) -> int:
        return self.commands.first_answer if name == ANSWER else self.commands.first_trial

    def _said(self, name: str, action: dict[str, Any], scene: Scene) -> Command:
        if not self._numbered:
            text = _filled(action["text"], "an answer" if name == ANSWER else "a trial")
            return Answer(text) if name == ANSWER else Trial(text)
        count = self.commands.answers if name == ANSWER else self.commands.trials
        if int(action["answer"]) >= count:
            raise IllegalAction(f"there is no {name} {int(action['answer'])}; there are {count}")
        return self.inner.command(self._first(name) + int(action["answer"]), scene)


def _look(kind: ActionKind, number: int, text: str) -> Action:
    """Puts together an action that has no number."""
    if kind in (ActionKind.UP, ActionKind.DOWN):
        return Action(kind, count=number or 1)
    if kind is ActionKind.SET:
        return Action.parse(f"{kind} {_filled(text, 'an assignment')}")
    return Action(kind, text=_filled(text, "an expression"))


def _parts_of(action: Action) -> tuple[int, str]:
    """Takes a debugger's action apart: its number and its text.

    Raises:
        IllegalAction: it has none.
    """
    point = action.breakpoint
    if point is not None:
        at_line = point == Breakpoint(point.line or 1, condition=point.condition)
        if at_line and (point.condition is None or action.kind is ActionKind.BREAK):
            return point.line, point.condition or ""
        return 0, str(point)
    if action.kind is ActionKind.SET:
        return 0, f"{action.name} = {action.text}"
    if action.kind in (ActionKind.UP, ActionKind.DOWN):
        return action.count, ""
    if action.count > 1 or action.file:
        raise IllegalAction(f"'{action}' has no parts: a move is made once, and in the program's own source")
    return action.line or 0, action.text


def _filled(text: str, what: str) -> str:
    if not text.strip():
        raise IllegalAction(f"{what} needs a text")
    return text.strip()
