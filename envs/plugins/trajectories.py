"""Episodes as rows of a data set: what was seen, said and paid, as chat messages and as columns.

Recorded episodes keep observations by digest; here they are played again, so that every row is proved to be
what happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import gymnasium

from debugworld.envs.environment import DebugEnv
from debugworld.envs.episode import Episode, validate
from debugworld.envs.errors import TaskError
from debugworld.envs.page import page

if TYPE_CHECKING:
    from datasets import Dataset

COLUMNS = {
    "env_id": "string",
    "seed": "int64",
    "program": "string",
    "source": "string",
    "question": "string",
    "rewards": ["float64"],
    "return": "float64",
    "terminated": "bool",
    "truncated": "bool",
    "success": "bool",
}
"""Columns beside ``messages`` and their types; a list has one entry for each command."""


def trajectory(episode: Episode, **arguments: Any) -> dict[str, Any]:
    """Returns one episode as a row.

    ``messages`` has the roles ``user`` (pages) and ``assistant`` (commands) in turn, and ends with the last
    page; the others are `COLUMNS`. Both families come as texts.

    Args:
        episode: What `RecordEpisodes` kept.
        **arguments: Of `gymnasium.make`, in place of the episode's.

    Raises:
        TaskError: played again, it does not come to what is written.
    """
    found = validate(episode, **arguments)
    if not found.agrees:
        raise TaskError(
            f"seed {episode.seed} of {episode.env_id} plays otherwise now: at step {found.step} "
            f"{found.field} is {found.found}, not {found.written}"
        )
    env = gymnasium.make(episode.env_id, **(episode.arguments | arguments))
    base = env.unwrapped
    assert isinstance(base, DebugEnv)
    try:
        _, info = env.reset(seed=episode.seed, options=episode.options)
        first = base.scene
        messages = [_message("user", page(first))]
        for step in episode.steps:
            *_, info = env.step(step.action)
            messages += [_message("assistant", base.scene.last), _message("user", page(base.scene))]
    finally:
        env.close()
    rewards = [step.reward for step in episode.steps]
    return {
        "messages": messages,
        "env_id": episode.env_id,
        "seed": episode.seed,
        "program": first.program.name,
        "source": first.program.source,
        "question": first.question.text,
        "rewards": rewards,
        "return": sum(rewards),
        "terminated": bool(episode.steps) and episode.steps[-1].terminated,
        "truncated": bool(episode.steps) and episode.steps[-1].truncated,
        "success": bool(info["success"]),
    }


def to_dataset(episodes: Iterable[Episode], **arguments: Any) -> Dataset:
    """Returns a `datasets.Dataset` with a row for each episode; see `trajectory`.

    ``to_dataset(load_episodes(path)).to_parquet("episodes.parquet")`` writes it as Parquet.

    Raises:
        ModuleNotFoundError: ``datasets`` is missing.
        TaskError: an episode does not play as it is written.
    """
    from datasets import Dataset, Features, List, Value

    def kind(name: Any) -> Any:
        return List(Value(name[0])) if isinstance(name, list) else Value(name)

    turns = List({"role": Value("string"), "content": Value("string")})
    features = Features({"messages": turns} | {name: kind(each) for name, each in COLUMNS.items()})
    rows: Iterator[dict[str, Any]] = (trajectory(episode, **arguments) for episode in episodes)
    return Dataset.from_list(list(rows), features=features)


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}
