"""Answers on disk, one unit of work a line, so that a sweep goes on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from debugworld.worldmodel.errors import ModelError

Record = dict[str, Any]
"""What came of one question to a subject, as plain JSON data."""
FAILED = "failed"
"""What a record is called that tells why a unit could not be asked."""


class Log:
    """The finished units of a sweep.

    Args:
        path: a file of JSON Lines, made where it is absent; None keeps everything in memory.
        recipe: what the answers depend on.

    Raises:
        ModelError: the file holds answers of another recipe, or is no such file.
    """

    def __init__(self, path: Path | None, recipe: dict[str, Any]) -> None:
        self._path = path
        self.recipe = recipe
        self._head = json.dumps({"recipe": recipe})
        self._units: dict[str, dict[str, Any]] = {}
        if path is None:
            return
        if path.exists():
            self._read(path)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{self._head}\n", "utf-8")

    def _read(self, path: Path) -> None:
        whole, text = [], path.read_text("utf-8", errors="replace")
        for line in text.splitlines():
            try:
                whole.append(json.loads(line))
            except ValueError:  # the line that a stop cut short, and nothing behind it
                break
        if not whole and not self._head.startswith(text):
            raise ModelError(f"{path} is no log of debugworld fidelity; give another file, or remove it")
        if not whole:
            path.unlink()
            return
        if whole[0] != json.loads(self._head):
            raise ModelError(
                f"{path} holds answers of another subject, tasks, settings or version of the code; "
                "give another file, or remove it"
            )
        for unit in whole[1:]:
            self._units[unit["unit"]] = unit
        path.write_text("".join(json.dumps(line) + "\n" for line in whole), "utf-8")

    def __contains__(self, unit: str) -> bool:
        """Whether a unit is done; one that failed is to be tried again."""
        return unit in self._units and not _failed(self._units[unit])

    def __len__(self) -> int:
        return len(self._units)

    @property
    def done(self) -> int:
        """Number of the units that did not fail."""
        return sum(not _failed(unit) for unit in self._units.values())

    def add(self, unit: str, records: list[Record], seconds: float) -> None:
        """Keeps a finished unit.

        Args:
            unit: its key.
            records: what it came to; the same whenever it is done again.
            seconds: what it took.
        """
        line = {"unit": unit, "records": records, "seconds": seconds}
        self._units[unit] = json.loads(json.dumps(line))
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def records(self) -> Iterator[Record]:
        """Yields all records, by the order of their units' keys."""
        for unit in sorted(self._units):
            yield from self._units[unit]["records"]

    @property
    def seconds(self) -> float:
        """What all units took together."""
        return sum(unit["seconds"] for unit in self._units.values())


def _failed(unit: dict[str, Any]) -> bool:
    return any(record["measure"] == FAILED for record in unit["records"])
