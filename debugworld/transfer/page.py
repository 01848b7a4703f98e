"""The page of a report: an HTML file that needs nothing else."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from markupsafe import Markup

from debugworld import __version__
from debugworld.pages.template import page_environment

from .plots import fidelity_plot, rank_plot
from .tables import plain, verdict

TRANSFER = (
    ("in the dream", "dreamt"),
    ("the same actions for real", "replayed"),
    ("consistency ratio", "consistency"),
    ("the policy for real", "real"),
    ("share kept", "performance_kept"),
    ("gain kept", "gain_kept"),
    ("exploit gap", "exploit_gap"),
    ("gap of real-trained", "exploit_gap_of_real_trained"),
    ("overestimate", "overestimate"),
)
"""Columns of the table of transfers, and where they stand in the report."""
FIDELITY = (
    ("step into", "step_into"),
    ("step over", "step_over"),
    ("step return", "step_return"),
    ("run to", "run_to"),
    ("continue", "continue"),
    ("whole runs", "whole"),
)
"""Columns of the table of dreams."""


def report_page(report: dict[str, Any]) -> str:
    """Returns the page of a report."""
    environment = page_environment("debugworld.transfer")
    environment.filters |= {
        "share": _share,
        "interval": _interval,
        "heat": _heat,
        "plain": plain,
        "verdict": verdict,
        "sides": _sides,
        "told": _told,
    }
    environments = report["environments"]
    learned = any(one["transfers"] for one in environments)
    return environment.get_template("report.html.j2").render(
        report=report,
        transfer=TRANSFER,
        fidelity=FIDELITY,
        against=Markup(fidelity_plot(environments)) if learned else "",
        ranks=Markup(rank_plot(environments)),
        version=__version__,
    )


def _share(cell: dict[str, Any]) -> str:
    return f"{100 * cell['mean']:.1f}"


def _interval(cell: dict[str, Any]) -> str:
    return f"{100 * cell['low']:.1f} to {100 * cell['high']:.1f} of {cell['count']:,}"


def _heat(cell: dict[str, Any]) -> Markup:
    """Returns the style of a cell of a heat map: from the colour of wrong to that of right."""
    share = min(max(100 * cell["mean"], 0), 100)
    return Markup(f"background: color-mix(in oklab, var(--right-wash) {share:.0f}%, var(--wrong-wash))")


def _sides(told: dict[str, Any]) -> list[tuple[str, dict[str, Any] | None, dict[str, Any] | None, bool]]:
    """Returns the steps of an episode: what was said, what each world showed, and whether that differs."""
    rows = []
    dreamt = told.get("dream_side", {}).get("steps", [])
    for here, there in zip_longest(dreamt, told["real"]["steps"]):
        said = (here or there)["said"]
        rows.append(
            (said, here, there, bool(dreamt) and (here or {}).get("state") != (there or {}).get("state"))
        )
    return rows


def _told(step: dict[str, Any] | None) -> str:
    """Returns what one world showed at a step, on one line."""
    if step is None:
        return ""
    state = step["state"]
    if state["event"] == "exit":
        text = f"exit, {state.get('exit', '')}"
    else:
        text = f"{state['event']} {state['line']}: {state['source']}"
    names = ", ".join(f"{name} = {value}" for name, value in state.get("locals", {}).items())
    text += f" [{names}]" if names else ""
    text += f" -> {state['value']}" if "value" in state else ""
    text += f" refused: {step['error']}" if "error" in step else ""
    return text if len(text) <= 240 else text[:239] + "…"
