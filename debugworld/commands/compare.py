"""Compare two cards of the fidelity benchmark: what is better or worse, by more than noise."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "compare"
"""Word that calls this command."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("before", type=Path, metavar="A.json", help="a card of debugworld fidelity --json")
    parser.add_argument("after", type=Path, metavar="B.json", help="another one, on the same tasks and seed")
    parser.add_argument(
        "--all", action="store_true", help="show the cells that differ by no more than noise, too"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status.

    Raises:
        ModelError: a file is no card.
    """
    from rich.console import Console

    from debugworld.fidelity.tables import comparison_table
    from debugworld.worldmodel.fidelity.comparison import compare, differ, read_card

    before, after = read_card(args.before), read_card(args.after)
    console = Console()
    for told in differ(before, after):
        console.print(f"Not asked the same: {told}", style="bold")
    changes = compare(before, after)
    verdicts = [change.verdict for change in changes]
    console.print(comparison_table(changes, before["subject"]["name"], after["subject"]["name"], args.all))
    counts = ", ".join(f"{verdicts.count(word)} {word}" for word in ("better", "worse", "noise"))
    console.print(
        f"{len(changes)} cells: {counts}; of so many, about {len(changes) / 20:.0f} differ by chance alone"
    )
    return 0
