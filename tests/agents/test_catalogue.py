"""The page of the catalogue says what the catalog has."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from debugworld.agents import CATALOG
from debugworld.agents.language import PROMPTS, Settings
from debugworld.agents.training.grpo import LanguageTrainConfig
from debugworld.envs.registration import TASKS

PAGE = (Path(__file__).parents[2] / "docs" / "agents-catalogue.md").read_text("utf-8")


def test_every_agent_has_its_row() -> None:
    for name, entry in CATALOG.items():
        tasks = "everything" if set(entry.tasks) == set(TASKS) else ", ".join(entry.tasks)
        assert f"| `{name}` | {tasks} | {', '.join(entry.families)} | {entry.does} |\n" in PAGE
    rows = re.findall(
        r"^\| `(\w+)` \| .* \| .* \| .* \|$", PAGE.partition("## The classics")[0], re.MULTILINE
    )
    assert rows == list(CATALOG)


def test_settings_and_prompts_are_told() -> None:
    told = set(re.findall(r"`(\w+)`", PAGE))
    assert {each.name for each in fields(Settings)} <= told and set(PROMPTS) <= told
    assert {"group", "prompts", "pass_at", "check_episodes"} <= {
        each.name for each in fields(LanguageTrainConfig)
    }
