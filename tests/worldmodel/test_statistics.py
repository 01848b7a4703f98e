"""Intervals of shares: of outcomes that stand alone, and of such that come in groups."""

from __future__ import annotations

import numpy as np
import pytest

from debugworld.worldmodel.statistics import (
    cluster_bootstrap,
    clustered_rate,
    design_effect,
    rate,
    wilson,
)


def test_the_interval_is_that_of_wilson() -> None:
    """As Newcombe (1998, table I) has it for 81 of 263."""
    found = rate([True] * 81 + [False] * 182)
    assert (found.low, found.high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))
    assert wilson(81 / 263, 263) == found


def test_outcomes_that_are_alike_count_once() -> None:
    outcomes = [place % 2 == 0 for place in range(40) for _ in range(10)]
    groups = [place for place in range(40) for _ in range(10)]
    assert design_effect(outcomes, groups) == pytest.approx(10, rel=0.05)
    found, plain = clustered_rate(outcomes, groups), rate(outcomes)
    assert found.mean == plain.mean
    assert found.high - found.low == pytest.approx(3 * (plain.high - plain.low), rel=0.1)


def test_outcomes_that_stand_alone_are_left_alone() -> None:
    outcomes = [True, False, True, True]
    assert clustered_rate(outcomes, "abcd") == rate(outcomes)
    mixed = [place % 5 != 0 for place in range(1_000)]  # the same in every group
    assert design_effect(mixed, [place // 10 for place in range(1_000)]) == 1.0


def test_few_failures_do_not_show_that_failures_stand_alone() -> None:
    """The effect begins at the size of a group, and falls as failures come one by one."""
    groups = [place // 10 for place in range(600)]
    effects = []
    for failures in (0, 1, 5, 20):
        wrong = {10 * place for place in range(failures)}
        effects.append(design_effect([place not in wrong for place in range(600)], groups))
    assert effects[0] == 10 and effects[-1] < 1.5
    assert effects == sorted(effects, reverse=True)
    assert clustered_rate([True] * 600, groups).low == pytest.approx(rate([True] * 60).low)
    assert design_effect([True, False, True], "aaa") == 3


def test_intervals_of_groups_hold_the_truth() -> None:
    """Of 300 samples of groups that fail together, about 95 in 100; by plain intervals far fewer."""
    chance = np.random.default_rng(0)
    clustered = plain = 0
    groups = [place for place in range(60) for _ in range(8)]
    for _ in range(300):
        shares = chance.beta(4.0, 1.0, 60)
        outcomes = (chance.random((60, 8)) < shares[:, None]).ravel().tolist()
        found, alone = clustered_rate(outcomes, groups), rate(outcomes)
        clustered += found.low <= 0.8 <= found.high
        plain += alone.low <= 0.8 <= alone.high
    assert plain < 270 < clustered


def test_whole_groups_are_drawn() -> None:
    values = np.array([place % 2 for place in range(40) for _ in range(10)], float)
    groups = [place for place in range(40) for _ in range(10)]

    def share(places: np.ndarray) -> float:
        return float(values[places].mean())

    [together] = cluster_bootstrap(groups, [share])
    [alone] = cluster_bootstrap(range(400), [share])
    assert together[0] < alone[0] < 0.5 < alone[1] < together[1]
    assert together[1] - together[0] == pytest.approx(2 * 1.96 * 0.5 / np.sqrt(40), rel=0.15)
    assert cluster_bootstrap(groups, [share]) == [together]


def test_nothing_has_no_interval() -> None:
    for make in (lambda: rate([]), lambda: clustered_rate([], []), lambda: cluster_bootstrap([], [])):
        with pytest.raises(ValueError, match="at least one"):
            make()
