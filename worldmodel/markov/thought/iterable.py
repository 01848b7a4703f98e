"""Where a loop stands in what it goes over: what is left of it, and no value."""

from __future__ import annotations

import ast
import re

from debugworld.sandboxes.debugger.limits import CUT

from ..objects import parts_of

NEAR = 20
"""A range that begins from 0 to here is asked about by the number of the turn."""
_RANGE = re.compile(r"range\((-?\d+), (-?\d+)(?:, (-?\d+))?\)")
_BRACKETS = {"[": "]", "(": ")", "{": "}"}
_THROUGH = frozenset({"dict_items", "dict_keys", "dict_values", "iter", "zip"})
"""What yields the items of its arguments in their order."""


def left(iterable: str, turns: int) -> tuple[str, int]:
    """Returns an iterable without what a loop has had of it, and the turns to count in what is left.

    A loop over the rest gives at once what one over the whole gives later. Only what is written out is left
    away: items of a display, characters of a string, and so of what goes through them in order. Where the
    text does not show what an iterator yields (a range, a set), or is cut, all of it stays.

    Args:
        iterable: The text of its value, or of the call that makes it.
        turns: Turns that are over.
    """
    if not turns or CUT in iterable:
        return iterable, turns
    try:
        rest = _rest(iterable, turns)
    except (SyntaxError, ValueError, MemoryError, RecursionError):  # it is no text of a value
        rest = None
    return (iterable, turns) if rest is None else (rest, 0)


def counted(iterable: str) -> tuple[str, str] | None:
    """Returns what ``enumerate`` goes through, and the text of the number that it begins with."""
    if not iterable.startswith("enumerate(") or not iterable.endswith(")"):
        return None
    inner, *start = parts_of(iterable.removeprefix("enumerate(")[:-1])
    first = start[0].removeprefix("start=") if start else "0"
    return (inner, first) if len(start) < 2 and first.removeprefix("-").isdigit() else None


def far(iterable: str) -> tuple[str, str, str] | None:
    """Returns start, stop and step of a range that begins far from 0; None of anything else."""
    found = _RANGE.fullmatch(iterable)
    return (found[1], found[2], found[3] or "1") if found and not 0 <= int(found[1]) <= NEAR else None


def _rest(text: str, turns: int) -> str | None:
    name, bracket, inside = text.partition("(")
    if not bracket or not name.isidentifier() or not inside.endswith(")"):
        return _written(text, slice(turns, None))
    arguments = parts_of(inside[:-1])
    alone = len(arguments) == 1
    if name == "reversed" and alone:
        return _call(name, [_written(arguments[0], slice(None, -turns))])
    if name == "map":
        return _call(name, [arguments[0], *(_rest(each, turns) for each in arguments[1:])])
    return _call(name, [_rest(each, turns) for each in arguments]) if name in _THROUGH else None


def _call(name: str, arguments: list[str | None]) -> str | None:
    known = [each for each in arguments if each is not None]
    return f"{name}({', '.join(known)})" if len(known) == len(arguments) else None


def _written(text: str, stays: slice) -> str | None:
    """Returns a part of a string or display that is written out."""
    if text[:1] in ("'", '"'):
        value = ast.literal_eval(text)
        return repr(value[stays]) if isinstance(value, str) else None
    if not text.endswith(_BRACKETS.get(text[:1], "\n")):
        return None
    if text[0] == "{" and not isinstance(ast.parse(text, mode="eval").body, ast.Dict):
        return None
    inside = text[1:-1].removesuffix(",")
    parts = (parts_of(inside) if inside else [])[stays]
    comma = "," if text[0] == "(" and len(parts) == 1 else ""
    return f"{text[0]}{', '.join(parts)}{comma}{text[-1]}"
