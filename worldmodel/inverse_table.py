"""Inverse answers as a table for the terminal."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from debugworld.worldmodel.inverse import Inversion

WIDTH = 60
"""Characters of a cell after which it is cut."""


def inverse_table(found: Inversion) -> Table:
    """Returns a table with a row for each distinct proposal: how likely, how often drawn, what it led to."""
    share = found.validity
    caption = (
        f"{len(found.checked)} distinct of {found.draws} drawn, {len(found.valid)} distinct right; "
        f"share of the drawn that are right {share.mean:.2f} [{share.low:.2f}, {share.high:.2f}]"
    )
    title = Text(f"{found.call}(...) {found.end}")
    table = Table(title=title, title_justify="left", pad_edge=False, caption=caption)
    table.add_column("arguments", overflow="fold")
    for heading in ("log p", "drawn"):
        table.add_column(heading, justify="right")
    table.add_column("right")
    table.add_column("led to", overflow="fold")
    for checked in found.checked:
        proposal = checked.proposal
        output = checked.output if checked.outcome == "value" else f"{checked.outcome}: {checked.output}"
        table.add_row(
            Text(_short(proposal.arguments)),
            f"{proposal.logprob:.1f}",
            str(proposal.draws),
            "yes" if checked.valid else "no",
            Text(_short(output)),
        )
    return table


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
