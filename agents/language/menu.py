"""What an agent may say next: a list for a prompt, a grammar for a decoder, a JSON schema for a server.

All three are made of one menu, and whatever is said is read back by the environment's own parser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.envs import Answer, Command, CommandSet, TaskCommand, TaskKind, Trial, parse, spell
from debugworld.envs.command import ANSWER, EDIT_KINDS, TRY, WORDS
from debugworld.envs.offer import Offer
from debugworld.sandboxes.debugger import BASIC_KINDS, Action, ActionKind, Breakpoint, IllegalAction
from debugworld.worldmodel.constraint import END

MOST_HITS = 9
"""Highest pass of a breakpoint that is offered."""
_SAID = frozenset({ANSWER, TRY, *map(str, TaskKind)})
_LINE = re.compile(r"^(?:->|  )[* ] *(\d+)  ", re.MULTILINE)
_TEST = re.compile(r"^(?:->|  ) +(\d+)  .*  (?:passes|fails: |not run)", re.MULTILINE)


@dataclass(frozen=True)
class Choice:
    """A command on the menu."""

    name: str
    """Its name, as structured actions have it."""
    numbers: tuple[int, ...] | None = None
    """Lines, tests or frames that it may be about; None where it is about none."""
    text: bool = False
    """Whether a text follows; a condition, which may be left out, where the command is ``break``."""
    names: tuple[str, ...] | None = None
    """Breakpoints, as `Breakpoint.parse` reads them, or variables that it may be about; None for neither."""
    hits: bool = False
    """Whether a breakpoint's ``hits`` may follow, up to `MOST_HITS`."""

    @property
    def word(self) -> str:
        """What it is written with."""
        return self.name if self.name in _SAID else WORDS[ActionKind(self.name)]

    def beginnings(self) -> Iterator[tuple[str, bool]]:
        """Yields what it is written with, up to a text of one's own: True where that follows."""
        if self.name == ActionKind.SET:
            yield from ((f"!{name} = ", True) for name in self.names or ())
            return
        passes = ("", *(f" hits {hits}" for hits in range(2, MOST_HITS + 1))) if self.hits else ("",)
        for number, name in product(self.numbers or (None,), self.names or ("",)):
            if self.text and not self.hits:
                yield f"{self.word} {number or ''}".rstrip() + " ", True
                continue
            said = spell(_command(self.name, number, "", name))
            for each in passes:
                yield said + each, False
                if self.text:
                    yield f"{said}{each}, ", True


