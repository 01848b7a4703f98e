"""RLlib makes the environments from their id and trains with the masks in their observations."""

from __future__ import annotations

from typing import Any

import gymnasium
import pytest

pytest.importorskip("ray", reason="rllib: pip install 'debugworld[rllib]'")

MASKED = "debugworld.envs:debugworld/ReachState-Masked-v0"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("runners", [0, 1])
def test_an_iteration_of_ppo_says_nothing_illegal(runners: int) -> None:
    """Sampled by the learner itself, and by a runner in a process of its own."""
    import ray
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.core.rl_module.rl_module import RLModuleSpec
    from ray.rllib.examples.rl_modules.classes.action_masking_rlm import ActionMaskingTorchRLModule

    config = (
        PPOConfig()
        .environment(MASKED, env_config={"max_lines": 24})
        .env_runners(num_env_runners=runners, num_envs_per_env_runner=2)
        .rl_module(rl_module_spec=RLModuleSpec(module_class=ActionMaskingTorchRLModule))
        .training(train_batch_size_per_learner=256, minibatch_size=128, num_epochs=1)
        .learners(num_learners=0)
        .debugging(seed=0)
    )
    ray.init(num_cpus=1 + runners, include_dashboard=False)
    try:
        algorithm = config.build_algo()
        assert algorithm.env_runner_group.num_healthy_remote_workers() == runners
        before = algorithm.get_module().get_state()
        result: dict[str, Any] = algorithm.train()
        after = algorithm.get_module().get_state()
        algorithm.stop()
    finally:
        ray.shutdown()
    seen = result["env_runners"]
    assert seen["num_env_steps_sampled"] >= 256 and seen["num_episodes"] > 0
    # twenty moves cost 0.2; one that the mask forbids would cost 0.01 more
    assert seen["episode_return_min"] >= -0.2 - 1e-6
    assert any((before[name] != after[name]).any() for name in before)


def test_the_mask_stands_in_the_observation() -> None:
    env = gymnasium.make(MASKED, max_lines=24)
    observation, info = env.reset(seed=0)
    assert env.observation_space.contains(observation)
    assert (observation["action_mask"] == info["action_mask"]).all()
    env.close()
