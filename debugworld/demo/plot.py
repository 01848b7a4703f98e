"""The plots of the page, as SVG that takes its colours from the page's style."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from debugworld.pages.svg import FAINT, INK, RIGHT, WRONG, styled, svg
from debugworld.worldmodel.fidelity import Fidelity

from .walk import Step


def fidelity_plot(fidelity: Fidelity) -> str:
    """Returns bars of the exact match by action with 95 % intervals, beside those of copying; as SVG."""
    names = list(fidelity.scores)[::-1]
    with styled():
        figure = Figure(figsize=(6.4, 0.9 + 0.62 * len(names)), layout="constrained")
        axes = figure.subplots()
        series = [("the dream", 0.2, RIGHT, "exact"), ("copy: nothing changed", -0.2, FAINT, "copied")]
        for label, shift, colour, which in series:
            scores = [fidelity.scores[name] for name in names]
            found = [score.rate(getattr(score, which)) for score in scores]
            means = [100 * each.mean for each in found]
            ends = [
                [100 * (each.mean - each.low) for each in found],
                [100 * (each.high - each.mean) for each in found],
            ]
            places = [place + shift for place in range(len(names))]
            axes.barh(places, means, 0.36, xerr=ends, color=colour, ecolor=INK, capsize=2, label=label)
        axes.set_yticks(range(len(names)), names)
        axes.set_xlim(0, 100)
        axes.set_xlabel("exact match, %, with 95 % intervals")
        figure.legend(loc="outside upper right", ncols=2, frameon=False)
        return svg(figure, "Exact match by action, of the dream and of copying")


def confidence_plot(steps: Sequence[Step]) -> str:
    """Returns the confidence at each step, right and wrong ones apart; as SVG."""
    with styled():
        figure = Figure(figsize=(6.4, 2.4), layout="constrained")
        axes = figure.subplots()
        for label, wrong, colour, marker in (("right", False, RIGHT, "o"), ("differs", True, WRONG, "x")):
            some = [step for step in steps if bool(step.differences) is wrong]
            x, y = [step.number for step in some], [step.confidence for step in some]
            axes.scatter(x, y, s=22, c=colour, marker=marker, label=label)
        axes.set_ylim(-0.05, 1.05)
        axes.set_xlabel("step")
        axes.set_ylabel("confidence")
        figure.legend(loc="outside upper right", ncols=2, frameon=False)
        return svg(figure, "Confidence of the neural debugger at each step")