@dataclass(frozen=True)
class Menu:
    """The commands that may be said."""

    choices: tuple[Choice, ...]

    @staticmethod
    def of(
        commands: CommandSet,
        page: str = "",
        mask: npt.NDArray[np.int8] | None = None,
        offer: Offer | None = None,
    ) -> Menu:
        """Makes a menu for a task.

        Args:
            commands: The task's numbered commands.
            page: The page; lines and tests of which it shows are offered. Where empty, all that have numbers.
            mask: int8 ``(len(commands),)``; leaves what is legal now, and of what has a text what may be
                legal.
            offer: What may be said beside; without one, only what has numbers, and what edits and answers.
        """
        head, _, program = page.partition("\nProgram:\n")
        shown = map(int, _LINE.findall(program.rpartition("\nStop: ")[0]))
        top = min(max(shown, default=commands.max_lines), commands.max_lines)
        tests = max(map(int, _TEST.findall(head.partition("\nTests:\n")[2])), default=commands.tests)
        found: list[Choice] = []
        breaks: tuple[int, ...] = ()
        kinds: tuple[ActionKind | TaskKind, ...] = (*BASIC_KINDS, *commands.kinds)
        for kind in kinds:
            last = tests if kind is TaskKind.TEST else top if kind.takes_line else 0
            numbers: tuple[int, ...] | None = tuple(range(1, last + 1)) if last else None
            text = isinstance(kind, TaskKind) and kind.takes_text
            if mask is not None and text and not mask[: commands.first_answer].any():
                continue  # no moves are left
            if mask is not None and not text:
                legal = _legal(commands, mask, kind, numbers)
                if not legal:
                    continue
                numbers = legal if numbers is not None else None
            if kind is ActionKind.BREAK:
                breaks = numbers or ()
            found.append(Choice(str(kind), numbers, text))
        found += _offered(offer, breaks) if offer is not None else ()
        if commands.answers and (mask is None or mask[commands.first_answer]):
            found.append(Choice(ANSWER, None, True))
        if commands.trials and (mask is None or mask[commands.first_trial]):
            found.append(Choice(TRY, None, True))
        return Menu(tuple(found))

    @cached_property
    def grammar(self) -> CommandGrammar:
        """The texts of the commands, for an engine that decodes within a grammar."""
        return _grammar(self.choices)

    @cached_property
    def longest(self) -> int:
        """Bytes of the longest command, a text of one's own left out, so that no token of it is too much."""
        return max(len(text.encode()) for choice in self.choices for text, _ in choice.beginnings())

    def longest_object(self, thought: bool = False) -> int:
        """Returns the bytes of the longest object as `schema` has it, its texts left out."""
        return max(len(json.dumps(_filled(choice, thought)).encode()) for choice in self.choices)

    def schema(self, thought: bool = False) -> dict[str, Any]:
        """Returns a JSON schema of an object whose ``action`` has a command's parts.

        They are ``command``, and of ``number``, ``name``, ``hits`` and ``text`` what it takes.

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
        if not said.strip().startswith("{"):
            return parse(said.partition("\n")[0] if not kinds else said, kinds)
        try:
            told = json.loads(said)
            action = told.get("action", told)
            text, named = str(action.get("text") or ""), str(action.get("name") or "")
            return _command(str(action["command"]), action.get("number"), text, named, action.get("hits"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IllegalAction(f"{said.strip()[:80]!r} is no action: {error}") from None


def _command(name: str, number: Any, text: str, named: str = "", hits: int | None = None) -> Command:
    if name == ANSWER:
        return Answer(text)
    if name == TRY:
        return Trial(text)
    if name in set(TaskKind):
        return TaskCommand(TaskKind(name), number, text)
    kind = ActionKind(name)
    if kind in (ActionKind.BREAK, ActionKind.CLEAR):
        point = Breakpoint.parse(named) if named else Breakpoint(number)
        if kind is ActionKind.BREAK:
            point = replace(point, hits=hits or point.hits, condition=text.strip() or point.condition)
        return Action(kind, breakpoint=point)
    if kind in (ActionKind.UP, ActionKind.DOWN):
        return Action(kind, count=number)
    if kind is ActionKind.SET:
        return Action(kind, name=named, text=text)
    return Action(kind, number, text=text if kind in (ActionKind.EVALUATE, ActionKind.RUN_UNTIL) else "")


def _offered(offer: Offer, breaks: tuple[int, ...]) -> Iterator[Choice]:
    """Yields what may be said beside the numbered commands; a breakpoint at a line may say more, too."""
    conditions = ActionKind.BREAK in offer.expressions
    if breaks:
        yield Choice(str(ActionKind.BREAK), breaks, conditions, hits=True)
    for kind in (ActionKind.BREAK, ActionKind.CLEAR):
        points = tuple(str(action.breakpoint) for action in offer.actions if action.kind is kind)
        sets = kind is ActionKind.BREAK
        if points:
            yield Choice(str(kind), None, conditions and sets, points, sets)
    for kind in (ActionKind.EVALUATE, ActionKind.RUN_UNTIL):
        if kind in offer.expressions:
            yield Choice(str(kind), None, True)
    if offer.names:
        yield Choice(str(ActionKind.SET), None, True, offer.names)
    for kind in (ActionKind.UP, ActionKind.DOWN):
        counts = tuple(action.count for action in offer.actions if action.kind is kind)
        if counts:
            yield Choice(str(kind), counts)


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
    parts: dict[str, Any] = {}
    if choice.numbers is not None:
        parts["number"] = {"enum": list(choice.numbers)}
    if choice.names is not None:
        parts["name"] = {"enum": list(choice.names)}
    if choice.hits:
        parts["hits"] = {"enum": list(range(1, MOST_HITS + 1))}
    return parts | ({"text": {"type": "string"}} if choice.text else {})


def _filled(choice: Choice, thought: bool) -> dict[str, Any]:
    """Returns the longest object of a command, with empty texts."""
    parts = {
        key: max(part.get("enum", [""]), key=lambda each: len(str(each)))
        for key, part in _parts(choice).items()
    }
    return {**({"thought": ""} if thought else {}), "action": {"command": choice.name, **parts}}


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
            for text, opens in choice.beginnings():
                (self._opens if opens else self._ends).add(self._node(text))

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
            self._node(text)
            for choice in self.key
            if choice.name in EDIT_KINDS
            for text, _ in choice.beginnings()
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
