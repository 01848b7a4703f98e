"""The recipe in motion: trains a model on example stores, and goes on after an interruption.

`transformers.Trainer` does the work, in one process or many; here stands only what it has no setting for:
batches by tokens (see `batches`), a schedule by the clock, and a checkpoint every few minutes that is only
trusted when complete.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import platform
import shutil
import signal
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch.utils.data import DataLoader
from transformers import (
    PreTrainedTokenizerBase,
    ProgressCallback,
    Trainer,
    TrainerState,
    TrainingArguments,
    set_seed,
)

from debugworld.worldmodel.ahead import PREFIX
from debugworld.worldmodel.batches import BatchStream, Mixture
from debugworld.worldmodel.checkpoint import MANIFEST, export, training_programs
from debugworld.worldmodel.clock import Clock, ClockProgress, Ending
from debugworld.worldmodel.convolution import takes_owners
from debugworld.worldmodel.encoder import Encoder
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import MARKOV
from debugworld.worldmodel.heldout import HeldOut
from debugworld.worldmodel.optimizer import MuonAdamW, adamw, fast_bfloat16
from debugworld.worldmodel.quiet import drop_kernel_advice, without_bars
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.resident import ResidentStream
from debugworld.worldmodel.student import build_student, prepare_base
from debugworld.worldmodel.utilisation import peak_flops, token_flops
from debugworld.worldmodel.weights import altered, digests

RECIPE = "recipe.json"
"""File of a run folder that holds its `TrainConfig`."""
BASE = "base"
"""Folder of a run that holds the model it fine-tunes, as it was before."""
LOGS = "logs"
"""Folder of a run that TensorBoard reads."""
STATE = "trainer_state.json"
"""File that the trainer writes last, so that a checkpoint that has it is complete."""
FEW_KERNELS = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32")
"""Kernels that PyTorch keeps compiled for shapes of batches; its own 1024 cost gigabytes and save no time."""
WEIGHTS = ("model.safetensors", "adapter_model.safetensors", "pytorch_model_fsdp.bin")
"""Files of a checkpoint of which one must be whole: all weights, LoRA's, or those that were sharded."""
OPTIMIZER = ("optimizer.pt", "optimizer.bin")
"""Files of a checkpoint of which one must be whole; the second when it was sharded."""
DIGESTS = "sha256.json"
"""File with the digests of those of them that a checkpoint has; one from before has no such file."""

NO_SHARDING = (
    "fsdp shards over several GPUs, one process each: torchrun --nproc-per-node GPUS -m debugworld train ...;"
    " here accelerate would leave it out; set fsdp = false"
)


@dataclass(frozen=True)
class TrainResult:
    """What a finished run leaves.

    Attributes:
        checkpoint: folder for `load_model`.
        steps: optimizer steps.
        tokens: tokens seen, padding not counted.
        minutes: time in training, interruptions left out.
        loss: mean loss per completion token over the steps of the last report, the last step among them, in
            nats.
        ending: why this process stopped; after a signal nothing is exported.
        look: share of the simplest held-out examples that was right at the look; None if there was none.
    """

    checkpoint: Path
    steps: int
    tokens: int
    minutes: float
    loss: float
    ending: Ending = Ending.FINISHED
    look: float | None = None


