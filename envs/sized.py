"""Programs with a size: an entry expression in which the name ``n`` stands for one."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files

from debugworld.sandboxes.debugger import Event, ExitCode, Program, Trace

from .errors import TaskError
from .split import SPLITS, split_of
from .task_set import TaskSet
from .task_uri import TaskUri

KNOB = "n"
"""The name that stands for the size."""
MAX_SIZE = 512
"""Largest size that a program is run at."""
SIZES = (*range(1, 9), 10, 12, 14, 16, 20, 24, 32, 40, 48, 64, 96, 128, 192, 256, 384, MAX_SIZE)
"""Sizes that are measured, from small to large."""
ENOUGH = 4000
"""Steps after which no larger size is measured."""


def has_knob(program: Program) -> bool:
    """Tells whether a program's entry is an expression with a size, which nothing in it binds."""
    names = [node for node in ast.walk(_tree(program)) if isinstance(node, ast.Name) and node.id == KNOB]
    return bool(names) and all(isinstance(node.ctx, ast.Load) for node in names)


def at_size(program: Program, size: int) -> Program:
    """Returns a program with a number in place of the size."""
    return replace(program, call=ast.unparse(_Put(size).visit(_tree(program))))


def steps(trace: Trace) -> int:
    """Counts the lines that were run, each time it was about to: what the program calls in C is no step."""
    return sum(state.event is Event.LINE for state in trace.states)


def measure(program: Program, record: Callable[[Program], Trace]) -> dict[int, int]:
    """Counts the steps of real runs at the `SIZES`, up to the first that ends as ``never`` or has `ENOUGH`.

    Runs that an exception ends are left out.

    Args:
        program: One with a size.
        record: Runs a program.

    Raises:
        ProgramError: it cannot be debugged as given.
        SandboxError: the box failed.
    """
    found: dict[int, int] = {}
    for size in SIZES:
        trace = record(at_size(program, size))
        if trace.exit.code is ExitCode.NEVER:
            break
        if trace.exit.code is ExitCode.NORMAL:
            found[size] = steps(trace)
            if found[size] >= ENOUGH:
                break
    return found


def sized_programs(uri: str) -> TaskSet:
    """Returns the programs with a size that ship with the package.

    Args:
        uri: ``builtin``, or ``builtin/NAME`` for one of them; either with ``?split=``.

    Raises:
        TaskError: there is none of that name, or none in the split.
    """
    read = TaskUri.parse(uri, ("builtin",), "task set with a size", ("builtin[/NAME][?split=SPLIT]",))
    split = read.only("split").choose("split", SPLITS)
    programs = tuple(_builtin())
    named = tuple(program for program in programs if read.path in ("", program.name))
    if not named:
        known = ", ".join(program.name for program in programs)
        raise TaskError(f"there is no builtin program with a size {read.path!r}; there are: {known}")
    found = tuple(program for program in named if not split or split_of(program.name) == split)
    if not found:
        raise TaskError(f"{uri!r} has no task; {len(named)} are in other splits")
    return TaskSet(uri, found, trusted=True)


def _builtin() -> Iterator[Program]:
    folder = files("debugworld.envs") / "builtin" / "complexity"
    for entry in json.loads((folder / "catalog.json").read_text("utf-8")):
        source = (folder / f"{entry['name']}.py").read_text("utf-8")
        yield Program(source, entry["call"], entry["name"])


def _tree(program: Program) -> ast.Expression:
    try:
        return ast.parse((program.call or "None").strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.parse("None", mode="eval")


class _Put(ast.NodeTransformer):
    """Puts a number in place of the size."""

    def __init__(self, size: int) -> None:
        self._size = size

    def visit_Name(self, node: ast.Name) -> ast.expr:  # noqa: N802  the name that ast asks for
        """Replaces the knob, and nothing else."""
        return ast.copy_location(ast.Constant(self._size), node) if node.id == KNOB else node
