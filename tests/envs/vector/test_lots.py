"""Rows that are drawn together are those that each environment would draw alone."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils import seeding

from debugworld.envs.tabled import TabledEnv
from debugworld.envs.trace_store import trace_store
from debugworld.envs.vector.dice import Dice
from debugworld.envs.vector.lots import lots_of

MANY = 200


@pytest.mark.parametrize("task", ["OutputPrediction", "StateQuery", "ReachState"])
@pytest.mark.parametrize("moves", [2, 20])
def test_rows_are_those_of_each_alone(task: str, moves: int) -> None:
    env = gymnasium.make(f"debugworld/{task}-Features-v0", max_moves=moves).unwrapped
    assert isinstance(env, TabledEnv)
    store = trace_store("process")
    store.enter()
    try:
        programs = env.task_set.programs[::12]
        found = [env.rows(program, store.record(program)) for program in programs]
    finally:
        store.leave()
    tables = [rows for rows in found if rows is not None]
    lots = lots_of(tables[0])
    numbers = [lots.add(rows) for rows in tables]
    dice = Dice(MANY)
    alone = [seeding.np_random(seed)[0] for seed in range(MANY)]
    for place in range(MANY):
        dice.seed(place, place)
    for turn in range(4):
        which = np.arange(MANY)[turn::2]
        own = (which * 7 + turn) % len(tables)
        drawn, taken = lots.draw(np.array(numbers)[own], dice.ahead(which, lots.ahead))
        dice.skip(which, taken)
        for place, table, row in zip(which.tolist(), own.tolist(), drawn.tolist(), strict=True):
            left = row[1] < 0
            mine = tables[table].draw(dice.generator(place)) if left else tuple(row)
            assert mine == tables[table].draw(alone[place])
            assert dice.generator(place).bit_generator.state == alone[place].bit_generator.state
        assert moves == 2 or (drawn[:, 1] < 0).mean() < 0.5
