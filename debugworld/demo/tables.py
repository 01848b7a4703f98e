"""The report in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from debugworld.agents.evaluation_table import evaluation_table
from debugworld.worldmodel.fidelity.table import fidelity_table

from .cell import Piece, Row, rows
from .report import Report
from .walk import MOVE

HEAD = 40
"""Steps from the entry on that are always shown."""
MOST = 90
"""Most steps that are shown."""
_WIDTH = 60
"""Characters of a piece."""


def print_report(report: Report, console: Console) -> None:
    """Prints the whole report."""
    for part in _parts(report):
        console.print(part)


def _parts(report: Report) -> Iterator[RenderableType]:
    yield Text(report.ran, "bold")
    yield walk_table(rows(report.steps))
    exact = len(report.steps) - len(report.differing)
    yield f"{exact} of {len(report.steps)} stops are the same in every field."
    yield Text(report.departure)
    yield Text(report.alone)
    if report.fidelity.scores:
        yield fidelity_table(report.fidelity, "exact match in % by action and part")
    yield Group(Text("The agents on the bundled programs", "bold"), evaluation_table(report.evaluations))


def walk_table(shown: Sequence[Row]) -> Table:
    """Returns the steps as a table; what is left out is counted where it is missing."""
    table = Table(title="the run, for real and dreamt, step by step", title_justify="left", pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("move", no_wrap=True)
    table.add_column("line", justify="right")
    table.add_column("source", max_width=34, overflow="fold")
    table.add_column("real", ratio=1, overflow="fold")
    table.add_column("neural", ratio=1, overflow="fold")
    table.add_column("conf.", justify="right")
    table.caption = f"{MOVE}: step into; ≠ marks what differs; conf.: the model's confidence in its step"
    kept = _kept(shown)
    last = -1
    for place in [*kept, len(shown)]:
        if place - last > 1:
            gap = shown[last + 1 : place]
            apart = sum(bool(row.step.differences) for row in gap)
            table.add_row("", "", "", Text(f"… {len(gap)} more steps, {apart} of them differ", "dim"))
        if place < len(shown):
            table.add_row(*_cells(shown[place]))
        last = place
    return table


def _kept(shown: Sequence[Row]) -> list[int]:
    wanted = [place for place, row in enumerate(shown) if place < HEAD or row.step.differences]
    return wanted[:MOST]


def _cells(row: Row) -> list[RenderableType]:
    step = row.step
    right = not step.differences
    return [
        str(step.number),
        MOVE if step.number else "",
        str(step.real.line or ""),
        Text(step.real.source),
        _text(row.real, "bold green"),
        Text("same", "dim green") if right else _text(row.neural, "bold red", "≠ "),
        Text(f"{step.confidence:.2f}", "dim" if right else "red"),
    ]


def _text(pieces: Sequence[Piece], style: str, mark: str = "") -> Text:
    text = Text()
    for number, piece in enumerate(pieces):
        text.append("  " if number else "")
        shown = piece.text if len(piece.text) <= _WIDTH else piece.text[: _WIDTH - 1] + "…"
        if piece.differs:
            text.append(mark + shown, style)
        else:
            text.append(shown, "dim")
    return text
