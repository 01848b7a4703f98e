"""Which constructs of the language a step has to do with: what a cell of the card is about.

A tag holds for a step where the statements that ran have the construct, or where the values that they changed
are of the kind. One step may have several, or none. No tag is a guess: what neither the source nor the states
tell is not tagged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from debugworld.sandboxes.debugger import Event, Program, State

from .statements import Statement, recursive, statements

CONSTRUCTS = (
    "strings",
    "floats",
    "big ints",
    "containers",
    "dict order",
    "loops",
    "branches",
    "calls",
    "recursion",
    "closures",
    "exceptions",
    "generators",
    "classes",
    "comprehension",
    "aliasing",
    "native calls",
)
"""The tags, in the order of the card."""
BIG = 2**31
"""Integers from here on are big."""
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_FLOAT = re.compile(r"(?<![\w.])-?(?:\d+\.\d|\d+e[+-]?\d|inf\b|nan\b)")
_INTEGER = re.compile(r"(?<![\w.])\d{10,}(?![\w.])")
_CHANGEABLE = re.compile(r"[\[{]|(?:deque|defaultdict|OrderedDict|Counter|bytearray)\(|set\(\)$")
_INSTANCE = re.compile(r"<(?!function )\S+ at #\d+")
"""An object that is shown with the number that tells it from others."""


def constructs_of(
    program: Program, states: Sequence[State], start: int = 0, end: int | None = None
) -> tuple[str, ...]:
    """Returns the tags of a move.

    Args:
        program: what ran.
        states: of the run, in time; what is before the move tells what it changed.
        start: place of the state from where the move began.
        end: place of the state to where it led; None for the last.
    """
    found: set[str] = set()
    lines = statements(program)
    frames = _frames(states, start)
    walked = states[start : None if end is None else end + 1]
    for before, after in zip(walked, walked[1:], strict=False):
        if before.event is Event.LINE and not before.file and before.line in lines:
            found |= lines[before.line].tags
        if after.event is Event.EXCEPTION:
            found.add("exceptions")
        if after.event is Event.CALL and before.event is not Event.EXIT:
            found.add("calls")
            frames = {depth: frame for depth, frame in frames.items() if depth < after.depth}
            if any(frame.function == after.function for frame in frames.values()):
                found.add("recursion")
        last = frames.get(after.depth)
        if last is None and after.event is Event.CALL:
            last = State(Event.CALL, after.line, after.source, after.function, after.depth)
        if last is not None and last.function == after.function:
            new = [name for name, text in after.locals.items() if last.locals.get(name) != text]
            found |= _of_values(after.locals[name] for name in new)
            statement = lines.get(last.line) if last.event is Event.LINE and not last.file else None
            if _aliased(last, after, new, statement or Statement()):
                found.add("aliasing")
        found |= _of_values([after.value] if after.value is not None else [])
        frames[after.depth] = after
    functions = {state.function for state in walked}
    if any("<locals>" in name for name in functions):
        found.add("closures")
    if functions & recursive(program):
        found.add("recursion")
    return tuple(tag for tag in CONSTRUCTS if tag in found)


def _frames(states: Sequence[State], place: int) -> dict[int, State]:
    """Returns the state that each open frame showed last, by depth."""
    found: dict[int, State] = {}
    for index in range(place, -1, -1):
        state = states[index]
        if not found or state.depth < min(found):
            found[state.depth] = state
        if not state.depth:
            break
    return found


def _of_values(texts: Iterable[str]) -> set[str]:
    found = set()
    for text in texts:
        bare = _STRING.sub("''", text)
        if text[:1] in "'\"" or text[:2] in ("b'", 'b"'):
            found.add("strings")
        elif text[:1] in "[({" and text[1:2]:
            found.add("containers")
        if _FLOAT.search(bare):
            found.add("floats")
        if any(int(match) >= BIG for match in _INTEGER.findall(bare)):
            found.add("big ints")
        if _ordered(bare):
            found.add("dict order")
    return found


def _ordered(bare: str) -> bool:
    """Whether a value, without what stands in its strings, shows a dict of two items or more."""
    items: list[int] = []
    """Items of each bracket that is open; -1 of those that are no dict's."""
    for character in bare:
        if character in "[({<":
            items.append(0 if character == "{" else -1)
        elif character in "])}>" and items:
            items.pop()
        elif character == ":" and items and items[-1] >= 0:
            items[-1] += 1
            if items[-1] == 2:
                return True
    return False


def _aliased(last: State, after: State, new: Sequence[str], statement: Statement) -> bool:
    """Whether a step shows that two names of the frame stand for one object that can change.

    It does where a statement gives both one value, where a change in place shows in both at once, and where a
    name that changed shows an instance of the same number as another.
    """
    shown = after.locals
    for pair in statement.twins:
        one, other = pair
        if shown.get(one) is not None and shown.get(one) == shown.get(other) and _changeable(shown[one]):
            return True
    together = Counter(
        (last.locals[name], shown[name])
        for name in new
        if name in last.locals and name not in statement.bound and _changeable(shown[name])
    )
    if any(count > 1 for count in together.values()):
        return True
    numbers = Counter(match[0] for text in shown.values() if (match := _INSTANCE.match(text)))
    return any((match := _INSTANCE.match(shown[name])) and numbers[match[0]] > 1 for name in new)


def _changeable(text: str) -> bool:
    return bool(_CHANGEABLE.match(text) or _INSTANCE.match(text))
