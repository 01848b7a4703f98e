"""More calls of the same function: literal arguments changed, their types and much of their structure kept.

What tends to hold of arguments together is kept most of the time, since functions count on it: lists of equal
length stay so, rows of a matrix stay equally long, what was sorted, distinct or the length of a neighbour
stays so, and strings draw on the letters they have. Whether a changed call is worth keeping only a run can
tell: see `novel`.
"""

from __future__ import annotations

import ast
import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from debugworld.sandboxes.debugger import ExitCode, Program, Trace

KEEP = 0.8
"""Chance that a relation between or in arguments is kept."""
LONGEST = 40
"""Items that a container grows to; characters that a string grows to are four times as many."""
_TRIES = 8


def mutated(program: Program, seed: int, count: int) -> Iterator[Program]:
    """Yields up to so many programs that differ from one in the literal arguments of its call.

    Args:
        program: with a call.
        seed: the same program, seed and count give the same calls.
        count: how many different calls to make; fewer where the arguments do not allow as many.
    """
    if program.call is None:
        return
    rng = random.Random(f"mutation/{seed}/{program.digest}")
    seen = {ast.unparse(ast.parse(program.call.strip(), mode="eval"))}
    for _ in range(count * _TRIES):
        if count <= 0:
            return
        tree = ast.parse(program.call.strip(), mode="eval")
        arguments = _literals(tree.body)
        if not arguments:
            return
        _change(arguments, rng)
        call = ast.unparse(tree)
        if call not in seen:
            seen.add(call)
            count -= 1
            yield replace(program, call=call)


class Novelty:
    """Remembers runs of one function, and says whether another one shows anything new."""

    def __init__(self) -> None:
        self._runs: set[bytes] = set()
        self._paths: set[bytes] = set()

    def add(self, trace: Trace) -> tuple[bool, bool]:
        """Takes in a run.

        Returns:
            Whether its states, the entry's own aside, are new, and whether the path through the lines is.
        """
        inner = [state for state in trace.states if state.depth > 0]
        path = _digest([(s.event.value, s.line, s.function, s.depth) for s in inner])
        run = _digest(
            [(s.event.value, s.line, s.depth, s.value, s.stdout, list(s.locals.items())) for s in inner]
        )
        fresh = run not in self._runs, path not in self._paths
        self._runs.add(run)
        self._paths.add(path)
        return fresh


def novel(trace: Trace, known: Novelty) -> bool:
    """Whether a mutated call ran to its end and showed states that no run before it did."""
    return known.add(trace)[0] and trace.exit.code is ExitCode.NORMAL


def _digest(parts: list[tuple[Any, ...]]) -> bytes:
    return hashlib.blake2b(repr(parts).encode(errors="surrogatepass"), digest_size=12).digest()


class _Place:
    """A literal argument in the syntax tree."""

    def __init__(self, value: Any, put: Callable[[ast.expr], None]) -> None:
        self.value = value
        self._put = put

    def set(self, value: Any) -> None:
        self.value = value
        self._put(ast.parse(repr(value), mode="eval").body)


def _literals(tree: ast.expr) -> list[_Place]:
    """The outermost literal arguments of all calls in an expression."""
    found: list[_Place] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        for place, argument in enumerate(node.args):
            _add(found, argument, _setter(node.args, place))
        for word in node.keywords:
            _add(found, word.value, _attribute_setter(word))
    return found


def _setter(nodes: list[ast.expr], place: int) -> Callable[[ast.expr], None]:
    def put(node: ast.expr) -> None:
        nodes[place] = node

    return put


def _attribute_setter(word: ast.keyword) -> Callable[[ast.expr], None]:
    def put(node: ast.expr) -> None:
        word.value = node

    return put


def _add(found: list[_Place], node: ast.expr, put: Callable[[ast.expr], None]) -> None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return
    if value is not None and value is not ... and _sound(value):
        found.append(_Place(value, put))


def _sound(value: Any) -> bool:
    """Whether the text of a value reads back as the value: no infinity, not-a-number or empty set within."""
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False


def _change(arguments: list[_Place], rng: random.Random) -> None:
    """Changes one or several arguments in place."""
    chosen = [place for place in arguments if rng.random() < 0.6] or [rng.choice(arguments)]
    lengths = {len(p.value) for p in chosen if isinstance(p.value, list)}
    tied: dict[int, int] = {}
    for length in lengths:
        alike = [p for p in arguments if isinstance(p.value, list) and len(p.value) == length]
        if len(alike) > 1 and rng.random() < KEEP:
            tied[length] = _new_length(length, rng)
            chosen += [place for place in alike if place not in chosen]
    sized = {len(p.value) for p in arguments if isinstance(p.value, (list, str))}
    for place in chosen:
        value = place.value
        if type(value) is int and value in sized and value > 1 and rng.random() < 0.5:
            continue  # it may be the length of another argument
        wanted = tied.get(len(value)) if isinstance(value, list) else None
        place.set(mutate(value, rng, wanted))


def mutate(value: Any, rng: random.Random, length: int | None = None) -> Any:
    """Returns a value of the same type that is like another.

    Args:
        value: what `ast.literal_eval` gives.
        rng: decides.
        length: items that a new list must have; None leaves it open. A tuple keeps its length.
    """
    if isinstance(value, bool):
        return rng.random() < 0.5
    if isinstance(value, int):
        return _integer(value, rng)
    if isinstance(value, float):
        return _real(value, rng)
    if isinstance(value, str):
        return _text(value, rng)
    if isinstance(value, (list, tuple)):
        items = _items(list(value), rng, length, fixed=isinstance(value, tuple))
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, (set, frozenset)):
        items = _items(sorted(value, key=repr), rng, None, fixed=False)
        return type(value)(items) or value
    if isinstance(value, dict):
        return _mapping(value, rng)
    return value


