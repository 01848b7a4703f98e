"""Means with 95 % confidence intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

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
    return wilson(sum(outcomes) / count, count)


def wilson(share: float, count: float) -> Estimate:
    """Returns a share with the interval of Wilson (1927).

    Args:
        share: that was seen, in [0, 1].
        count: of independent outcomes, above 0; may be an effective number, and then no whole one.
    """
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


def clustered_rate(outcomes: Sequence[bool], clusters: Sequence[Hashable]) -> Estimate:
    """Returns a success rate whose interval knows that the outcomes of one cluster go together.

    Wilson's interval for the effective number of outcomes, which is their number over `design_effect`.

    Args:
        outcomes: at least one.
        clusters: what each belongs to.

    Raises:
        ValueError: there are no outcomes.
    """
    count = _counted(outcomes)
    return wilson(sum(outcomes) / count, count / design_effect(outcomes, clusters))


def design_effect(outcomes: Sequence[bool], clusters: Sequence[Hashable]) -> float:
    """Returns how many outcomes tell as much as one independent one, at least 1 (Kish, 1965).

    The variance of the mean between clusters over that of independent outcomes, as of a ratio (Korn and
    Graubard, 1998). To both goes one outcome that has the others of its cluster with it: few failures, or
    none, say little about whether failures go together, and nothing is taken for granted there. Where all
    are alike, a cluster counts once.
    """
    sizes = Counter(clusters)
    count, groups = len(outcomes), len(sizes)
    if groups == count:
        return 1.0
    if groups == 1:
        return float(count)
    share = sum(outcomes) / count
    right = Counter(cluster for one, cluster in zip(outcomes, clusters, strict=True) if one)
    between = sum((right[name] - size * share) ** 2 for name, size in sizes.items()) * groups / (groups - 1)
    effect = (between + count / groups) / (count * share * (1 - share) + 1)
    return min(max(effect, 1.0), float(count))


def cluster_bootstrap(
    clusters: Sequence[Hashable],
    statistics: Sequence[Callable[[npt.NDArray[np.intp]], float]],
    resamples: int = 400,
) -> list[tuple[float, float]]:
    """Returns 95 % intervals of statistics in [0, 1], by drawing whole clusters; the resampling is seeded.

    The basic interval (Davison and Hinkley, 1997): a resample differs from the sample as the sample does from
    the truth. So a statistic that resampling moves to one side, as it does a calibration error, is moved
    back.

    Args:
        clusters: what each observation belongs to.
        statistics: each from the places of the observations to a number.
        resamples: sets of clusters that are drawn.

    Raises:
        ValueError: there are no observations.
    """
    _counted(clusters)
    numbers = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    of = np.array([numbers[name] for name in clusters])
    members = [np.flatnonzero(of == number) for number in range(len(numbers))]
    chance = np.random.default_rng(0)
    drawn = []
    for _ in range(resamples):
        places = np.concatenate([members[n] for n in chance.integers(0, len(members), len(members))])
        drawn.append([statistic(places) for statistic in statistics])
    low, high = np.percentile(np.array(drawn), [2.5, 97.5], axis=0)
    found = []
    for number, statistic in enumerate(statistics):
        seen = statistic(np.arange(len(of)))
        ends = 2 * seen - high[number], 2 * seen - low[number]
        found.append((min(max(float(ends[0]), 0.0), seen), max(min(float(ends[1]), 1.0), seen)))
    return found


def _counted(values: Sequence[object]) -> int:
    if not values:
        raise ValueError("no episodes: an estimate needs at least one")
    return len(values)
