"""The vector as Stable-Baselines3 takes it tells what single environments tell."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

pytest.importorskip("sb3_contrib", reason="sb3: pip install 'debugworld[sb3]'")

from debugworld.agents.training.vector import MaskedVecEnv

REACH = "debugworld/ReachState-Features-v0"
SHORT: dict[str, Any] = {"max_lines": 24, "max_moves": 5}


def test_it_plays_as_single_environments_do() -> None:
    vector = MaskedVecEnv(
        gymnasium.make_vec(REACH, 3, autoreset_mode=AutoresetMode.SAME_STEP, **SHORT), seed=7
    )
    singles = [gymnasium.make(REACH, **SHORT) for _ in range(3)]
    rng = np.random.default_rng(0)
    seen = vector.reset()
    own = [env.reset(seed=7 + place) for place, env in enumerate(singles)]
    returns, lengths, over = np.zeros(3), np.zeros(3), 0
    for _ in range(60):
        masks = vector.env_method("action_masks")
        for place in range(3):
            assert (masks[place] == own[place][1]["action_mask"]).all()
            assert all(np.array_equal(seen[key][place], part) for key, part in own[place][0].items())
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in masks])
        before = {key: part.copy() for key, part in seen.items()}
        new, rewards, done, infos = vector.step(actions)
        assert all(np.array_equal(seen[key], before[key]) for key in seen), "the learner keeps what it saw"
        seen = new
        for place, env in enumerate(singles):
            observation, reward, terminated, truncated, info = env.step(int(actions[place]))
            returns[place] += float(reward)
            lengths[place] += 1
            assert rewards[place] == np.float32(reward) and done[place] == (terminated or truncated)
            assert ("episode" in infos[place]) == done[place]
            if done[place]:
                told = infos[place]["episode"]
                assert abs(told["r"] - returns[place]) < 1e-9 and told["l"] == lengths[place]
                assert infos[place]["is_success"] == info["success"]
                returns[place] = lengths[place] = 0
                over += 1
                observation, info = env.reset()
            own[place] = observation, info
    assert over > 10
    vector.close()
    for env in singles:
        env.close()


def test_what_it_cannot_do_is_told() -> None:
    vector = MaskedVecEnv(
        gymnasium.make_vec(REACH, 2, autoreset_mode=AutoresetMode.SAME_STEP, **SHORT), seed=0
    )
    with pytest.raises(AttributeError, match="no method"):
        vector.env_method("fly")
    for wrong in (lambda: vector.get_attr("wings"), lambda: vector.set_attr("wings", 2)):
        with pytest.raises(AttributeError):
            wrong()
    assert vector.env_is_wrapped(gymnasium.Wrapper) == [False, False]
    vector.close()
