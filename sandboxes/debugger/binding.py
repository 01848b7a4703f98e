"""Where a breakpoint binds in a program, and where it goes when the source changes."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher

from .breakpoint import Binding, Breakpoint, BreakpointKind
from .errors import ProgramError
from .program import Program


def bind(program: Program, breakpoint: Breakpoint) -> Binding:
    """Says where in a program a breakpoint binds."""
    if breakpoint.kind is BreakpointKind.LINE:
        try:
            program.require_breakable(breakpoint.line, breakpoint.file)
        except ProgramError as error:
            return Binding(breakpoint, False, str(error))
    return Binding(breakpoint, True)


def moved(breakpoint: Breakpoint, old: Program, new: Program) -> Breakpoint | None:
    """Returns a breakpoint as it stands after the source changed; None where its line is gone."""
    if breakpoint.kind is not BreakpointKind.LINE or breakpoint.file:
        return breakpoint
    matcher = SequenceMatcher(None, old.lines, new.lines, autojunk=False)
    for start, target, size in matcher.get_matching_blocks():
        if start < breakpoint.line <= start + size:
            return replace(breakpoint, line=breakpoint.line - start + target)
    return None
