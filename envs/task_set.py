"""Task sets: the programs that episodes are drawn from, named by a URI (see `URIS`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from pathlib import Path

from debugworld.sandboxes.debugger import Program, ProgramError
from debugworld.worldmodel.data.programs import stream
from debugworld.worldmodel.data.rows import RowError, load_rows

from .errors import TaskError

URIS = {
    "builtin": "all that ship with the package, one task for each call",
    "builtin/NAME": "one of them",
    "generated/SEED[/COUNT]": "those that the generator makes of the seeds from SEED on; 256 if not said",
    "file/PATH[?call=EXPR]": "one Python file, run as a script or entered by a call",
    "jsonl/PATH": "the rows of a file, as `worldmodel.data.rows` reads them; absolute paths keep their slash",
}
"""What a URI may be, and the programs that it names."""
_ENTRY_LINES = 2
_GENERATED = re.compile(r"(\d+)(?:/([1-9]\d*))?")
_COUNT = "256"


@dataclass(frozen=True)
class TaskSet:
    """Programs to draw episodes from."""

    uri: str
    """What names the set."""
    programs: tuple[Program, ...]
    """One program with its entry call for each task."""
    trusted: bool
    """Whether the programs are the package's own, so that a plain process may run them."""

    def within(self, max_lines: int) -> TaskSet:
        """Returns the tasks whose wrapped program has at most so many lines.

        Raises:
            TaskError: there are none.
        """
        kept = tuple(p for p in self.programs if p.text.count("\n") + _ENTRY_LINES <= max_lines)
        if not kept:
            shortest = min(p.text.count("\n") for p in self.programs) + _ENTRY_LINES
            raise TaskError(
                f"{self.uri}: every program has more than {max_lines} lines, its entry included; "
                f"use max_lines={shortest} or more"
            )
        return TaskSet(self.uri, kept, self.trusted)


@lru_cache(maxsize=16)
def load_task_set(uri: str) -> TaskSet:
    """Reads the task set that a URI names.

    Raises:
        TaskError: the URI is unknown, its file cannot be read, or a row is no task.
    """
    scheme, _, rest = uri.partition("/")
    if scheme == "builtin":
        return TaskSet(uri, tuple(_builtin(rest)), trusted=True)
    seeds = _GENERATED.fullmatch(rest)
    if scheme == "generated" and seeds:
        first, count = int(seeds[1]), int(seeds[2] or _COUNT)
        made = tuple(each.program for each in islice(stream(first), count))
        return TaskSet(uri, made, trusted=True)
    if scheme == "jsonl" and rest:
        return TaskSet(uri, tuple(_rows(Path(rest))), trusted=False)
    if scheme == "file" and rest:
        return TaskSet(uri, (_file(rest),), trusted=False)
    raise TaskError(
        f"{uri!r} names no task set; use builtin, builtin/NAME, generated/SEED, generated/SEED/COUNT, "
        "file/PATH, file/PATH?call=EXPR or jsonl/PATH (as in jsonl//data/tasks.jsonl)"
    )


def _builtin(name: str) -> Iterator[Program]:
    folder = files("debugworld.envs") / "builtin"
    catalog = json.loads((folder / "catalog.json").read_text("utf-8"))
    known = [entry["name"] for entry in catalog]
    if name and name not in known:
        raise TaskError(f"there is no builtin program {name!r}; there are: {', '.join(known)}")
    for entry in catalog:
        if name in ("", entry["name"]):
            source = (folder / entry["file"]).read_text("utf-8")
            yield from (Program(source, call, entry["name"]) for call in entry["calls"])


def _file(rest: str) -> Program:
    path, _, call = rest.partition("?call=")
    try:
        return Program.read(path, call or None).check()
    except OSError as error:
        raise TaskError(f"{path}: {error.strerror}") from None
    except ProgramError as error:
        raise TaskError(str(error)) from None


def _rows(path: Path) -> Iterator[Program]:
    try:
        for row in load_rows(path):
            yield from row.programs
    except RowError as error:
        raise TaskError(str(error)) from None
