"""What an agent may say next: a list for a prompt, a grammar for a decoder, a JSON schema for a server.

All three are made of one menu, and whatever is said is read back by the environment's own parser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.envs import Answer, Command, CommandSet, TaskCommand, TaskKind, Trial, parse, spell
from debugworld.envs.command import ABOUT, ANSWER, TRY
from debugworld.sandboxes.debugger import BASIC_KINDS, Action, ActionKind, IllegalAction
from debugworld.worldmodel.constraint import END

_LINE = re.compile(r"^(?:->|  )[* ] *(\d+)  ", re.MULTILINE)
_TEST = re.compile(r"^(?:->|  ) +(\d+)  .*  (?:passes|fails: |not run)", re.MULTILINE)


@dataclass(frozen=True)
class Choice:
    """A command on the menu."""

    name: str
    """Its name, as structured actions have it."""
    numbers: tuple[int, ...] | None = None
    """Lines or tests that it may be about; None where it is about none."""
    text: bool = False
    """Whether a text follows."""

    @property
    def word(self) -> str:
        """What it is written with."""
        if self.name in (ANSWER, TRY) or self.name in set(TaskKind):
            return self.name
        kind = ActionKind(self.name)
        return spell(
            Action(kind, 1 if kind.takes_line else None, text="x" * (kind is ActionKind.EVALUATE))
        ).split()[0]

    @property
    def usage(self) -> str:
        """How it is written."""
        number = "" if self.numbers is None else " NUMBER" if self.name == TaskKind.TEST else " LINE"
        return f"{self.word}{number}{' TEXT' if self.text else ''}"


@dataclass(frozen=True)
class Menu:
    """The commands that may be said."""

    choices: tuple[Choice, ...]

    @staticmethod
    def of(commands: CommandSet, page: str = "", mask: npt.NDArray[np.int8] | None = None) -> Menu:
        """Makes a menu for a task.

        Args:
            commands: The task's numbered commands.
            page: The page; lines and tests of which it shows are offered. Where empty, all that have numbers.
            mask: int8 ``(len(commands),)``; leaves what is legal now, and of what has a text what may be
                legal. Expressions are left out then, because a mask does not tell of them.
        """
        head, _, program = page.partition("\nProgram:\n")
        shown = map(int, _LINE.findall(program.rpartition("\nStop: ")[0]))
        top = min(max(shown, default=commands.max_lines), commands.max_lines)
        tests = max(map(int, _TEST.findall(head.partition("\nTests:\n")[2])), default=commands.tests)
        found: list[Choice] = []
        kinds: tuple[ActionKind | TaskKind, ...] = (*BASIC_KINDS, ActionKind.EVALUATE, *commands.kinds)
        for kind in kinds:
            numbers: tuple[int, ...] | None = None
            if isinstance(kind, TaskKind):
                text = kind.takes_text
                last = tests if kind is TaskKind.TEST else top if kind.takes_line else 0
            else:
                text, last = kind is ActionKind.EVALUATE, top if kind.takes_line else 0
            numbers = tuple(range(1, last + 1)) if last else None
            if mask is not None:
                if kind is ActionKind.EVALUATE:
                    continue
                if not text:
                    legal = _legal(commands, mask, kind, numbers)
                    if not legal:
                        continue
                    numbers = legal if numbers is not None else None
                elif not mask[: commands.first_answer].any():  # no moves are left
                    continue
            found.append(Choice(str(kind), numbers, text))
        if commands.answers and (mask is None or mask[commands.first_answer]):
            found.append(Choice(ANSWER, None, True))
        if commands.trials and (mask is None or mask[commands.first_trial]):
            found.append(Choice(TRY, None, True))
        return Menu(tuple(found))

    @property
    def listing(self) -> str:
        """The commands for a prompt, a line each."""
        return "\n".join(f"{choice.usage}: {ABOUT[choice.name]}" for choice in self.choices)

    @cached_property
    def grammar(self) -> CommandGrammar:
        """The texts of the commands, for an engine that decodes within a grammar."""
        return _grammar(self.choices)

    def schema(self, thought: bool = False) -> dict[str, Any]:
        """Returns a JSON schema of an object whose ``action`` has the parts of a structured action.

        Args:
            thought: Whether a string ``thought`` comes before the action.
        """
        kinds = [_object({"command": {"enum": [choice.name]}, **_parts(choice)}) for choice in self.choices]
        before = {"thought": {"type": "string"}} if thought else {}
        return _object({**before, "action": {"anyOf": kinds}})

    @staticmethod
    def read(said: str, kinds: Collection[TaskKind]) -> Command:
        """Reads what was said: a command's text, or an object as `schema` has it.

        Raises:
            IllegalAction: it is neither.
        """
        text = said.strip()
        if not text.startswith("{"):
            return parse(said.partition("\n")[0] if not kinds else said, kinds)
        try:
            told = json.loads(text)
            action = told.get("action", told)
            name, number, rest = str(action["command"]), action.get("number"), str(action.get("text") or "")
            return _command(name, number, rest)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IllegalAction(f"{text[:80]!r} is no action: {error}") from None


def _command(name: str, number: Any, text: str) -> Command:
    if name == ANSWER:
        return Answer(text)
    if name == TRY:
        return Trial(text)
    if name in set(TaskKind):
        return TaskCommand(TaskKind(name), number, text)
    kind = ActionKind(name)
    return Action(kind, text=text) if kind is ActionKind.EVALUATE else Action(kind, number)


def _legal(
    commands: CommandSet,
    mask: npt.NDArray[np.int8],
    kind: ActionKind | TaskKind,
    numbers: Sequence[int] | None,
) -> tuple[int, ...]:
    """Returns the numbers with which a command is legal now; (0,) for one that takes none."""
    found = []
    for number in numbers if numbers is not None else (None,):
        try:
            place = commands.number(
                TaskCommand(kind, number) if isinstance(kind, TaskKind) else Action(kind, number)
            )
        except ValueError:
            break
        if mask[place]:
            found.append(number or 0)
    return tuple(found)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _parts(choice: Choice) -> dict[str, Any]:
    number = {"number": {"enum": list(choice.numbers)}} if choice.numbers is not None else {}
    return number | ({"text": {"type": "string"}} if choice.text else {})


State = int
"""A node of the tree of texts; below 0 a text of one's own, ``-1 - state`` bytes short of a character."""
_ASCII = frozenset(range(0x20, 0x7F))
_LEADS = {byte: 1 for byte in range(0xC2, 0xE0)} | {byte: 2 for byte in range(0xE1, 0xED)}
_FREE = _ASCII | frozenset(_LEADS)


