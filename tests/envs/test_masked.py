"""Ids whose observations carry the mask are those of the features family, in one row beside it."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence

from debugworld.envs import BUG_ENV_IDS, MASKED_IDS, RecordEpisodes, validate


def options(env_id: str, tasks: str, bugs: str) -> dict[str, Any]:
    features = env_id.replace("-Masked-", "-Features-")
    uri = "builtin" if "Complexity" in env_id else bugs if features in BUG_ENV_IDS else tasks
    return {"tasks": uri, "sandbox": "process", "max_moves": 6}


@pytest.mark.parametrize("env_id", MASKED_IDS)
def test_episodes_are_those_of_the_features(env_id: str, tasks: str, bugs: str) -> None:
    chosen = options(env_id, tasks, bugs)
    env = RecordEpisodes(gymnasium.make(env_id, **chosen))
    plain = gymnasium.make(env_id.replace("-Masked-", "-Features-"), **chosen)
    env.action_space.seed(0)
    for seed in range(3):
        (seen, info), (features, other) = env.reset(seed=seed), plain.reset(seed=seed)
        over = False
        while not over:
            assert seen in env.observation_space
            row = gymnasium.spaces.flatten(plain.observation_space, features)
            assert np.array_equal(seen["observations"], row.astype(np.float32))
            assert np.array_equal(seen["action_mask"], info["action_mask"].astype(np.float32))
            assert data_equivalence(info, other)
            action = env.action_space.sample(info["action_mask"])
            seen, *told, info = env.step(action)
            features, *others, other = plain.step(action)
            assert told == others
            over = bool(told[1] or told[2])
    env.close(), plain.close()
    assert len(env.episodes) == 3 and all(validate(episode).agrees for episode in env.episodes)


@pytest.mark.parametrize("env_id", MASKED_IDS)
def test_vectors_agree(env_id: str, tasks: str, bugs: str) -> None:
    chosen = options(env_id, tasks, bugs)
    vectors = [gymnasium.make_vec(env_id, 2, mode, **chosen) for mode in ("sync", "async")]
    try:
        seen = [vector.reset(seed=3)[0] for vector in vectors]
        for number in (0, 1, 0):
            assert data_equivalence(*seen, exact=True)
            seen = [vector.step(np.array([number, number]))[0] for vector in vectors]
    finally:
        for vector in vectors:
            vector.close()
