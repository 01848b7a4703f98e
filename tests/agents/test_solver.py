"""Agents as solvers of planted bugs, and self-play: what is planted, kept, played and paid."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from debugworld.agents import PlantingAgent, make_agent, run_episode
from debugworld.envs import RecordBugs, TaskError, load_bug_set, validate
from debugworld.envs.episode import Episode, RecordEpisodes
from debugworld.envs.solver import worth

INJECT = "debugworld/BugInjection-Text-v0"
AGENT = "debugworld.agents:AgentSolver?agent="
HERE = {"tasks": "builtin", "sandbox": "process"}
PLANTED = ("edit 4         if s[left] == s[right - 1]:", "submit")


def last_line_first(evidence: Any) -> list[int]:
    return list(range(len(evidence.source.splitlines()), 0, -1))


def planted(env: gymnasium.Env[Any, Any], seed: int = 0, agent: Any = None) -> dict[str, Any]:
    """Lets the mutation agent plant a bug; returns the last info with the reward."""
    agent = agent or make_agent("scripted", env.unwrapped)  # type: ignore[arg-type]
    observation, info = env.reset(seed=seed)
    agent.reset(seed)
    over, reward = False, 0.0
    while not over:
        observation, reward, terminated, truncated, info = env.step(agent.act(observation, info))
        over = terminated or truncated
    return {**info, "reward": reward}


def test_an_agent_that_draws_solves_some_attempts(tmp_path: Path) -> None:
    env = gymnasium.make(INJECT, solver=f"{AGENT}random", attempts=6, reward="rate", **HERE)
    told = [planted(env, seed) for seed in range(4)]
    rates = [each["solver_rate"] for each in told]
    assert all(each["valid"] for each in told) and any(0 < rate < 1 for rate in rates)
    for each in told:
        assert each["reward"] == pytest.approx(worth(each["solver_rate"]))
        assert each["success"] is (0 < each["solver_rate"] < 1)
        assert each["solver_credit"] <= each["solver_rate"]
    env.reset(seed=0)
    assert env.step("submit")[1] == -1, "an unchanged program is no bug"
    env.close()


def test_worth_is_highest_for_hard_bugs_that_can_be_found() -> None:
    assert worth(0) == worth(1) == -0.8
    assert worth(0.25) == pytest.approx(0.55) and worth(0.25) > worth(0.5) > worth(0.75) > worth(1)


@pytest.mark.parametrize("task", ["FaultLocalization", "Repair"])
def test_a_routine_agent_solves_or_not_whatever_the_attempt(task: str) -> None:
    env = gymnasium.make(INJECT, solver=f"{AGENT}scripted&task={task}", attempts=2, **HERE)
    told = [planted(env, seed) for seed in range(3)]
    assert {each["solver_rate"] for each in told} & {1.0}
    for each in told:
        assert each["reward"] == pytest.approx(1 - each["solver_credit"])
    env.close()


def test_an_episode_with_an_agent_as_solver_is_played_again(tmp_path: Path) -> None:
    env = RecordEpisodes(gymnasium.make(INJECT, solver=f"{AGENT}random", attempts=3, reward="rate", **HERE))
    assert any(planted(env, seed)["success"] for seed in range(4))
    read = Episode.from_json(env.episodes[-1].to_json())
    env.close()
    assert read.arguments["solver"] == f"{AGENT}random" and validate(read).agrees
    assert not validate(read, solver=f"{AGENT}ochiai").agrees


def test_a_solver_is_named_in_vectors_and_copies() -> None:
    options = {"solver": f"{__name__}:last_line_first", **HERE}
    env = gymnasium.make(INJECT, **options)
    copy = pickle.loads(pickle.dumps(env.unwrapped))  # noqa: S301
    assert copy.solver is env.unwrapped.solver is last_line_first  # type: ignore[attr-defined]
    vector = gymnasium.make_vec(INJECT, num_envs=2, **(options | {"solver": f"{AGENT}ochiai"}))
    vector.reset(seed=0)
    _, rewards, terminations, _, infos = vector.step(("submit", "submit"))
    assert rewards.tolist() == [0, 0] and terminations.all() and infos["solver_rate"].tolist() == [0, 0]
    vector.close()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"solver": "nowhere.at_all:solver"}, "nowhere"),
        ({"solver": f"{__name__}:nobody"}, "nobody"),
        ({"solver": f"{AGENT}nobody"}, "no agent 'nobody'"),
        ({"solver": f"{AGENT}random&speed=3"}, "agent=...&task=...&max_moves=..."),
        ({"solver": f"{AGENT}random&task=BugInjection"}, "FaultLocalization or Repair"),
        ({"solver": f"{__name__}:last_line_first?n=1"}, "is no solver"),
        ({"solver": f"{__name__}:HERE"}, "is no solver"),
        ({"solver": 7}, "ochiai, tarantula, dstar, random"),
        ({"reward": "rate"}, "attempts=2"),
        ({"reward": "rate", "attempts": 4}, "a solver that plays"),
        ({"reward": "praise"}, "credit, rate"),
        ({"attempts": 0}, "attempts >= 1"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_wrong_solvers_say_what_would_be_right(options: dict[str, Any], text: str) -> None:
    with pytest.raises(TaskError) as caught:
        gymnasium.make(INJECT, **HERE, **options)
    assert text in str(caught.value)


def test_planted_bugs_become_a_set_that_others_play(tmp_path: Path) -> None:
    path = tmp_path / "bugs.jsonl"
    env = RecordBugs(gymnasium.make(INJECT, **HERE), path)
    with pytest.raises(TaskError, match="no valid bug"):
        _ = env.uri
    env.reset(seed=0)
    env.step("submit")
    assert len(env) == 0 and not path.exists(), "a program that is right is not kept"
    for seed in (0, 1, 0):
        planted(env, seed)
    assert len(env) == 2 == len(path.read_text().splitlines()), "each bug once"
    mine = env.unwrapped.planted  # type: ignore[attr-defined]
    env.close()
    assert len(again := RecordBugs(gymnasium.make(INJECT, **HERE), path)) == 2
    uri, bugs = again.uri, load_bug_set(again.uri).bugs
    assert mine.digest == bugs[0].digest and bugs[0].name.endswith(mine.digest[:12])
    assert bugs[0].kind == "planted" and bugs[0].group == mine.group
    for env_id in ("debugworld/FaultLocalization-Features-v0", "debugworld/Repair-Text-v0"):
        player = gymnasium.make(env_id, tasks=uri, sandbox="process")
        episodes = [run_episode(player, make_agent("scripted", player.unwrapped), seed) for seed in (0, 1)]  # type: ignore[arg-type]
        assert not any(episode.fault for episode in episodes) and any(each.success for each in episodes)
        player.close()
    planted(again, 3)
    again.close()
    assert again.uri != uri and len(load_bug_set(again.uri).bugs) == 3
    load_bug_set.cache_clear()
    with pytest.raises(TaskError, match="holds something else; its SHA-256 begins with"):
        load_bug_set(uri)
    shutil.copy(path, tmp_path / "other.jsonl")
    (tmp_path / "other.jsonl").write_text("[]\n")
    with pytest.raises(TaskError, match="no planted bugs to add to"):
        RecordBugs(gymnasium.make(INJECT, **HERE), tmp_path / "other.jsonl")
    with pytest.raises(TaskError, match="planted in BugInjection"):
        RecordBugs(gymnasium.make("debugworld/Repair-Text-v0", **HERE), path)


def test_slips_that_pay_are_made_again_and_others_are_not() -> None:
    env = gymnasium.make(INJECT, **HERE, max_moves=60)
    agent = PlantingAgent(temperature=0.01)
    for number in range(1, 3):  # there are two kinds in this program
        planted(env, 0, agent)
        agent.learn(-1.0)
        assert len(agent.worth) == number, "what did not pay is not made again"
    assert list(agent.worth.values()) == pytest.approx([-0.3, -0.3])
    [favourite, *_] = agent.worth
    agent.worth[favourite] = 0.5
    planted(env, 0, agent)
    agent.learn(1.0)
    assert agent.worth[favourite] == pytest.approx(0.65)
    env.close()
    for wrong in ({"rate": 0}, {"temperature": 0}):
        with pytest.raises(ValueError, match="temperature > 0"):
            PlantingAgent(**wrong)
