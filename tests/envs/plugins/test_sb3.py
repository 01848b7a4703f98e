"""Stable-Baselines3 takes the environments as they are, and its masked PPO learns in them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest

from debugworld.envs import ENV_IDS

pytest.importorskip("sb3_contrib", reason="sb3: pip install 'debugworld[sb3]'")

REACH = "debugworld.envs:debugworld/ReachState-Features-v0"
SHORT: dict[str, Any] = {"max_lines": 24}
"""Of the learning test: programs of at most so many lines, so that the arrays are small."""


@pytest.mark.parametrize("env_id", [name for name in ENV_IDS if "-Features-" in name])
def test_the_checker_is_content(env_id: str) -> None:
    from stable_baselines3.common.env_checker import check_env

    env = gymnasium.make(f"debugworld.envs:{env_id}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="Your observation .* has an unconventional shape")
        check_env(env)
    env.close()


def test_masks_are_found_through_the_wrappers() -> None:
    from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
    from stable_baselines3.common.env_util import make_vec_env

    vector = make_vec_env(REACH, n_envs=2, seed=0)
    vector.reset()
    assert is_masking_supported(vector)
    masks = get_action_masks(vector)
    assert masks.shape == (2, vector.action_space.n)  # type: ignore[attr-defined]
    assert (masks == [info["action_mask"] for info in vector.reset_infos]).all()
    vector.close()


def wins(choose: Callable[[Any, Any], int], episodes: int = 200) -> float:
    """Share of episodes that are won, always of the same seeds, none of which is trained on."""
    env = gymnasium.make(REACH, **SHORT)
    won = 0
    for seed in range(1_000_000, 1_000_000 + episodes):
        observation, info = env.reset(seed=seed)
        over = False
        while not over:
            observation, _, terminated, truncated, info = env.step(choose(observation, info["action_mask"]))
            over = terminated or truncated
        won += info["success"]
    env.close()
    return won / episodes


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_masked_ppo_learns_to_reach_states() -> None:
    """In 20 000 steps well above random legal moves, by more than three standard errors."""
    from sb3_contrib import MaskablePPO
    from stable_baselines3.common.env_util import make_vec_env

    generator = np.random.default_rng(0)
    random = wins(lambda _, mask: int(generator.choice(np.flatnonzero(mask))))
    model = MaskablePPO(
        "MultiInputPolicy",
        make_vec_env(REACH, n_envs=8, seed=0, env_kwargs=SHORT),
        n_steps=125,
        batch_size=250,
        n_epochs=4,
        learning_rate=1e-3,
        gamma=0.9,
        ent_coef=0.01,
        seed=0,
        device="cpu",
    )
    model.learn(20_000)
    assert model.num_timesteps == 20_000
    learnt = wins(lambda seen, mask: int(model.predict(seen, action_masks=mask)[0]))
    print(f"random {random:.3f}, learnt {learnt:.3f}")
    assert learnt > random + 3 * np.sqrt((random * (1 - random) + learnt * (1 - learnt)) / 200)
