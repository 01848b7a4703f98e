"""What is kept of a training run while it goes on: its curve and its checkpoints."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from debugworld.envs import TaskError, TaskSampler

CURVE = "curve.json"
"""File of the learning curve: one row for each batch of moves that was learnt from."""
LATEST = "latest.zip"
"""File of the last checkpoint, in ``checkpoints/``."""
_WINDOW = 200
"""Episodes that a point of the curve is the mean of."""


def measured_at(checkpoint: Path) -> Path:
    """Returns where the curriculum of a checkpoint is kept."""
    return checkpoint.with_suffix(".json")


def load_measured(sampler: TaskSampler, checkpoint: Path) -> None:
    """Gives a curriculum what it had measured at a checkpoint; nothing where none was in use then.

    Raises:
        TaskError: it is about another number of tasks, or damaged.
    """
    path = measured_at(checkpoint)
    if not path.is_file():
        return
    try:
        data = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise TaskError(f"{path} holds no state of a curriculum: {error}") from None
    sampler.load_json(data)


class Progress(BaseCallback):
    """Writes the curve and the checkpoints.

    Args:
        folder: Of the run.
        every: Steps between checkpoints that are kept; 0 keeps the last only.
        on_steps: Called with the steps so far.
        curve: Rows of the run that is gone on with.
        sampler: The curriculum, which is kept beside each checkpoint; None where there is none.
    """

    def __init__(
        self,
        folder: Path,
        every: int,
        on_steps: Callable[[int], None],
        curve: list[dict[str, Any]] | None = None,
        sampler: TaskSampler | None = None,
    ) -> None:
        super().__init__()
        self.curve = list(curve or ())
        """Rows: steps, seconds, and the mean success, return and length of the last 200 episodes."""
        self._folder, self._every, self._on_steps = folder, every, on_steps
        self._sampler = sampler
        self._before = self.curve[-1]["seconds"] if self.curve else 0.0
        self._episodes: deque[tuple[bool, float, int]] = deque(maxlen=_WINDOW)
        self._started = 0.0
        self._kept = 0

    def _on_training_start(self) -> None:
        self._started = time.monotonic()
        self._kept = self.num_timesteps

    def _on_step(self) -> bool:
        for info in self.locals["infos"]:
            if "episode" in info:
                told = info["episode"]
                self._episodes.append((info["is_success"], told["r"], told["l"]))
        return True

    def _on_rollout_end(self) -> None:
        self._on_steps(self.num_timesteps)
        if self._episodes:
            self._mark()
        if self._every and self.num_timesteps - self._kept >= self._every:
            self._kept = self.num_timesteps
            self.save(f"{self.num_timesteps}.zip")

    def _mark(self) -> None:
        """Adds a row to the curve."""
        success, reward, length = (
            sum(each) / len(self._episodes) for each in zip(*self._episodes, strict=True)
        )
        seconds = round(self._before + time.monotonic() - self._started, 3)
        row = {"steps": self.num_timesteps, "seconds": seconds, "episodes": len(self._episodes)}
        self.curve.append(row | {"success": success, "return": reward, "moves": length})
        self.logger.record("rollout/success", success)

    def save(self, name: str = LATEST) -> None:
        """Writes a checkpoint, the curriculum, and the curve up to it."""
        folder = self._folder / "checkpoints"
        folder.mkdir(parents=True, exist_ok=True)
        for each in dict.fromkeys((name, LATEST)):
            self.model.save(folder / each)
            if self._sampler is not None:
                text = json.dumps(self._sampler.to_json()) + "\n"
                measured_at(folder / each).write_text(text, "utf-8")
        (self._folder / CURVE).write_text(json.dumps(self.curve) + "\n", "utf-8")
