"""The plots of the page, as SVG that takes its colours from the page's style."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from debugworld.worldmodel.fidelity import Fidelity
from debugworld.worldmodel.statistics import rate

from .walk import Step

_COLOURS = {
    "#010101": "var(--ink)",
    "#020202": "var(--right)",
    "#030303": "var(--wrong)",
    "#040404": "var(--faint)",
}
_INK, _RIGHT, _WRONG, _FAINT = _COLOURS
"""Stand-ins; each becomes a variable of the page's style."""
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "debugworld",
    "font.size": 11,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _FAINT,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def fidelity_plot(fidelity: Fidelity) -> str:
    """Returns bars of the exact match by action with 95 % intervals, beside those of copying; as SVG."""
    names = list(fidelity.scores)[::-1]
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(6.4, 0.9 + 0.62 * len(names)), layout="constrained")
        axes = figure.subplots()
        series = [("the dream", 0.2, _RIGHT, "exact"), ("copy: nothing changed", -0.2, _FAINT, "copied")]
        for label, shift, colour, which in series:
            found = [rate(getattr(fidelity.scores[name], which)) for name in names]
            means = [100 * each.mean for each in found]
            ends = [
                [100 * (each.mean - each.low) for each in found],
                [100 * (each.high - each.mean) for each in found],
            ]
            places = [place + shift for place in range(len(names))]
            axes.barh(places, means, 0.36, xerr=ends, color=colour, ecolor=_INK, capsize=2, label=label)
        axes.set_yticks(range(len(names)), names)
        axes.set_xlim(0, 100)
        axes.set_xlabel("exact match, %, with 95 % intervals")
        figure.legend(loc="outside upper right", ncols=2, frameon=False)
        return _svg(figure, "Exact match by action, of the dream and of copying")


def confidence_plot(steps: Sequence[Step]) -> str:
    """Returns the confidence at each step, right and wrong ones apart; as SVG."""
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(6.4, 2.4), layout="constrained")
        axes = figure.subplots()
        for label, wrong, colour, marker in (("right", False, _RIGHT, "o"), ("differs", True, _WRONG, "x")):
            some = [step for step in steps if bool(step.differences) is wrong]
            x, y = [step.number for step in some], [step.confidence for step in some]
            axes.scatter(x, y, s=22, c=colour, marker=marker, label=label)
        axes.set_ylim(-0.05, 1.05)
        axes.set_xlabel("step")
        axes.set_ylabel("confidence")
        figure.legend(loc="outside upper right", ncols=2, frameon=False)
        return _svg(figure, "Confidence of the neural debugger at each step")


def _svg(figure: Figure, label: str) -> str:
    """Returns a figure as an SVG element that stretches, with a label for those who cannot see it."""
    target = io.StringIO()
    figure.savefig(target, format="svg", transparent=True, metadata=_NO_METADATA)
    text = target.getvalue()
    text = text[text.index("<svg") :]
    for stand_in, variable in _COLOURS.items():
        text = text.replace(stand_in, variable)
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


_NO_METADATA: dict[str, Any] = {"Creator": None, "Date": None, "Format": None, "Type": None}