def train(
    mixture: Mixture,
    out: Path,
    config: TrainConfig,
    *,
    resume: bool = False,
    sources: dict[str, Any] | None = None,
) -> TrainResult:
    """Trains, checkpoints into ``out/run`` and exports to ``out/checkpoint``.

    The first SIGINT or SIGTERM ends the run after its step with a checkpoint. Started by torchrun or
    accelerate, every process calls this with the same arguments.

    Args:
        mixture: example stores and their weights; on resumption the same ones.
        out: folder of this run.
        config: budget, size and pace; on resumption the one that ``out`` holds is used.
        resume: goes on from the newest complete checkpoint in ``out``; without one, starts again.
        sources: what the manifest shall say about where the examples came from; its entry ``programs``, a
            list of content hashes, is kept in a file of its own.

    Raises:
        ModelError: ``out`` holds another run and ``resume`` is false, or nothing to resume; its only
            checkpoint is damaged; the base model cannot be had; an example is too long; the device has no
            room for a batch.
    """
    os.environ.setdefault(*FEW_KERNELS)
    run = out / "run"
    if resume:
        config = TrainConfig.load(out / RECIPE)
    args = _arguments(run, config)
    with args.main_process_first(local=False):
        if args.process_index == 0:
            if run.exists() and not resume:
                raise ModelError(f"{out} holds a run already; resume it, or choose another folder")
            prepare(out, config, mixture.format)
            run.mkdir(parents=True, exist_ok=True)
            if not resume:
                config.save(out / RECIPE)
            newest_checkpoint(run)
    if config.threads:
        torch.set_num_threads(config.threads)
    set_seed(config.seed)
    drop_kernel_advice()
    last = newest_checkpoint(run)
    state = TrainerState.load_from_json(str(last / STATE)) if last else TrainerState()
    elapsed, at = Clock.read(state)
    model, tokenizer = build_student(out / BASE, config, mixture.format)
    check_lengths(mixture, config, tokenizer)
    order: dict[str, Any] = {
        "start": 0 if at else state.global_step * config.accumulate,
        "at": at or (0, 0),
        "rank": args.process_index,
        "world": args.world_size,
        "held_out": config.held_out,
        "alpha": config.sampling_alpha,
        "most": config.drawn_tokens,
        "marked": True,
    }
    if config.resident:
        stream: BatchStream = ResidentStream(
            args.device, mixture, tokenizer, config.tokens_per_batch, config.seed, **order
        )
    else:
        stream = BatchStream(
            mixture,
            tokenizer,
            config.tokens_per_batch,
            config.seed,
            row_tokens=config.row_tokens if config.packed else 0,
            owners=config.packed and takes_owners(model),
            **order,
        )
    clock = Clock(config, elapsed, stream.position(0))
    trainer = ClockTrainer(clock, stream, model=model, args=args, processing_class=tokenizer)
    if config.fsdp and not trainer.is_fsdp_enabled:
        raise ModelError(NO_SHARDING)
    if args.process_index == 0:
        trainer.write_to(out / LOGS, state.global_step)
    with clock.listening():
        try:
            trainer.train(resume_from_checkpoint=str(last) if last else None)
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"the device has no room for batches of {config.tokens_per_batch} tokens; go on with"
                f" --resume {out} --set tokens_per_batch={config.tokens_per_batch // 2}"
                f" --set accumulate={config.accumulate * 2}"
            ) from error
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    result = TrainResult(
        checkpoint=out / "checkpoint",
        steps=trainer.state.global_step,
        tokens=int(trainer.state.num_input_tokens_seen),
        minutes=clock.elapsed / 60,
        loss=losses[-1] if losses else float("nan"),
        ending=clock.ending or Ending.FINISHED,
        look=trainer.look,
    )
    if result.ending is not Ending.SIGNAL:
        trainer.export(result.checkpoint, _manifest(mixture, config, result, sources or {}, out / BASE))
    return result


def prepare(out: Path, config: TrainConfig, format: str = MARKOV) -> None:
    """Refuses what cannot be trained here, and puts a base model into the run's folder.

    To be called before examples are made, which takes longer than to find out.

    Args:
        out: folder of the run.
        config: its settings.
        format: what the examples are written in.

    Raises:
        ModelError: the base model cannot be had or does not go with the settings, or there is nothing to
            shard over.
    """
    if config.fsdp and int(os.environ.get("WORLD_SIZE", "1")) == 1:
        raise ModelError(NO_SHARDING)
    if config.base:
        prepare_base(out / BASE, config, format)
    else:
        build_student(out / BASE, config, format)


