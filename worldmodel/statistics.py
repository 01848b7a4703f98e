"""Means with 95 % confidence intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

_Z = 1.959963984540054
"""97.5 % quantile of the normal distribution."""
_RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and the interval that holds the true one with 95 % confidence."""

    mean: float
    """The mean of what was seen."""
    low: float
    """Lower end."""
    high: float
    """Upper end."""

    def to_json(self) -> dict[str, float]:
        """Returns ``{"mean", "low", "high"}``."""
        return {"mean": self.mean, "low": self.low, "high": self.high}


def rate(outcomes: Sequence[bool]) -> Estimate:
    """Returns a success rate with the interval of Wilson (1927).

    Raises:
        ValueError: there are no outcomes.
    """
    count = _counted(outcomes)
    share = sum(outcomes) / count
    scale = 1 + _Z**2 / count
    middle = (share + _Z**2 / (2 * count)) / scale
    half = _Z * sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)) / scale
    return Estimate(share, min(max(middle - half, 0.0), share), max(min(middle + half, 1.0), share))


def mean(values: Sequence[float]) -> Estimate:
    """Returns a mean with its bootstrap percentile interval; the resampling is seeded.

    Raises:
        ValueError: there are no values.
    """
    count = _counted(values)
    data = np.asarray(values, np.float64)
    draws = np.random.default_rng(0).integers(0, count, (_RESAMPLES, count))
    low, high = np.percentile(data[draws].mean(axis=1), [2.5, 97.5])
    return Estimate(float(data.mean()), float(low), float(high))


def _counted(values: Sequence[float]) -> int:
    if not values:
        raise ValueError("no episodes: an estimate needs at least one")
    return len(values)
