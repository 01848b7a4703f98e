"""Measure how true a neural debugger is: exact match by action and part, teacher-forced.

Programs that the checkpoint was trained on are found by content hash and left out.
"""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path

from debugworld.envs.errors import TaskError
from debugworld.envs.task_set import TaskSet, load_task_set
from debugworld.sandboxes import Sandbox, open_sandbox

NAME = "fidelity"
"""Word that calls this command."""
MAX_EVENTS = 2_000
"""States after which a program is left out."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add = parser.add_argument
    add("--model", type=Path, metavar="DIR", help="checkpoint folder (default: the one that ships)")
    uris = "builtin[/NAME], generated/SEED[/COUNT], file/PATH or jsonl/PATH"
    add("--tasks", default="generated/1073741824/400", metavar="URI", help=f"{uris} (default: %(default)s)")
    add(
        "--per-action", type=int, default=2, metavar="N", help="answers asked of each program for each action"
    )
    add(
        "--granularity",
        choices=("expression", "line"),
        default="expression",
        help="how much one question to the model covers (default: %(default)s)",
    )
    add("--seed", type=int, default=0, help="of the places and lines asked about (default: 0)")
    add("--sandbox", help="docker, bwrap or process (default: process for programs that ship, else docker)")
    add("--json", type=Path, metavar="OUT", help="write all numbers to this file")


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    from rich.console import Console
    from rich.progress import Progress

    from debugworld.worldmodel.checkpoint import training_programs
    from debugworld.worldmodel.fidelity import measure
    from debugworld.worldmodel.fidelity.table import fidelity_table
    from debugworld.worldmodel.neural import NeuralDebugger

    if args.per_action < 1:
        raise TaskError(f"--per-action must be at least 1; got {args.per_action}")
    tasks = load_task_set(args.tasks)
    seen = training_programs(args.model)
    fresh = [program for program in tasks.programs if int(program.digest[:16], 16) not in seen]
    leaked = len(tasks.programs) - len(fresh)
    if not fresh:
        raise TaskError(
            f"{args.tasks}: the checkpoint was trained on every one of these programs; choose others"
        )
    with (
        NeuralDebugger.load(args.model, granularity=args.granularity) as neural,
        _box(args.sandbox, tasks) as box,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        bar = progress.add_task("programs", total=len(fresh))
        runs = ((program, box.record(program)) for program in fresh)
        fidelity = measure(
            neural, runs, args.seed, args.per_action, done=lambda count: progress.update(bar, completed=count)
        )
    if not fidelity.programs:
        raise TaskError(f"{args.tasks}: no program ran to its end within {MAX_EVENTS} states")
    title = (
        f"{args.tasks}: {fidelity.programs} programs, {args.granularity} by {args.granularity}, "
        f"seed {args.seed} ({leaked} seen in training left out)"
    )
    Console().print(fidelity_table(fidelity, title))
    if args.json is not None:
        told = {
            "tasks": args.tasks,
            "granularity": args.granularity,
            "seed": args.seed,
            "leaked": leaked,
            "machine": platform.machine(),
        }
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps({**told, **fidelity.to_json()}, indent=1) + "\n", "utf-8")
    return 0


def _box(name: str | None, tasks: TaskSet) -> Sandbox:
    return open_sandbox(name or ("process" if tasks.trusted else "docker"), max_events=MAX_EVENTS)
