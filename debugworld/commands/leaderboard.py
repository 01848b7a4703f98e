"""Make the leaderboard page from cards of the fidelity benchmark."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "leaderboard"
"""Word that calls this command."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "cards", nargs="+", type=Path, metavar="CARD", help="files of debugworld fidelity --json"
    )
    parser.add_argument("--html", type=Path, required=True, metavar="OUT", help="the page")


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status.

    Raises:
        ModelError: a file is no card.
        OSError: the page cannot be written.
    """
    from debugworld.fidelity.page import leaderboard
    from debugworld.worldmodel.fidelity.comparison import read_card

    page = leaderboard([read_card(path) for path in args.cards])
    args.html.parent.mkdir(parents=True, exist_ok=True)
    args.html.write_text(page, "utf-8")
    print(f"{args.html}: {len(args.cards)} cards")
    return 0
