"""The product-limit estimate: by hand, by a published example, and that it never rises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.worldmodel.fidelity.survival import survival
from debugworld.worldmodel.statistics import rate, wilson

REMISSION = [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
"""Weeks of remission under 6-MP, ended and censored (Freireich et al., 1963)."""


def test_a_published_example() -> None:
    """As Kleinbaum and Klein (Survival Analysis, table 2.2) have it."""
    ended, censored = REMISSION
    times = ended + censored
    failed = [True] * len(ended) + [False] * len(censored)
    found = survival(times, failed, times, (6, 7, 10, 13, 16, 22, 23))
    shares = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert [point["mean"] for point in found] == pytest.approx(shares, abs=1e-4)
    assert [point["at_risk"] for point in found] == [21, 17, 15, 12, 11, 7, 6]
    assert {point["count"] for point in found} == {21}
    deviation = 0.1346  # of the last, by Greenwood
    share = found[-1]["mean"]
    effective = share * (1 - share) / deviation**2
    assert found[-1]["low"] == pytest.approx(wilson(share, effective).low, abs=1e-3)


def test_runs_that_end_do_not_bring_the_curve_up() -> None:
    """Of the runs that were long, more were right: a share of those would rise from 1/2 to 1."""
    found = survival([2, 9, 3, 3], [True, False, False, False], [3, 9, 3, 3], (1, 2, 3, 5, 9, 10))
    assert [(point["step"], point["mean"]) for point in found] == [
        (1, 1.0),
        (2, 0.75),
        (3, 0.75),
        (5, 0.75),
        (9, 0.75),
    ]
    assert [point["at_risk"] for point in found] == [4, 4, 3, 1, 1]


def test_without_censoring_it_is_a_plain_share() -> None:
    [point] = survival([1, 2, 3, 9], [True, True, True, True], [9] * 4, (2,))
    plain = rate([True, True, False, False])
    assert (point["low"], point["high"]) == (pytest.approx(plain.low), pytest.approx(plain.high))


def test_the_band_of_nothing_left_is_that_of_all_dreams() -> None:
    """The last dream to fail stands for those that failed before, too: the band goes on and does not jump."""
    times = list(range(1, 21))
    curve = survival(times, [True] * 20, times, [5, 10, 19, 20])
    assert curve[-1]["mean"] == 0
    assert curve[-1]["high"] == pytest.approx(wilson(0.0, 20).high)
    tops = [one["high"] for one in curve]
    assert tops == sorted(tops, reverse=True)


def test_what_is_all_wrong_stays_so() -> None:
    found = survival([1, 1], [True, True], [5, 3], (1, 2, 5, 10))
    assert [(point["step"], point["mean"], point["at_risk"]) for point in found] == [
        (1, 0.0, 2),
        (2, 0.0, 0),
        (5, 0.0, 0),
    ]


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30), st.booleans()), min_size=1))
def test_it_never_rises(dreams: list[tuple[int, int, bool]]) -> None:
    steps, more, failed = (list(column) for column in zip(*dreams, strict=True))
    followed = [one + (rest if wrong else 0) for one, rest, wrong in zip(steps, more, failed, strict=True)]
    found = survival(steps, failed, followed, range(1, 40))
    shares = [1.0, *(point["mean"] for point in found)]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= point["low"] <= point["mean"] <= point["high"] <= 1 for point in found)
