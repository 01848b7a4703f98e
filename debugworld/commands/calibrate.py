"""Fit how sure a neural debugger may be, and tell how well that holds.

One half of the programs is fitted to, the other half judged. The calibration is written beside the
checkpoint, where every neural debugger over it finds it. Programs that the checkpoint was trained on are
left out.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from debugworld.envs.errors import TaskError
from debugworld.envs.task_set import load_task_set
from debugworld.sandboxes import open_sandbox
from debugworld.script.output import json_output

NAME = "calibrate"
"""Word that calls this command."""
MAX_EVENTS = 1_000
"""States after which a program is left out."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add = parser.add_argument
    add("--model", type=Path, metavar="DIR", help="checkpoint folder (default: the one that ships)")
    uris = "builtin[/NAME], generated/SEED[/COUNT], file/PATH or jsonl/PATH"
    add("--tasks", default="generated/1073745000/400", metavar="URI", help=f"{uris} (default: %(default)s)")
    add("--per-action", type=int, default=2, metavar="N", help="moves of each kind asked of each program")
    add(
        "--granularity",
        choices=("expression", "line"),
        default="expression",
        help="how much one question to the model covers (default: %(default)s); it holds for that alone",
    )
    add("--seed", type=int, default=0, help="of the places and lines asked about (default: 0)")
    add("--sandbox", help="docker, bwrap or process (default: process for programs that ship, else docker)")
    add("--out", type=Path, metavar="DIR", help="write the calibration there (default: to the checkpoint)")
    add("--plot", type=Path, metavar="FILE", help="draw reliability and risk-coverage, as .png, .svg or .pdf")
    add("--json", metavar="OUT", help="write all numbers to this file; - is stdout")


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status.

    Raises:
        TaskError: the programs cannot serve.
        ModelError: the checkpoint cannot be loaded.
        SandboxError: the box cannot be had.
        OSError: a file cannot be written.
    """
    from rich.console import Console
    from rich.progress import Progress

    from debugworld.worldmodel.calibration import Calibration
    from debugworld.worldmodel.calibration_report import calibration_plot, calibration_table
    from debugworld.worldmodel.checkpoint import SHIPPED, training_programs
    from debugworld.worldmodel.neural import NeuralDebugger
    from debugworld.worldmodel.outcomes import collect, fit_outcomes, judge, policies
    from debugworld.worldmodel.statistics import rate

    if args.per_action < 1:
        raise TaskError(f"--per-action must be at least 1; got {args.per_action}")
    if args.plot is not None and args.plot.suffix not in (".png", ".svg", ".pdf"):
        raise TaskError(f"--plot {args.plot}: give a name that ends in .png, .svg or .pdf")
    tasks = load_task_set(args.tasks)
    seen = training_programs(args.model)
    fresh = [program for program in tasks.programs if int(program.digest[:16], 16) not in seen]
    folder = args.out or args.model or SHIPPED
    folder.mkdir(parents=True, exist_ok=True)
    kind = args.sandbox or ("process" if tasks.trusted else "docker")
    with ExitStack() as stack:
        write = stack.enter_context(json_output(args.json)) if args.json is not None else None
        neural = stack.enter_context(NeuralDebugger.load(args.model, granularity=args.granularity))
        box = stack.enter_context(open_sandbox(kind, max_events=MAX_EVENTS))
        progress = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
        bar = progress.add_task("programs", total=len(fresh))
        runs = ((program, box.record(program)) for program in fresh)
        found = collect(
            neural, runs, args.seed, args.per_action, done=lambda count: progress.update(bar, completed=count)
        )
        fitted = [outcome for group in found[::2] for outcome in group]
        judged = [outcome for group in found[1::2] for outcome in group]
        if not fitted or not judged:
            raise TaskError(
                f"{args.tasks}: at least two programs are needed that the checkpoint was not trained on and "
                f"that end within {MAX_EVENTS} states; there were {len(found)}"
            )
        about: dict[str, object] = {"tasks": args.tasks, "seed": args.seed, "per_action": args.per_action}
        about["granularity"] = args.granularity
        calibration = fit_outcomes(fitted)
        before, after = judge(judged, Calibration()), judge(judged, calibration)
        shares = {
            name: rate(right).to_json() for name, right in policies(judged, calibration).items() if right
        }
        told = {
            **about,
            "programs": {"fitted": len(found[::2]), "judged": len(found[1::2])},
            "before": {name: one.to_json() for name, one in before.items()},
            "after": {name: one.to_json() for name, one in after.items()},
            "jumps": shares,
        }
        replace(calibration, about=told).save(folder)
        if args.plot is not None:
            calibration_plot(judged, calibration, args.plot)
        if write is not None:
            write({**told, "calibration": calibration.to_json()})
    title = f"{args.tasks}: {len(found[1::2])} programs judged, {len(found[::2])} fitted, seed {args.seed}"
    console = Console(stderr=args.json == "-")
    console.print(calibration_table(before, after, title))
    for name, share in shares.items():
        console.print(f"moves by {name}: {share['mean']:.3f} [{share['low']:.3f}, {share['high']:.3f}] right")
    return 0