def check_lengths(mixture: Mixture, config: TrainConfig, tokenizer: PreTrainedTokenizerBase) -> None:
    """Refuses examples that would not fit, before anything is computed.

    Raises:
        ModelError: a store has an example that is longer than the context, a batch or a packed row.
    """
    encode = Encoder(tokenizer, mixture.format)
    limits = {"longest": config.longest, "tokens_per_batch": config.tokens_per_batch}
    if config.packed:
        limits["row_tokens"] = config.row_tokens
    name = min(limits, key=lambda key: limits[key])
    for store_name, store in mixture.stores.items():
        worst = int(store.lengths.max())
        if worst > limits[name]:  # the count of bytes and markers, which no byte-level tokenizer exceeds
            suspects = [store[int(i)] for i in (store.lengths > limits[name]).nonzero()[0]]
            lengths = [
                len(ids)
                for start in range(0, len(suspects), 1024)
                for ids, _ in encode(suspects[start : start + 1024])
            ]
            long = [length for length in lengths if length > limits[name]]
            if long:
                raise ModelError(
                    f"the store {store_name} has {len(long):,} examples of more than {limits[name]} tokens,"
                    f" the longest of {max(long):,}, and {name} is {limits[name]}; raise it to {max(long):,},"
                    " where the device has the memory, or write the store again without them"
                    " (ExampleStore.write(..., longest))"
                )


