"""What was played can be played again, by whoever has it on paper; what was changed on paper is found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from debugworld.envs import Episode, RecordEpisodes, TaskError, load_episodes, validate
from debugworld.envs.episode import digest

OUTPUT = "debugworld/OutputPrediction-Text-v0"


def played(env_id: str, tasks: str, count: int, **arguments: Any) -> RecordEpisodes:
    """Random legal actions, until so many episodes are over."""
    env = RecordEpisodes(gymnasium.make(env_id, tasks=tasks, sandbox="process", max_moves=8, **arguments))
    env.action_space.seed(1)
    _, info = env.reset(seed=5)
    while len(env.episodes) < count:
        *_, terminated, truncated, info = env.step(env.action_space.sample(mask=info["action_mask"]))
        if terminated or truncated:
            _, info = env.reset()
    return env


def test_episodes_are_saved_and_read(tasks: str, tmp_path: Path) -> None:
    env = played("debugworld/OutputPrediction-Features-v0", tasks, 6)
    env.save(tmp_path / "episodes.jsonl")
    env.close()
    saved = load_episodes(tmp_path / "episodes.jsonl")
    assert saved == env.episodes and all(episode.ended for episode in saved[:6])
    assert len({episode.seed for episode in saved}) == len(saved)
    for episode in saved:
        assert validate(episode).agrees, validate(episode)


def test_a_log_holds_each_episode_as_soon_as_it_is_over(tasks: str, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("")
    for known in (0, 2):
        env = RecordEpisodes(gymnasium.make(OUTPUT, tasks=tasks, sandbox="process", max_moves=2), log)
        for number in range(1, 3):
            env.reset(seed=number)
            env.step("s")
            assert len(load_episodes(log)) == known + number - 1
            env.step("s")
            assert load_episodes(log)[known:] == env.episodes[:number]
        env.close()
    assert len(load_episodes(log)) == 4


@pytest.mark.parametrize("backend", ["neural", "lockstep"])
def test_dreams_agree_when_dreamt_again(backend: str, tasks: str, tiny_checkpoint: Path) -> None:
    options = {"backend": backend, "model": str(tiny_checkpoint), "max_states": 30}
    env = played("debugworld/StateQuery-Text-v0", tasks, 3, **options)
    env.close()
    for episode in env.episodes:
        assert episode.arguments["backend"] == backend
        assert validate(episode).agrees, validate(episode)


def test_what_was_changed_is_found(tasks: str) -> None:
    env = played("debugworld/ReachState-Features-v0", tasks, 1)
    env.close()
    [episode] = env.episodes
    first, *rest = episode.steps
    *before, last = episode.steps
    count = len(episode.steps)
    both = replace(last, terminated=True, truncated=True)
    changes = [
        (replace(episode, start="0" * 16), 0, "observation"),
        (replace(episode, steps=(replace(first, reward=5.0), *rest)), 1, "reward"),
        (replace(episode, steps=(replace(first, observation=""), *rest)), 1, "observation"),
        (replace(episode, steps=(*episode.steps, last)), count, "length"),
        (replace(episode, steps=(*before, both)), count, "truncated" if last.terminated else "terminated"),
    ]
    for changed, step, field in changes:
        found = validate(changed)
        assert (found.agrees, found.step, found.field) == (False, step, field)


def test_an_episode_that_is_not_over_is_kept_at_the_end(tasks: str) -> None:
    env = RecordEpisodes(gymnasium.make("debugworld/ReachState-Text-v0", tasks=tasks, sandbox="process"))
    env.reset(seed=1)
    env.reset(seed=2, options={"task": 0})
    env.step("b 2")
    env.close()
    [episode] = env.episodes
    assert (episode.seed, episode.options, episode.ended) == (2, {"task": 0}, False)
    assert validate(episode).agrees


def test_digests_tell_observations_apart() -> None:
    array = np.zeros((2, 3), np.float32)
    kinds = ["a", "b", {"x": array}, {"y": array}, {"x": array.T}, {"x": array.astype(np.float64)}, {"x": 1}]
    assert len(set(map(digest, kinds))) == len(kinds)
    assert digest({"x": array, "y": 1}) == digest({"y": 1, "x": array.copy()})


@pytest.mark.parametrize(
    ("line", "text"),
    [("nothing", "line 1"), ("[]", "no saved episode"), ('{"version": 1}', "no saved episode")],
)
def test_what_is_no_episode_is_told(line: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "episodes.jsonl").write_text(line + "\n")
    with pytest.raises(TaskError, match=text):
        load_episodes(tmp_path / "episodes.jsonl")


def test_another_version_is_told(tasks: str) -> None:
    env = played("debugworld/ReachState-Text-v0", tasks, 1)
    data = json.loads(json.dumps(env.episodes[0].to_json()))
    assert Episode.from_json(data) == env.episodes[0]
    for wrong in ({"env_id": None}, {"seed": "4"}, {"arguments": [1]}, {"options": None}):
        with pytest.raises(TaskError, match=f"no saved episode .its {next(iter(wrong))} is "):
            Episode.from_json(data | wrong)
    with pytest.raises(TaskError, match="version 7, and 1 is read"):
        Episode.from_json(data | {"version": 7})
    env.close()
