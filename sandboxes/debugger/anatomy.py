"""What a value is made of, read without running the program's code.

A program can lie wherever Python asks politely: ``__class__``, properties, ``__getattribute__``,
metaclasses, names that are no plain strings, modules that say they are another one. So types are
asked through ``type``'s own descriptors, are told apart by identity, and C code is known by
descriptors that only C code can have.
"""

from __future__ import annotations

import sys
import types
from itertools import islice, repeat
from operator import is_
from typing import Any

from .limits import CUT, MAX_ITEMS, MAX_NAME

Kind = type
"""A type of the program, under a name that `type` does not hide."""

_mro = type.__dict__["__mro__"].__get__
_name = type.__dict__["__name__"].__get__
_qualname = type.__dict__["__qualname__"].__get__
_module = type.__dict__["__module__"].__get__
dict_of = type.__dict__["__dict__"].__get__
"""The attributes of a class, of that class alone."""
_HELD_BY = {id(types.GetSetDescriptorType), id(types.MemberDescriptorType)}
_IN_C = _HELD_BY | {id(types.WrapperDescriptorType), id(types.MethodDescriptorType)}
_TRIED = 64
"""Entries of a module among which its name is sought."""


def bases_of(kind: Kind) -> tuple[Kind, ...]:
    """Returns a type and its bases, nearest first."""
    return _mro(kind) or (kind,)


def plain_name(name: object) -> str:
    """Returns a name as a plain string of at most `MAX_NAME` characters; ``?`` for what is none."""
    if type(name) is not str:
        if not any(base is str for base in bases_of(type(name))):
            return "?"
        name = str.__str__(name)
    return name if len(name) <= MAX_NAME else name[:MAX_NAME] + CUT


def name_of(kind: Kind) -> str:
    """Returns a type's name without the classes and functions that it stands in."""
    return plain_name(_name(kind))


def qualname_of(kind: Kind) -> str:
    """Returns a type's qualified name."""
    return plain_name(_qualname(kind))


def module_of(kind: Kind) -> str:
    """Returns the name of the module that a type says it is from; empty where it says none."""
    module = _module(kind)
    return module if type(module) is str else ""


def is_readable(kind: Kind) -> bool:
    """Whether the class's attributes can be looked up by name without running code of their names."""
    return all(all(map(is_, map(type, dict_of(base)), repeat(str))) for base in bases_of(kind))


def has(kind: Kind, name: str) -> bool:
    """Whether a readable class or one of its bases has an attribute."""
    return any(name in dict_of(base) for base in bases_of(kind))


def is_written_in_c(kind: Kind, name: str) -> bool:
    """Whether an attribute of a type is C code of this very type; no class of a program has such."""
    member: Any = dict_of(kind).get(name)
    return id(type(member)) in _IN_C and member.__objclass__ is kind and member.__name__ == name


def module_attribute(module: str, name: str) -> object:
    """Returns an attribute of a module that is loaded already, else None; nothing is imported."""
    loaded = sys.modules.get(module)
    return None if type(loaded) is not types.ModuleType else _module_dict(loaded).get(name)


def module_name(module: types.ModuleType) -> str | None:
    """Returns a module's name, if it has one."""
    for name, value in islice(dict.items(_module_dict(module)), _TRIED):
        if type(name) is str and name == "__name__":
            return plain_name(value)
    return None


def _module_dict(module: types.ModuleType) -> dict[str, Any]:
    return types.ModuleType.__getattribute__(module, "__dict__")


def layout_of(kind: Kind) -> tuple[tuple[int, str], ...]:
    """Returns where a class's instances keep their attributes: (position among the bases, name), slots first.

    The name ``__dict__`` stands for all attributes that are in no slot.
    """
    places: list[tuple[int, str]] = []
    bases = bases_of(kind)
    for position in range(len(bases) - 1, -1, -1):
        if bases[position] is object:
            continue
        for name, member in dict_of(bases[position]).items():
            if type(member) is types.MemberDescriptorType or (
                name == "__dict__" and id(type(member)) in _HELD_BY
            ):
                places.append((position, name))
    return tuple(places)


def fields(value: object, places: tuple[tuple[int, str], ...]) -> list[tuple[str, Any]]:
    """Returns the names and values of an instance's own attributes, given its `layout_of`.

    At most one more than `MAX_ITEMS` of those that are in no slot.
    """
    bases = bases_of(type(value))
    found: list[tuple[str, Any]] = []
    for position, place in places:
        try:
            member = dict_of(bases[position])[place]
            if place != "__dict__" and type(member) is types.MemberDescriptorType:
                found.append((plain_name(place), member.__get__(value)))
            elif place == "__dict__" and id(type(member)) in _HELD_BY:
                own = member.__get__(value)
                if type(own) is dict:
                    for name, field in islice(own.items(), MAX_ITEMS + 1):
                        if type(name) is str:
                            found.append((name if len(name) <= MAX_NAME else plain_name(name), field))
        except (AttributeError, TypeError, LookupError):
            continue  # an empty slot, or a class that was changed since
    return found
