"""Along every logged path the best policy's log-ratios account for what was paid, and no other's do."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from debugworld.agents.training.log import Log
from debugworld.agents.training.soft import TEMPERATURE, SoftPolicyOptimization, later

PAID = np.array([[[0.0, 0.1], [0.3, 0.2]], [[-0.1, 0.05], [0.0, 0.15]]], np.float32)
"""What the second move is paid, by the first two choices in each of two tasks; the first move costs 0.01."""
DISCOUNT = 0.9


def paths() -> tuple[Log, torch.Tensor, torch.Tensor]:
    """Returns a log of every path, and the best policy's values and log-probabilities along it."""
    seconds = TEMPERATURE * (torch.logsumexp(torch.tensor(PAID) / TEMPERATURE, -1) - np.log(2))
    firsts = -0.01 + DISCOUNT * seconds
    starts = TEMPERATURE * (torch.logsumexp(firsts / TEMPERATURE, -1) - np.log(2))
    actions, rewards, values, chances = [], [], [], []
    for task, first, second in np.ndindex(2, 2, 2):
        actions += [first, second]
        rewards += [-0.01, PAID[task, first, second]]
        values += [starts[task], seconds[task, first]]
        chances += [
            (firsts[task, first] - starts[task]) / TEMPERATURE - np.log(2),
            (PAID[task, first, second] - seconds[task, first]) / TEMPERATURE - np.log(2),
        ]
    masks = np.tile(np.array([1, 0, 1], np.int8), (16, 1))
    log = Log({}, masks, np.array(actions), np.array(rewards, np.float32), np.arange(0, 17, 2))
    return log, torch.stack(values), torch.stack(chances)


def test_the_best_policy_fails_no_equation_and_others_do() -> None:
    log, values, chances = paths()
    soft = SoftPolicyOptimization(log, DISCOUNT)
    rows = soft.draw(np.random.default_rng(0), 40)
    assert len(rows) == 40 and (rows[1::2] == rows[::2] + 1).all()
    best = soft.losses(rows, values[rows], chances[rows])
    assert all(float(part) < 1e-8 for part in best.values())
    even = soft.losses(rows, values[rows], torch.full((40,), -float(np.log(2))))
    high = soft.losses(rows, values[rows] + 0.1, chances[rows])
    assert float(even["actor"]) > 1e-2 and float(high["critic"]) == pytest.approx(0.01, rel=1e-3)


def test_what_was_paid_later_counts_less() -> None:
    found = later(torch.tensor([1.0, 2.0, 4.0]), 0.5)
    assert found.tolist() == [3.0, 4.0, 4.0]
    log, _, _ = paths()
    assert log.returns(0.5)[:2] == pytest.approx([-0.01, 0.0])
    assert log.returns(0.5)[2:4] == pytest.approx([-0.01 + 0.05, 0.1])
