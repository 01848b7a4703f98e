"""Rewrites that change how a program is written and not what it does, for the split ``robustness``.

A rewrite is proved by running both programs, see `prove`; one that proves wrong is thrown away. What is
rewritten is the syntax tree, so that comments and formatting go.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from debugworld.sandboxes.debugger import Program, ProgramError

from .branches import invert_branches
from .comprehensions import fold_loops, unfold_comprehensions
from .loops import for_to_while, while_to_for
from .misleading import mislead
from .proof import prove
from .renaming import rename
from .reordering import reorder
from .subject import Subject

__all__ = ["REWRITES", "Rewritten", "prove", "rewrite"]

REWRITES: dict[str, Callable[[Subject, random.Random], bool]] = {
    "rename": rename,
    "mislead": mislead,
    "reorder": reorder,
    "for-to-while": for_to_while,
    "while-to-for": while_to_for,
    "comprehension-to-loop": unfold_comprehensions,
    "loop-to-comprehension": fold_loops,
    "invert-branches": invert_branches,
}
"""Name -> what changes a program in place and says whether there was anything to change."""


@dataclass(frozen=True)
class Rewritten:
    """A program that was rewritten."""

    program: Program
    names: dict[str, str] = field(default_factory=dict)
    """New name -> old name, for texts of exceptions that tell names."""


def rewrite(program: Program, name: str, seed: int = 0) -> Rewritten | None:
    """Rewrites a program in one way.

    Args:
        program: of one file; no test suite.
        name: of `REWRITES`.
        seed: the same program, name and seed give the same text.

    Returns:
        The program; None where there is nothing to change in this way, or where it cannot be done safely.
    """
    if program.files or program.tests or program.edits:
        return None
    try:
        subject = Subject.of(program)
    except (ProgramError, RecursionError):
        return None
    rng = random.Random(f"{name}/{seed}/{program.digest}")
    if not REWRITES[name](subject, rng):
        return None
    source, call = subject.text()
    changed = replace(program, source=source, call=call)
    try:
        ast.parse(source)
    except SyntaxError:
        return None
    return Rewritten(changed, subject.names) if changed.digest != program.digest else None