def _integer(value: int, rng: random.Random) -> int:
    size = abs(value)
    draw = rng.random()
    if draw < 0.45:
        new = value + rng.choice((-3, -2, -1, 1, 2, 3))
    elif draw < 0.75:
        new = rng.randint(0, 2 * size + 2) * (-1 if value < 0 else 1)
    elif draw < 0.9:
        new = rng.choice((value * 2, value // 2, value + size // 3 + 1))
    else:
        new = rng.choice((0, 1, 2, 10, value))
    return abs(new) if value >= 0 else new


def _real(value: float, rng: random.Random) -> float:
    digits = len(repr(value).partition(".")[2]) if "e" not in repr(value) else 6
    new = value * rng.uniform(0.3, 2.0) + rng.choice((0.0, 0.0, 1.0)) * (1 if value >= 0 else -1)
    return round(new, min(digits, 12))


def _text(text: str, rng: random.Random) -> str:
    if not text:
        return rng.choice(("", "a", "ab"))
    letters = list(text)
    words = text.split(" ")
    draw = rng.random()
    if len(words) > 2 and draw < 0.4:
        if rng.random() < 0.5:
            rng.shuffle(words)
        elif rng.random() < 0.5:
            del words[rng.randrange(len(words))]
        else:
            words.insert(rng.randrange(len(words) + 1), rng.choice(words))
        return " ".join(words)
    for _ in range(rng.choice((1, 1, 2, 3))):
        place, draw = rng.randrange(len(letters)), rng.random()
        if draw < 0.35:
            letters[place] = _letter(text, letters[place], rng)
        elif draw < 0.6 and len(letters) > 1:
            del letters[place]
        elif draw < 0.85 and len(letters) < 4 * LONGEST:
            letters.insert(place, _letter(text, letters[place], rng))
        else:
            other = rng.randrange(len(letters))
            letters[place], letters[other] = letters[other], letters[place]
    return "".join(letters)


def _letter(text: str, letter: str, rng: random.Random) -> str:
    """A letter of the same class: mostly one of the text, or a neighbour in the alphabet."""
    if rng.random() < 0.6 or not (letter.isascii() and letter.isalnum()):
        return rng.choice(text)
    if letter.isdigit():
        return rng.choice("0123456789")
    return rng.choice("abcdefghijklmnopqrstuvwxyz" if letter.islower() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _new_length(length: int, rng: random.Random) -> int:
    step = rng.choice((-2, -1, 0, 0, 1, 1, 2, 3))
    return min(max(length + step, 1 if length else 0), max(length, LONGEST))


def _items(items: list[Any], rng: random.Random, length: int | None, fixed: bool) -> list[Any]:
    if not items:
        return []
    if fixed:
        changed = rng.randrange(len(items))
        return [mutate(v, rng) if i == changed or rng.random() < 0.4 else v for i, v in enumerate(items)]
    kept = rng.random() < KEEP
    rows = {len(item) for item in items if isinstance(item, (list, tuple))}
    width = None
    if len(rows) == 1 and all(isinstance(item, (list, tuple)) for item in items) and kept and len(items) > 1:
        width = rows.pop()
        square = width == len(items)
        if isinstance(items[0], list) and rng.random() < 0.4:
            width = _new_length(width, rng)
        if square and length is None and isinstance(items[0], list):
            length = width
    new = _resized(items, _new_length(len(items), rng) if length is None else length, rng)
    rate = rng.choice((0.15, 0.4, 0.8))
    resize = width is not None and isinstance(items[0], list)
    new = [mutate(v, rng, width) if rng.random() < rate or resize and len(v) != width else v for v in new]
    return _orderly(items, new, rng) if kept else new


def _resized(items: list[Any], length: int, rng: random.Random) -> list[Any]:
    new = list(items)
    while len(new) > length:
        del new[rng.randrange(len(new))]
    while len(new) < length:
        new.insert(rng.randrange(len(new) + 1), mutate(rng.choice(items), rng))
    return new


def _orderly(items: list[Any], new: list[Any], rng: random.Random) -> list[Any]:
    """Keeps what was distinct distinct, and what was sorted sorted."""
    if len(items) > 2 and _distinct(items) and not _distinct(new):
        seen: list[Any] = []
        for item in new:
            for _ in range(_TRIES):
                if item not in seen:
                    break
                item = mutate(item, rng)
            seen.append(item)
        new = seen
    try:
        if len(items) > 2 and items == sorted(items):
            return sorted(new)
        if len(items) > 2 and items == sorted(items, reverse=True):
            return sorted(new, reverse=True)
    except TypeError:
        return new
    if rng.random() < 0.15:
        rng.shuffle(new)
    return new


def _distinct(items: list[Any]) -> bool:
    return all(item not in items[:place] for place, item in enumerate(items))


def _mapping(value: dict[Any, Any], rng: random.Random) -> dict[Any, Any]:
    """Changes values; keys only where they look like data: all ints, or of different shapes."""
    if not value:
        return {}
    new = {key: mutate(item, rng) if rng.random() < 0.5 else item for key, item in value.items()}
    by_type = {type(item) for item in value.values()}
    if len(by_type) == 1 and len(value) > 1:
        draw = rng.random()
        if draw < 0.25:
            del new[rng.choice(list(new))]
        elif draw < 0.5 and all(isinstance(key, (int, str)) for key in value):
            new[mutate(rng.choice(list(value)), rng)] = mutate(rng.choice(list(value.values())), rng)
    return new
