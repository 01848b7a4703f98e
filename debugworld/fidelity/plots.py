"""The plots of a card's page; each is empty where no card has what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from debugworld.pages.svg import AMBER, BLUE, FAINT, INK, RIGHT, WRONG, styled, svg

from .places import Cards, find, names

_STYLES = (("-", RIGHT), ("--", BLUE), ("-.", AMBER), (":", WRONG), ((0, (5, 1)), FAINT), ((0, (1, 1)), INK))
"""Line style and colour of each card, this one first."""
_SIZE = (5.0, 3.3)
"""Inches; a page of a telephone shrinks it little."""


def horizon_plot(cards: Cards, by: str) -> str:
    """Returns exact match of jumps against how far they go; as SVG.

    Args:
        cards: this one first.
        by: ``skipped``, the states between, or ``share skipped``, their share of the run.
    """
    ticks = names(cards, ("forced", by))
    with styled():
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.subplots()
        for number, card in enumerate(cards):
            cells = {place: find(card, ("forced", by, name)) for place, name in enumerate(ticks)}
            known = {place: one for place, one in cells.items() if one is not None}
            _line(axes, number, card, list(known), list(known.values()))
        axes.set_xticks(
            range(len(ticks)),
            [_short(name) for name in ticks],
        )
        axes.set(ylim=(0, 102), xlabel=_HORIZONS[by], ylabel="exactly right, %")
        return _finished(figure, f"Exact match of jumps by the {_HORIZONS[by]}")


_HORIZONS = {"skipped": "states that a jump skips", "share skipped": "share of the run that a jump skips, %"}


def _short(name: str) -> str:
    for long, short in (
        ("up to ", "\u2264"),
        ("above ", ">"),
        (" to ", "\u2013"),
        (" and more", "+"),
        (" %", ""),
    ):
        name = name.replace(long, short)
    return name


def survival_plot(cards: Cards) -> str:
    """Returns the share of runs still right after so many free steps, of each card that has it; as SVG."""
    with styled():
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.subplots()
        for number, card in enumerate(cards):
            points = card.get("free", {}).get("survival", [])
            _line(axes, number, card, [point["step"] for point in points], points)
        axes.set(
            xscale="log", ylim=(0, 102), xlabel="steps into, from the entry", ylabel="still exactly right, %"
        )
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:.0f}")
        axes.xaxis.set_minor_locator(NullLocator())
        return _finished(figure, "Share of free-running dreams that are still right, by steps")


def reliability_plot(cards: Cards) -> str:
    """Returns confidence against accuracy, and risk against coverage; as SVG."""
    with styled():
        figure = Figure(figsize=_SIZE, layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot([0, 100], [0, 100], color=FAINT, linewidth=1)
        for number, card in enumerate(cards):
            told = find(card, ("forced", "confidence"))
            if told is None:
                continue
            style, colour = _STYLES[number % len(_STYLES)]
            name = card["subject"]["name"]
            for axes, points in ((left, told["reliability"]), (right, told["risk_coverage"])):
                x, y = ([100 * point[side] for point in points] for side in (0, 1))
                axes.plot(
                    x,
                    y,
                    linestyle=style,
                    marker=".",
                    markersize=3,
                    color=colour,
                    label=name if axes is left else None,
                )
        left.set(xlim=(0, 102), ylim=(0, 102), xlabel="confidence, %", ylabel="exactly right, %")
        right.set(xlim=(0, 102), ylim=(0, None), xlabel="coverage, %", ylabel="risk, %")
        return _finished(figure, "Reliability of the confidence, and risk against coverage")


def granularity_plot(cards: Cards) -> str:
    """Returns the share of right moves against the operations of one, coarse to fine; as SVG."""
    with styled():
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.subplots()
        for number, card in enumerate(cards):
            ways = {
                way: told for way, told in card.get("granularity", {}).items() if told.get("flops_per_move")
            }
            if not ways:
                continue
            style, colour = _STYLES[number % len(_STYLES)]
            x = [told["flops_per_move"] / 1e9 for told in ways.values()]
            cells = [told["exact"] for told in ways.values()]
            y = _percent(cells)
            spread = [
                [100 * (one["mean"] - one["low"]) for one in cells],
                [100 * (one["high"] - one["mean"]) for one in cells],
            ]
            axes.errorbar(
                x,
                y,
                yerr=spread,
                linestyle=style,
                color=colour,
                marker="o",
                capsize=2,
                label=card["subject"]["name"],
            )
            for way, across, up in zip(ways, x, y, strict=True):
                axes.annotate(way, (across, up), (4, 4), textcoords="offset points", color=colour)
        axes.set(
            xscale="log",
            ylim=(0, 108),
            xlabel="billions of floating-point operations of a move",
            ylabel="exactly right, %",
        )
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
        return _finished(figure, "Accuracy of moves against their cost, by granularity")


def reground_plot(card: dict[str, Any]) -> str:
    """Returns the share of true states against that of real calls, by kind of policy; as SVG."""
    kinds = (("confidence", RIGHT, "o"), ("every", INK, "s"), ("chance", WRONG, "x"))
    policies = card.get("reground", [])
    with styled():
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.subplots()
        start = [(one["real_calls"], one["mean"]) for one in policies if one["policy"] == "never"]
        for kind, colour, marker in kinds:
            points = sorted(
                start + [(p["real_calls"], p["mean"]) for p in policies if p["policy"].split()[0] == kind]
            )
            if len(points) > len(start):
                x, y = [100 * a for a, _ in points], [100 * b for _, b in points]
                axes.plot(x, y, marker=marker, color=colour, label=kind)
        axes.set(xlabel="steps asked of the real debugger, %", ylabel="true states, %")
        return _finished(figure, "True states against real calls, by policy")


def _line(
    axes: Axes, number: int, card: dict[str, Any], x: Sequence[float], cells: Sequence[dict[str, Any]]
) -> None:
    """Draws the shares of a card, with their intervals where it is the first."""
    if not cells:
        return
    style, colour = _STYLES[number % len(_STYLES)]
    axes.plot(x, _percent(cells), linestyle=style, color=colour, label=card["subject"]["name"])
    if number == 0:
        low, high = ([100 * one[end] for one in cells] for end in ("low", "high"))
        axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)


def _percent(cells: Iterable[dict[str, Any]]) -> list[float]:
    return [100 * one["mean"] for one in cells]


def _finished(figure: Figure, label: str) -> str:
    """Returns a figure with its legend, as SVG; nothing where nothing was drawn that has a name."""
    known: dict[str, Any] = {}
    for axes in figure.axes:
        handles, found = axes.get_legend_handles_labels()
        known |= dict(zip(found, handles, strict=True))
    if not known:
        return ""
    figure.legend(list(known.values()), list(known), loc="outside upper center", ncols=3, frameon=False)
    return svg(figure, label)
