"""The plots of a card's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from debugworld.pages.svg import FAINT, INK, RIGHT, WRONG, styled, svg

_STYLES = (("-", RIGHT), ("--", INK), (":", WRONG), ("-.", FAINT), ((0, (5, 1)), INK), ((0, (1, 1)), RIGHT))
"""Line style and colour of each card, this one first."""


def survival_plot(cards: Sequence[dict[str, Any]]) -> str:
    """Returns the share of runs still right after so many free steps, of each card that has it; as SVG."""
    with styled():
        figure = Figure(figsize=(6.4, 3.4), layout="constrained")
        axes = figure.subplots()
        for number, card in enumerate(cards):
            points = card.get("free", {}).get("survival", [])
            if not points:
                continue
            style, colour = _STYLES[number % len(_STYLES)]
            x, y = [point["step"] for point in points], [100 * point["mean"] for point in points]
            axes.plot(x, y, linestyle=style, color=colour, label=card["subject"]["name"])
            if number == 0:
                low, high = (
                    [100 * point["low"] for point in points],
                    [100 * point["high"] for point in points],
                )
                axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.set(
            xscale="log", ylim=(0, 102), xlabel="steps into, from the entry", ylabel="still exactly right, %"
        )
        figure.legend(loc="outside upper center", ncols=3, frameon=False)
        return svg(figure, "Share of free-running dreams that are still right, by steps")


def reliability_plot(confidence: dict[str, Any]) -> str:
    """Returns confidence against accuracy, and risk against coverage; as SVG."""
    with styled():
        figure = Figure(figsize=(6.4, 3.1), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
        points = confidence["reliability"]
        left.plot([p[0] for p in points], [p[1] for p in points], marker="o", color=RIGHT)
        left.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="confidence", ylabel="share exactly right")
        curve = confidence["risk_coverage"]
        right.plot([p[0] for p in curve], [p[1] for p in curve], color=RIGHT)
        right.set(xlim=(0, 1.02), ylim=(0, None), xlabel="coverage", ylabel="risk")
        return svg(figure, "Reliability of the confidence, and risk against coverage")


def granularity_plot(cards: Sequence[dict[str, Any]]) -> str:
    """Returns the share of right moves against the operations of one, coarse to fine; as SVG."""
    with styled():
        figure = Figure(figsize=(6.4, 3.4), layout="constrained")
        axes = figure.subplots()
        for number, card in enumerate(cards):
            ways = {
                way: told for way, told in card.get("granularity", {}).items() if told.get("flops_per_move")
            }
            if not ways:
                continue
            style, colour = _STYLES[number % len(_STYLES)]
            x = [told["flops_per_move"] for told in ways.values()]
            cells = [told["exact"] for told in ways.values()]
            y = [100 * one["mean"] for one in cells]
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
            ylim=(0, 102),
            xlabel="floating-point operations of a move",
            ylabel="exactly right, %",
        )
        figure.legend(loc="outside upper center", ncols=3, frameon=False)
        return svg(figure, "Accuracy of moves against their cost, by granularity")


def reground_plot(policies: Sequence[dict[str, Any]]) -> str:
    """Returns the share of true states against that of real calls, by kind of policy; as SVG."""
    kinds = (("confidence", RIGHT, "o"), ("every", INK, "s"), ("chance", WRONG, "x"))
    with styled():
        figure = Figure(figsize=(6.4, 3.4), layout="constrained")
        axes = figure.subplots()
        start = [(one["real_calls"], one["mean"]) for one in policies if one["policy"] == "never"]
        for kind, colour, marker in kinds:
            points = sorted(
                start + [(p["real_calls"], p["mean"]) for p in policies if p["policy"].split()[0] == kind]
            )
            if len(points) > len(start):
                x, y = [100 * a for a, _ in points], [100 * b for _, b in points]
                axes.plot(x, y, marker=marker, color=colour, label=kind)
        axes.set(
            xlim=(-2, 102),
            ylim=(0, 102),
            xlabel="steps asked of the real debugger, %",
            ylabel="true states, %",
        )
        figure.legend(loc="outside upper center", ncols=3, frameon=False)
        return svg(figure, "True states against real calls, by policy")
