"""What a calibration is worth: a table for the terminal, and a reliability and risk-coverage plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from debugworld.worldmodel.calibration import Calibration, reliability, risk_coverage
from debugworld.worldmodel.judgement import Judgement
from debugworld.worldmodel.outcomes import Outcome, asked, points


def calibration_table(before: Mapping[str, Judgement], after: Mapping[str, Judgement], title: str) -> object:
    """Returns a ``rich`` table with a row for each kind of prediction: before and after the calibration."""
    from rich.table import Table

    caption = (
        "ECE with bins of equal mass, 95 % interval; floor: what so many answers would show by chance if the "
        "confidence were right; functions that the calibration was not fitted to"
    )
    table = Table(title=title, title_justify="left", pad_edge=False, caption=caption)
    table.add_column("kind")
    for heading in ("answers", "right", "ECE before", "after", "floor", "Brier before", "after"):
        table.add_column(heading, justify="right")
    for kind, old in before.items():
        new = after[kind]
        error = f"{new.error.mean:.3f} [{new.error.low:.2f}, {new.error.high:.2f}]"
        told = (f"{old.accuracy.mean:.2f}", f"{old.error.mean:.3f}", error, f"{new.floor:.3f}")
        table.add_row(kind, str(old.count), *told, f"{old.brier:.3f}", f"{new.brier:.3f}")
    return table


def calibration_plot(outcomes: Sequence[Outcome], calibration: Calibration, path: Path) -> None:
    """Draws reliability and risk-coverage, before and after; the ending of the name says in which format.

    Args:
        outcomes: Others than the calibration was fitted to.
        calibration: The calibration.
        path: The file.

    Raises:
        ValueError: there are no answers, or no such format.
        OSError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, used in (("raw", Calibration()), ("calibrated", calibration)):
        confidence, outcome = points(asked(outcomes), used)
        bins = reliability(confidence, outcome)
        left.plot([mean for mean, _, _ in bins], [share for _, share, _ in bins], marker="o", label=name)
        curve = risk_coverage(confidence, outcome)
        right.plot([coverage for coverage, _ in curve], [risk for _, risk in curve], label=name)
    left.set(xlabel="confidence", ylabel="share exactly right", xlim=(0, 1), ylim=(0, 1))
    right.set(xlabel="coverage", ylabel="risk: share wrong among the covered", xlim=(0, 1), ylim=(0, None))
    for axes in (left, right):
        axes.legend(frameon=False)
    figure.savefig(path)
