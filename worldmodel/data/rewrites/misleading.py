"""Names that say the wrong thing: opposites swapped, and names that lie about the type."""

from __future__ import annotations

import ast
import random

from .subject import Subject

OPPOSITES = (
    ("max", "min"), ("maximum", "minimum"), ("left", "right"), ("start", "end"), ("start", "stop"),
    ("first", "last"), ("lo", "hi"), ("low", "high"), ("row", "col"), ("rows", "cols"), ("r", "c"),
    ("x", "y"),
    ("i", "j"), ("m", "n"), ("a", "b"), ("key", "value"), ("k", "v"), ("width", "height"), ("prev", "next"),
    ("prev", "curr"), ("before", "after"), ("odd", "even"), ("odds", "evens"), ("positive", "negative"),
    ("source", "target"), ("total", "count"), ("index", "value"), ("idx", "num"), ("longest", "shortest"),
    ("largest", "smallest"), ("push", "pop"), ("head", "tail"), ("begin", "end"), ("parent", "child"),
    ("numerator", "denominator"), ("upper", "lower"), ("good", "bad"), ("encode", "decode"), ("up", "down"),
)  # fmt: skip
"""Words that are swapped, alone or as parts of names such as ``max_value``."""
_LIES = {
    "int": ("names", "text", "is_valid", "words"),
    "float": ("labels", "is_empty", "name"),
    "str": ("count", "total", "is_done", "numbers"),
    "bool": ("items", "score", "title"),
    "list": ("total", "name", "is_sorted", "average"),
    "dict": ("length", "sentence", "found"),
    "set": ("index", "message", "mapping"),
    "tuple": ("flag", "amount", "lookup"),
}
_MAKERS = {
    "len": "int",
    "sum": "int",
    "ord": "int",
    "sorted": "list",
    "Counter": "dict",
    "defaultdict": "dict",
}
_DISPLAYS: tuple[tuple[tuple[type[ast.expr], ...], str], ...] = (
    ((ast.List, ast.ListComp), "list"),
    ((ast.Dict, ast.DictComp), "dict"),
    ((ast.Set, ast.SetComp), "set"),
    ((ast.Tuple,), "tuple"),
    ((ast.JoinedStr,), "str"),
    ((ast.Compare,), "bool"),
)


def mislead(subject: Subject, rng: random.Random) -> bool:
    """Swaps names of opposite meaning, and gives variables of a known type the name of another."""
    names = subject.changeable()
    new = _swapped(names)
    types = {name: kind for name, kind in _types(subject).items() if name in names and name not in new}
    taken = set(new.values())
    for name, kind in types.items():
        if rng.random() < 0.8:
            lies = [lie for lie in _LIES[kind] if lie not in taken]
            rng.shuffle(lies)
            chosen = subject.fresh([*lies, f"{_LIES[kind][0]}_{len(taken)}"])
            if chosen not in taken:
                new[name] = chosen
                taken.add(chosen)
    if not new:
        return False
    subject.rename(new)
    return True


def _swapped(names: list[str]) -> dict[str, str]:
    """Old name -> new name for every pair of names that differ in one of the `OPPOSITES`."""
    new: dict[str, str] = {}
    known = set(names)
    for name in names:
        parts = name.split("_")
        for place, part in enumerate(parts):
            for one, two in OPPOSITES:
                other = {one: two, two: one}.get(part)
                if other is None:
                    continue
                partner = "_".join([*parts[:place], other, *parts[place + 1 :]])
                if partner in known and name not in new and partner not in new:
                    new[name], new[partner] = partner, name
    return new


def _types(subject: Subject) -> dict[str, str]:
    """The types of names that are only ever given values of one known type."""
    found: dict[str, set[str | None]] = {}
    for node in ast.walk(subject.module):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, set()).add(_type(node.value))
    definitions = {f.name: f for f in subject.module.body if isinstance(f, ast.FunctionDef)}
    if subject.call is not None and isinstance(subject.call.body, ast.Call):
        call = subject.call.body
        function = definitions.get(call.func.id) if isinstance(call.func, ast.Name) else None
        if function is not None:
            for parameter, argument in zip(function.args.args, call.args, strict=False):
                found.setdefault(parameter.arg, set()).add(_type(argument))
            for word in call.keywords:
                if word.arg is not None:
                    found.setdefault(word.arg, set()).add(_type(word.value))
    return {name: next(iter(kinds)) for name, kinds in found.items() if len(kinds) == 1 and None not in kinds}  # type: ignore[misc]


def _type(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        kind = type(node.value).__name__
        return kind if kind in _LIES else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _type(node.operand)
    for kinds, name in _DISPLAYS:
        if isinstance(node, kinds):
            return name
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name = node.func.id
        return name if name in _LIES else _MAKERS.get(name)
    return None
