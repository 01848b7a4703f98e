"""Cheap draws reach everything, equally often."""

from __future__ import annotations

from collections import Counter
from itertools import islice, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.envs import load_task_set
from debugworld.envs.answer import CHOICES, candidates, meaning, outcome, same_value
from debugworld.envs.chance import below, draw_order, scrambled, shuffled, wander
from debugworld.sandboxes.debugger.recorder import record


@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
def test_an_order_has_every_number_once(count: int) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        assert sorted(draw_order(count, rng)) == list(range(count))


def test_all_orders_are_as_likely() -> None:
    rng = np.random.default_rng(1)
    found = Counter(tuple(draw_order(3, rng)) for _ in range(6000))
    assert set(found) == set(permutations(range(3)))
    assert max(found.values()) < 1.2 * min(found.values())


def test_an_order_draws_what_is_used() -> None:
    one, other = np.random.default_rng(2), np.random.default_rng(2)
    list(islice(draw_order(10**9, one), 3))
    for _ in range(3):
        other.random()
    assert one.random() == other.random()


@given(st.integers(0, 200), st.integers(0, 2**64 - 1))
def test_a_walk_reaches_every_item_once(count: int, word: int) -> None:
    assert sorted(wander(range(count), word)) == list(range(count))


@given(st.integers(0, 12), st.integers(0, 2**64 - 1))
def test_a_shuffle_has_every_item_once(count: int, word: int) -> None:
    assert sorted(shuffled(range(count), word)) == list(range(count))


def test_numbers_are_as_likely() -> None:
    rng = np.random.default_rng(3)
    found = Counter(below(4, rng) for _ in range(4000))
    assert set(found) == {0, 1, 2, 3} and min(found.values()) > 900
    mixed = Counter(scrambled(number) % 8 for number in range(8000))
    assert min(mixed.values()) > 900


def test_the_truth_stands_equally_often_at_each_place() -> None:
    rng = np.random.default_rng(4)
    for program in load_task_set("builtin").programs[:12]:
        trace = record(program)
        truth = outcome(trace)
        assert truth is not None
        choices = {candidates(trace, truth, 8, rng) for _ in range(40 * CHOICES)}
        assert len(choices) <= CHOICES
        full = [choice for choice in choices if len(choice) == 8]
        places = Counter(choice.index(truth) for choice in full)
        assert len(full) == CHOICES and set(places.values()) == {CHOICES // 8}
        for choice in full:
            assert len({meaning(text) for text in choice}) == 8
            assert sum(same_value(text, truth) for text in choice) == 1