class CommandGrammar:
    """The texts of some commands; a text of one's own is a line of UTF-8, of up to three bytes a character.

    Args:
        choices: The commands.
    """

    def __init__(self, choices: tuple[Choice, ...]) -> None:
        self.key = choices
        """Equal for grammars with the same texts."""
        self._below: list[dict[int, int]] = [{}]
        self._ends: set[int] = set()
        self._opens: set[int] = set()
        for choice in choices:
            for number in choice.numbers if choice.numbers is not None else ("",):
                text = f"{choice.word} {number}".rstrip()
                node = self._node(f"{text} " if choice.text else text)
                (self._opens if choice.text else self._ends).add(node)

    def _node(self, text: str) -> int:
        node = 0
        for byte in text.encode():
            if byte not in self._below[node]:
                self._below[node][byte] = len(self._below)
                self._below.append({})
            node = self._below[node][byte]
        return node

    def start(self) -> State:
        """Returns the state before the first byte."""
        return 0

    def allowed(self, state: State) -> frozenset[int]:
        """Returns the symbols that may follow."""
        if state < -1:
            return frozenset(range(0x80, 0xC0))
        if state == -1:
            return _FREE | {END}
        found = frozenset(self._below[state])
        if state in self._opens:
            found |= _FREE - {0x20} if not self._indents(state) else _FREE
        return found | {END} if state in self._ends else found

    def advance(self, state: State, symbol: int) -> State:
        """Returns the state after a symbol that is allowed."""
        if state < -1:
            return state + 1
        if state >= 0 and symbol in self._below[state]:
            return self._below[state][symbol]
        return -1 - _LEADS.get(symbol, 0)

    def _indents(self, state: State) -> bool:
        return state in self._indented

    @cached_property
    def _indented(self) -> frozenset[int]:
        """Where a text of one's own may begin with a blank: those of edits."""
        return frozenset(
            self._node(f"{choice.word} {number} ")
            for choice in self.key
            if choice.text
            for number in choice.numbers or ()
        )


@lru_cache(maxsize=256)
def _grammar(choices: tuple[Choice, ...]) -> CommandGrammar:
    return CommandGrammar(choices)


class LineGrammar:
    """Any line of text, for a thought."""

    key = "line"

    def start(self) -> State:
        """Returns the state before the first byte."""
        return -1

    def allowed(self, state: State) -> frozenset[int]:
        """Returns the symbols that may follow."""
        return frozenset(range(0x80, 0xC0)) if state < -1 else _FREE | {END}

    def advance(self, state: State, symbol: int) -> State:
        """Returns the state after a symbol that is allowed."""
        return state + 1 if state < -1 else -1 - _LEADS.get(symbol, 0)
