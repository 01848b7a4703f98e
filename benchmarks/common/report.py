"""A benchmark's result: numbers, tables and goals; printed for people, written as JSON for the page."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from .machine import machine


@dataclass
class Table:
    """A titled table of texts, one row for each thing that was measured."""

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Appends a row; there are as many cells as columns."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{self.title}: {len(cells)} cells for {len(self.columns)} columns")
        self.rows.append(list(cells))


@dataclass(frozen=True)
class Goal:
    """A figure that was set, and what came out."""

    text: str
    """What is measured, with its unit."""
    bound: float
    """The figure."""
    measured: float | None
    """None where the thing could not be measured here."""
    at_least: bool = True
    """Whether more is better."""

    @property
    def met(self) -> bool | None:
        """Whether the figure is reached; None where nothing was measured."""
        if self.measured is None:
            return None
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


class Report:
    """Gathers what one program measured.

    Args:
        name: of the program, such as ``debuggers``; the JSON file is named so.
        settings: seeds, sizes and repeats that the numbers depend on.
    """

    def __init__(self, name: str, settings: Mapping[str, Any]) -> None:
        self.name = name
        self.settings = {
            key: Path(value).name
            if key == "python" and value
            else str(value)
            if isinstance(value, Path)
            else value
            for key, value in settings.items()
        }
        self.machine = machine()
        self.results: dict[str, Any] = {}
        self.tables: list[Table] = []
        self.goals: list[Goal] = []
        self.missing: dict[str, str] = {}
        self.notes: list[str] = []

    def table(self, title: str, columns: Sequence[str]) -> Table:
        """Begins a table."""
        table = Table(title, list(columns))
        self.tables.append(table)
        return table

    def goal(self, text: str, bound: float, measured: float | None, at_least: bool = True) -> None:
        """Adds a goal and what came out; None where it could not be measured."""
        self.goals.append(Goal(text, bound, measured, at_least))

    def lack(self, name: str, reason: str) -> None:
        """Says that something is absent, and why; a row is never made up."""
        self.missing[name] = " ".join(reason.split())

    def finish(self, path: Path) -> None:
        """Prints everything and writes the JSON."""
        console = Console()
        for table in self.tables:
            drawn = RichTable(*table.columns, title=table.title)
            for row in table.rows:
                drawn.add_row(*row)
            console.print(drawn)
        if self.goals:
            drawn = RichTable(*GOAL_COLUMNS, title="Goals")
            for row in goal_rows([asdict(goal) | {"met": goal.met} for goal in self.goals]):
                drawn.add_row(*row)
            console.print(drawn)
        for note in self.notes:
            console.print(note, markup=False)
        for name, reason in self.missing.items():
            console.print(f"NOT MEASURED: {name}: {reason}", style="bold yellow", markup=False)
        if self.missing:
            console.print(f"{len(self.missing)} not measured", style="bold yellow")
        self.write(path)

    def write(self, path: Path) -> None:
        """Writes what there is by now as JSON."""
        told = {
            "name": self.name,
            "machine": self.machine,
            "settings": self.settings,
            "results": self.results,
            "tables": [asdict(table) for table in self.tables],
            "goals": [asdict(goal) | {"met": goal.met} for goal in self.goals],
            "missing": self.missing,
            "notes": self.notes,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, indent=1) + "\n")


GOAL_COLUMNS = ("goal", "wanted", "measured", "met")


def goal_rows(goals: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Returns the cells of goals as they stand in the JSON."""
    verdict = {True: "yes", False: "no", None: "not measured"}
    return [
        [
            goal["text"],
            f"{'≥' if goal['at_least'] else '≤'} {number(goal['bound'])}",
            "" if goal["measured"] is None else number(goal["measured"]),
            verdict[goal["met"]],
        ]
        for goal in goals
    ]


def number(value: float) -> str:
    """Writes a number with three digits that count."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if size >= 0.001 or not size else f"{value:.2e}"


def spread(found: Sequence[float]) -> str:
    """Writes a median and, where there are several, the range."""
    if not found:
        return "not measured"
    middle = number(statistics.median(found))
    return middle if len(found) == 1 else f"{middle} ({number(min(found))} to {number(max(found))})"
