"""The plots of a report's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from debugworld.pages.svg import FAINT, INK, RIGHT, WRONG, styled, svg

_MARKERS = ("o", "s", "^", "D")
"""Of each environment."""


def fidelity_plot(environments: Sequence[dict[str, Any]]) -> str:
    """Returns what training in a dream keeps, and how far it is exploited, by its fidelity; as SVG."""
    with styled():
        figure = Figure(figsize=(9.6, 4.2 * len(environments)), layout="constrained")
        rows = figure.subplots(len(environments), 2, squeeze=False)
        for one, (left, right) in zip(environments, rows, strict=True):
            _kept(one, left)
            _gaps(one, right)
        return svg(figure, "Share of the real-trained success kept, and exploit gap, against fidelity")


def _points(one: dict[str, Any], what: str) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    trained = {told["dream"]: told for told in one["transfers"] if told["kind"] == "dream"}
    return [
        (dream["name"], dream["fidelity"]["step_into"], trained[dream["name"]][what])
        for dream in one["dreams"]
        if "step_into" in dream["fidelity"] and trained.get(dream["name"], {}).get(what) is not None
    ]


def _kept(one: dict[str, Any], axes: Any) -> None:
    points = _points(one, "performance_kept")
    axes.axhline(95, color=FAINT, linewidth=1, linestyle="--")
    axes.axhline(100, color=FAINT, linewidth=1)
    _scatter(axes, points, RIGHT)
    highest = max([100.0, *(100 * cell["high"] for _, _, cell in points)])
    axes.set(
        xlim=(-4, 104), ylim=(0, highest * 1.12), ylabel="real-trained success kept, %", title=one["env"]
    )
    axes.set_xlabel("step into exactly right, from the true history, %")


def _gaps(one: dict[str, Any], axes: Any) -> None:
    points = _points(one, "exploit_gap")
    axes.axhline(2, color=FAINT, linewidth=1, linestyle="--")
    _scatter(axes, points, WRONG)
    highest = max([5.0, *(100 * cell["high"] for _, _, cell in points)])
    axes.set(xlim=(-4, 104), ylim=(-0.04 * highest, highest * 1.12), ylabel="won in the dream only, %")
    axes.set_xlabel("step into exactly right, from the true history, %")


def _scatter(axes: Any, points: Sequence[tuple[str, dict[str, Any], dict[str, Any]]], colour: str) -> None:
    """Draws a point with both intervals for each dream, and its name beside it."""
    for number, (name, x, y) in enumerate(sorted(points, key=lambda point: point[1]["mean"])):
        at = 100 * x["mean"], 100 * y["mean"]
        across, up = (
            [[max(at[i] - 100 * c["low"], 0)], [max(100 * c["high"] - at[i], 0)]]
            for i, c in enumerate((x, y))
        )
        axes.errorbar(*at, yerr=up, xerr=across, color=colour, marker="o", linewidth=1, capsize=2)
        left = at[0] > 60
        axes.annotate(
            name,
            at,
            xytext=(-7 if left else 7, 7 if number % 2 else -13),
            textcoords="offset points",
            ha="right" if left else "left",
            fontsize=9,
            color=INK,
        )


def rank_plot(environments: Sequence[dict[str, Any]]) -> str:
    """Returns the success of each kind of policy in the first dream against its real one; as SVG."""
    with styled():
        figure = Figure(figsize=(9.6, 4.2), layout="constrained")
        for one, axes in zip(
            environments, figure.subplots(1, len(environments), squeeze=False)[0], strict=True
        ):
            dream = one["dreams"][0]["name"]
            axes.plot([0, 100], [0, 100], color=FAINT, linewidth=1)
            for policy in one["policies"]:
                worlds = policy["worlds"]
                if dream not in worlds:
                    continue
                x, y = (100 * worlds[world]["success"]["mean"] for world in (dream, "real"))
                axes.plot(x, y, marker=_MARKERS[0], color=RIGHT if policy["kind"] == "dream" else INK)
                axes.annotate(
                    policy["name"], (x, y), xytext=(5, -3), textcoords="offset points", fontsize=8, color=INK
                )
            axes.set(
                xlim=(-2, 102),
                ylim=(-2, 102),
                xlabel=f"success in {dream}, %",
                ylabel="success in the real world, %",
                title=one["env"],
            )
        return svg(figure, "Success of policies in the first dream and in the real world")
