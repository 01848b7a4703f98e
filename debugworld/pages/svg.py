"""Plots as SVG elements of a page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.figure import Figure

_COLOURS = {
    "#010101": "var(--ink)",
    "#020202": "var(--right)",
    "#030303": "var(--wrong)",
    "#040404": "var(--faint)",
    "#050505": "var(--blue)",
    "#060606": "var(--amber)",
}
INK, RIGHT, WRONG, FAINT, BLUE, AMBER = _COLOURS
"""Stand-ins; each becomes a variable of the page's style."""
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "debugworld",
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@contextmanager
def styled() -> Iterator[None]:
    """Makes figures look like the page while they are drawn."""
    with matplotlib.rc_context(_SETTINGS):
        yield


def svg(figure: Figure, label: str) -> str:
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
