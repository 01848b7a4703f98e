"""Rows of a public collection: from a file of the user's, or through Hugging Face's ``datasets``."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from debugworld.envs.errors import TaskError
from debugworld.envs.task_uri import TaskUri

FORMATS = ".jsonl, .json (a list), either with .gz, or .parquet"
"""The files that can be read, for error texts."""


@dataclass(frozen=True)
class Hub:
    """Where a collection is published."""

    name: str
    """The data set's name on Hugging Face's hub."""
    config: str | None = None
    """Its configuration, if it has several."""
    files: str | None = None
    """A file inside it, where the data set needs a loading script, which ``datasets`` 4 and later refuse."""


def read_table(hub: Hub, path: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields each row with the place that error texts call it by.

    Args:
        hub: where the rows are to be had if there is no path.
        path: a local file, or a folder of such files; None for the hub.

    Raises:
        TaskError: the rows cannot be had.
    """
    if path == "":
        raise TaskError(f"the path of a copy of {hub.name} is empty; write ?path=FILE ({FORMATS})")
    rows = _hub_rows(hub) if path is None else _local_rows(Path(path))
    for place, row in rows:
        if not isinstance(row, dict):
            raise TaskError(f"{place}: a row is an object with named fields; this is {type(row).__name__}")
        yield place, row


def field_of(row: dict[str, Any], place: str, *names: str) -> str:
    """Returns the first of some fields that a row has as a text.

    Raises:
        TaskError: it has none of them.
    """
    for name in names:
        if isinstance(row.get(name), str):
            return str(row[name])
    have = ", ".join(sorted(row)) or "nothing"
    raise TaskError(f"{place}: there is no text in {' or '.join(map(repr, names))}; the row has: {have}")


def digest_of(path: Path) -> str:
    """Returns the SHA-256 of a file, or of all files of a folder that are read, in hexadecimal digits.

    Raises:
        TaskError: it cannot be read.
    """
    found = hashlib.sha256()
    try:
        for file in _files(path):
            found.update(file.read_bytes())
    except OSError as error:
        raise TaskError(f"{path} cannot be read: {error}") from None
    return found.hexdigest()


def pinned(uri: TaskUri) -> TaskUri:
    """Returns a URI that names a file, checked to name what it says by its option ``sha256``, if it does.

    Raises:
        TaskError: the file holds something else, or cannot be read.
    """
    wanted = uri.options.get("sha256")
    if wanted is not None:
        found = digest_of(Path(uri.path))
        if not wanted or not found.startswith(wanted.lower()):
            raise TaskError(
                f"{uri.text!r}: {uri.path} holds something else; its SHA-256 begins with {found[:12]}, "
                f"and not with {wanted!r}"
            )
    return uri


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(f for f in path.rglob("*") if f.name.endswith(_ENDINGS))
    if not files:
        raise TaskError(f"{path} holds no file of the forms {FORMATS}")
    return files


def _local_rows(path: Path) -> Iterator[tuple[str, Any]]:
    for file in _files(path):
        yield from _file_rows(file)


_ENDINGS = (".jsonl", ".jsonl.gz", ".json", ".json.gz", ".parquet")


def _file_rows(path: Path) -> Iterator[tuple[str, Any]]:
    if not path.name.endswith(_ENDINGS):
        raise TaskError(f"{path} is no table of rows; use a file of the forms {FORMATS}")
    empty = True
    try:
        for number, row in _rows_of(path):
            empty = False
            yield f"{path}, {number}", row
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise TaskError(f"{path} cannot be read: {error}") from None
    if empty:
        raise TaskError(f"{path} has no rows")


def _rows_of(path: Path) -> Iterator[tuple[str, Any]]:
    if path.suffix == ".parquet":
        import pyarrow
        import pyarrow.parquet

        try:
            table = pyarrow.parquet.read_table(path)
        except pyarrow.ArrowInvalid as error:
            raise TaskError(f"{path} is no Parquet file: {error}") from None
        yield from ((f"row {number}", row) for number, row in enumerate(table.to_pylist()))
        return
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig") as lines:
        if ".jsonl" in path.suffixes:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield f"line {number}", _json(line, f"{path}, line {number}")
            return
        rows = _json(lines.read(), str(path))
    if not isinstance(rows, list):
        raise TaskError(f"{path}: a .json file holds a list of rows; for one row a line call it .jsonl")
    yield from ((f"row {number}", row) for number, row in enumerate(rows))


def _json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TaskError(f"{place}: no JSON ({error})") from None


def _hub_rows(hub: Hub) -> Iterator[tuple[str, Any]]:
    try:
        import datasets
    except ModuleNotFoundError:
        raise TaskError(
            f"{hub.name} is read through Hugging Face's datasets: pip install 'debugworld[data]', "
            f"or name a copy of your own with ?path=FILE ({FORMATS})"
        ) from None
    try:
        if hub.files is None:
            found = datasets.load_dataset(hub.name, hub.config)
        else:
            found = datasets.load_dataset("json", data_files=f"hf://datasets/{hub.name}/{hub.files}")
    except Exception as error:  # datasets raises what its many back ends raise
        reason = " ".join(str(error).split())
        raise TaskError(
            f"the data set {hub.name!r} cannot be loaded ({reason}); "
            f"without the hub name a copy of your own with ?path=FILE ({FORMATS})"
        ) from None
    for part in found.values():
        for number, row in enumerate(part):
            yield f"{hub.name}, row {number}", row
