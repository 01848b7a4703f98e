"""Commands: the debugger's actions, the answer, and what some tasks take beside, as text and as numbers.

One vocabulary with two faces. The text face is that of pdb; the flat face numbers
the same commands from 0, so that a mask over the numbers holds for the texts too.
What holds a text of its own (an expression, a condition, a name, an edit) has no number, nor has
what selects a frame, of which arrays show nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from debugworld.sandboxes.debugger import (
    BASIC_KINDS,
    Action,
    ActionKind,
    Breakpoint,
    BreakpointKind,
    IllegalAction,
)

_SHORT = {
    "s": ActionKind.STEP_INTO,
    "n": ActionKind.STEP_OVER,
    "r": ActionKind.STEP_RETURN,
    "u": ActionKind.RUN_TO,
    "until": ActionKind.RUN_UNTIL,
    "c": ActionKind.CONTINUE,
    "back": ActionKind.BACK_INTO,
    "bo": ActionKind.BACK_OVER,
    "bc": ActionKind.BACK_TO_CALL,
    "rc": ActionKind.REVERSE_CONTINUE,
    "b": ActionKind.BREAK,
    "cl": ActionKind.CLEAR,
    "p": ActionKind.EVALUATE,
    "!": ActionKind.SET,
    "up": ActionKind.UP,
    "d": ActionKind.DOWN,
}
_KINDS = {kind.value: kind for kind in _SHORT.values()}
WORDS = {kind: word for word, kind in _SHORT.items()}
"""What each action is written with, in pdb's words where it has them."""
LOOK_KINDS = (
    ActionKind.EVALUATE,
    ActionKind.RUN_UNTIL,
    ActionKind.SET,
    ActionKind.UP,
    ActionKind.DOWN,
)
"""The actions without numbers: what holds an expression, and what selects a frame."""
WATCH = "watch"
"""Word for a breakpoint at a variable's change."""
ANSWER = "answer"
"""Name of the command that answers."""
TRY = "try"
"""Name of the command that enters the program otherwise."""
ABOUT = {
    "step_into": "step into the next state, into calls too",
    "step_over": "step over calls to the next line of this function",
    "step_return": "run to the end of this function",
    "run_to": "run to a line",
    "continue": "run to the next breakpoint or to the end",
    "back_into": "step back to the previous state",
    "back_over": "step back to the previous line of this function",
    "back_to_call": "go back to the call of this function",
    "reverse_continue": "run backwards to a breakpoint or to the start",
    "break": "set a breakpoint on a line",
    "clear": "remove a breakpoint",
    "evaluate": "evaluate an expression here",
    "run_until": "run to the next line where a condition is true, or to the end",
    "set": "assign a variable; what follows is a new run",
    "up": "look into the caller's frame, until the next move",
    "down": "look into the called frame again",
    "accuse": "name a line as the one at fault",
    "test": "go to the start of another test",
    "run": "run the tests that are shown",
    "undo": "take the last edit back",
    "submit": "end the episode with the program as it stands",
    "delete": "remove a line",
    "edit": "put a text in place of a line",
    "insert": "put a text before a line",
    "replace": "put a text in place of the statement that begins at a line",
    "try": "start the program again with other arguments, or at another size",
    "answer": "answer the question; this ends the episode",
}
"""What each command does, in a few words, by its name."""

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
    if text.lstrip().startswith("!"):
        word, rest = "!", text.strip()[1:]
    rest = rest.strip()
    if word == ANSWER and rest:
        return Answer(rest)
    if word in (TRY, "size") and rest:
        return Trial(rest)
    kind = _SHORT.get(word) or _KINDS.get(word)
    if kind is not None:
        action = _parse_action(kind, rest, pdb=word not in _KINDS)
    else:
        action = _breakpoint(ActionKind.BREAK, rest and f"change {rest}") if word == WATCH else None
    if action is not None:
        return action
    if word.partition("\n")[0] in kinds:
        return _parse_task(text.lstrip())
    shown = text if len(text) <= 80 else text[:77] + "..."
    told = ", ".join([*usages(kinds), "answer VALUE", "try VALUE"])
    raise IllegalAction(f"{shown!r} is no command; the commands are: {told}")


def usages(kinds: Collection[TaskKind] = (), answers: bool = False, trials: bool = False) -> dict[str, str]:
    """Returns how the commands are written, each with what it does.

    Args:
        kinds: What the task takes beside the debugger's actions.
        answers: Whether it takes answers.
        trials: Whether the program may be entered otherwise.
    """
    found: dict[str, str] = {}
    for word, kind in _SHORT.items():
        usage = _USAGE.get(kind, " LINE" if kind.takes_line else "")
        found[word + usage] = _MORE.get(kind, ABOUT[kind])
    found[f"{WATCH} NAME [in FUNCTION]"] = _WATCHED
    found |= {each.usage: ABOUT[each] for each in TaskKind if each in kinds}
    if trials:
        found[f"{TRY} VALUE"] = ABOUT[TRY]
    if answers:
        found[f"{ANSWER} VALUE"] = ABOUT[ANSWER]
    return found


