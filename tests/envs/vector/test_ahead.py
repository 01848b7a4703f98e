"""Rows that are drawn ahead are those that each environment would draw when it begins."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from gymnasium.utils import seeding

from debugworld.envs.vector.ahead import PROGRAM, ROW, TAKEN, UNDRAWN, Ahead
from debugworld.envs.vector.dice import Dice

COUNT, NUMBERS, PROGRAMS = 64, 5, 1000


def drawn(chance: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """A program by the first number, and up to four more by what it is; one of 128 is left undrawn."""
    found = np.zeros((len(chance), 6), np.int64)
    programs = found[:, PROGRAM] = (chance[:, 0] * PROGRAMS).astype(np.int64)
    found[:, TAKEN] = 1 + programs % NUMBERS
    left = programs % 128 == 0
    found[left, TAKEN] = 1
    found[left, ROW] = UNDRAWN
    return found


def test_rows_come_in_the_order_of_each_generator() -> None:
    dice, rng = Dice(COUNT), np.random.default_rng(1)
    singles = [seeding.np_random(seed)[0] for seed in range(COUNT)]
    for place in range(COUNT):
        dice.seed(place, place)
    calls: list[int] = []
    ahead = Ahead(dice, COUNT, lambda chance: calls.append(len(chance)) or drawn(chance))
    rows = 0
    for turn in range(600):
        which = np.flatnonzero(rng.random(COUNT) < 0.4)
        if not which.size:
            continue
        rows += len(which)
        for place, row in zip(which.tolist(), ahead.take(which, NUMBERS).tolist(), strict=True):
            single = singles[place]
            assert row[PROGRAM] == int(single.random() * PROGRAMS)
            single.random(row[TAKEN] - 1)
            if row[ROW][1] == UNDRAWN:  # somebody else draws on, so what was ahead is void
                assert dice.generator(place).integers(99) == single.integers(99)
        if turn == 200:
            dice.seed(3, 77)
            singles[3] = seeding.np_random(77)[0]
        if turn == 300:
            ahead.forget()
    assert len(calls) < rows / 2
    kept = dice.share()
    for _ in range(3):  # others may draw at any time
        assert [each.random() for each in kept] == [single.random() for single in singles]
        for row, single in zip(ahead.take(np.arange(COUNT), NUMBERS).tolist(), singles, strict=True):
            assert row[PROGRAM] == int(single.random() * PROGRAMS)
            single.random(row[TAKEN] - 1)
