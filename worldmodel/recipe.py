"""What a training run is made of: its size, its budget, its pace; kept in one file."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from debugworld.worldmodel.errors import ModelError


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a run, besides its data.

    Attributes:
        minutes: training time; the learning rate follows the share of it that has passed, so a busy machine
            makes fewer steps and still ends on a finished schedule. Time before an interruption counts.
        steps: optimizer steps instead of minutes; then the run is a function of the seed alone.
        hidden_size: width of the model.
        layers: blocks; even ones mix by a short causal convolution, odd ones by attention.
        heads: attention heads.
        tokens_per_batch: budget of a batch in tokens, padding included.
        learning_rate: peak of Muon's rate, reached after ``warmup`` of the run.
        adamw_rate: peak of the rate for embeddings, convolutions and norms.
        warmup: share of the run in which the rate rises from zero.
        decay: share of the run, at its end, in which the rate falls to zero.
        weight_decay: on matrices.
        seed: of the initial weights and the order of examples.
        save_minutes: time between checkpoints of the run.
        threads: of the CPU; 0 leaves PyTorch's own choice.
    """

    minutes: float | None = 55.0
    steps: int | None = None
    hidden_size: int = 256
    layers: int = 4
    heads: int = 8
    tokens_per_batch: int = 4096
    learning_rate: float = 2e-2
    adamw_rate: float = 3e-3
    warmup: float = 0.02
    decay: float = 0.5
    weight_decay: float = 0.05
    seed: int = 0
    save_minutes: float = 3.0
    threads: int = 0

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise ModelError("a run needs either minutes or steps, and not both")
        budget = self.minutes if self.minutes is not None else self.steps
        if budget is not None and not budget > 0:
            raise ModelError(f"the budget must be positive, not {budget}")
        if self.hidden_size % self.heads or self.hidden_size // self.heads % 2:
            raise ModelError(f"hidden_size {self.hidden_size} must be an even multiple of heads {self.heads}")

    def rate(self, progress: float) -> float:
        """Returns the share of the peak learning rate at a share of the run in [0, 1]."""
        rise = progress / self.warmup if self.warmup else 1.0
        return max(0.0, min(1.0, rise, (1.0 - progress) / self.decay if self.decay else 1.0))

    def save(self, path: Path) -> None:
        """Writes the recipe as JSON."""
        path.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> TrainConfig:
        """Reads a recipe that `save` wrote.

        Raises:
            ModelError: there is none, or it names fields that this version does not know.
        """
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError as error:
            raise ModelError(f"{path.parent} is no training run: it has no {path.name}") from error
        except (ValueError, TypeError) as error:
            raise ModelError(f"{path} is not a readable recipe ({error})") from error
