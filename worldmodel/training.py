"""The recipe in motion: trains a model from scratch on example stores, and goes on after an interruption.

`transformers.Trainer` does the work; here stands only what it has no setting for: batches by tokens (see
`batches`), a schedule by the clock, and a checkpoint every few minutes that is only trusted when complete.
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import shutil
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch.utils.data import DataLoader
from transformers import (
    ProgressCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_callback import ExportableState
from transformers.utils.logging import tqdm

from debugworld.worldmodel.batches import BatchStream, Mixture
from debugworld.worldmodel.checkpoint import export
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.optimizer import MuonAdamW
from debugworld.worldmodel.quiet import drop_kernel_advice, without_bars
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.tokenizer import build_tokenizer

RECIPE = "recipe.json"
"""File of a run folder that holds its `TrainConfig`."""
STATE = "trainer_state.json"
"""File that the trainer writes last, so that a checkpoint that has it is complete."""
FEW_KERNELS = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32")
"""Kernels that PyTorch keeps compiled for shapes of batches; its own 1024 cost gigabytes and save no time."""


@dataclass(frozen=True)
class TrainResult:
    """What a finished run leaves.

    Attributes:
        checkpoint: folder for `load_model`.
        steps: optimizer steps.
        tokens: tokens seen, padding not counted.
        minutes: time in training, interruptions left out.
        loss: mean loss per completion token over the last logged steps, in nats.
    """

    checkpoint: Path
    steps: int
    tokens: int
    minutes: float
    loss: float


def train(
    mixture: Mixture,
    out: Path,
    config: TrainConfig,
    *,
    markers: Iterable[str] = (),
    resume: bool = False,
    sources: dict[str, Any] | None = None,
) -> TrainResult:
    """Trains, checkpoints into ``out/run`` and exports to ``out/checkpoint``.

    Args:
        mixture: example stores and their weights; on resumption the same ones.
        out: folder of this run.
        config: budget, size and pace; on resumption the one that ``out`` holds is used.
        markers: single-token texts of the codec, see `build_tokenizer`.
        resume: goes on from the newest complete checkpoint in ``out``; without one, starts again.
        sources: what the manifest shall say about where the examples came from; its entry ``programs``, a
            list of content hashes, is kept in a file of its own.

    Raises:
        ModelError: ``out`` holds another run and ``resume`` is false, or nothing to resume.
    """
    os.environ.setdefault(*FEW_KERNELS)
    run, markers = out / "run", tuple(markers)
    if resume:
        config = TrainConfig.load(out / RECIPE)
    elif run.exists():
        raise ModelError(f"{out} holds a run already; resume it, or choose another folder")
    run.mkdir(parents=True, exist_ok=True)
    config.save(out / RECIPE)
    if config.threads:
        torch.set_num_threads(config.threads)
    set_seed(config.seed)
    drop_kernel_advice()
    last = newest_checkpoint(run)
    state = TrainerState.load_from_json(str(last / STATE)) if last else TrainerState()
    clock = Clock(config, Clock.elapsed_in(state))
    tokenizer = build_tokenizer(markers)
    model = build_model(config, len(tokenizer))
    trainer = ClockTrainer(
        clock,
        BatchStream(mixture, tokenizer, config.tokens_per_batch, config.seed, start=state.global_step),
        model=model,
        args=_arguments(run, config),
        processing_class=tokenizer,
    )
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    result = TrainResult(
        checkpoint=out / "checkpoint",
        steps=trainer.state.global_step,
        tokens=int(trainer.state.num_input_tokens_seen),
        minutes=clock.elapsed / 60,
        loss=sum(losses[-5:]) / len(losses[-5:]) if losses else float("nan"),
    )
    export(model, tokenizer, result.checkpoint, _manifest(mixture, config, result, sources or {}))
    return result


def newest_checkpoint(run: Path) -> Path | None:
    """Returns the newest complete checkpoint of a run folder, and removes half-written ones after it."""
    found = sorted(run.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    while found:
        if _complete(found[-1]):
            return found[-1]
        shutil.rmtree(found.pop())
    return None


def _complete(checkpoint: Path) -> bool:
    """Tells whether all that a run goes on from can be read."""
    try:
        json.loads((checkpoint / STATE).read_text())
        with safe_open(checkpoint / "model.safetensors", framework="pt"):
            pass
    except (OSError, ValueError, SafetensorError):
        return False
    return all(zipfile.is_zipfile(checkpoint / name) for name in ("optimizer.pt", "scheduler.pt"))


class Clock(TrainerCallback, ExportableState):
    """Knows how far the run is, asks for a checkpoint now and then, and ends the run.

    Args:
        config: says what the budget is.
        elapsed: seconds that earlier parts of the run took.
    """

    def __init__(self, config: TrainConfig, elapsed: float = 0.0) -> None:
        self.config, self.earlier = config, elapsed
        self.begun = self.saved = time.monotonic()
        self.step = 0

    @property
    def elapsed(self) -> float:
        """Seconds of training, earlier parts of the run included."""
        return self.earlier + time.monotonic() - self.begun

    @property
    def progress(self) -> float:
        """Share of the budget that is used, in [0, 1]."""
        if self.config.steps:
            return min(1.0, self.step / self.config.steps)
        return min(1.0, self.elapsed / (60 * (self.config.minutes or 1)))

    def on_train_begin(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Starts counting when the work starts."""
        self.begun = self.saved = time.monotonic()
        self.step = state.global_step

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Decides after each step whether to save and whether to stop."""
        self.step = state.global_step
        control.should_training_stop = self.progress >= 1.0
        due = time.monotonic() - self.saved > 60 * self.config.save_minutes
        control.should_save = due or control.should_training_stop

    def on_save(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Notes when the last checkpoint was written."""
        self.saved = time.monotonic()

    def state(self) -> dict[str, Any]:
        """Returns what a checkpoint keeps of the clock."""
        return {"args": {}, "attributes": {"elapsed": self.elapsed}}

    @staticmethod
    def elapsed_in(state: TrainerState) -> float:
        """Returns the training seconds that a checkpoint's state tells of."""
        callbacks: Any = state.stateful_callbacks
        return float(callbacks["Clock"]["attributes"]["elapsed"]) if "Clock" in callbacks else 0.0


