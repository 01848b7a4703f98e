"""Patches: edits of a source by line, how long they are, and how alike two of them are."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from difflib import SequenceMatcher, unified_diff
from functools import lru_cache

from debugworld.sandboxes.debugger import IllegalAction, Program, ProgramError
from debugworld.sandboxes.debugger.source import plain_newlines

from .command import TaskCommand, TaskKind


def lines_of(source: str) -> list[str]:
    """Returns the lines of a source as a debugger numbers them."""
    return plain_newlines(source).split("\n")[:-1]


def edited(source: str, command: TaskCommand) -> str:
    """Returns a source after an edit; indentation and line ends of the edit's text are kept as they are.

    Raises:
        IllegalAction: there is no such line, nothing begins there, or nothing would change.
    """
    lines = lines_of(source)
    number = command.number or 0
    last = len(lines) + (command.kind is TaskKind.INSERT)
    if not 1 <= number <= last:
        raise IllegalAction(f"there is no line {number}; {command.kind} takes the lines 1 to {last}")
    place = number - 1
    text = command.text.removesuffix("\n").split("\n")
    if command.kind is TaskKind.INSERT:
        changed = [*lines[:place], *text, *lines[place:]]
    elif command.kind is TaskKind.DELETE:
        changed = lines[:place] + lines[place + 1 :]
    else:
        end = number if command.kind is TaskKind.EDIT else _end(source, number)
        changed = [*lines[:place], *text, *lines[end:]]
    if changed == lines:
        raise IllegalAction("that would change nothing")
    return "\n".join(changed) + "\n"


def _end(source: str, line: int) -> int:
    """Returns the last line of the outermost statement that begins at a line, decorators included."""
    for node in ast.walk(ast.parse(source)):  # the outer ones come first
        if isinstance(node, ast.stmt):
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
            if first == line:
                return node.end_lineno or line
    raise IllegalAction(f"no statement begins at line {line}; replace takes the line where one does")


@lru_cache(maxsize=4096)
def compiled(source: str, call: str, max_lines: int) -> str | None:
    """Says why a source cannot be debugged through a call; None where it can.

    Args:
        source: The program.
        call: The call that it is entered by.
        max_lines: Most lines of the program, its entry included.
    """
    try:
        program = Program(source, call).check()
    except ProgramError as error:
        return str(error)
    if len(program.lines) > max_lines:
        return f"the program would have {len(program.lines)} lines, and {max_lines} are allowed"
    return None


def patch(before: str, after: str) -> str:
    """Returns a unified diff without its file names; empty where nothing differs."""
    return "\n".join(list(unified_diff(lines_of(before), lines_of(after), lineterm=""))[2:])


def similarity(before: str, mine: str, right: str) -> float:
    """Returns how alike two patches of a source are, in [0, 1]; 0 where one of them is empty.

    The ratio of Python's `difflib.SequenceMatcher` between the patches, as SWE-RL has it (Wei et al., 2025).
    """
    patches = patch(before, mine), patch(before, right)
    return SequenceMatcher(None, *patches, autojunk=False).ratio() if all(patches) else 0.0


def size(before: str, after: str) -> int:
    """Returns how many lines a patch removes or adds, whichever is more."""
    signs: Sequence[str] = [line[:1] for line in patch(before, after).split("\n")]
    return max(signs.count("-"), signs.count("+"))
