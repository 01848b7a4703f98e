"""Agents and their evaluation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from debugworld import cli
from debugworld.agents import AGENTS, evaluate, make_agent
from debugworld.envs import ENV_IDS as ALL_IDS
from debugworld.envs import PROGRAM_ENV_IDS as ENV_IDS
from debugworld.envs.registration import BUG_ENV_IDS, COMMON
from debugworld.worldmodel.statistics import mean, rate

COUNT = "def count(s, t):\n    n = 0\n    for c in s:\n        n += int(c == t)\n    return n\n"
BRANCH = (
    "def g(x):\n    if x < 0:\n        raise ValueError('no')\n    return x * 2\n\n"
    "def f(xs):\n    total = 0\n    for x in xs:\n        try:\n            total += g(x)\n"
    "        except ValueError:\n            total -= 1\n    return total\n"
)


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tasks") / "tasks.jsonl"
    rows = [
        {"source": COUNT, "call": "count('strawberry', 'r')"},
        {"source": BRANCH, "calls": ["f([3, -1, 4])", "g(-3)"]},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return f"jsonl/{path}"


ROUTINE = [name for name in ALL_IDS if name not in (*BUG_ENV_IDS, "debugworld/InputPrediction-Text-v0")]
"""What the routine solves: in a text it has no candidates to try."""


@pytest.mark.parametrize("env_id", [name for name in ROUTINE if "Complexity" not in name])
def test_scripted_beats_random(env_id: str, tasks: str) -> None:
    chance, script = evaluate(env_id, AGENTS, "real", 40, tasks=tasks, sandbox="process")
    assert script.success.low > chance.success.high
    assert script.reward.low > chance.reward.high
    assert script.success.mean > 0.9
    assert chance.faults == script.faults == 0
    assert all(episode.refusals == 0 for each in (chance, script) for episode in each.episodes)


@pytest.mark.parametrize("env_id", ROUTINE)
def test_scripted_solves_the_programs_that_ship(env_id: str) -> None:
    [script] = evaluate(env_id, ["scripted"], "real", 60)
    assert script.success.mean > 0.9


@pytest.mark.docker
def test_programs_of_others_run_in_docker(shared_data: Path) -> None:
    uri = f"jsonl/{shared_data / 'cruxeval_dev.jsonl'}"
    [script] = evaluate(ENV_IDS[0], ["scripted"], "real", 20, tasks=uri)
    assert script.success.mean > 0.9 and not script.faults


def test_the_same_seeds_give_the_same_numbers(tasks: str) -> None:
    first, second = (
        evaluate(ENV_IDS[2], AGENTS, "real", 10, seed=7, tasks=tasks, sandbox="process") for _ in range(2)
    )
    assert first == second
    assert [episode.seed for episode in first[0].episodes] == list(range(7, 17))


def test_both_families_pose_the_same_tasks(tasks: str) -> None:
    text, features = (
        evaluate(name, ["scripted"], "real", 20, tasks=tasks, sandbox="process")[0]
        for name in ENV_IDS
        if "ReachState" in name
    )
    assert text.episodes == features.episodes


def test_an_unknown_agent_is_named() -> None:
    with pytest.raises(ValueError, match="random, scripted"):
        make_agent("lucky", None)  # type: ignore[arg-type]


def test_estimates() -> None:
    assert rate([True] * 10).low == pytest.approx(0.7225, abs=1e-3)
    assert rate([True] * 10).high == 1.0
    assert rate([False] * 10).low == 0.0
    half = rate([True, False] * 50)
    assert (half.low, half.high) == (pytest.approx(0.4038, abs=1e-3), pytest.approx(0.5962, abs=1e-3))
    spread = mean([1.0, 2.0, 3.0, 4.0])
    assert spread.low < spread.mean == 2.5 < spread.high
    assert mean([3.0]).to_json() == {"mean": 3.0, "low": 3.0, "high": 3.0}
    with pytest.raises(ValueError, match="at least one"):
        mean([])


def test_the_command(tasks: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    words = ["evaluate", "--tasks", tasks, "--sandbox", "process", "--backends", "real", "--episodes", "4"]
    assert cli.main([*words, "--json", str(out)]) == 0
    assert "ReachState-Text-v0" in capsys.readouterr().out
    data = json.loads(out.read_text("utf-8"))
    assert [(each["env"], each["agent"]) for each in data["evaluations"]] == [
        (f"debugworld/{task}-Text-v0", agent) for task in COMMON for agent in AGENTS
    ]
    assert all(len(each["episodes"]) == 4 for each in data["evaluations"])


def test_the_command_takes_arguments_of_the_environment(
    tasks: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With random feedback the routine answers what another program returns."""
    words = ["evaluate", "--env", "debugworld/OutputPrediction-Text-v0", "--agents", "scripted", "--tasks"]
    words += [tasks, "--sandbox", "process", "--backends", "real", "--episodes", "8"]
    shares = {}
    for options in ([], ["--option", "feedback=random", "--option", "max_moves=5"]):
        out = tmp_path / "out.json"
        assert cli.main([*words, *options, "--json", str(out)]) == 0
        data = json.loads(out.read_text("utf-8"))
        shares[str(data["options"])] = data["evaluations"][0]["success"]["mean"]
    assert list(shares) == ["{}", "{'feedback': 'random', 'max_moves': 5}"]
    whole, blind = shares.values()
    assert blind < 0.5 < whole


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--option", "feedback"], "KEY=VALUE"),
        (["--option", "feedback=loud"], "true, random"),
        (["--tasks", "nowhere"], "jsonl"),
        (["--agents", "lucky"], "random, scripted"),
        (["--backends", "real,astral"], "real, neural, rollout, lockstep"),
        (["--env", "CartPole-v1"], "debugworld/ReachState-Text-v0"),
        (["--sandbox", "jar", "--backends", "real"], "docker"),
    ],
)
def test_wrong_words_end_with_status_2(
    words: list[str], complaint: str, tasks: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["evaluate", "--tasks", tasks, *words]) == 2
    assert complaint in capsys.readouterr().err
