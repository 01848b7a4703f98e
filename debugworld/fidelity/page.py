"""The page of a card, and the leaderboard of several: HTML files that need nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from debugworld import __version__
from debugworld.pages.template import page_environment
from debugworld.worldmodel.fidelity.comparison import shortfall
from debugworld.worldmodel.fidelity.exact import PARTS

from .plots import granularity_plot, reground_plot, reliability_plot, survival_plot

PAPER = (
    ("Neural Debugger, 1.8 B, 50 B tokens", 40.7, 34.4, 44.9),
    ("Neural Debugger, 1.8 B, 150 B tokens", 53.6, 48.0, 57.7),
    ("Neural Debugger, 32 B, 50 B tokens", 66.5, 77.9, 83.2),
)
"""Table 1 of arXiv 2603.09951: name, then CRUXEval pass@1 in percent of inputs, of outputs by step return and
of outputs by breakpoint, one jump each; measured by its authors, on their harness, over all 800 rows."""
CRUX = ("input", "input, at once", "output", "output, run to")
"""Columns of a card's ``cruxeval``; the paper's are the last three."""
ROWS = (
    ("step into", ("forced", "actions", "step_into", "exact")),
    ("step over", ("forced", "actions", "step_over", "exact")),
    ("step return", ("forced", "actions", "step_return", "exact")),
    ("run to", ("forced", "actions", "run_to", "exact")),
    ("continue", ("forced", "actions", "continue", "exact")),
    ("whole runs", ("free", "whole")),
    ("outputs", ("outputs", "step_return")),
    ("CRUXEval outputs", ("cruxeval", "output")),
    ("CRUXEval inputs", ("cruxeval", "input")),
    ("CRUXEval inputs, one question", ("cruxeval", "input, at once")),
    ("LiveCodeBench outputs", ("livecodebench", "output")),
    ("LiveCodeBench inputs", ("livecodebench", "input")),
    ("HumanEval outputs", ("humaneval", "output")),
    ("HumanEval inputs", ("humaneval", "input")),
    ("MBPP outputs", ("mbpp", "output")),
    ("MBPP inputs", ("mbpp", "input")),
    ("preimage found", ("preimage", "coverage")),
    ("future that changes", ("changed", "assignment, changes")),
    ("misleading names", ("changed", "misleading names")),
)
"""What the leaderboard shows, and where it stands in a card."""


def card_page(card: dict[str, Any], beside: Sequence[dict[str, Any]] = ()) -> str:
    """Returns the page of a card.

    Args:
        card: of `analysis.card`.
        beside: other cards on the same tasks, for the table of subjects and the survival curve.
    """
    environment = page_environment("debugworld.fidelity")
    environment.filters |= {"share": _share, "interval": _interval, "heat": _heat}
    forced = card.get("forced", {})
    return environment.get_template("card.html.j2").render(
        card=card,
        subjects=[card, *beside],
        rows=_shown([card, *beside]),
        find=find,
        paper=PAPER,
        crux=CRUX,
        parts=PARTS,
        forced=forced,
        survival=Markup(survival_plot([card, *beside])) if "free" in card else "",
        reliability=Markup(reliability_plot(forced["confidence"])) if "confidence" in forced else "",
        granularity=Markup(granularity_plot([card, *beside])) if _has_flops(card) else "",
        reground=Markup(reground_plot(card["reground"])) if card.get("reground") else "",
        version=__version__,
    )


def leaderboard(cards: Sequence[dict[str, Any]]) -> str:
    """Returns the page that ranks cards, those on the same programs together."""
    environment = page_environment("debugworld.fidelity")
    environment.filters |= {"share": _share, "interval": _interval, "heat": _heat}
    groups: dict[str, list[dict[str, Any]]] = {}
    for card in cards:
        name = f"{card['tasks']}, seed {card['settings']['seed']}, programs {card['programs']['digest']}"
        groups.setdefault(name, []).append(card)
    for group in groups.values():
        group.sort(key=_rank, reverse=True)
    return environment.get_template("leaderboard.html.j2").render(
        groups=groups,
        shown=_shown,
        find=find,
        shortfall=shortfall,
        paper=PAPER,
        crux=CRUX,
        version=__version__,
    )


def _has_flops(card: dict[str, Any]) -> bool:
    return any("flops_per_move" in told for told in card.get("granularity", {}).values())


def _shown(cards: Sequence[dict[str, Any]]) -> list[tuple[str, tuple[str, ...]]]:
    """Returns the columns that at least one card fills."""
    return [(name, place) for name, place in ROWS if any(find(card, place) for card in cards)]


def _rank(card: dict[str, Any]) -> tuple[float, ...]:
    """Returns the means by which cards are ranked: those of step into first, ties by the next column."""
    return tuple(found["mean"] if (found := find(card, place)) else -1.0 for _, place in ROWS)


def find(card: dict[str, Any], place: Sequence[str]) -> dict[str, Any] | None:
    """Returns the cell at a place of a card; None where there is none."""
    inner: Any = card
    for name in place:
        inner = inner.get(name) if isinstance(inner, dict) else None
    return inner


def _share(cell: dict[str, Any]) -> str:
    return f"{100 * cell['mean']:.1f}"


def _interval(cell: dict[str, Any]) -> str:
    return f"{100 * cell['low']:.1f} to {100 * cell['high']:.1f} of {cell['count']:,}"


def _heat(cell: dict[str, Any]) -> Markup:
    """Returns the style of a cell of the heat map: from the colour of wrong to that of right."""
    return Markup(
        f"background: color-mix(in oklab, var(--right-wash) {100 * cell['mean']:.0f}%, var(--wrong-wash))"
    )
