"""Advantages for the best of k: against all sets, and against the gradient that they stand for."""

from __future__ import annotations

from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.agents.training.pass_at_k import pass_at_k_advantages

REWARDS = st.lists(st.floats(-2, 2, width=32), min_size=2, max_size=7)


def by_sets(rewards: list[float], k: int) -> list[float]:
    """The definition, over all sets."""
    found = []
    for place, mine in enumerate(rewards):
        others = rewards[:place] + rewards[place + 1 :]
        with_mine = [max([mine, *drawn]) for drawn in combinations(others, k - 1)]
        without = [max(drawn) for drawn in combinations(others, k)]
        found.append(k * (sum(with_mine) / len(with_mine) - sum(without) / len(without)))
    return found


@given(REWARDS, st.data())
def test_it_is_the_mean_over_all_sets(rewards: list[float], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(rewards) - 1))
    assert pass_at_k_advantages(rewards, k) == pytest.approx(by_sets(rewards, k), abs=1e-9)


@given(st.lists(st.booleans(), min_size=2, max_size=9), st.data())
def test_right_and_wrong(passes: list[bool], data: st.DataObject) -> None:
    count = len(passes)
    k = data.draw(st.integers(1, count - 1))
    found = pass_at_k_advantages(np.array(passes, float), k)
    for place, mine in enumerate(passes):
        right = sum(passes) - mine
        best = 1.0 if mine else 1 - comb(count - 1 - right, k - 1) / comb(count - 1, k - 1)
        assert found[place] == pytest.approx(k * (best - 1 + comb(count - 1 - right, k) / comb(count - 1, k)))
        assert found[place] >= -1e-12 if mine else found[place] <= 1e-12


@given(REWARDS)
def test_the_best_of_one_is_leave_one_out(rewards: list[float]) -> None:
    others = [(sum(rewards) - mine) / (len(rewards) - 1) for mine in rewards]
    assert pass_at_k_advantages(rewards, 1) == pytest.approx(np.subtract(rewards, others), abs=1e-6)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("rewards", [(0.0, 0.0, 1.0), (-0.3, 0.4, 1.0)])
def test_its_mean_is_the_gradient_of_the_best_of_k(k: int, rewards: tuple[float, ...]) -> None:
    """Exactly: over all groups of four that a softmax over three answers can draw."""
    logits, count = np.array([0.3, -0.2, -1.0]), 4
    chances = np.exp(logits) / np.exp(logits).sum()

    def best_of_k(chances: np.ndarray) -> float:
        return sum(
            float(np.prod(chances[list(drawn)])) * max(rewards[answer] for answer in drawn)
            for drawn in product(range(3), repeat=k)
        )

    expected = np.zeros(3)
    for drawn in product(range(3), repeat=count):
        advantages = pass_at_k_advantages([rewards[answer] for answer in drawn], k)
        scores = np.eye(3)[list(drawn)] - chances
        expected += np.prod(chances[list(drawn)]) * (advantages @ scores) / count
    step = 1e-6
    for place in range(3):
        moved = [logits + sign * step * np.eye(3)[place] for sign in (1, -1)]
        up, down = (best_of_k(np.exp(each) / np.exp(each).sum()) for each in moved)
        assert expected[place] == pytest.approx((up - down) / (2 * step), abs=1e-6)


@pytest.mark.parametrize("k", [0, 3, -1])
def test_k_out_of_range(k: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 2"):
        pass_at_k_advantages([1, 0, 0], k)
