"""The texts of numpy's arrays and numbers: shape, dtype and a head.

Nothing is imported: a program's value can be an array only where numpy is loaded already. Types are told by
identity and by having C code of their own; only that C code is called, for one item at a time, so that
neither a huge array nor a subclass nor an array of the program's objects costs or runs more than its head.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

from .anatomy import Kind, bases_of, dict_of, is_written_in_c, module_attribute, name_of, qualname_of
from .limits import CUT, MAX_DEPTH

HEAD = 8
"""Items shown along each axis."""
HEAD_ITEMS = 48
"""Items shown of one array."""

Write = Callable[[object, int], str]
_TYPE = re.compile(r"[<>|=]([biufcmMOSUVT])(\d*)(.*)")
_WORDS = {"i": "int", "u": "uint", "f": "float", "c": "complex"}
_SPANS = {"M": "datetime64", "m": "timedelta64"}


def array_writer(kind: Kind, write: Write) -> Write | None:
    """Returns how values of a type are written; None for a type that is none of numpy's.

    Args:
        kind: any type.
        write: writes any value that stands at a depth.
    """
    if "numpy" not in sys.modules:
        return None
    array, number = module_attribute("numpy", "ndarray"), module_attribute("numpy", "generic")
    for base in bases_of(kind):
        if base is array and all(is_written_in_c(base, name) for name in ("shape", "dtype", "item")):
            return _array_writer(base, write)
        if (
            base is number
            and is_written_in_c(base, "item")
            and module_attribute("numpy", name_of(kind)) is kind
        ):
            return _number_writer(base, write)
    return None


def _array_writer(base: Kind, write: Write) -> Write:
    shape_of, dtype_of, item_of = (dict_of(base)[name] for name in ("shape", "dtype", "item"))

    def text(value: Any, depth: int) -> str:
        shape, left = shape_of.__get__(value), HEAD_ITEMS

        def head(index: tuple[int, ...]) -> str:
            nonlocal left
            if len(index) == len(shape):
                left -= 1
                return write(item_of(value, *index), depth + 1)
            parts: list[str] = []
            for place in range(shape[len(index)]):
                if place == HEAD or left <= 0:
                    parts.append(CUT)
                    break
                parts.append(head((*index, place)))
            return f"[{', '.join(parts)}]"

        shown = CUT if depth >= MAX_DEPTH else head(())
        return (
            f"{qualname_of(type(value))}(shape={shape}, dtype={dtype_name(dtype_of.__get__(value))}, {shown})"
        )

    return text


def _number_writer(base: Kind, write: Write) -> Write:
    item_of = dict_of(base)["item"]

    def text(value: Any, depth: int) -> str:
        plain = item_of(value)
        shown = (
            CUT if type(plain) is type(value) else write(plain, depth + 1)
        )  # a long double has no plain form
        return f"{name_of(type(value))}({shown})"

    return text


def dtype_name(dtype: object) -> str:
    """Returns the name of a dtype, such as ``int64``, ``<U5``, ``datetime64[ns]`` or ``object``."""
    base = next((b for b in bases_of(type(dtype)) if b is module_attribute("numpy", "dtype")), None)
    if base is None or not is_written_in_c(base, "str"):
        return "?"
    told = dict_of(base)["str"].__get__(dtype)
    match = _TYPE.fullmatch(told) if type(told) is str else None
    if match is None:
        return "?"
    letter, size, rest = match.groups()
    if letter in _WORDS:
        return f"{_WORDS[letter]}{8 * int(size)}"
    if letter in _SPANS:
        return f"{_SPANS[letter]}{rest}"
    return {"b": "bool", "O": "object", "T": "str"}.get(letter) or told.lstrip("|")
