"""Numbers that are drawn ahead are those that each generator gives one by one."""

from __future__ import annotations

import numpy as np
from gymnasium.utils import seeding

from debugworld.envs.vector.dice import Dice


def test_numbers_are_those_of_the_generators() -> None:
    dice, rng = Dice(5), np.random.default_rng(3)
    singles = [seeding.np_random(seed)[0] for seed in range(5)]
    for place in range(5):
        dice.seed(place, place)
    for turn in range(400):
        places = np.flatnonzero(rng.random(5) < 0.6)
        assert dice.take(places).tolist() == [singles[place].random() for place in places.tolist()]
        if turn % 50 == 17:  # somebody draws otherwise in between, 32 bits at a time, too
            for place in range(5):
                mine, its = dice.generator(place), singles[place]
                for high in (2**20, 2**40):
                    assert mine.integers(high) == its.integers(high)
                assert mine.integers(9, dtype=np.uint32) == its.integers(9, dtype=np.uint32)
                assert mine.bit_generator.state == its.bit_generator.state
    assert dice.seeds == list(range(5))


def test_who_keeps_a_generator_draws_from_the_same_stream() -> None:
    dice = Dice(2)
    singles = [seeding.np_random(seed)[0] for seed in (7, 8)]
    for place, seed in enumerate((7, 8)):
        dice.seed(place, seed)
    both = np.arange(2)
    for _ in range(3):
        assert dice.take(both).tolist() == [single.random() for single in singles]
    kept = dice.share()
    for _ in range(3):
        assert [each.random() for each in kept] == [single.random() for single in singles]
        assert dice.take(both).tolist() == [single.random() for single in singles]


def test_seeds_are_chosen_where_none_are_told() -> None:
    dice = Dice(3)
    dice.take(np.arange(3))
    assert len(set(dice.seeds)) == 3 and min(dice.seeds) >= 0
