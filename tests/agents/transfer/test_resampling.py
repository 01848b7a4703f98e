"""Intervals over policies and episodes: they cover what they should, and repeat."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from debugworld.agents.transfer.resampling import Resampling


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    chance, covered = np.random.default_rng(1), 0
    for trial in range(200):
        skill = np.clip(0.6 + 0.1 * chance.standard_normal((8, 1)), 0, 1)
        outcomes = (chance.random((8, 60)) < skill).astype(float)
        cell = Resampling(60, 400, seed=trial).share("a", outcomes)
        covered += cell["low"] <= 0.6 <= cell["high"]
    assert 170 <= covered <= 200


def test_pairs_are_drawn_together() -> None:
    draws = Resampling(50)
    outcomes = (np.random.default_rng(0).random((3, 50)) < 0.5).astype(float)
    same = draws.of(lambda a, b: a / b, ("a", outcomes), ("a", outcomes))
    assert same is not None and (same["low"], same["high"]) == (1.0, 1.0)
    other = draws.of(lambda a, b: a - b, ("a", outcomes), ("b", np.roll(outcomes, 1, axis=1)))
    assert other is not None and other["low"] < other["mean"] < other["high"]


def test_a_share_without_spread_is_not_sure() -> None:
    cell = Resampling(20).share("a", np.ones((2, 20)))
    assert cell["mean"] == cell["high"] == 1.0 and cell["low"] == pytest.approx(0.912, abs=0.001)


def test_nothing_to_divide_by() -> None:
    none = Resampling(5).of(
        lambda a, b: np.divide(a, b, where=b != 0, out=np.full(np.shape(a), np.nan)),
        ("a", np.ones((1, 5))),
        ("b", np.zeros((1, 5))),
    )
    assert none is None


def test_ranks_share_ties() -> None:
    here = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 0, 0]], float)
    cell = Resampling(4).correlation(here, here, ranks=True)
    assert cell is not None and cell["mean"] == pytest.approx(1.0) and cell["count"] == 4
    assert Resampling(4).correlation(here[:2], here[:2], ranks=True) is None
    assert Resampling(4).correlation(here, np.ones((4, 4)), ranks=True) is None


@settings(deadline=None, max_examples=40)
@given(
    arrays(np.int8, (5, 12), elements=st.integers(0, 1)), arrays(np.int8, (5, 12), elements=st.integers(0, 1))
)
def test_the_mean_is_the_known_rank_correlation(one: np.ndarray, two: np.ndarray) -> None:
    stats = pytest.importorskip("scipy.stats")
    a, b = one.astype(float), two.astype(float)
    cell = Resampling(12, 50).correlation(a, b, ranks=True)
    if cell is not None:
        known = stats.spearmanr(a.mean(axis=1).round(9), b.mean(axis=1).round(9)).statistic
        assert cell["mean"] == pytest.approx(known)