def newest_checkpoint(run: Path) -> Path | None:
    """Returns the newest whole checkpoint of a run folder, and removes those after it, which are not whole.

    One that a kill left half-written lacks its state, which is written last. One whose files are not as their
    digests say is damaged; that is said on stderr.

    Raises:
        ModelError: one is damaged, and there is none before it to go on from.
    """
    found = sorted(run.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    whole = next((path for path in reversed(found) if _complete(path)), None)
    for path in reversed(found[found.index(whole) + 1 :] if whole else found):
        if (path / STATE).exists():
            if whole is None:
                raise ModelError(
                    f"the checkpoint {path} is damaged, and there is no other to go on from; bring back a"
                    f" whole one, or delete {run} to start from the first step"
                )
            print(f"the checkpoint {path} is damaged and goes; going on from {whole.name}", file=sys.stderr)
        shutil.rmtree(path, ignore_errors=True)
    return whole


def _complete(checkpoint: Path) -> bool:
    """Tells whether all that a run goes on from can be read."""
    try:
        json.loads((checkpoint / STATE).read_text())
        told = json.loads((checkpoint / DIGESTS).read_text()) if (checkpoint / DIGESTS).exists() else {}
        if altered(checkpoint, told):
            return False
        weights = next(checkpoint / name for name in WEIGHTS if (checkpoint / name).exists())
        optimizer = next(checkpoint / name for name in OPTIMIZER if (checkpoint / name).exists())
        if weights.suffix == ".safetensors":
            with safe_open(weights, framework="pt"):
                pass
        elif not zipfile.is_zipfile(weights):
            return False
    except (OSError, ValueError, SafetensorError, StopIteration):
        return False
    return all(zipfile.is_zipfile(path) for path in (optimizer, checkpoint / "scheduler.pt"))


class ClockTrainer(Trainer):
    """A trainer whose batches are ready-made and whose learning rate follows a clock."""

    def __init__(self, clock: Clock, stream: BatchStream, **arguments: Any) -> None:
        super().__init__(callbacks=[clock], train_dataset=stream, **arguments)
        self.clock, self.stream = clock, stream
        self.remove_callback(ProgressCallback)
        self.add_callback(ClockProgress(clock))
        config = clock.config
        self.held_out = (
            HeldOut(stream.mixture, stream.tokenizer, stream.split)
            if config.evaluate_minutes or config.look_after
            else None
        )
        self.look: float | None = None
        self._flops = token_flops(self.model, _attended(stream))
        self._peak = peak_flops(fast_bfloat16())
        self._logged = (time.monotonic(), 0)

    def write_to(self, folder: Path, step: int) -> None:
        """Logs for TensorBoard from a step on, where it is installed."""
        if importlib.util.find_spec("tensorboard"):
            from torch.utils.tensorboard import SummaryWriter
            from transformers.integrations.integration_utils import TensorBoardCallback

            self.add_callback(TensorBoardCallback(SummaryWriter(str(folder), purge_step=step or None)))

    def save_model(self, *args: Any, **options: Any) -> None:
        """Saves without a bar of its own below the bar of the run."""
        with without_bars():
            super().save_model(*args, **options)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        """Saves them behind the weights, and notes the digests of all."""
        super()._save_optimizer_and_scheduler(output_dir)
        if self.args.should_save:
            files = [Path(output_dir) / name for name in (*WEIGHTS, *OPTIMIZER)]
            told = digests(path for path in files if path.is_file())
            (Path(output_dir) / DIGESTS).write_text(json.dumps(told, indent=1) + "\n")

    def get_train_dataloader(self) -> DataLoader:
        """Hands the stream's batches over as they are."""
        workers = self.clock.config.workers
        return DataLoader(
            self.stream,
            batch_size=None,
            num_workers=workers,
            worker_init_fn=_ignore_signals if workers else None,
            prefetch_factor=4 if workers else None,
            pin_memory=torch.cuda.is_available() and not self.clock.config.resident,
        )

    def get_batch_samples(self, *args: Any, **options: Any) -> Any:
        """Takes the batches of a step, and notes where the data goes on after them."""
        samples, items = super().get_batch_samples(*args, **options)
        for sample in samples:
            number, offset, *tokens = sample.pop("at").tolist()
            self.clock.at = number, offset
            if tokens:  # where the trainer does not count
                if self.args.world_size > 1:
                    tokens = self.accelerator.gather(torch.tensor(tokens, device=self.args.device)).tolist()
                self.state.num_input_tokens_seen += sum(tokens)
        return samples, items

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Returns Muon and AdamW, or AdamW."""
        config = self.clock.config
        trained: Any = model or self.model
        self.optimizer = (
            MuonAdamW(trained, config.learning_rate, config.adamw_rate, config.weight_decay)
            if config.optimizer == "muon"
            else adamw(trained, config.adamw_rate, config.weight_decay)
        )
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """Returns a schedule that asks the clock."""
        paced: Any = optimizer or self.optimizer
        self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
            paced, lambda _: self.clock.config.rate(self.clock.progress)
        )
        return self.lr_scheduler

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Adds speed and utilisation since the last report to a report of the loss."""
        if "loss" in logs:
            now, tokens = time.monotonic(), self.state.num_input_tokens_seen
            then, before = self._logged
            self._logged = (now, tokens)
            if before:
                rate = (tokens - before) / (now - then)
                logs["tokens_per_second"] = round(rate, 1)
                if self._peak:
                    logs["mfu"] = round(rate * self._flops / self._peak / self.args.world_size, 4)
        super().log(logs)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Scores each store's held-out examples, and takes the look when it is due."""
        if self.held_out is None:
            return {}
        metrics: dict[str, float] = {}
        for name, examples in self.held_out.stores.items():
            score = self.held_out.score(self.model, examples, self.args.device)
            metrics |= {f"eval_{name}_loss": score.loss, f"eval_{name}_exact": score.exact}
        if self.clock.look_due:
            self.clock.looked, self.clock.look_due = True, False
            score = self.held_out.score(self.model, self.held_out.simplest, self.args.device)
            metrics["eval_look_exact"] = self.look = score.exact
            self._tell(score.exact, score.count)
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _tell(self, exact: float, count: int) -> None:
        """Says what the look found, loudly where it is less than the recipe asks for."""
        config = self.clock.config
        if self.args.process_index:
            return
        minutes = self.clock.elapsed / 60
        found = f"after {minutes:.1f} minutes {exact:.1%} of the {count} shortest held-out examples"
        if exact >= config.look_least:
            print(f"look: {found} are right", file=sys.stderr)
            return
        lines = (
            f"WARNING: {found} are right; the recipe expects at least {config.look_least:.0%} by now.",
            "Something may be wrong with the data, the template or the learning rate. Stop with Ctrl-C (the",
            "run is saved) before it spends more time, or lower look_least if this is as it should be.",
        )
        bar = "!" * max(map(len, lines))
        print("\n".join(("", bar, *lines, bar)), file=sys.stderr, flush=True)

    def export(self, path: Path, manifest: dict[str, Any]) -> None:
        """Writes the checkpoint for inference: LoRA merged, extra heads left out, shards gathered."""
        model: Any = self.model
        weights = self.accelerator.get_state_dict(model) if self.is_fsdp_enabled else None
        if self.args.process_index == 0:
            model = self.accelerator.unwrap_model(model)
            if self.clock.config.lora_rank:
                model = model.merge_and_unload()
            weights = model.state_dict() if weights is None else weights
            weights = {name: value for name, value in weights.items() if not name.startswith(PREFIX)}
            model.config.use_cache = True
            export(model, self.stream.tokenizer, path, manifest, weights)
        if self.args.world_size > 1:
            torch.distributed.barrier()


def _attended(stream: BatchStream) -> float:
    """Returns about how many tokens a token attends to: half an example."""
    mixture = stream.mixture
    total = sum(mixture.weights.values())
    return sum(w / total * float(mixture.stores[n].lengths.mean()) for n, w in mixture.weights.items()) / 2


def _ignore_signals(_: int) -> None:
    """Leaves the answer to signals, which a whole group of processes gets, to the process that trains."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


def _arguments(run: Path, config: TrainConfig) -> TrainingArguments:
    """Returns the trainer's settings; matrix products run in bfloat16 where the processor has it."""
    sharded: dict[str, Any] = {"fsdp": True, "fsdp_config": {"version": 2}} if config.fsdp else {}
    return TrainingArguments(
        output_dir=str(run),
        max_steps=config.steps or 10**8,
        learning_rate=config.learning_rate,
        max_grad_norm=1.0,
        gradient_accumulation_steps=config.accumulate,
        activation_checkpointing=config.checkpointing,
        bf16=fast_bfloat16(),
        use_cpu=not torch.cuda.is_available(),
        ddp_find_unused_parameters=False,
        logging_steps=20,
        logging_first_step=True,
        save_strategy="steps",
        save_steps=10**8,
        save_total_limit=2,
        ignore_data_skip=True,
        include_num_input_tokens_seen="no" if config.resident else "non_padding",
        logging_nan_inf_filter=not config.resident,  # each look at a number makes the GPU wait
        report_to=[],
        seed=config.seed,
        dataloader_pin_memory=False,
        **sharded,
    )


def _manifest(
    mixture: Mixture, config: TrainConfig, result: TrainResult, sources: dict[str, Any], base: Path
) -> dict[str, Any]:
    """Returns what a reader must know to judge or repeat the run, and the run that its base came from."""
    stores = {
        name: {"weight": mixture.weights[name], **store.about} for name, store in mixture.stores.items()
    }
    machine = {
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }
    inherited: dict[str, Any] = {}
    if (base / MANIFEST).is_file():
        inherited["base"] = json.loads((base / MANIFEST).read_text())
        known = {f"{number:016x}" for number in training_programs(base)}
        sources = sources | {"programs": sorted(known | set(sources.get("programs", ())))}
    return {
        "format": mixture.format,
        "recipe": dataclasses.asdict(config),
        "steps": result.steps,
        "tokens": result.tokens,
        "minutes": round(result.minutes, 2),
        "loss": round(result.loss, 4),
        "stores": stores,
        "machine": machine,
        **inherited,
        **sources,
    }
