"""Train a neural debugger from scratch: programs, examples, training, a checkpoint.

All of a run stands in its folder: data/ (examples), run/ (what --resume goes on from) and checkpoint/ (the
result, which --model of the other commands takes). --smoke goes through everything in small.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import sys
from pathlib import Path
from typing import Any

from debugworld.worldmodel.errors import ModelError

NAME = "train"
"""Word that calls this command."""
MINUTES = 55.0
"""Training time by default."""
SMOKE_MINUTES = 0.4
"""Training time of --smoke."""
SMOKE_PROGRAMS = 200
"""Programs of each generator in --smoke."""
SMOKE_STEPS = 40
"""Steps of held-out programs that --smoke asks its checkpoint for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add = parser.add_argument
    add(
        "--out",
        type=Path,
        default=Path("out/train"),
        metavar="DIR",
        help="folder of the run (default: %(default)s)",
    )
    add("--minutes", type=float, metavar="M", help=f"training time, without the data (default: {MINUTES:g})")
    add(
        "--programs",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="JSON Lines of real programs, may be repeated; run in the sandbox, a tenth of them held out",
    )
    add("--sandbox", default="docker", help="docker, bwrap or process, for --programs (default: docker)")
    add("--seed", type=int, default=0, help="of programs, weights and order (default: 0)")
    add("--resume", type=Path, metavar="DIR", help="go on with the run in this folder")
    add("--smoke", action="store_true", help="everything in small, in under two minutes")


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    from debugworld.worldmodel.batches import Mixture
    from debugworld.worldmodel.recipe import TrainConfig
    from debugworld.worldmodel.training import train

    minutes = args.minutes if args.minutes is not None else SMOKE_MINUTES if args.smoke else MINUTES
    config, out = TrainConfig(minutes=minutes, seed=args.seed), args.resume or args.out
    if args.resume is None:
        if out.exists() and any(out.iterdir()):
            raise ModelError(f"{out} is not empty; go on with --resume {out}, or choose another --out")
        _build(args, out / "data")
    mixture = Mixture.open(out / "data")
    result = train(mixture, out, config, resume=args.resume is not None, sources=_sources(out / "data"))
    print(f"trained {result.steps:,} steps, {result.tokens:,} tokens, {result.minutes:.1f} minutes")
    print(f"loss {result.loss:.3f} per token of an answer")
    if args.smoke:
        right, total = _look(result.checkpoint)
        print(f"held-out programs, step by step: {right} of {total} states right")
    print(f"checkpoint: {result.checkpoint}")
    return 0


def _build(args: argparse.Namespace, data: Path) -> None:
    """Makes the example stores of a run."""
    from debugworld.worldmodel.data.examples import DataConfig, build_stores

    config = DataConfig(seed=args.seed, programs=tuple(args.programs), sandbox=args.sandbox)
    if args.smoke:
        config = dataclasses.replace(config, generated=SMOKE_PROGRAMS, statements=SMOKE_PROGRAMS)
    mixture, _ = build_stores(data, config, _progress)
    mixture.save(data)
    for name, store in mixture.stores.items():
        print(f"{name}: {len(store):,} examples, {store.about['bytes']:,} characters")


def _progress(source: str, done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\r{source}: {done} of {total} parts", end=end, file=sys.stderr, flush=True)


def _sources(data: Path) -> dict[str, Any]:
    """Returns the hashes of the programs that the examples come from."""
    digests = {digest for file in data.glob("*.digests") for digest in file.read_text().split()}
    return {"programs": sorted(digests)}


def _look(checkpoint: Path) -> tuple[int, int]:
    """Steps a checkpoint through generated programs that it has not seen; returns right states and all."""
    from debugworld.sandboxes.debugger import Action, ActionKind, RecordedDebugger
    from debugworld.sandboxes.debugger.recorder import record
    from debugworld.worldmodel.data.examples import EVALUATION_SEED
    from debugworld.worldmodel.data.programs import generate
    from debugworld.worldmodel.lockstep import LockstepDebugger
    from debugworld.worldmodel.neural import NeuralDebugger

    right = total = 0
    with LockstepDebugger(RecordedDebugger(record), NeuralDebugger.load(checkpoint), "forced") as both:
        for seed in itertools.count(EVALUATION_SEED):
            both.reset(generate(seed).program)
            while not both.done:
                both.step(Action(ActionKind.STEP_INTO))
                right, total = right + (not both.latest), total + 1
                if total == SMOKE_STEPS:
                    return right, total
    raise AssertionError("seeds do not end")