class ClockProgress(ProgressCallback):
    """The trainer's bar, counting seconds of the budget instead of steps when the budget is time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.training_bar: Any = None

    def on_train_begin(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Opens the bar."""
        if self.clock.config.minutes:
            self.training_bar = tqdm(
                total=round(60 * self.clock.config.minutes), unit="s", dynamic_ncols=True
            )
        else:
            super().on_train_begin(args, state, control)

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Moves the bar."""
        if self.clock.config.minutes:
            now = min(round(self.clock.elapsed), self.training_bar.total)
            self.training_bar.update(now - self.training_bar.n)
        else:
            super().on_step_end(args, state, control)


class ClockTrainer(Trainer):
    """A trainer whose batches are ready-made and whose learning rate follows a clock."""

    def __init__(self, clock: Clock, stream: BatchStream, **arguments: Any) -> None:
        super().__init__(callbacks=[clock], train_dataset=stream, **arguments)
        self.clock, self.stream = clock, stream
        self.remove_callback(ProgressCallback)
        self.add_callback(ClockProgress(clock))

    def save_model(self, *args: Any, **options: Any) -> None:
        """Saves without a bar of its own below the bar of the run."""
        with without_bars():
            super().save_model(*args, **options)

    def get_train_dataloader(self) -> DataLoader:
        """Hands the stream's batches over as they are."""
        return DataLoader(self.stream, batch_size=None)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Returns Muon and AdamW."""
        config = self.clock.config
        trained: Any = model or self.model
        self.optimizer = MuonAdamW(trained, config.learning_rate, config.adamw_rate, config.weight_decay)
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """Returns a schedule that asks the clock."""
        paced: Any = optimizer or self.optimizer
        self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
            paced, lambda _: self.clock.config.rate(self.clock.progress)
        )
        return self.lr_scheduler


def _arguments(run: Path, config: TrainConfig) -> TrainingArguments:
    """Returns the trainer's settings; matrix products run in bfloat16 where the processor has it."""
    return TrainingArguments(
        output_dir=str(run),
        max_steps=config.steps or 10**8,
        learning_rate=config.learning_rate,
        max_grad_norm=1.0,
        bf16=fast_bfloat16(),
        use_cpu=not torch.cuda.is_available(),
        logging_steps=20,
        logging_first_step=True,
        save_strategy="steps",
        save_steps=10**8,
        save_total_limit=2,
        ignore_data_skip=True,
        include_num_input_tokens_seen="non_padding",
        report_to=[],
        seed=config.seed,
        dataloader_pin_memory=False,
    )


def fast_bfloat16() -> bool:
    """Tells whether this machine multiplies bfloat16 in hardware; emulated, it is far slower than float32."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _manifest(
    mixture: Mixture, config: TrainConfig, result: TrainResult, sources: dict[str, Any]
) -> dict[str, Any]:
    """Returns what a reader must know to judge or repeat the run."""
    stores = {
        name: {"weight": mixture.weights[name], **store.about} for name, store in mixture.stores.items()
    }
    machine = {
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }
    return {
        "recipe": dataclasses.asdict(config),
        "steps": result.steps,
        "tokens": result.tokens,
        "minutes": round(result.minutes, 2),
        "loss": round(result.loss, 4),
        "stores": stores,
        "machine": machine,
        **sources,
    }
