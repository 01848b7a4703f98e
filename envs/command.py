"""Commands: the debugger's actions and the answer, as text and as numbers.

One vocabulary with two faces. The text face is that of pdb; the flat face numbers
the same commands from 0, so that a mask over the numbers holds for the texts too.
"""

from __future__ import annotations

from dataclasses import dataclass

from debugworld.sandboxes.debugger import BASIC_KINDS, Action, ActionKind, IllegalAction

_SHORT = {
    "s": ActionKind.STEP_INTO,
    "n": ActionKind.STEP_OVER,
    "r": ActionKind.STEP_RETURN,
    "u": ActionKind.RUN_TO,
    "c": ActionKind.CONTINUE,
    "back": ActionKind.BACK_INTO,
    "bo": ActionKind.BACK_OVER,
    "bc": ActionKind.BACK_TO_CALL,
    "rc": ActionKind.REVERSE_CONTINUE,
    "b": ActionKind.BREAK,
    "cl": ActionKind.CLEAR,
}
_KINDS = {kind.value: kind for kind in BASIC_KINDS}
_WORDS = {kind: word for word, kind in _SHORT.items()}

PLAIN_KINDS = tuple(kind for kind in BASIC_KINDS if not kind.takes_line)
"""The moves that need no line, in the order of their numbers."""
LINE_KINDS = tuple(kind for kind in BASIC_KINDS if kind.takes_line)
"""The actions that take a line, in the order of their numbers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Ends an episode by saying what is asked for."""

    text: str
    """The answer: a value's text, or ``Type: message`` for an exception."""

    def __str__(self) -> str:
        return f"answer {self.text}"


Command = Action | Answer
"""What an agent can ask of an environment."""


def parse(text: str) -> Command:
    """Reads a command such as ``n``, ``u 7``, ``step_over`` or ``answer 42``.

    Raises:
        IllegalAction: the text is no command; the message lists the commands.
    """
    word, _, rest = text.strip().partition(" ")
    if word == "answer" and rest.strip():
        return Answer(rest.strip())
    kind = _SHORT.get(word) or _KINDS.get(word)
    if kind is not None and (rest.strip().isdecimal() if kind.takes_line else not rest.strip()):
        return Action.parse(f"{kind} {rest}")
    words = ", ".join(w + (" LINE" if k.takes_line else "") for w, k in _SHORT.items())
    shown = text if len(text) <= 80 else text[:77] + "..."
    raise IllegalAction(f"{shown!r} is no command; the commands are: {words}, answer VALUE")


def spell(command: Command) -> str:
    """Returns the shortest text that `parse` reads as this command."""
    if isinstance(command, Answer):
        return str(command)
    word = _WORDS[command.kind]
    return word if command.line is None else f"{word} {command.line}"


@dataclass(frozen=True, slots=True)
class CommandSet:
    """The commands by number: plain moves, then each line kind for every line, then answers.

    With ``P`` plain kinds, line ``l`` of line kind ``j`` has number
    ``P + j * max_lines + l - 1``, and answer ``k`` has ``P + 3 * max_lines + k``.
    """

    max_lines: int
    """Lines that have numbers."""
    answers: int
    """Answers that have numbers; 0 where the task takes none."""

    def __len__(self) -> int:
        return len(PLAIN_KINDS) + len(LINE_KINDS) * self.max_lines + self.answers

    @property
    def first_answer(self) -> int:
        """Number of answer 0."""
        return len(self) - self.answers

    def number(self, action: Action) -> int:
        """Returns the number of an action on a line up to ``max_lines``."""
        if action.line is None:
            return PLAIN_KINDS.index(action.kind)
        return len(PLAIN_KINDS) + LINE_KINDS.index(action.kind) * self.max_lines + action.line - 1

    def action(self, number: int) -> Action | None:
        """Returns the action that has a number; None where it is an answer's."""
        if number >= self.first_answer:
            return None
        if number < len(PLAIN_KINDS):
            return Action(PLAIN_KINDS[number])
        kind, line = divmod(number - len(PLAIN_KINDS), self.max_lines)
        return Action(LINE_KINDS[kind], line + 1)
