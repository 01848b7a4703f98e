"""How far a run is, when it saves, evaluates and ends; the same for all processes of a run."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import torch
from transformers import ProgressCallback, TrainerCallback, TrainerControl, TrainerState
from transformers.trainer_callback import ExportableState
from transformers.utils.logging import tqdm

from debugworld.worldmodel.recipe import TrainConfig


class Ending(StrEnum):
    """Why a process stops training."""

    FINISHED = "finished"
    PART = "part"
    SIGNAL = "signal"


class Clock(TrainerCallback, ExportableState):
    """Knows how far the run is, asks for checkpoints and evaluations now and then, and ends the run.

    Args:
        config: says what the budget is.
        elapsed: seconds that earlier parts of the run took.
        at: where in the data the run stands, see `BatchStream`; kept up to date by the trainer.
    """

    def __init__(self, config: TrainConfig, elapsed: float = 0.0, at: tuple[int, int] = (0, 0)) -> None:
        self.config, self.earlier, self.at = config, elapsed, at
        self.begun = self.saved = self.evaluated = time.monotonic()
        self.step = 0
        self.looked = elapsed >= 60 * config.look_after
        self.look_due = False
        self.interrupted = False
        self.ending: Ending | None = None
        self.progress = 0.0
        """Share of the budget that was used at the end of the last step, in [0, 1]."""

    @property
    def elapsed(self) -> float:
        """Seconds of training, earlier parts included."""
        return self.earlier + time.monotonic() - self.begun

    def on_train_begin(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Starts counting when the work starts."""
        self.begun = self.saved = self.evaluated = time.monotonic()
        self.step = state.global_step
        self.progress = self._share(self.elapsed)

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Decides after each step whether to save, to evaluate and to stop; the last one is reported."""
        config, now = self.config, time.monotonic()
        self.step = state.global_step
        elapsed, interrupted, save, evaluate = self._agree(
            args,
            self.elapsed,
            self.interrupted,
            now - self.saved > 60 * config.save_minutes,
            bool(config.evaluate_minutes) and now - self.evaluated > 60 * config.evaluate_minutes,
        )
        self.progress = self._share(elapsed)
        part = bool(config.part_minutes) and elapsed - self.earlier >= 60 * config.part_minutes
        if self.progress >= 1.0:
            self.ending = Ending.FINISHED
        elif interrupted:
            self.ending = Ending.SIGNAL
        elif part:
            self.ending = Ending.PART
        over = self.ending in (Ending.FINISHED, Ending.PART)
        self.look_due = bool(config.look_after) and not self.looked and elapsed >= 60 * config.look_after
        control.should_training_stop = self.ending is not None
        control.should_log |= control.should_training_stop
        control.should_save = bool(save) or control.should_training_stop
        control.should_evaluate = bool(evaluate) or self.look_due or (over and config.evaluate_minutes > 0)

    def on_save(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Notes when the last checkpoint was written."""
        self.saved = time.monotonic()

    def on_evaluate(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Notes when the last evaluation was made."""
        self.evaluated = time.monotonic()

    def state(self) -> dict[str, Any]:
        """Returns what a checkpoint keeps of the clock."""
        return {"args": {}, "attributes": {"elapsed": self.elapsed, "at": list(self.at)}}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Lets the first SIGINT or SIGTERM end the run after its step, saved; a second one at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def note(number: int, frame: Any) -> None:
            if self.interrupted:
                raise KeyboardInterrupt
            self.interrupted = True

        try:
            for number in before:
                signal.signal(number, note)
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @staticmethod
    def read(state: TrainerState) -> tuple[float, tuple[int, int] | None]:
        """Returns the training seconds that a checkpoint's state tells of, and where its data goes on."""
        callbacks: Any = state.stateful_callbacks
        kept = callbacks["Clock"]["attributes"] if "Clock" in callbacks else {}
        at = kept.get("at")
        return float(kept.get("elapsed", 0.0)), (int(at[0]), int(at[1])) if at else None

    def _share(self, elapsed: float) -> float:
        if self.config.steps:
            return min(1.0, self.step / self.config.steps)
        return min(1.0, elapsed / (60 * (self.config.minutes or 1)))

    @staticmethod
    def _agree(args: Any, *values: float) -> list[float]:
        """Returns the largest of each value over all processes."""
        if args.world_size == 1:
            return list(values)
        agreed = torch.tensor(values, dtype=torch.float32, device=args.device)
        torch.distributed.all_reduce(agreed, torch.distributed.ReduceOp.MAX)
        return [float(value) for value in agreed]


class ClockProgress(ProgressCallback):
    """The trainer's bar, counting seconds of the budget instead of steps when the budget is time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.training_bar: Any = None

    def on_train_begin(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Opens the bar."""
        if not self.clock.config.minutes:
            super().on_train_begin(args, state, control)
        elif state.is_world_process_zero:
            seconds = round(60 * self.clock.config.minutes)
            self.training_bar = tqdm(total=seconds, unit="s", dynamic_ncols=True)

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Moves the bar."""
        if not self.clock.config.minutes:
            super().on_step_end(args, state, control)
        elif self.training_bar is not None:
            now = min(round(self.clock.elapsed), self.training_bar.total)
            self.training_bar.update(now - self.training_bar.n)
