"""Idioms that people write, one module for each kind of value they are about."""

from __future__ import annotations

from ..template import Idiom
from . import classes, errors, functions, lists, mappings, numbers, strings

IDIOMS: tuple[Idiom, ...] = (
    *strings.IDIOMS,
    *numbers.IDIOMS,
    *lists.IDIOMS,
    *mappings.IDIOMS,
    *functions.IDIOMS,
    *classes.IDIOMS,
    *errors.IDIOMS,
)
"""All of them, in a fixed order."""
