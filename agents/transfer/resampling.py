"""Intervals over policies and episodes: a bootstrap that draws both.

The episodes are the same for all policies, so they are drawn once for all of them; policies are drawn within
their group (the seeds of one way of training). So differences and ratios are paired by episode. Drawing rows
and columns is Owen's "pigeonhole bootstrap" (2007).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.worldmodel.statistics import rate

Cell = dict[str, Any]
"""``count``, ``mean``, ``low``, ``high``."""
Outcomes = npt.NDArray[np.float64]
"""Shape (policies, episodes)."""
RESAMPLES = 2_000


class Resampling:
    """Draws of policies and episodes, the same for everything that is asked.

    Args:
        episodes: how many there are.
        resamples: how many draws.
        seed: of the draws.
    """

    def __init__(self, episodes: int, resamples: int = RESAMPLES, seed: int = 0) -> None:
        self._resamples, self._seed = resamples, seed
        self.episodes = self._weights("episodes", episodes)
        """Share of each episode in each draw, (resamples, episodes)."""
        self._groups: dict[tuple[str, int], npt.NDArray[np.float64]] = {}

    def means(self, group: str, outcomes: Outcomes) -> npt.NDArray[np.float64]:
        """Returns the mean of a group's outcomes in each draw, (resamples,).

        Args:
            group: whose they are; policies of one group are drawn alike every time.
            outcomes: (policies, episodes).
        """
        key = group, len(outcomes)
        if key not in self._groups:
            self._groups[key] = self._weights(f"policies {group}", len(outcomes))
        return np.einsum("rk,ke,re->r", self._groups[key], outcomes, self.episodes, optimize=True)

    def share(self, group: str, outcomes: Outcomes) -> Cell:
        """Returns the share of outcomes that are 1; its interval holds Wilson's (1927), too."""
        drawn = _interval(self.means(group, outcomes))
        least = rate([bool(each) for each in outcomes.ravel()])
        low, high = max(min(drawn[0], least.low), 0.0), min(max(drawn[1], least.high), 1.0)
        return {"count": outcomes.size, "mean": float(outcomes.mean()), "low": low, "high": high}

    def mean(self, group: str, outcomes: Outcomes) -> Cell:
        """Returns the mean of outcomes."""
        low, high = _interval(self.means(group, outcomes))
        return {"count": outcomes.size, "mean": float(outcomes.mean()), "low": low, "high": high}

    def of(
        self, function: Callable[..., Any], *groups: tuple[str, Outcomes], count: int | None = None
    ) -> Cell | None:
        """Returns a function of the means of several groups; None where it has no value.

        Args:
            function: of arrays of means, one argument a group, to an array; nan where there is no value.
            groups: names and outcomes.
            count: what the cell counts; None takes the outcomes of the first group.
        """
        value = float(function(*(np.array([outcomes.mean()]) for _, outcomes in groups))[0])
        drawn = function(*(self.means(*group) for group in groups))
        if not np.isfinite(value) or np.isfinite(drawn).mean() < 0.95:
            return None
        low, high = _interval(drawn[np.isfinite(drawn)])
        return {"count": count or groups[0][1].size, "mean": value, "low": low, "high": high}

    def correlation(self, here: Outcomes, there: Outcomes, ranks: bool) -> Cell | None:
        """Returns how the policies' means in two worlds go together; None where one world has no order.

        Args:
            here: (policies, episodes), each policy once.
            there: the same policies in the other world.
            ranks: whether by ranks (Spearman), ties sharing theirs, or as they are (Pearson).
        """
        if len(here) < 3:
            return None
        whole = np.full((1, here.shape[1]), 1 / here.shape[1])
        value = float(_correlate(whole @ here.T, whole @ there.T, ranks)[0])
        if not np.isfinite(value):
            return None
        drawn = _correlate(self.episodes @ here.T, self.episodes @ there.T, ranks)
        low, high = _interval(np.nan_to_num(drawn))  # a draw without order tells nothing
        return {"count": len(here), "mean": value, "low": low, "high": high}

    def _weights(self, name: str, count: int) -> npt.NDArray[np.float64]:
        chance = np.random.default_rng([self._seed, zlib.crc32(name.encode())])
        return chance.multinomial(count, np.full(count, 1 / count), self._resamples) / count


def _interval(drawn: npt.NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def _correlate(one: Any, other: Any, ranks: bool) -> npt.NDArray[np.float64]:
    """Returns the correlation of two arrays (resamples, policies) by row; nan without spread."""
    if ranks:  # means that differ by rounding only are ties
        one, other = (_ranks(each.round(9)) for each in (one, other))
    one, other = (each - each.mean(axis=1, keepdims=True) for each in (one, other))
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
        return np.where(scale > 1e-12, (one * other).sum(axis=1) / scale, np.nan)


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Returns ranks along the last axis; equal values share the middle of theirs."""
    less = (values[:, None, :] < values[:, :, None]).sum(axis=2)
    equal = (values[:, None, :] == values[:, :, None]).sum(axis=2)
    return less + (equal + 1) / 2
