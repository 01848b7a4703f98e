"""Idioms as text templates: whole functions with random details.

In a template ``«A¦B»`` is one of several texts (nesting allowed), ``$x`` a name of
the role ``x`` (the same one wherever it stands), ``‹int›`` a literal and
``‹bool; $x:int $s:str›`` an expression over those variables. The first line says
``kind $name, ... -> type : tags`` of the entry function, which is called ``$f``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Set
from dataclasses import dataclass

from . import names
from .expressions import Expressions, Scope
from .literals import Literals

_CHOICE = re.compile(r"«([^«»]*)»")
_HOLE = re.compile(r"‹([a-z]+)(?:;([^›]*))?›")
_NAME = re.compile(r"\$([A-Za-z]+\d?)")


@dataclass(frozen=True)
class Idiom:
    """A template of one or several functions and classes."""

    kinds: tuple[str, ...]
    """Kinds of the arguments of the entry function."""
    result: str
    """Type of the result; ``any`` where expressions cannot use it."""
    tags: frozenset[str]
    """Tags that the text alone does not show."""
    body: str
    """The template."""

    def expand(self, rng: random.Random, literals: Literals, name: str, taken: Set[str]) -> Definition:
        """Fills in the details; `taken` are names of the module."""
        text = self.body
        while (text_after := _CHOICE.sub(lambda m: rng.choice(m[1].split("¦")), text)) != text:
            text = text_after

        def hole(match: re.Match[str]) -> str:
            if match[2] is None:
                return literals.of(match[1])
            variables = dict(part.split(":") for part in match[2].split())
            return Expressions(rng, literals, Scope(variables)).of(match[1], 2 if rng.random() < 0.3 else 1)

        text = _HOLE.sub(hole, text)
        chosen = {"f": name}
        for role in dict.fromkeys(_NAME.findall(text)):
            if role != "f":
                pool = names.BY_ROLE[role.rstrip("0123456789")]
                chosen[role] = names.pick(pool, set(chosen.values()) | taken, rng)
        text = _NAME.sub(lambda m: chosen[m[1]], text)
        lines = [line for line in text.split("\n") if line.strip()]
        return Definition(name, self.kinds, self.result, lines, self.tags, frozenset(chosen.values()))


@dataclass(frozen=True)
class Definition:
    """Source lines of one function that expressions may call, with its private helpers before it."""

    name: str
    kinds: tuple[str, ...]
    result: str
    lines: list[str]
    tags: frozenset[str]
    names: frozenset[str]
    """Names that its text uses."""


def parse(text: str) -> tuple[Idiom, ...]:
    """Reads templates that are separated by lines of ``---``."""
    idioms = []
    for part in re.split(r"^---$", text, flags=re.MULTILINE):
        head, _, body = part.strip("\n").partition("\n")
        signature, _, tags = head.partition(":")
        kinds, _, result = signature.partition("->")
        arguments = tuple(kind.strip() for kind in kinds.split(",") if kind.strip())
        found = frozenset(tag.strip() for tag in tags.split(",") if tag.strip())
        idioms.append(Idiom(arguments, result.strip(), found, body))
    return tuple(idioms)
