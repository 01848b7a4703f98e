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
        counts = rng.integers(8, size=len(places))
        for numbers, place, count in zip(
            dice.ahead(places, 7).tolist(), places.tolist(), counts.tolist(), strict=True
        ):
            assert numbers[:count] == singles[place].random(count).tolist()
        dice.skip(places, counts)
        if turn % 50 == 17:  # somebody draws otherwise in between, 32 bits at a time, too
            for place in range(5):
                mine, its = dice.generator(place), singles[place]
                for high in (2**20, 2**40):
                    assert mine.integers(high) == its.integers(high)
                assert mine.integers(9, dtype=np.uint32) == its.integers(9, dtype=np.uint32)
                assert mine.bit_generator.state == its.bit_generator.state
    assert dice.seeds == list(range(5))


def taken(dice: Dice) -> list[float]:
    """Takes a number of each of two."""
    both = np.arange(2)
    numbers = dice.ahead(both, 3)
    dice.skip(both, np.ones(2, np.int64))
    found: list[float] = numbers[:, 0].tolist()
    return found


def test_who_keeps_a_generator_draws_from_the_same_stream() -> None:
    dice = Dice(2)
    singles = [seeding.np_random(seed)[0] for seed in (7, 8)]
    for place, seed in enumerate((7, 8)):
        dice.seed(place, seed)
    for _ in range(3):
        assert taken(dice) == [single.random() for single in singles]
    kept = dice.share()
    for _ in range(3):
        assert [each.random() for each in kept] == [single.random() for single in singles]
        assert taken(dice) == [single.random() for single in singles]


def test_seeds_are_chosen_where_none_are_told() -> None:
    dice = Dice(3)
    dice.ahead(np.arange(3), 1)
    assert len(set(dice.seeds)) == 3 and min(dice.seeds) >= 0
