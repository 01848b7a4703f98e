"""Every agent of the catalogue plays every task that it is for, in the real world and in dreams."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugworld.agents import CATALOG, evaluate
from debugworld.agents.agent import LANGUAGE
from debugworld.envs import ENV_IDS
from debugworld.envs.registration import BUG_TASKS

MOVES = 6
"""Most moves of an episode."""
PROGRAMS = {"Complexity": "builtin/halvings", "InputPrediction": "builtin/collatz"}
SETTINGS = {"planner": "?model=static&ahead=20"}
"""What follows an agent's name, so that it is cheap."""


def names_of(task: str, family: str, checkpoint: Path) -> list[str]:
    """Names of all agents that play a task in a family."""
    entries = CATALOG.items()
    found = [name for name, each in entries if task in each.tasks and family in each.families]
    named = [f"{name}{SETTINGS.get(name, '')}" for name in found]
    language = f"{LANGUAGE}{checkpoint}?temperature=1.5&characters=300&tokens=12"
    return [*named, language] if family == "Text" else named


def refused(name: str) -> int:
    """Most moves that may be refused: a model's command can be cut short, a planner tries one condition."""
    return MOVES if name.startswith(LANGUAGE) else int(name.startswith("planner"))


@pytest.mark.parametrize("backend", ["real", "rollout", "neural"])
@pytest.mark.parametrize("env_id", ENV_IDS, ids=lambda name: name.removeprefix("debugworld/"))
def test_every_agent_plays_a_whole_episode(env_id: str, backend: str, tiny_checkpoint: Path) -> None:
    task, family, _ = env_id.removeprefix("debugworld/").split("-")
    names = names_of(task, family, tiny_checkpoint)
    tasks = "builtin/tag_counts" if task in BUG_TASKS else PROGRAMS.get(task, "builtin/collatz")
    options = {"tasks": tasks, "sandbox": "process", "max_moves": MOVES}
    if backend != "real":
        options |= {"model": str(tiny_checkpoint), "max_states": 20}
    found = evaluate(env_id, names, backend, 1, **options)
    assert [told.agent for told in found] == names and {"random", "scripted"} <= set(names)
    for told in found:
        [episode] = told.episodes
        assert not episode.fault, told.agent
        assert episode.moves <= MOVES and episode.refusals <= refused(told.agent), told.agent
        if backend == "real":
            assert episode.success == episode.success_real, told.agent
