"""The policy that points scores what the environment numbers, and a line is a line wherever it is."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

from debugworld.envs import ENV_IDS, DebugEnv

pytest.importorskip("sb3_contrib", reason="sb3: pip install 'debugworld[sb3]'")
import torch

from debugworld.agents.training.lines import LineReader, layout

FEATURES = [name for name in ENV_IDS if "-Features-" in name]


def opened(env_id: str, **options: Any) -> DebugEnv:
    env = gymnasium.make(env_id, max_lines=40, **options).unwrapped
    assert isinstance(env, DebugEnv)
    return env


def reader(env: DebugEnv, **options: Any) -> LineReader:
    torch.manual_seed(0)
    found = LineReader(env.observation_space, layout(env.commands), **options)  # type: ignore[arg-type]
    for head in found.score:
        torch.nn.init.normal_(head.weight)  # type: ignore[arg-type]
    return found.eval()


def tensors(env: DebugEnv, observation: dict[str, Any]) -> dict[str, torch.Tensor]:
    from stable_baselines3.common.preprocessing import preprocess_obs
    from stable_baselines3.common.utils import obs_as_tensor

    batch: Any = {key: np.asarray(part)[None] for key, part in observation.items()}
    return preprocess_obs(obs_as_tensor(batch, torch.device("cpu")), env.observation_space)  # type: ignore


@pytest.mark.parametrize("env_id", FEATURES)
def test_every_command_has_a_score(env_id: str) -> None:
    env = opened(env_id)
    scorer = reader(env)
    assert scorer.actions == len(env.commands)
    observation, _ = env.reset(seed=0)
    with torch.no_grad():
        found = scorer(tensors(env, observation))
    assert found.shape == (1, len(env.commands) + scorer.width) and found.isfinite().all()
    env.close()


def test_a_policy_need_not_read_the_text() -> None:
    """What a line says moves its score, and not without `meaning`."""
    env = opened("debugworld/FaultLocalization-Features-v0")
    observation, _ = env.reset(seed=0)
    other = {**observation, "tokens": observation["tokens"][::-1].copy()}
    for meaning, same in ((16, False), (0, True)):
        scorer = reader(env, meaning=meaning)
        with torch.no_grad():
            one, two = (scorer(tensors(env, each)) for each in (observation, other))
        assert torch.equal(one, two) is same
    env.close()


@pytest.mark.parametrize("layers", [0, 1])
@pytest.mark.parametrize("task", ["FaultLocalization", "ReachState"])
def test_two_lines_that_look_alike_change_scores_with_their_places(task: str, layers: int) -> None:
    """Weights are shared: exchanging two lines exchanges what is said of them, but for where they are."""
    env = opened(f"debugworld/{task}-Features-v0")
    observation, _ = env.reset(seed=0)
    scorer = reader(env, layers=layers)
    with torch.no_grad():
        scorer.line.weight[:, scorer.line.in_features - 16 - 3 : scorer.line.in_features - 16] = 0  # places
    there = np.flatnonzero(observation["tokens"].any(1))
    first = int(there[0])
    second = next(int(n) for n in there if (observation["tokens"][n] != observation["tokens"][first]).any())
    pair, turned = [first, second], [second, first]
    swapped = {key: np.array(part) for key, part in observation.items()}
    for key in {"lines", "tokens", "coverage", "visited"} & swapped.keys():
        swapped[key][pair] = swapped[key][turned]
    with torch.no_grad():
        one, other = (scorer(tensors(env, each))[0] for each in (observation, swapped))
    blocks = np.cumsum([0, *(size for _, size in scorer.layout)])
    for (names, _), start, end in zip(scorer.layout, blocks, blocks[1:], strict=False):
        mine, its = one[start:end].clone(), other[start:end]
        if names == "lines":
            mine[pair] = mine[turned]
            assert not torch.allclose(mine[first], mine[second])
        assert torch.allclose(mine, its, atol=1e-5)
    env.close()


def test_what_is_not_there_is_not_looked_at() -> None:
    env = opened("debugworld/ReachState-Features-v0")
    observation, _ = env.reset(seed=0)
    scorer = reader(env, layers=2)
    empty = np.flatnonzero(observation["lines"][:, 0] == 0)
    assert empty.size
    changed = {key: np.array(part) for key, part in observation.items()}
    changed["tokens"][empty] = 0.5
    with torch.no_grad():
        one, other = (scorer(tensors(env, each))[0] for each in (observation, changed))
    assert torch.allclose(one[:8], other[:8], atol=1e-5) and torch.allclose(
        one[scorer.actions :], other[scorer.actions :], atol=1e-5
    )
    env.close()


def test_the_score_of_a_line_depends_on_whether_it_was_visited() -> None:
    env = opened("debugworld/ReachState-Features-v0")
    observation, _ = env.reset(seed=0)
    scorer = reader(env, layers=0)
    changed = {key: np.array(part) for key, part in observation.items()}
    changed["visited"][0] ^= 1
    with torch.no_grad():
        one, other = (scorer(tensors(env, each))[0] for each in (observation, changed))
    run_to = 8 + np.arange(env.commands.max_lines)
    assert (one[run_to] != other[run_to]).tolist() == [True] + [False] * (len(run_to) - 1)
    env.close()
