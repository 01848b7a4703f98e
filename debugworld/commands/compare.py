"""Compare cards of the fidelity benchmark with one of them: what is better or worse, by more than noise."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "compare"
"""Word that calls this command."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("before", type=Path, metavar="A.json", help="a card of debugworld fidelity --json")
    parser.add_argument(
        "after", type=Path, nargs="+", metavar="B.json", help="others, on the same tasks and seed"
    )
    parser.add_argument(
        "--all", action="store_true", help="show the cells that differ by no more than noise, too"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status.

    Raises:
        ModelError: a file is no card.
    """
    from rich.console import Console

    from debugworld.fidelity.tables import comparison_table, comparisons_table
    from debugworld.worldmodel.fidelity.comparison import compare, differ, read_card

    before, others = read_card(args.before), {path.stem: read_card(path) for path in args.after}
    console = Console()
    for name, after in others.items():
        for told in differ(before, after):
            console.print(f"{name}: not asked the same: {told}", style="bold")
    changes = {name: compare(before, after) for name, after in others.items()}
    if len(others) == 1:
        [(only, after)] = others.items()
        names = before["subject"]["name"], after["subject"]["name"]
        console.print(comparison_table(changes[only], *names, args.all))
    else:
        console.print(comparisons_table(changes, args.before.stem, args.all))
    for name, found in changes.items():
        verdicts = [change.verdict for change in found]
        counts = ", ".join(f"{verdicts.count(word)} {word}" for word in ("better", "worse", "noise"))
        asked = sum(change.chance is not None for change in found)
        chance = f"of so many, about {len(found) / 20:.0f} differ by chance alone"
        console.print(f"{name}: {len(found)} cells: {counts}; {asked} compared answer by answer; {chance}")
    return 0
