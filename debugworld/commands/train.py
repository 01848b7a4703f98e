"""Train a neural debugger, from scratch or from a trained model: programs, examples, training, a checkpoint.

All of a run stands in its folder: data/ (examples), run/ (what --resume goes on from, also on another
machine), logs/ (for TensorBoard) and checkpoint/ (the result, which --model of the other commands takes).
Ctrl-C saves before it leaves, also while examples are made. --smoke goes through everything in small.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from debugworld.worldmodel.errors import ModelError

if TYPE_CHECKING:
    from debugworld.worldmodel.data.examples import DataConfig
    from debugworld.worldmodel.recipe import Recipe, TrainConfig

NAME = "train"
"""Word that calls this command."""
MINUTES = 55.0
"""Training time by default."""
SMOKE_MINUTES = 0.4
"""Training time of --smoke."""
SMOKE_PROGRAMS = 200
"""Programs of each generator in --smoke."""
PATIENCE = 12 * 3600.0
"""Longest time in seconds that the processes of a run wait while the first one makes the data."""
WEIGHTS = "mixture.json"
"""File that stands in a finished folder of example stores."""
REQUEST = "examples.json"
"""File of a run folder that says what its examples are made of, so that --resume can go on making them."""
SMOKE_DRILLS = 2_000
"""Questions without a program in --smoke."""
SMOKE_LONGEST = 1024
"""Tokens that a model of a format reads in --smoke."""
SMOKE_STEPS = 40
"""Steps of held-out programs that --smoke asks its checkpoint for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add = parser.add_argument
    add(
        "--recipe",
        metavar="NAME|FILE",
        help="mini, nano, small, smollm2, or a TOML file; without one, a model like nano's for --minutes",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="change a setting of the recipe, such as steps=100 or data.generated=1000; may be repeated",
    )
    add(
        "--format",
        metavar="NAME",
        help="what the examples are written in: markov, our own questions (default), or walks over runs in "
        "paper, cwm, history or changes; the checkpoint says it",
    )
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
    add(
        "--runs",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a data set made by `debugworld data record`, may be repeated; its train split is learnt from",
    )
    add(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="JSON Lines of benchmark programs, may be repeated; what equals them but for names is left out",
    )
    add("--data", type=Path, metavar="DIR", help="example stores made earlier, with their mixture.json")
    add("--sandbox", default=None, help="docker, bwrap or process, for --programs (default: docker)")
    add("--seed", type=int, help="of programs, weights and order (default: 0)")
    add("--resume", type=Path, metavar="DIR", help="go on with the run in this folder")
    add("--smoke", action="store_true", help="everything in small, in under two minutes")


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status: 130 when a signal ended it, with all saved."""
    from debugworld.worldmodel.batches import Mixture
    from debugworld.worldmodel.clock import Ending
    from debugworld.worldmodel.training import train

    out = args.resume or args.out
    first = _is_first()
    resumed = args.resume is not None
    recipe = _resumed(args) if resumed else _begun(args)
    if first:
        try:
            _build(out)
        except KeyboardInterrupt:
            print(file=sys.stderr)  # the line of progress has no end
            print(f"stopped while examples were made; go on with: debugworld train --resume {out}")
            return 130
    _wait_for_first(out / "data")
    mixture = Mixture.open(out / "data")
    result = train(mixture, out, recipe, resume=resumed, sources=_sources(out / "data"))
    if not first:
        return 0
    print(f"trained {result.steps:,} steps, {result.tokens:,} tokens, {result.minutes:.1f} minutes")
    print(f"loss {result.loss:.3f} per token of an answer")
    if result.ending is Ending.SIGNAL:
        print(f"stopped, and saved at step {result.steps:,}; go on with: debugworld train --resume {out}")
        return 130
    if args.smoke:
        right, total = _look(result.checkpoint)
        print(f"held-out programs, step by step: {right} of {total} states right")
    print(f"checkpoint: {result.checkpoint}")
    if result.ending is Ending.PART:
        print(f"this part is over; start the next with: debugworld train --resume {out}")
    return 0


def _resumed(args: argparse.Namespace) -> TrainConfig:
    """Returns the configuration of the run that goes on; changes of the command line are kept in it."""
    from debugworld.worldmodel.data.examples import DataConfig
    from debugworld.worldmodel.recipe import TrainConfig
    from debugworld.worldmodel.training import RECIPE

    train, data = _settings(args)
    if args.recipe or args.data or args.format or data.keys() - {"workers"}:
        raise ModelError("--resume keeps the recipe and the data of its run; leave --recipe and --data out")
    config = TrainConfig.load(args.resume / RECIPE).resumed(train)
    if _is_first():
        config.save(args.resume / RECIPE)
        if data and (args.resume / REQUEST).exists():
            asked = DataConfig.load(args.resume / REQUEST)
            dataclasses.replace(asked, **data).save(args.resume / REQUEST)
    return config


def _begun(args: argparse.Namespace) -> TrainConfig:
    """Refuses what cannot be trained, makes the folder of a run, and returns the run's configuration."""
    from debugworld.worldmodel.batches import Mixture
    from debugworld.worldmodel.data.examples import check_sources
    from debugworld.worldmodel.training import RECIPE, prepare

    recipe, out = _recipe(args), args.out
    asked = _asked(args, recipe)
    if not _is_first():
        return recipe.train
    if out.exists() and any(path.suffix != ".part" for path in out.iterdir()):
        raise ModelError(f"{out} is not empty; go on with --resume {out}, or choose another --out")
    made = asked.format if asked is not None else Mixture.open(args.data).format
    if args.data is not None and args.format not in (None, made):
        raise ModelError(f"the examples in {args.data} are in the format {made}; leave --format out")
    if asked is not None:
        check_sources(asked)
    prepare(out, recipe.train, made)
    out.mkdir(parents=True, exist_ok=True)
    if asked is None:
        (out / "data").symlink_to(args.data.resolve())
    else:
        asked.save(out / REQUEST)
    recipe.train.save(out / RECIPE)
    return recipe.train


