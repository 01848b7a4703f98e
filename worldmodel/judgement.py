"""How good a confidence is, on functions that it was not fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.worldmodel.calibration import KINDS, Calibration, brier, calibration_error, calibration_floor
from debugworld.worldmodel.outcomes import Answer, Outcome, asked, points
from debugworld.worldmodel.statistics import Estimate, cluster_bootstrap, clustered_rate


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked of one program."""

    group: str
    """What must stay on one side of a split: the function that it calls, or the problem it is about."""
    digest: str
    """The program's content hash."""
    outcomes: tuple[Outcome, ...]
    """What came out; empty where its run was cut short, made no states or has no line to stop at."""


Source = Sequence[Run]
"""The runs of one set of programs."""


def halves(sources: Sequence[Source]) -> tuple[list[list[Run]], list[list[Run]]]:
    """Splits the runs of each source into those to fit to and those to judge; no group is in both.

    Every second group of a source is fitted to, in the order of their first runs; a group that an earlier
    source has, too, is where it is there. Runs without outcomes are left out.
    """
    fits: dict[str, bool] = {}
    parts: tuple[list[list[Run]], list[list[Run]]] = [], []
    for source in sources:
        runs = [run for run in source if run.outcomes]
        new = dict.fromkeys(run.group for run in runs if run.group not in fits)
        fits.update({group: not place % 2 for place, group in enumerate(new)})
        parts[0].append([run for run in runs if fits[run.group]])
        parts[1].append([run for run in runs if not fits[run.group]])
    return parts


def blended(sources: Sequence[Source]) -> list[Outcome]:
    """Returns all outcomes so that each stretch of them has its share of every source, runs kept whole."""
    placed = [(place / len(source), run) for source in sources for place, run in enumerate(source)]
    return [outcome for _, run in sorted(placed, key=lambda one: one[0]) for outcome in run.outcomes]


@dataclass(frozen=True, slots=True)
class Judgement:
    """How good the confidence in some answers was; the intervals take answers about one group together."""

    count: int
    """Number of answers that the model was asked for."""
    accuracy: Estimate
    """Share of them that were exactly right."""
    error: Estimate
    """Expected calibration error, see `calibration.calibration_error`."""
    brier: float
    """Brier score."""
    floor: float
    """The calibration error that chance alone would show, see `calibration.calibration_floor`."""

    def to_json(self) -> dict[str, Any]:
        """Returns everything as plain JSON data."""
        return {
            "count": self.count,
            "accuracy": self.accuracy.to_json(),
            "ece": self.error.to_json(),
            "ece_floor": self.floor,
            "brier": self.brier,
        }


def judge(runs: Source, calibration: Calibration) -> dict[str, Judgement]:
    """Returns judgements by kind of evidence, and of ``all``; kinds without answers are left out.

    Args:
        runs: Of other groups than the calibration was fitted to.
        calibration: Gives the confidence; an empty one gives the raw one.
    """
    answers = [(run.group, answer) for run in runs for answer in asked(run.outcomes)]
    found = {}
    for name in ("all", *KINDS):
        chosen = [(group, one) for group, one in answers if name in ("all", one.evidence.kind)]
        if chosen:
            found[name] = _judged([group for group, _ in chosen], [one for _, one in chosen], calibration)
    return found


def _judged(groups: Sequence[str], answers: Sequence[Answer], calibration: Calibration) -> Judgement:
    confidence, right = points(answers, calibration)

    def error(places: npt.NDArray[np.intp]) -> float:
        return calibration_error([confidence[place] for place in places], [right[place] for place in places])

    [ends] = cluster_bootstrap(groups, [error])
    return Judgement(
        len(answers),
        clustered_rate(right, groups),
        Estimate(calibration_error(confidence, right), *ends),
        brier(confidence, right),
        calibration_floor(confidence),
    )
