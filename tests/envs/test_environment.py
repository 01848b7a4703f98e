"""What must hold for every registered environment."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env, data_equivalence

import debugworld.envs.environment as environment
from debugworld.envs import ENV_IDS, Answer, DebugEnv, TaskError, spell
from debugworld.sandboxes import SandboxError
from debugworld.sandboxes.debugger import Action, Debugger
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.lockstep import LockstepDebugger

Make = Callable[..., DebugEnv]
every_id = pytest.mark.parametrize("env_id", ENV_IDS)
TEXT_IDS = [name for name in ENV_IDS if "-Text-" in name]
TEXT, FEATURES = "debugworld/ReachState-Text-v0", "debugworld/ReachState-Features-v0"


def roll(env: DebugEnv, seed: int, steps: int = 60) -> list[Any]:
    """Everything that random legal actions bring, over several episodes."""
    env.action_space.seed(seed)
    observation, info = env.reset(seed=seed)
    seen: list[Any] = [(observation, info)]
    for _ in range(steps):
        action = env.action_space.sample(mask=info["action_mask"])
        observation, reward, terminated, truncated, info = env.step(action)
        seen.append((action, observation, reward, terminated, truncated, info))
        if terminated or truncated:
            observation, info = env.reset()
    return seen


@every_id
def test_the_environment_checker_has_no_complaint(env_id: str, make: Make) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(env_id))


@every_id
@pytest.mark.parametrize("backend", ["neural", "lockstep"])
def test_the_checker_has_no_complaint_about_a_dream(
    env_id: str, backend: str, make: Make, tiny_checkpoint: Path
) -> None:
    options = {"backend": backend, "model": str(tiny_checkpoint), "max_states": 30}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(env_id, **options))
    env = make(env_id, **options)
    for item in roll(env, 3, steps=40):
        observation, info = (item[0], item[1]) if len(item) == 2 else (item[1], item[5])
        assert observation in env.observation_space
        assert not info["fault"], info["error"]


def test_a_lockstep_can_be_set_back_to_the_truth(make: Make, tiny_checkpoint: Path) -> None:
    env = make(TEXT, backend="lockstep", after="forced", model=str(tiny_checkpoint), max_states=30)
    env.reset(seed=0, options={"task": 0})
    assert isinstance(env.debugger, LockstepDebugger)
    for _ in range(4):
        env.step("s")
        assert env.debugger.neural.state == env.debugger.real.state


@every_id
def test_the_programs_that_ship_are_the_default(env_id: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(f"debugworld.envs:{env_id}")
        check_env(env.unwrapped)
        env.close()


@every_id
def test_seeds_bind(env_id: str, make: Make) -> None:
    first, second = roll(make(env_id), 5), roll(make(env_id), 5)
    assert data_equivalence(first, second, exact=True)


@every_id
def test_seeds_differ(env_id: str, make: Make) -> None:
    env = make(env_id)
    starts = [env.reset(seed=seed)[0] for seed in range(12)]
    assert any(not data_equivalence(starts[0], other) for other in starts[1:])


@every_id
def test_observations_and_masks_fit_their_spaces(env_id: str, make: Make) -> None:
    env = make(env_id, max_moves=6)
    for item in roll(env, 2):
        observation, info = (item[0], item[1]) if len(item) == 2 else (item[1], item[5])
        assert observation in env.observation_space
        assert info["action_mask"].dtype == np.int8
        assert set(np.unique(info["action_mask"])) <= {0, 1}
        assert 0 <= info["moves"] <= 7


@every_id
def test_the_mask_agrees_with_the_debugger(env_id: str, make: Make) -> None:
    env = make(env_id, max_lines=40, max_moves=100)
    env.action_space.seed(0)
    _, info = env.reset(seed=0)
    commands = env._family.commands
    for _ in range(40):
        mask = env.action_masks()
        assert (mask == info["action_mask"]).all()
        for number in range(commands.first_answer):
            action = commands.action(number)
            assert action is not None and commands.number(action) == number
            assert (env.debugger.refusal(action) is None) == bool(mask[number]), str(action)
        action = env.action_space.sample(mask=mask)
        _, _, terminated, truncated, info = env.step(action)
        if terminated or truncated:
            _, info = env.reset()


@every_id
def test_a_forbidden_action_is_an_answered_error(env_id: str, make: Make) -> None:
    env = make(env_id)
    for number in range(len(env._family.commands)):
        _, info = env.reset(seed=1)
        if info["action_mask"][number]:
            continue
        action = env._family.commands.action(number)
        said = number if "Features" in env_id else spell(action or Answer("0"))
        before = (env.debugger.position, env.debugger.breakpoints)
        observation, reward, terminated, truncated, info = env.step(said)
        assert (env.debugger.position, env.debugger.breakpoints) == before
        assert observation in env.observation_space
        assert info["error"] and not info["fault"] and not info["success"]
        assert (reward, terminated, truncated, info["moves"]) == (-0.02, False, False, 1)


@pytest.mark.parametrize("text", ["", " ", "hello", "u", "u x", "u 0", "n 3", "b 99", "answer", "s\ns", "é"])
@pytest.mark.parametrize("env_id", TEXT_IDS)
def test_a_text_that_is_no_command_is_an_answered_error(env_id: str, text: str, make: Make) -> None:
    env = make(env_id)
    env.reset(seed=1)
    observation, reward, terminated, truncated, info = env.step(text)
    assert info["error"] in observation
    assert (reward, terminated, truncated) == (-0.02, False, False)


def test_an_answer_where_none_is_asked_is_refused(make: Make) -> None:
    env = make(TEXT)
    env.reset(seed=1)
    assert "takes no answer" in env.step("answer 3")[4]["error"]


@every_id
def test_the_move_budget_truncates(env_id: str, make: Make) -> None:
    env = make(env_id, max_moves=3)
    env.reset(seed=1)
    say = {"text": ["b 2", "cl 2"], "features": [8 + 64 + 1, 8 + 2 * 64 + 1]}
    family = "features" if "Features" in env_id else "text"
    ends = []
    for count in range(4):
        *_, terminated, truncated, info = env.step(say[family][count % 2])
        ends.append(truncated)
        if truncated:
            break
    takes_answers = env.answers > 0
    assert ends == ([False, False, False, True] if takes_answers else [False, False, True])
    assert not terminated and not info["success"]
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(say[family][0])


def test_without_moves_only_answers_are_left(make: Make) -> None:
    env = make("debugworld/OutputPrediction-Text-v0", max_moves=0)
    page, info = env.reset(seed=0, options={"task": 0})
    assert info["action_mask"].sum() == info["action_mask"][-1] == 1
    _, reward, terminated, _, info = env.step("answer 2")
    assert (reward, terminated, info["success"]) == (1.0, True, True)


@pytest.mark.parametrize(
    ("task", "answer", "right"),
    [
        (0, "2", True),
        (0, "3", False),
        (0, "'2'", False),
        (2, "[12.0,'no',  3.0]", True),
        (2, '[12.0, "no", 3.0]', True),
        (2, "[12.0]", False),
        (3, "ValueError: no", True),
        (3, "ValueError: yes", False),
    ],
)
def test_answers_are_judged_by_the_real_run(task: int, answer: str, right: bool, make: Make) -> None:
    env = make("debugworld/OutputPrediction-Text-v0")
    env.reset(seed=0, options={"task": task})
    env.step("n")
    _, reward, terminated, truncated, info = env.step(f"answer {answer}")
    assert (terminated, truncated, info["success"], reward) == (True, False, right, float(right))


def test_the_truth_stands_once_among_the_candidates(make: Make) -> None:
    env = make("debugworld/OutputPrediction-Features-v0")
    for seed in range(10):
        env.reset(seed=seed)
        mask = env.action_masks()[-8:]
        right = 0
        for choice in np.flatnonzero(mask):
            env.reset(seed=seed)
            right += env.step(len(env._family.commands) - 8 + choice)[4]["success"]
        assert right == 1 and mask.sum() == 8


def test_the_goal_ends_the_episode(make: Make) -> None:
    env = make(TEXT)
    pages = (env.reset(seed=seed)[0] for seed in range(100))
    page = next(page for page in pages if "Goal: line " in page)
    line = page.split("Goal: line ")[1].split()[0]
    terminated, moves = False, 0
    while not terminated:
        _, reward, terminated, truncated, info = env.step(f"u {line}")
        moves += 1
        assert not truncated
    assert info["success"] and info["moves"] == moves
    assert reward == pytest.approx(1 - 0.01)


def test_rendering(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    env = make(FEATURES, render_mode="ansi")
    assert env.render() is None
    env.reset(seed=0, options={"task": 0})
    env.step(1)
    text = env.render()
    assert text is not None
    for part in ("Goal: ", "Moves left: 19", "Last: n", "->", "Stop: ", "Stack: "):
        assert part in text
    human = make(TEXT, render_mode="human")
    human.reset(seed=0)
    human.step("s")
    assert capsys.readouterr().out.count("Program:") == 2
    assert human.render() is None


@every_id
@pytest.mark.parametrize("asynchronous", [False, True])
def test_vectors_agree_with_single_environments(
    env_id: str, asynchronous: bool, tasks: str, make: Make
) -> None:
    options = {"tasks": tasks, "sandbox": "process", "max_moves": 5}
    mode = "async" if asynchronous else "sync"
    shared = {"shared_memory": "Text" not in env_id} if asynchronous else {}
    vector = gymnasium.make_vec(env_id, num_envs=2, vectorization_mode=mode, vector_kwargs=shared, **options)
    singles = [make(env_id, **options) for _ in range(2)]
    try:
        observations, infos = vector.reset(seed=[3, 4])
        expected = [env.reset(seed=seed)[0] for env, seed in zip(singles, (3, 4), strict=True)]
        moves = ["s", "n", "s"] if "Text" in env_id else [0, 1, 0]
        for move in moves:
            for index in range(2):
                assert data_equivalence(_of(observations, index), expected[index])
            action = (move, move) if isinstance(move, str) else np.array([move, move])
            observations, *_, infos = vector.step(action)
            expected = [env.step(move)[0] for env in singles]
        assert infos["action_mask"].shape[0] == 2
    finally:
        vector.close()


def _of(observations: Any, index: int) -> Any:
    if isinstance(observations, dict):
        return {key: _scalar(value[index]) for key, value in observations.items()}
    return observations[index]


def _scalar(value: Any) -> Any:
    return int(value) if np.ndim(value) == 0 else value


def test_text_refuses_shared_memory_by_name(tasks: str) -> None:
    with pytest.raises(Exception, match="shared_memory=False"):
        gymnasium.make_vec(TEXT, num_envs=1, vectorization_mode="async", tasks=tasks, sandbox="process")


def dreaming(monkeypatch: pytest.MonkeyPatch, dream: Debugger) -> None:
    monkeypatch.setattr(environment, "open_debugger", lambda *_: dream)


def test_a_dream_is_judged_where_it_goes(
    make: Make, dream: Debugger, monkeypatch: pytest.MonkeyPatch
) -> None:
    dreaming(monkeypatch, dream)
    env = make(TEXT, backend="neural")
    apart = 0
    for seed in range(30):
        page, info = env.reset(seed=seed, options={"task": 0})
        assert info["success_real"] is False
        while True:
            *_, terminated, truncated, info = env.step("s")
            assert info["success"] is terminated
            if terminated or truncated:
                break
        apart += info["success"] != info["success_real"]
    assert apart > 0


def test_a_dreamt_value_is_no_answer(make: Make, dream: Debugger, monkeypatch: pytest.MonkeyPatch) -> None:
    dreaming(monkeypatch, dream)
    env = make("debugworld/OutputPrediction-Text-v0", backend="neural")
    env.reset(seed=0, options={"task": 0})
    page = env.step("r")[0]
    assert "Value: 'dream'" in page
    assert not env.step("answer 'dream'")[4]["success"]


@every_id
@pytest.mark.parametrize("error", [SandboxError, ModelError])
def test_a_fault_in_a_move_truncates(
    env_id: str, error: type[Exception], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = make(env_id)
    env.reset(seed=0)

    def broken(action: Action) -> None:
        raise error("the lamp went out")

    monkeypatch.setattr(env.debugger, "step", broken)
    observation, _, terminated, truncated, info = env.step("s" if "Text" in env_id else 0)
    assert (terminated, truncated, info["fault"], info["error"]) == (False, True, True, "the lamp went out")
    assert observation in env.observation_space
    assert info["action_mask"].all()


@every_id
def test_a_fault_in_a_reset_truncates_the_first_step(
    env_id: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = make(env_id)
    env.reset(seed=0)

    def broken(program: object) -> None:
        raise SandboxError("the lamp went out")

    with monkeypatch.context() as patch:
        patch.setattr(env._traces, "record", broken)
        observation, info = env.reset(seed=0)
    assert observation in env.observation_space and info["fault"]
    observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
    assert (reward, terminated, truncated, info["error"]) == (0.0, False, True, "the lamp went out")
    _, info = env.reset(seed=0)
    assert not info["fault"] and "error" not in info


def test_nothing_starts_before_the_first_reset(tasks: str) -> None:
    env = gymnasium.make(TEXT, tasks=tasks, sandbox="nowhere")
    env.close()
    env.close()
    with pytest.raises(SandboxError, match="nowhere"):
        gymnasium.make(TEXT, tasks=tasks, sandbox="nowhere").reset(seed=0)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"backend": "dreamy"}, "real, neural, lockstep"),
        ({"tasks": "nowhere/at/all"}, "jsonl/PATH"),
        ({"family": "smells"}, "text, features"),
        ({"max_lines": 3}, "max_lines=7"),
        ({"max_moves": -1}, "max_moves >= 0"),
        ({"max_states": 0}, "max_states >= 1"),
        ({"after": "lunch"}, "free, forced, stop"),
        ({"render_mode": "rgb_array"}, "ansi, human"),
    ],
)
def test_wrong_arguments_say_what_would_be_right(options: dict[str, Any], text: str, make: Make) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(TaskError, match=text):
            make(TEXT, **options)


def test_callers_mistakes_raise(make: Make) -> None:
    env = make(FEATURES)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset(seed=0)
    with pytest.raises(gymnasium.error.InvalidAction):
        env.step(10_000)
    with pytest.raises(TaskError, match="0 to 3"):
        env.reset(options={"task": 4})
