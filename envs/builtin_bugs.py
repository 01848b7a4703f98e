"""The bugs that ship with the package: short programs of our own, with faults that people make."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from .bug import Bug, Case


@cache
def builtin_bugs() -> tuple[Bug, ...]:
    """Returns the bugs, in the order of their catalog; each is a group of its own."""
    folder = files("debugworld.envs") / "builtin" / "bugs"
    return tuple(
        Bug(
            name=entry["name"],
            group=entry["name"],
            buggy=(folder / entry["name"] / "buggy.py").read_text("utf-8"),
            fixed=(folder / entry["name"] / "fixed.py").read_text("utf-8"),
            cases=tuple(Case(call, expected) for call, expected in entry["cases"]),
            lines=tuple(entry["lines"]),
            description=entry["description"],
            kind=entry["kind"],
        )
        for entry in json.loads((folder / "catalog.json").read_text("utf-8"))
    )
