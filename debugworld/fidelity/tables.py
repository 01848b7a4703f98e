"""A card as tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import HEAVY_HEAD, SIMPLE_HEAD, Box
from rich.console import Group
from rich.table import Table

from debugworld.worldmodel.fidelity.comparison import Change

from .places import Cards, Figure, Grid, find, granularity, heat_maps, listings


def share(cell: dict[str, Any] | None) -> str:
    """Returns a cell in percent with its interval and count; nothing for none."""
    return "" if cell is None else _text(cell, Figure("share", ()))


def card_tables(card: dict[str, Any], beside: Cards = ()) -> Group:
    """Returns the tables of a card: what by what from the true history, and one line for everything else.

    Args:
        card: of `analysis.card`.
        beside: other cards, which have a line, or a column, of their own in every table.
    """
    cards = [card, *beside]
    title = f"{card['subject']['name']} on {card['tasks']}, seed {card['settings']['seed']}"
    maps = [
        _grid_table(cards, grid, f"{title}: exact match in percent, interval and count, by {grid.title}")
        for grid in heat_maps(cards)
    ]
    rest = _table(f"{title}: percent [95 % interval] of how many, where nothing else is said", "what")
    for one in cards:
        rest.add_column(one["subject"]["name"], justify="right")
    for tables in listings(cards).values():
        for listing in tables:
            for row in listing.rows:
                rest.add_row(f"{listing.title}: {row.name}", *(_text(one, row) for one in cards))
    finest = granularity(cards)
    for name, place in finest.groups:
        for column in finest.columns:
            row = column.inside(place)
            rest.add_row(f"{finest.title} {name}: {column.name}", *(_text(one, row) for one in cards))
    return Group(*maps, rest)


def _grid_table(cards: Cards, grid: Grid, title: str) -> Table:
    """Returns a grid of shares, its groups across: share, 95 % interval and count in each cell."""
    table = _table(title, "", box=SIMPLE_HEAD)
    if len(cards) > 1:
        table.add_column("subject", no_wrap=True)
    for name, _ in grid.groups:
        table.add_column(name, justify="right")
    for column in grid.columns:
        for number, card in enumerate(cards):
            subject = [card["subject"]["name"]] if len(cards) > 1 else []
            cells = (_brief(find(card, column.inside(place).place)) for _, place in grid.groups)
            table.add_row("" if number else column.name, *subject, *cells)
    return table


def _text(card: dict[str, Any], figure: Figure) -> str:
    return " ".join(figure.texts(card) or ()).strip()


def _brief(cell: dict[str, Any] | None) -> str:
    if cell is None:
        return ""
    share, low, high = (f"{100 * cell[end]:.0f}" for end in ("mean", "low", "high"))
    return f"{share} {low}-{high} /{cell['count']}"


def comparison_table(changes: Sequence[Change], before: str, after: str, everything: bool) -> Table:
    """Returns a table of the cells in which two cards differ by more than noise, or of all."""
    table = _table(f"{before} and {after}: percent, and the 95 % interval of the difference", "cell")
    for heading in ("before", "after", "difference", "verdict"):
        table.add_column(heading, justify="right")
    for change in changes:
        if everything or change.verdict != "noise":
            scale = 1 if change.name.endswith("steps_to_first_difference") else 100
            low, high = scale * change.low, scale * change.high
            table.add_row(
                change.name,
                f"{scale * change.before['mean']:.1f}",
                f"{scale * change.after['mean']:.1f}",
                f"{scale * change.difference:+.1f} [{low:+.1f}, {high:+.1f}]",
                change.verdict,
            )
    return table


def comparisons_table(changes: Mapping[str, Sequence[Change]], before: str, everything: bool) -> Table:
    """Returns a table of the cells in which any of several cards differs from one by more than noise."""
    by_cell: dict[str, dict[str, Change]] = {}
    for name, found in changes.items():
        for change in found:
            by_cell.setdefault(change.name, {})[name] = change
    table = _table(f"{before}, and how others differ from it: percent", "cell")
    for heading in (before, *changes):
        table.add_column(heading, justify="right")
    for place, row in by_cell.items():
        if everything or any(change.verdict != "noise" for change in row.values()):
            first = next(iter(row.values()))
            scale = 1 if place.endswith("steps_to_first_difference") else 100
            others = [_difference(row.get(name), scale) for name in changes]
            table.add_row(place, f"{scale * first.before['mean']:.1f}", *others)
    return table


def _difference(change: Change | None, scale: int) -> str:
    if change is None:
        return ""
    return f"{scale * change.difference:+.1f}{'' if change.verdict == 'noise' else ' ' + change.verdict}"


def _table(title: str, first: str, box: Box = HEAVY_HEAD) -> Table:
    table = Table(title=title, title_justify="left", pad_edge=False, box=box)
    table.add_column(first, no_wrap=True)
    return table