_USAGE = {
    ActionKind.RUN_UNTIL: " CONDITION",
    ActionKind.EVALUATE: " EXPRESSION",
    ActionKind.SET: "NAME = EXPRESSION",
    ActionKind.BREAK: " LINE|FUNCTION|exception TYPE[ hits N][, CONDITION]",
    ActionKind.CLEAR: " LINE|...",
    ActionKind.UP: " [COUNT]",
    ActionKind.DOWN: " [COUNT]",
}
_MORE = {
    ActionKind.BREAK: "set a breakpoint on a line, on a function's entry, or where an exception is raised; "
    "from the Nth time on, and where a condition is true",
    ActionKind.CLEAR: "remove a breakpoint, written as it was set; by a line all that are there",
    ActionKind.EVALUATE: "evaluate an expression in the frame that is looked into",
}
_WATCHED = (
    "set a breakpoint where a variable changes: one of this function, of the one that is named, or a global"
)
_FORMS = frozenset(map(str, BreakpointKind))
_TAKEN = _FORMS | {WATCH}
"""Names of functions that are no breakpoint by themselves."""
_COMMA = re.compile(r"((?:(?!\sif\s)[\w.<>: ])+?)\s*,\s*(?=\S)")
_NAME = re.compile(r"[^\W\d][\w.<>]*(?:\s+(?:hits|if)\s.*)?", re.DOTALL)


def _parse_action(kind: ActionKind, rest: str, pdb: bool) -> Action | None:
    """Reads what follows an action's word; None where it does not belong there."""
    if kind in (ActionKind.BREAK, ActionKind.CLEAR):
        return _breakpoint(kind, rest)
    if kind is ActionKind.RUN_UNTIL and pdb and rest.isdecimal():
        return _parse_action(ActionKind.RUN_TO, rest, pdb)
    if kind is ActionKind.SET:
        return Action.parse(f"{kind} {rest}") if "=" in rest else None
    if kind in (ActionKind.EVALUATE, ActionKind.RUN_UNTIL):
        return Action(kind, text=rest) if rest else None
    counted = kind in (ActionKind.UP, ActionKind.DOWN)
    fits = rest.isdecimal() if kind.takes_line else not rest or (counted and rest.isdecimal())
    return Action.parse(f"{kind} {rest}") if fits else None


def _breakpoint(kind: ActionKind, text: str) -> Action | None:
    """Reads a breakpoint in the debugger's form or in pdb's; None where there is nothing to read.

    Raises:
        IllegalAction: it is neither.
    """
    if not text.strip():
        return None
    if kind is ActionKind.CLEAR and text.split()[0] == WATCH:
        text = text.replace(WATCH, "change", 1)
    written = _COMMA.sub(r"\1 if ", text, count=1) if _COMMA.match(text) else text
    named = _NAME.fullmatch(written) is not None and written.split()[0] not in _FORMS
    return Action(kind, breakpoint=Breakpoint.parse(f"function {written}" if named else written))


def placed(command: Command, function: str, names: Collection[str]) -> Command:
    """Returns a command as it is meant where the program stands.

    Args:
        command: What was said; the change of a variable may be watched without saying whose it is.
        function: The function of the frame that is looked into.
        names: Its locals; a variable that is none of them is a global.
    """
    point = command.breakpoint if isinstance(command, Action) else None
    if point is None or point.kind is not BreakpointKind.CHANGE or point.function or point.name not in names:
        return command
    assert isinstance(command, Action)
    return Action(command.kind, breakpoint=replace(point, function=function))


def _parse_task(text: str) -> TaskCommand:
    kind = TaskKind(text.split(maxsplit=1)[0])
    found = _TASK_TEXT.fullmatch(text if kind.takes_text else text.rstrip())
    if found is None:
        raise IllegalAction(f"{kind} is written '{kind.usage}'")
    return TaskCommand(kind, int(found["number"]) if found["number"] else None, found["text"] or "")


def spell(command: Command) -> str:
    """Returns a text that `parse` reads as this command, in pdb's words where it has them."""
    if not isinstance(command, Action):
        return str(command)
    kind, point = command.kind, command.breakpoint
    if point is not None:
        text = str(replace(point, condition=None))
        word = WORDS[kind]
        if point.kind is BreakpointKind.CHANGE:
            word = WATCH if kind is ActionKind.BREAK else f"{word} {WATCH}"
            text = text.removeprefix("change ")
        elif point.kind is BreakpointKind.FUNCTION and point.name not in _TAKEN:
            text = text.removeprefix("function ")
        return f"{word} {text}" + ("" if point.condition is None else f", {point.condition}")
    if kind is ActionKind.SET:
        return f"!{command.name} = {command.text}"
    word = str(kind) if kind is ActionKind.RUN_UNTIL and command.text.isdecimal() else WORDS[kind]
    return str(command).replace(str(kind), word, 1)


def holds_expression(command: Command) -> bool:
    """Tells whether an action of the debugger has an expression of the agent evaluated."""
    if not isinstance(command, Action):
        return False
    return bool(command.text) or (command.breakpoint is not None and command.breakpoint.condition is not None)


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
            ValueError: it has none, because it holds a text of its own, looks into a frame, or names a line
                or test too far.
        """
        if isinstance(command, TaskCommand):
            if command.kind.takes_text:
                raise ValueError(f"{command.kind} holds a text and has no number")
            place, width = command.number or 1, self.width(command.kind)
            if place > width:
                raise ValueError(f"{command} has no number; {command.kind} goes up to {width}")
            return self.first(command.kind) + place - 1
        point = command.breakpoint
        whole = point is None or point == Breakpoint(command.line or 1)
        if not whole or command.kind not in BASIC_KINDS or command.count > 1 or command.file:
            raise ValueError(f"'{command}' has no number")
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
