"""The plots of a report's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from debugworld.pages.svg import FAINT, INK, RIGHT, WRONG, styled, svg

_MARKERS = ("o", "s", "^", "D")
"""Of each environment."""


def fidelity_plot(environments: Sequence[dict[str, Any]]) -> str:
    """Returns what a dream is worth by how true it is, as SVG.

    Panels: what training in it keeps, how far it is exploited, and whether it ranks policies right.
    """
    with styled():
        figure = Figure(figsize=(12.6, 4.2 * len(environments)), layout="constrained")
        rows = figure.subplots(len(environments), 3, squeeze=False)
        for one, (left, middle, right) in zip(environments, rows, strict=True):
            _kept(one, left)
            _gaps(one, middle)
            _ranks(one, right)
        return svg(figure, "Share of success kept, exploit gap and rank correlation against fidelity")


_Point = tuple[str, dict[str, Any], dict[str, Any]]
"""Name of a dream, how true it is, and what that is worth."""


def _points(one: dict[str, Any], what: str) -> list[_Point]:
    trained = {told["dream"]: told for told in one["transfers"] if told["kind"] == "dream"}
    found = [
        (
            dream["name"],
            dream["fidelity"].get("step_into"),
            {**trained.get(dream["name"], {}), **dream}.get(what),
        )
        for dream in one["dreams"]
    ]
    known = [(name, true, worth) for name, true, worth in found if true is not None and worth is not None]
    return sorted(known, key=lambda point: point[1]["mean"])


def _kept(one: dict[str, Any], axes: Any) -> None:
    points = _points(one, "performance_kept")
    axes.axhline(95, color=FAINT, linewidth=1, linestyle="--")
    _scatter(axes, points, RIGHT)
    gains = _points(one, "gain_kept")
    x, y = [100 * true["mean"] for _, true, _ in gains], [100 * worth["mean"] for _, _, worth in gains]
    axes.plot(x, y, linestyle="", marker="o", markerfacecolor="none", color=INK)
    axes.set(ylim=_limits([0.0, 100.0, *y], points), ylabel="success kept, % (ring: of the gain)")
    _across(axes, one)


def _gaps(one: dict[str, Any], axes: Any) -> None:
    points = _points(one, "exploit_gap")
    axes.axhline(2, color=FAINT, linewidth=1, linestyle="--")
    _scatter(axes, points, WRONG)
    axes.set(ylim=_limits([0.0, 5.0], points), ylabel="won in the dream only, %")
    _across(axes, one)


def _ranks(one: dict[str, Any], axes: Any) -> None:
    points = _points(one, "rank")
    axes.axhline(90, color=FAINT, linewidth=1, linestyle="--")
    _scatter(axes, points, INK)
    axes.set(ylim=_limits([0.0, 100.0], points), ylabel="rank correlation of policies, %")
    _across(axes, one)


def _limits(known: Sequence[float], points: Sequence[_Point]) -> tuple[float, float]:
    ends = [*known, *(100 * worth[end] for _, _, worth in points for end in ("low", "high"))]
    low, high = max(min(ends), -150.0), min(max(ends), 200.0)  # ratios to next to nothing have wild intervals
    return low - 0.06 * (high - low), high + 0.1 * (high - low)


def _across(axes: Any, one: dict[str, Any]) -> None:
    axes.set(xlim=(-4, 104), xlabel="step into exactly right, %")
    axes.set_title(one["env"], fontsize=11)


def _scatter(axes: Any, points: Sequence[_Point], colour: str) -> None:
    """Draws a point with both intervals for each dream, and its name beside it."""
    for number, (name, x, y) in enumerate(points):
        at = 100 * x["mean"], 100 * y["mean"]
        across, up = (
            [[max(middle - 100 * cell["low"], 0)], [max(100 * cell["high"] - middle, 0)]]
            for middle, cell in zip(at, (x, y), strict=True)
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
