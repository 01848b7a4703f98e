"""Fidelity as a table for the terminal."""

from __future__ import annotations

from rich.table import Table

from debugworld.worldmodel.fidelity.exact import PARTS, Fidelity
from debugworld.worldmodel.statistics import Estimate, rate


def fidelity_table(fidelity: Fidelity, title: str = "exact match by action") -> Table:
    """Returns a table with a row for each action: exact match, the copy baseline, each part."""
    caption = "each answer from the true history; [95 % interval]; copy: the answer that nothing changed"
    table = Table(title=title, title_justify="left", pad_edge=False, caption=caption)
    table.add_column("action", no_wrap=True)
    for heading in ("answers", "exact", "copy", *PARTS):
        table.add_column(heading, justify="right")
    for action, score in fidelity.scores.items():
        parts = [f"{100 * rate(score.by_part[part]).mean:.0f}" for part in PARTS]
        table.add_row(
            action,
            str(len(score.exact)),
            _cell(rate(score.exact)),
            f"{100 * rate(score.copied).mean:.0f}",
            *parts,
        )
    return table


def _cell(estimate: Estimate) -> str:
    return f"{100 * estimate.mean:.0f} [{100 * estimate.low:.0f}, {100 * estimate.high:.0f}]"
