"""The page: the report as one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from debugworld import __version__
from debugworld.agents.evaluation import Evaluation
from debugworld.pages.template import page_environment
from debugworld.worldmodel.fidelity import PARTS
from debugworld.worldmodel.statistics import Estimate, rate

from .cell import rows
from .plot import confidence_plot, fidelity_plot
from .report import Report

MOST_CHARACTERS = 160
"""Characters of a piece that are shown; all of it stands in its title."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of the program and what the walk saw there."""

    number: int
    """1-based."""
    text: str
    """With its indentation."""
    stops: int
    """Steps that led there."""
    differing: int
    """How many of them differ."""


def page(report: Report) -> str:
    """Returns the page."""
    environment = page_environment("debugworld.demo")
    environment.filters |= {"short": _short, "percent": _percent, "interval": _interval}
    fidelity = report.fidelity
    return environment.get_template("page.html.j2").render(
        report=report,
        version=__version__,
        limit=MOST_CHARACTERS,
        exact=len(report.steps) - len(report.differing),
        lines=_lines(report),
        rows=rows(report.steps),
        parts=PARTS,
        scores=fidelity.scores,
        rate=rate,
        fidelity_plot=Markup(fidelity_plot(fidelity)) if fidelity.scores else "",
        confidence_plot=Markup(confidence_plot(report.steps)),
        agents=_agents(report.evaluations),
    )


def _lines(report: Report) -> list[SourceLine]:
    stops = Counter(step.real.line for step in report.steps)
    differing = Counter(step.real.line for step in report.differing)
    return [
        SourceLine(number, text, stops[number], differing[number])
        for number, text in enumerate(report.subject.program.lines, 1)
    ]


def _agents(evaluations: Sequence[Evaluation]) -> dict[tuple[str, str], dict[str, Evaluation]]:
    """Returns the evaluations by environment and agent, then by backend."""
    found: dict[tuple[str, str], dict[str, Evaluation]] = {}
    for each in evaluations:
        env = each.env.removeprefix("debugworld/").removesuffix("-v0")
        found.setdefault((env, each.agent), {})[each.backend] = each
    return found


def _short(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _percent(estimate: Estimate) -> str:
    return f"{100 * estimate.mean:.0f}"


def _interval(estimate: Estimate, scale: float = 100, digits: int = 0) -> str:
    return f"{scale * estimate.low:.{digits}f} to {scale * estimate.high:.{digits}f}"
