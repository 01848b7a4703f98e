"""Commands: the debugger's actions, the answer, and what some tasks take beside, as text and as numbers.

One vocabulary with two faces. The text face is that of pdb; the flat face numbers
the same commands from 0, so that a mask over the numbers holds for the texts too.
What holds a text of its own (an expression, a condition, an edit) has no number.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from debugworld.sandboxes.debugger import BASIC_KINDS, Action, ActionKind, Breakpoint, IllegalAction

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
    "p": ActionKind.EVALUATE,
}
_KINDS = {kind.value: kind for kind in (*BASIC_KINDS, ActionKind.EVALUATE)}
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


class TaskKind(str, Enum):
    """What single tasks take beside the debugger's actions; a task says which of them."""

    ACCUSE = "accuse"
    """Names a line as the one at fault."""
    TEST = "test"
    """Goes to the entry of another test, by its number from 1."""
    RUN = "run"
    """Runs the tests that are shown."""
    UNDO = "undo"
    """Takes the last edit back."""
    SUBMIT = "submit"
    """Ends the episode with the program as it stands."""
    DELETE = "delete"
    """Removes a line."""
    EDIT = "edit"
    """Puts a text, of one line or several, in place of a line."""
    INSERT = "insert"
    """Puts a text before a line; before the one after the last, it goes to the end."""
    REPLACE = "replace"
    """Puts a text in place of the whole statement that begins at a line, such as a function."""

    __hash__ = str.__hash__

    def __str__(self) -> str:
        return self.value

    @property
    def takes_line(self) -> bool:
        """Whether it names a line."""
        return self in _TASK_LINE_KINDS

    @property
    def takes_text(self) -> bool:
        """Whether it holds a text, which begins after one space and is kept as it is."""
        return self in EDIT_KINDS

    @property
    def usage(self) -> str:
        """How it is written."""
        number = " LINE" if self.takes_line else " NUMBER" if self is TaskKind.TEST else ""
        return f"{self.value}{number}{' TEXT' if self.takes_text else ''}"


