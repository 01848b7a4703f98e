"""A real server of OpenEnv, its real client, and the library's own validation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

pytest.importorskip("openenv", reason="openenv: pip install 'debugworld[openenv]'")

from openenv.core import GenericEnvClient

from debugworld.envs import TaskError
from debugworld.envs.plugins import openenv as ours
from debugworld.envs.plugins.openenv import DebugAction, DebugClient, HostedEnvironment
from debugworld.envs.plugins.openenv.server import make_app
from debugworld.sandboxes.debugger import IllegalAction

TEXT, FEATURES = "debugworld/StateQuery-Text-v0", "debugworld/ReachState-Features-v0"
FOLDER = Path(ours.__file__).parent


@pytest.fixture(scope="module")
def url(serve: Callable[..., str]) -> str:
    return serve(TEXT, max_moves=5)


def validate(*words: str) -> tuple[int, str]:
    """Runs ``openenv validate``."""
    from openenv.cli.__main__ import app
    from typer.testing import CliRunner

    told = CliRunner().invoke(app, ["validate", *words])
    return told.exit_code, told.output


def test_the_shipped_folder_is_valid() -> None:
    code, told = validate(str(FOLDER), "--level", "static")
    assert code == 0 and "PASS  static.manifest" in told, told


def test_the_running_server_is_valid(url: str) -> None:
    code, told = validate("--url", url, "--timeout", "60")
    assert code == 0, told


def test_an_episode_over_the_wire_is_that_of_gymnasium(url: str) -> None:
    env: gymnasium.Env[Any, Any] = gymnasium.make(TEXT, max_moves=5)
    with DebugClient(base_url=url).sync() as client:
        for seed in range(3):
            result = client.reset(seed=seed)
            page, info = env.reset(seed=seed)
            assert result.observation.page == page and not result.done
            for said in ("n", "s", "nonsense", "back", "answer 12345"):
                result = client.step(DebugAction(command=said))
                page, reward, terminated, truncated, info = env.step(said)
                seen = result.observation
                assert (seen.page, result.reward, result.done) == (page, reward, terminated or truncated)
                assert (seen.success, seen.truncated) == (info["success"], truncated)
                assert seen.error == info.get("error", "") and seen.features is None
                assert seen.action_mask == info["action_mask"].tolist()
            state = client.state()
            assert (state.env_id, state.seed, state.step_count) == (TEXT, seed, 5)
    env.close()


def test_sessions_do_not_touch_each_other(url: str) -> None:
    with DebugClient(base_url=url).sync() as one, DebugClient(base_url=url).sync() as other:
        first, second = one.reset(seed=1), other.reset(seed=2)
        one.step(DebugAction(command="s"))
        assert other.reset(seed=2).observation == second.observation
        assert one.reset(seed=1).observation == first.observation


def test_any_client_can_speak_to_it(url: str) -> None:
    with GenericEnvClient(base_url=url).sync() as client:
        assert "Moves left: 5" in client.reset(seed=0).observation["page"]
        assert "Moves left: 4" in client.step({"command": "n"}).observation["page"]


def test_numbered_actions_are_said_in_the_same_words() -> None:
    env: gymnasium.Env[Any, Any] = gymnasium.make(FEATURES)
    hosted = HostedEnvironment(FEATURES)
    seen = hosted.reset(seed=4, task=0)
    features, _ = env.reset(seed=4, options={"task": 0})
    for said, number in (("n", 1), ("back", 4), ("u 3", 8 + 2)):
        assert seen.features is not None and "Moves left" in seen.page
        for name, value in features.items():
            np.testing.assert_array_equal(np.asarray(seen.features[name], np.asarray(value).dtype), value)
        seen = hosted.step(DebugAction(command=said))
        features, *_ = env.step(number)
    with pytest.raises(IllegalAction, match="no command"):
        hosted.step(DebugAction(command="nonsense"))
    hosted.close()
    env.close()


def test_what_cannot_be_served_is_said_at_once() -> None:
    with pytest.raises(TaskError, match="cannot be served"):
        make_app("CartPole-v1")
    with pytest.raises(TaskError, match="no task set"):
        make_app(TEXT, tasks="nowhere")
