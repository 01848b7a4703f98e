"""What a generator hands out."""

from __future__ import annotations

from dataclasses import dataclass

from ...sandboxes.debugger import Program


@dataclass(frozen=True)
class GeneratedProgram:
    """A program, its entry call and what it is about."""

    program: Program
    tags: frozenset[str]
    """Constructs and idioms, of `generator.features.TAGS`."""
