"""The texts of exceptions: what was raised, and the exceptions behind it."""

from __future__ import annotations

import types
from collections.abc import Callable
from itertools import islice
from typing import Any

from .anatomy import Kind, bases_of, dict_of, module_of, qualname_of
from .limits import CUT, MAX_CHAIN, MAX_STRING

_PLAIN = {id(kind) for kind in (str, int, float, bool, bytes, types.NoneType)}
_arguments = BaseException.__dict__["args"].__get__
_cause = BaseException.__dict__["__cause__"].__get__
_context = BaseException.__dict__["__context__"].__get__
_suppressed = BaseException.__dict__["__suppress_context__"].__get__
_members = BaseExceptionGroup.__dict__["exceptions"].__get__
_group_message = BaseExceptionGroup.__dict__["message"].__get__


def arguments_of(error: BaseException) -> tuple[object, ...]:
    """Returns what an exception was made with."""
    return _arguments(error)


def error_text(error: BaseException, text: Callable[[object], str]) -> str:
    """Returns ``Type: message``, or the type alone where there is no message.

    Args:
        error: the exception.
        text: writes a value.
    """
    name = qualname_of(type(error))
    message = _message(error, text)
    if len(message) > MAX_STRING:
        message = message[:MAX_STRING] + CUT
    return f"{name}: {message}" if message else name


def chain_texts(error: BaseException, text: Callable[[object], str]) -> tuple[str, ...]:
    """Returns the exceptions behind one, nearest first, at most `MAX_CHAIN`.

    Each is ``cause: Type: message`` where it was named by ``raise ... from``, and ``context: ...`` where it
    was being handled; a group's own ``member: ...`` come before. `CUT` ends what was longer.
    """
    found: list[str] = []
    if _is_group(type(error)):
        members = _members(error)
        found = [f"member: {error_text(m, text)}" for m in islice(members, MAX_CHAIN)]
        if len(members) > MAX_CHAIN:
            found.append(CUT)
    seen, left = {id(error)}, MAX_CHAIN
    while True:
        relation, behind = "cause", _cause(error)
        if behind is None and not _suppressed(error):
            relation, behind = "context", _context(error)
        if behind is None or id(behind) in seen:
            return tuple(found)
        if not left:
            return (*found, CUT)
        found.append(f"{relation}: {error_text(behind, text)}")
        seen.add(id(behind))
        error, left = behind, left - 1


def _is_group(kind: Kind) -> bool:
    return any(base is BaseExceptionGroup for base in bases_of(kind))


def _message(error: BaseException, text: Callable[[object], str]) -> str:
    kind = type(error)
    if _is_group(kind):
        message, count = _group_message(error), len(_members(error))
        shown = message if type(message) is str else text(message)
        return f"{shown} ({count} sub-exception{'s' if count != 1 else ''})"
    arguments = _arguments(error)
    own = next((c for c in bases_of(kind) if "__str__" in dict_of(c)), BaseException)
    if own is KeyError and len(arguments) == 1:
        return text(arguments[0])
    if own is not BaseException and module_of(own) == "builtins" and _all_plain(error, own, arguments):
        try:
            written = dict_of(own)["__str__"](error)  # a built-in class: its own C code
        except Exception:  # the program emptied what that code needs
            written = None
        if type(written) is str:
            return written
    if len(arguments) == 1:
        only = arguments[0]
        return only if type(only) is str else text(only)
    return text(arguments) if arguments else ""


def _all_plain(error: BaseException, own: Any, arguments: tuple[object, ...]) -> bool:
    """Whether all that a built-in exception's own code may print is plain and of bounded length."""
    if type(dict_of(own)["__str__"]) is not types.WrapperDescriptorType:
        return False
    parts = list(arguments)
    for base in bases_of(own):
        for name, member in dict_of(base).items():
            if type(member) is types.MemberDescriptorType and not name.startswith("__"):
                try:
                    parts.append(member.__get__(error))
                except AttributeError:
                    continue
    return all(id(type(part)) in _PLAIN and _is_short(part) for part in parts)


def _is_short(part: Any) -> bool:
    if type(part) is int:
        return -(1 << 62) < part < 1 << 62
    return type(part) not in (str, bytes) or len(part) <= 4 * MAX_STRING
