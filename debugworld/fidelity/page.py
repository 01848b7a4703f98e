"""The page of a card, and the leaderboard of several: HTML files that need nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from debugworld import __version__
from debugworld.pages.template import page_environment
from debugworld.worldmodel.fidelity.comparison import shortfall

from .places import HIGH, NEITHER, Cards, Figure, Listing, filled, find, granularity, heat_maps, listings
from .plots import granularity_plot, horizon_plot, reground_plot, reliability_plot, survival_plot

PAPER = (
    ("Neural Debugger, 1.8 B, 50 B tokens", 40.7, 34.4, 44.9, 14.3),
    ("Neural Debugger, 1.8 B, 150 B tokens", 53.6, 48.0, 57.7, 17.7),
    ("Neural Debugger, 32 B, 50 B tokens", 66.5, 77.9, 83.2, 23.1),
)
"""Table 1 of arXiv 2603.09951: name, then CRUXEval in percent: pass@1 of inputs, of outputs by step return
and of outputs by breakpoint, one jump each, and exact match of inputs. Measured by its authors, on their
harness, over all 800 rows."""
FEW = 10
"""Answers below which a share is greyed."""
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
        beside: other cards on the same tasks; each has a column, or rows, in every table.
    """
    cards = [card, *beside]
    environment = page_environment("debugworld.fidelity")
    environment.filters |= {"share": _share, "interval": _interval, "heat": _heat, "shade": _shade}
    return environment.get_template("card.html.j2").render(
        card=card,
        cards=cards,
        summary=Listing("subject", filled(cards, [Figure(name, place) for name, place in ROWS])),
        heat_maps=heat_maps(cards),
        listings=listings(cards),
        granularity=granularity(cards),
        plots=_plots(cards),
        find=find,
        few=FEW,
        paper=PAPER,
        version=__version__,
    )


def _plots(cards: Cards) -> list[tuple[Markup, str]]:
    """Returns the plots that any card has something for, with their captions."""
    name = cards[0]["subject"]["name"]
    found = (
        (horizon_plot(cards, "skipped"), "Jumps from a true history, by the states that they skip."),
        (horizon_plot(cards, "share skipped"), "The same jumps, by the share of the run that they skip."),
        (
            survival_plot(cards),
            "Free-running from the entry, each step on what was dreamt before: the product-limit estimate, "
            "in which a run that is right to its end counts up to there.",
        ),
        (reliability_plot(cards), "Confidence of the answers from a true history."),
        (
            reground_plot(cards[0]),
            f"{name}, some steps asked of the real debugger instead: "
            "where confidence is low, every so often, or by chance.",
        ),
        (
            granularity_plot(cards),
            "The same moves, each over at least one state: "
            "one question for a jump, for each statement, for each operation.",
        ),
    )
    return [(Markup(plot), caption) for plot, caption in found if plot]


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
        version=__version__,
    )


def _shown(cards: Sequence[dict[str, Any]]) -> list[tuple[str, tuple[str, ...]]]:
    """Returns the columns that at least one card fills."""
    return [(name, place) for name, place in ROWS if any(find(card, place) for card in cards)]


def _rank(card: dict[str, Any]) -> tuple[float, ...]:
    """Returns the means by which cards are ranked: those of step into first, ties by the next column."""
    return tuple(found["mean"] if (found := find(card, place)) else -1.0 for _, place in ROWS)


def _share(cell: dict[str, Any]) -> str:
    return f"{100 * cell['mean']:.1f}"


def _interval(cell: dict[str, Any]) -> str:
    return f"{100 * cell['low']:.1f} to {100 * cell['high']:.1f} of {cell['count']:,}"


def _heat(cell: dict[str, Any]) -> Markup:
    """Returns the style of a cell of the heat map: from the colour of wrong to that of right."""
    return Markup(
        f"background: color-mix(in oklab, var(--right-wash) {100 * cell['mean']:.0f}%, var(--wrong-wash))"
    )


def _shade(figure: Figure, card: dict[str, Any]) -> Markup:
    """Returns the attributes of a figure's cell: its shade is how good it is, as far as that can be said."""
    cell = find(card, figure.place)
    if figure.good == NEITHER or "mean" not in cell:
        return Markup("")
    share = cell["mean"] if figure.good == HIGH else 1 - cell["mean"]
    few = " few" if cell["count"] < FEW else ""
    return Markup(f'class="shade{few}" style="--good: {100 * share**2:.0f}%"')  # most shares are near 1