def _settings(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the settings of the command line: those of the run, and those of the data."""
    from debugworld.worldmodel.recipe import split_settings

    train, data = split_settings(args.settings)
    given = {key: getattr(args, key) for key in ("minutes", "seed") if getattr(args, key) is not None}
    return train | given, data


def _recipe(args: argparse.Namespace) -> Recipe:
    """Returns the recipe with the changes of the command line."""
    from debugworld.worldmodel.formats import MARKOV
    from debugworld.worldmodel.recipe import Recipe, TrainConfig

    train, data = _settings(args)
    if args.recipe:
        recipe = Recipe.load(args.recipe)
    else:
        recipe = Recipe(TrainConfig(minutes=SMOKE_MINUTES if args.smoke else MINUTES))
    if args.smoke and not {"minutes", "steps"} & set(train):
        train |= {"minutes": SMOKE_MINUTES, "part_minutes": 0.0}
    if args.format:
        data["format"] = args.format
    if args.smoke and data.get("format", MARKOV) != MARKOV:
        train = {"longest": SMOKE_LONGEST} | train
    return Recipe(recipe.train.changed(train), dict(recipe.data) | data)


def _asked(args: argparse.Namespace, recipe: Recipe) -> DataConfig | None:
    """Returns what examples the run is to make; None where it takes those of --data."""
    from debugworld.worldmodel.data.examples import DataConfig
    from debugworld.worldmodel.formats import MARKOV
    from debugworld.worldmodel.recipe import from_table

    if args.data is not None:
        idle = [f"data.{key}" for key in _settings(args)[1]]
        idle += [f"--{key}" for key in ("programs", "runs", "against", "sandbox") if getattr(args, key)]
        if idle:
            raise ModelError(f"--data takes examples as they were made; leave {', '.join(idle)} out")
        return None
    table = {"seed": recipe.train.seed} | dict(recipe.data)
    if args.programs:
        table["programs"] = [str(path) for path in args.programs]
    if args.runs:
        table["runs"] = [str(path) for path in args.runs]
    if args.against:
        table["against"] = [str(path) for path in args.against]
    if args.sandbox:
        table["sandbox"] = args.sandbox
    if table.get("format", MARKOV) != MARKOV:  # a walk is cut where the model's context ends
        if recipe.train.resident:
            raise ModelError("resident batches need examples without markers; set resident = false")
        table = {"longest": recipe.train.longest} | table
    if args.smoke:
        table |= {"generated": SMOKE_PROGRAMS, "statements": SMOKE_PROGRAMS, "drills": SMOKE_DRILLS}
    return from_table(DataConfig, table, "[data]")


def _build(out: Path) -> None:
    """Makes the example stores of a run that are not there yet."""
    from debugworld.worldmodel.data.examples import DataConfig, build_stores

    if (out / "data" / WEIGHTS).exists() or not (out / REQUEST).exists():
        return
    mixture, _ = build_stores(out / "data", DataConfig.load(out / REQUEST), _progress)
    for name, store in mixture.stores.items():
        print(f"{name}: {len(store):,} examples, {store.about['bytes']:,} characters")


def _is_first() -> bool:
    """Tells whether this is the process that prepares and prints: rank 0, or the only one."""
    return int(os.environ.get("RANK", "0")) == 0


def _wait_for_first(data: Path) -> None:
    """Holds the other processes until the first one has prepared the data and the recipe.

    Raises:
        ModelError: it takes longer than `PATIENCE`.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return
    import torch
    from accelerate import PartialState

    deadline = time.monotonic() + PATIENCE
    while not (data / WEIGHTS).exists():
        if time.monotonic() > deadline:
            raise ModelError(
                f"{data} has not been made in {PATIENCE / 3600:g} hours; make it first, with --data"
            )
        time.sleep(1)
    PartialState(cpu=not torch.cuda.is_available()).wait_for_everyone()


def _progress(source: str, done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\r{source}: {done} of {total} parts", end=end, file=sys.stderr, flush=True)


def _sources(data: Path) -> dict[str, Any]:
    """Returns what the examples were made of, and the hashes of the programs that they come from."""
    from debugworld.worldmodel.data.examples import SOURCES

    digests = {digest for file in data.glob("*.digests") for digest in file.read_text().split()}
    told = {"data": json.loads((data / SOURCES).read_text())} if (data / SOURCES).exists() else {}
    return {**told, "programs": sorted(digests)}


def _look(checkpoint: Path) -> tuple[int, int]:
    """Steps a checkpoint through generated programs that it has not seen; returns right states and all.

    One that speaks a format and has learnt little writes each answer to its limit, so it is asked for fewer.
    """
    from debugworld.sandboxes.debugger import Action, ActionKind, RecordedDebugger
    from debugworld.sandboxes.debugger.recorder import record
    from debugworld.worldmodel.checkpoint import format_of
    from debugworld.worldmodel.data.programs import generate
    from debugworld.worldmodel.data.split import EVALUATION_SEED
    from debugworld.worldmodel.formats import MARKOV
    from debugworld.worldmodel.lockstep import LockstepDebugger
    from debugworld.worldmodel.opening import open_dream

    steps = SMOKE_STEPS if format_of(checkpoint) == MARKOV else SMOKE_STEPS // 8
    right = total = 0
    with LockstepDebugger(RecordedDebugger(record), open_dream(checkpoint), "forced") as both:
        for seed in itertools.count(EVALUATION_SEED):
            both.reset(generate(seed).program)
            while not both.done:
                both.step(Action(ActionKind.STEP_INTO))
                right, total = right + (not both.latest), total + 1
                if total == steps:
                    return right, total
    raise AssertionError("seeds do not end")
