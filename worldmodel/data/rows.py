"""Programs from JSON Lines files, the form in which collections of real functions come.

A row has the program in ``source`` or ``code`` and its entry in ``call`` (one
expression), ``calls`` (a list of them) or ``input`` (the arguments of a function
``f``, as in CRUXEval, or of ``function_name``, as in LiveCodeBench's execution track,
where it is the whole call); ``id`` or ``name`` names it, ``group`` says what it belongs
to (the problem it solves). Files ending in ``.gz`` are gzip.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.data.prelude import with_imports
from debugworld.worldmodel.errors import ModelError


class RowError(ModelError, ValueError):
    """A file of programs cannot be read; the text names the file and line."""


@dataclass(frozen=True)
class ProgramRow:
    """One row: a program and each way it is entered."""

    name: str
    """Its ``id`` or ``name``, else file and line."""
    group: str
    """What must stay on one side of a split; the name where the row has no group."""
    programs: tuple[Program, ...]
    """One program for each call."""
    row: dict[str, Any]
    """The row as read."""


def load_rows(path: Path) -> Iterator[ProgramRow]:
    """Yields the rows of a file.

    Raises:
        RowError: the file cannot be read, is empty, or a row is no program.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    count = 0
    try:
        with opener(path, "rt", encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _row(line, f"{path}, line {number}")
                    count += 1
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise RowError(f"{path} cannot be read: {error}") from None
    if not count:
        raise RowError(f"{path} is empty; give one JSON object a line")


def _row(line: str, place: str) -> ProgramRow:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RowError(f"{place}: no JSON ({error})") from None
    return read_row(row, place)


def read_row(row: Any, place: str) -> ProgramRow:
    """Reads one row that is plain data already.

    Args:
        row: an object with the fields told above.
        place: what an error text calls it.

    Raises:
        RowError: it is no program.
    """
    source = (row.get("source") or row.get("code")) if isinstance(row, dict) else None
    if not isinstance(source, str):
        raise RowError(f"{place}: a row is an object with the program in 'source' or 'code'")
    name = str(row.get("id") or row.get("name") or place)
    assert isinstance(row, dict)
    if isinstance(row.get("function_name"), str):  # its authors run it behind a list of imports
        source = with_imports(source)
    programs = tuple(Program(source, call, name) for call in _calls(row, place))
    return ProgramRow(name, str(row.get("group") or name), programs, row)


def _calls(row: dict[str, Any], place: str) -> list[str]:
    if isinstance(row.get("input"), str) and "call" not in row and "calls" not in row:
        function = row.get("function_name") or "f"
        given = row["input"].strip()
        whole = function != "f" and given.startswith(f"{function}(") and given.endswith(")")
        return [given if whole else f"{function}({row['input']})"]
    calls = row["calls"] if "calls" in row else [row.get("call")]
    if not isinstance(calls, list) or not calls or not all(isinstance(call, str) for call in calls):
        raise RowError(
            f"{place}: a row says how to enter the program: 'call' (an expression), "
            "'calls' (a list of them) or 'input' (the arguments of f)"
        )
    return calls
