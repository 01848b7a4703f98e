"""Data sets of runs on disk, read: Parquet shards beside a data card.

A data set is a folder with ``card.json``, ``README.md`` and ``data/SPLIT-NNNNN.parquet``. Shards are read in
batches of rows, so that a data set need not fit into memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from debugworld.sandboxes.debugger import Program, Trace
from debugworld.worldmodel.data.card import CARD
from debugworld.worldmodel.data.schema import VERSION, Run, run_of
from debugworld.worldmodel.data.tables import open_table
from debugworld.worldmodel.errors import ModelError

BATCH = 64
"""Rows that are read at once."""


class TraceDataset:
    """The runs of a split, one after the other; may be iterated any number of times.

    Args:
        path: the folder of a data set.
        split: ``train``, ``test``, ``robustness``; None reads them all.

    Attributes:
        card: what ``card.json`` says.

    Raises:
        ModelError: the folder is no data set, is of another version, or has no such split.
    """

    def __init__(self, path: Path | str, split: str | None = None) -> None:
        self.path, self.split = Path(path), split
        self.card = read_card(self.path)
        splits: dict[str, Any] = self.card["splits"]
        if split is not None and split not in splits:
            raise ModelError(f"{self.path} has no split {split!r}; it has: {', '.join(splits)}")
        chosen = splits if split is None else {split: splits[split]}
        self.shards = tuple(self.path / name for about in chosen.values() for name in about["files"])
        """The files, in order."""
        self._count = sum(about["runs"] for about in chosen.values())

    def __len__(self) -> int:
        """The number of runs, as the card has it."""
        return self._count

    def __iter__(self) -> Iterator[tuple[Program, Trace]]:
        """Yields programs and their traces.

        Raises:
            ModelError: a shard is damaged; the text names the file.
        """
        for run in self.runs():
            yield run.program, run.trace

    def runs(self) -> Iterator[Run]:
        """Yields whole rows; as `__iter__`."""
        for path in self.shards:
            yield from read_runs(path)


def read_runs(path: Path, groups: Sequence[int] | None = None) -> Iterator[Run]:
    """Yields the rows of one shard.

    Args:
        path: the file.
        groups: numbers of the row groups to read; None reads all.

    Raises:
        ModelError: it is damaged, or no shard of runs; the text names the file.
    """
    for number, row in enumerate(read_rows(path, "runs", groups=groups)):
        try:
            yield run_of(row)
        except ModelError as error:
            raise ModelError(f"{path}, row {number}, is damaged: {error}") from None


def count_groups(path: Path) -> int:
    """Returns the number of row groups of a shard.

    Raises:
        ModelError: it is damaged; the text names the file.
    """
    with open_table(path) as file:
        return int(file.num_row_groups)


def read_rows(
    path: Path, content: str, names: Sequence[str] | None = None, groups: Sequence[int] | None = None
) -> Iterator[dict[str, Any]]:
    """Yields the rows of one Parquet file as plain data.

    Args:
        path: the file.
        content: what it must hold, such as ``runs``.
        names: the columns to read; None reads all.
        groups: numbers of the row groups to read; None reads all.

    Raises:
        ModelError: it is damaged, or holds something else; the text names the file.
    """
    with open_table(path) as file:
        about = json.loads((file.schema_arrow.metadata or {}).get(b"debugworld", b"{}"))
        if about.get("content") != content or about.get("version") != VERSION:
            raise ModelError(
                f"{path} is no shard of {content} in version {VERSION}; "
                "make the data set again with this version of debugworld"
            )
        chosen = list(names) if names is not None else None
        for batch in file.iter_batches(BATCH, row_groups=groups, columns=chosen):
            yield from batch.to_pylist()


def read_card(path: Path) -> dict[str, Any]:
    """Reads the machine-readable card of a data set.

    Raises:
        ModelError: there is none, or it is of another version.
    """
    try:
        card = json.loads((path / CARD).read_text())
        version, _ = card["version"], card["splits"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path} is no data set of runs ({error}); make one with: debugworld data record --out {path}"
        ) from None
    if version != VERSION:
        raise ModelError(f"{path} is a data set of version {version}, and {VERSION} is read; make it again")
    return dict(card)