EDIT_KINDS = frozenset({TaskKind.EDIT, TaskKind.INSERT, TaskKind.REPLACE})
"""The kinds that hold a text."""
_TASK_LINE_KINDS = EDIT_KINDS | {TaskKind.ACCUSE, TaskKind.DELETE}
_TASK_TEXT = re.compile(r"(?P<kind>\w+)(?: (?P<number>[1-9]\d{0,8}))?(?: (?P<text>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TaskCommand:
    """A command that only some tasks take, such as ``accuse 12`` or ``edit 7     return n``."""

    kind: TaskKind
    """What is asked."""
    number: int | None = None
    """The 1-based line or the number of the test, where the kind takes one."""
    text: str = ""
    """The text of an edit, indentation and line ends included."""

    def __post_init__(self) -> None:
        numbered = self.kind.takes_line or self.kind is TaskKind.TEST
        if numbered is not (self.number is not None and self.number > 0) or (
            self.text and not self.kind.takes_text
        ):
            raise IllegalAction(f"{self.kind} is written '{self.kind.usage}'")

    def __str__(self) -> str:
        text = self.kind.value if self.number is None else f"{self.kind} {self.number}"
        return f"{text} {self.text}" if self.text else text


@dataclass(frozen=True, slots=True)
class Trial:
    """Starts the program again, entered otherwise."""

    text: str
    """What it is entered with: arguments of the call, or a size; as the task takes it."""

    def __str__(self) -> str:
        return f"try {self.text}"


Command = Action | Answer | TaskCommand | Trial
"""What an agent can ask of an environment."""


def parse(text: str, kinds: Collection[TaskKind] = ()) -> Command:
    """Reads a command such as ``n``, ``u 7``, ``b 7, n > 3``, ``p len(xs)``, ``step_over`` or ``answer 42``.

    Args:
        text: What was said; blanks around it do not count, but for those that end the text of an edit.
        kinds: What the task takes beside the debugger's actions and an answer.

    Raises:
        IllegalAction: the text is no command; the message lists the commands.
    """
    word, _, rest = text.strip().partition(" ")
    if word == "answer" and rest.strip():
        return Answer(rest.strip())
    if word in ("try", "size") and rest.strip():
        return Trial(rest.strip())
    kind = _SHORT.get(word) or _KINDS.get(word)
    if kind is ActionKind.EVALUATE and rest.strip():
        return Action(kind, text=rest.strip())
    if kind is ActionKind.BREAK and (condition := _CONDITION.fullmatch(rest)):
        return Action(kind, breakpoint=Breakpoint(int(condition[1]), condition=condition[2]))
    if kind in BASIC_KINDS and (rest.strip().isdecimal() if kind.takes_line else not rest.strip()):
        return Action.parse(f"{kind} {rest}")
    if word.partition("\n")[0] in kinds:
        return _parse_task(text.lstrip())
    words = [w + _USAGE.get(k, " LINE" if k.takes_line else "") for w, k in _SHORT.items()]
    usages = ", ".join(
        [*words, *(each.usage for each in TaskKind if each in kinds), "answer VALUE", "try VALUE"]
    )
    shown = text if len(text) <= 80 else text[:77] + "..."
    raise IllegalAction(f"{shown!r} is no command; the commands are: {usages}")


_CONDITION = re.compile(r"\s*(\d{1,9})(?:\s*,|\s+if\s)\s*(.*\S)\s*", re.DOTALL)
_USAGE = {ActionKind.EVALUATE: " EXPRESSION", ActionKind.BREAK: " LINE[, CONDITION]"}


def _parse_task(text: str) -> TaskCommand:
    kind = TaskKind(text.split(maxsplit=1)[0])
    found = _TASK_TEXT.fullmatch(text if kind.takes_text else text.rstrip())
    if found is None:
        raise IllegalAction(f"{kind} is written '{kind.usage}'")
    return TaskCommand(kind, int(found["number"]) if found["number"] else None, found["text"] or "")


def spell(command: Command) -> str:
    """Returns the shortest text that `parse` reads as this command."""
    if not isinstance(command, Action):
        return str(command)
    word, point = _WORDS[command.kind], command.breakpoint
    if point is not None and point.condition is not None:
        return f"{word} {point.line}, {point.condition}"
    if command.text:
        return f"{word} {command.text}"
    return word if command.line is None else f"{word} {command.line}"


@dataclass(frozen=True, slots=True)
class CommandSet:
    """The commands by number: plain moves, each line kind for every line, answers, the task's kinds, trials.

    With ``P`` plain kinds, line ``l`` of line kind ``j`` has number
    ``P + j * max_lines + l - 1``, and answer ``k`` has ``P + 3 * max_lines + k``. A
    task's kinds follow in their order: one number, or one for each line, or one for each test.
    Trials come last.
    """

    max_lines: int
    """Lines that have numbers."""
    answers: int
    """Answers that have numbers; 0 where the task takes none."""
    kinds: tuple[TaskKind, ...] = ()
    """What the task takes beside; those that hold a text have no number."""
    tests: int = 0
    """Tests that have numbers, where the task switches between them."""

    trials: int = 0
    """Trials that have numbers; 0 where the task has none."""

    def __len__(self) -> int:
        return self.first_trial + self.trials

    @property
    def first_answer(self) -> int:
        """Number of answer 0."""
        return len(PLAIN_KINDS) + len(LINE_KINDS) * self.max_lines

    @property
    def first_trial(self) -> int:
        """Number of trial 0."""
        return self.first_answer + self.answers + sum(map(self.width, self.kinds))

    def width(self, kind: TaskKind) -> int:
        """Returns how many numbers a task's kind has."""
        if kind.takes_text:
            return 0
        return self.max_lines if kind.takes_line else self.tests if kind is TaskKind.TEST else 1

    def first(self, kind: TaskKind) -> int:
        """Returns the first number of one of the task's kinds.

        Raises:
            ValueError: the task does not take it.
        """
        before = self.kinds[: self.kinds.index(kind)]
        return self.first_answer + self.answers + sum(map(self.width, before))

    def number(self, command: Action | TaskCommand) -> int:
        """Returns the number of a command on a line up to ``max_lines``.

        Raises:
            ValueError: it has none, because it holds a text of its own or names a line or test too far.
        """
        if isinstance(command, TaskCommand):
            if command.kind.takes_text:
                raise ValueError(f"{command.kind} holds a text and has no number")
            place, width = command.number or 1, self.width(command.kind)
            if place > width:
                raise ValueError(f"{command} has no number; {command.kind} goes up to {width}")
            return self.first(command.kind) + place - 1
        if command.breakpoint is not None and command.breakpoint.condition is not None:
            raise ValueError("a breakpoint under a condition has no number")
        if command.line is None:
            return PLAIN_KINDS.index(command.kind)
        return len(PLAIN_KINDS) + LINE_KINDS.index(command.kind) * self.max_lines + command.line - 1

    def action(self, number: int) -> Action | None:
        """Returns the debugger's action that has a number; None for an answer, a trial or the task's own."""
        if number >= self.first_answer:
            return None
        if number < len(PLAIN_KINDS):
            return Action(PLAIN_KINDS[number])
        kind, line = divmod(number - len(PLAIN_KINDS), self.max_lines)
        return Action(LINE_KINDS[kind], line + 1)

    @property
    def own(self) -> tuple[tuple[int, TaskCommand], ...]:
        """The task's own commands with their numbers."""
        return _own(self)

    def command(self, number: int) -> Action | TaskCommand | None:
        """Returns the command that has a number; None where it is an answer's or a trial's."""
        if self.first_trial <= number < len(self):
            return None
        rest = number - self.first_answer - self.answers
        if rest < 0:
            return self.action(number)
        for kind in self.kinds:
            if rest < self.width(kind):
                numbered = kind.takes_line or kind is TaskKind.TEST
                return TaskCommand(kind, rest + 1 if numbered else None)
            rest -= self.width(kind)
        raise ValueError(f"there is no command {number}; the last is {len(self) - 1}")


@lru_cache(maxsize=64)
def _own(commands: CommandSet) -> tuple[tuple[int, TaskCommand], ...]:
    numbers = range(commands.first_answer + commands.answers, commands.first_trial)
    found = ((number, commands.command(number)) for number in numbers)
    return tuple((number, command) for number, command in found if isinstance(command, TaskCommand))
