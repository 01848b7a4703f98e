"""Task sets: the programs that episodes are drawn from, named by a URI.

| URI | programs |
|---|---|
| ``builtin`` | all that ship with the package, one task for each call |
| ``builtin/NAME`` | one of them |
| ``jsonl/PATH`` | a JSON Lines file (also ``.gz``); absolute paths keep their leading slash |

A row of a file has the program in ``source`` or ``code`` and its entry in ``call``
(one expression), ``calls`` (a list of them) or ``input`` (the arguments of a function
``f``, as in CRUXEval); a name may stand in ``id`` or ``name``.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from debugworld.sandboxes.debugger import Program

from .errors import TaskError

_ENTRY_LINES = 2


@dataclass(frozen=True)
class TaskSet:
    """Programs to draw episodes from."""

    uri: str
    """What names the set."""
    programs: tuple[Program, ...]
    """One program with its entry call for each task."""
    trusted: bool
    """Whether the programs ship with the package, so that a plain process may run them."""

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
    if scheme == "jsonl" and rest:
        return TaskSet(uri, tuple(_rows(Path(rest))), trusted=False)
    raise TaskError(
        f"{uri!r} names no task set; use builtin, builtin/NAME or jsonl/PATH (as in jsonl//data/tasks.jsonl)"
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


def _rows(path: Path) -> Iterator[Program]:
    opener = gzip.open if path.suffix == ".gz" else open
    count = 0
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield from _row(line, f"{path}, line {number}")
                    count += 1
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise TaskError(f"the task set {path} cannot be read: {error}") from None
    if not count:
        raise TaskError(f"the task set {path} is empty; give one JSON object a line")


def _row(line: str, place: str) -> Iterator[Program]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise TaskError(f"{place}: no JSON ({error})") from None
    source = (row.get("source") or row.get("code")) if isinstance(row, dict) else None
    if not isinstance(source, str):
        raise TaskError(f"{place}: a row is an object with the program in 'source' or 'code'")
    name = str(row.get("id") or row.get("name") or place)
    for call in _calls(row, place):
        yield Program(source, call, name)


def _calls(row: dict[str, Any], place: str) -> list[str]:
    if isinstance(row.get("input"), str) and "call" not in row and "calls" not in row:
        return [f"f({row['input']})"]
    calls = row["calls"] if "calls" in row else [row.get("call")]
    if not isinstance(calls, list) or not calls or not all(isinstance(call, str) for call in calls):
        raise TaskError(
            f"{place}: a row says how to enter the program: 'call' (an expression), "
            "'calls' (a list of them) or 'input' (the arguments of f)"
        )
    return calls
