"""Episodes come back from Hugging Face's datasets, and from Parquet, as they were played."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import gymnasium
import pytest

pytest.importorskip("datasets", reason="datasets: pip install 'debugworld[data]'")

import datasets

from debugworld.envs import Episode, RecordEpisodes, TaskError
from debugworld.envs.plugins.trajectories import COLUMNS, to_dataset


def played(env_id: str, tasks: str) -> list[Episode]:
    env = RecordEpisodes(gymnasium.make(env_id, tasks=tasks, sandbox="process", max_moves=5))
    env.action_space.seed(0)
    for seed in range(4):
        _, info = env.reset(seed=seed)
        over = False
        while not over:
            action = env.action_space.sample(mask=info["action_mask"])
            *_, terminated, truncated, info = env.step(action)
            over = terminated or truncated
    env.close()
    return env.episodes


@pytest.mark.parametrize("env_id", ["debugworld/StateQuery-Text-v0", "debugworld/ReachState-Features-v0"])
def test_rows_are_what_was_played(env_id: str, tasks: str, tmp_path: Path) -> None:
    episodes = played(env_id, tasks)
    made = to_dataset(episodes)
    made.to_parquet(tmp_path / "episodes.parquet")
    loaded = datasets.load_dataset(
        "parquet", data_files=str(tmp_path / "episodes.parquet"), split="train", cache_dir=str(tmp_path)
    )
    assert loaded.features == made.features and set(loaded.column_names) == {"messages", *COLUMNS}
    for row, written, episode in zip(loaded, made, episodes, strict=True):
        assert row == written
        assert row["rewards"] == [step.reward for step in episode.steps]
        assert row["return"] == pytest.approx(sum(row["rewards"]))
        assert (row["terminated"], row["truncated"]) == (
            episode.steps[-1].terminated,
            episode.steps[-1].truncated,
        )
        roles = [message["role"] for message in row["messages"]]
        assert roles == ["user", *["assistant", "user"] * len(episode.steps)]
        said = [message["content"] for message in row["messages"][1::2]]
        if "-Text-" in env_id:
            assert said == [step.action for step in episode.steps]
        for command, after in zip(said, row["messages"][2::2], strict=True):
            assert f"Last: {command}\n" in after["content"]


def test_what_did_not_happen_makes_no_row(tasks: str) -> None:
    episode = played("debugworld/ReachState-Text-v0", tasks)[0]
    forged = dataclasses.replace(episode.steps[-1], reward=1.0)
    with pytest.raises(TaskError, match="plays otherwise"):
        to_dataset([dataclasses.replace(episode, steps=(*episode.steps[:-1], forged))])
