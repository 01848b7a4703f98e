"""Fit how sure a neural debugger may be, and tell how well that holds.

One half of the functions of each set of programs is fitted to, the other half judged. The calibration is
written beside the checkpoint, where every neural debugger over it finds it. Programs that the checkpoint was
trained on are left out.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from debugworld.envs.errors import TaskError
from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import ProgramError
from debugworld.script.output import json_output

if TYPE_CHECKING:
    from collections.abc import Callable

    from debugworld.fidelity.programs import Programs
    from debugworld.worldmodel.calibration import Calibration
    from debugworld.worldmodel.judgement import Judgement, Run, Source
    from debugworld.worldmodel.neural import NeuralDebugger

NAME = "calibrate"
"""Word that calls this command."""
MAX_EVENTS = 1_000
"""States after which a program is left out."""
DEFAULT = "generated/1073745000/400"
"""Programs that are taken where none are named: seeds that training never uses."""
JOBS = 48
"""Programs that are asked about side by side, so that their questions go to the model in one batch."""
TOGETHER = "together"
"""What the judgement of all sources at once is called."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add = parser.add_argument
    add("--model", type=Path, metavar="DIR", help="checkpoint folder (default: the one that ships)")
    add(
        "--tasks",
        action="append",
        metavar="URI",
        help="a task set or a file of rows, as for fidelity; may be repeated: each is split and judged by "
        f"itself, too (default: {DEFAULT})",
    )
    add("--held-out", action="store_true", help="of files, only what training leaves out, shuffled")
    add("--budget", type=int, metavar="N", help="most programs of each --tasks (default: all)")
    add(
        "--max-events",
        type=int,
        default=MAX_EVENTS,
        metavar="N",
        help="leave out programs with more states (default: %(default)s)",
    )
    add("--per-action", type=int, default=2, metavar="N", help="moves of each kind asked of each program")
    add(
        "--granularity",
        choices=("steps", "expression", "line"),
        help="how much one question to the model covers; it holds for that alone (default: as the model is "
        "asked where nothing is said)",
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
    from debugworld.worldmodel.checkpoint import SHIPPED
    from debugworld.worldmodel.judgement import blended, halves
    from debugworld.worldmodel.neural import NeuralDebugger
    from debugworld.worldmodel.outcomes import fit_outcomes

    for name in ("per_action", "budget", "max_events"):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            raise TaskError(f"--{name.replace('_', '-')} must be at least 1; got {getattr(args, name)}")
    if args.plot is not None and args.plot.suffix not in (".png", ".svg", ".pdf"):
        raise TaskError(f"--plot {args.plot}: give a name that ends in .png, .svg or .pdf")
    sources = _sources(args)
    folder = args.out or args.model or SHIPPED
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        write = stack.enter_context(json_output(args.json)) if args.json is not None else None
        neural = stack.enter_context(NeuralDebugger.load(args.model, granularity=args.granularity))
        progress = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
        bar = progress.add_task("programs", total=sum(len(one.pairs) for one in sources))
        found = [_runs(args, one, neural, lambda: progress.advance(bar)) for one in sources]
        fitted, judged = halves(found)
        if not any(fitted) or not any(judged):
            raise TaskError(
                f"{', '.join(one.name for one in sources)}: at least two functions are needed that the "
                f"checkpoint was not trained on and that end within {args.max_events} states; there were "
                f"{len({run.group for runs in (*fitted, *judged) for run in runs})}"
            )
        calibration = fit_outcomes(blended(fitted))
        names = [one.name for one in sources]
        before = _judged(names, judged, Calibration())
        after = _judged(names, judged, calibration)
        about: dict[str, Any] = {
            "tasks": names,
            **{name: getattr(args, name) for name in ("budget", "max_events", "per_action", "seed")},
            "granularity": neural.granularity.value,
            "programs": {
                name: {"fitted": len(mine), "judged": len(others)}
                for name, mine, others in zip(names, fitted, judged, strict=True)
            },
            "before": _told(before),
            "after": _told(after),
            "jumps": _jumps(names, judged, calibration),
        }
        own = [run.digest for runs in fitted for run in runs]
        replace(calibration, about={**about, "fitted": own}).save(folder)
        if args.plot is not None:
            calibration_plot(blended(judged), calibration, args.plot)
        if write is not None:
            write({**about, "calibration": calibration.to_json()})
    counts = {source: len(runs) for source, runs in _parts(names, judged).items()}
    console = Console(stderr=args.json == "-")
    for source, shares in about["jumps"].items():
        title = f"{source}: {counts[source]} programs judged, seed {args.seed}"
        console.print(calibration_table(before[source], after[source], title))
        for name, share in shares.items():
            told = f"{share['mean']:.3f} [{share['low']:.3f}, {share['high']:.3f}] right"
            console.print(f"moves by {name}: {told}", markup=False)
    return 0


def _sources(args: argparse.Namespace) -> list[Programs]:
    """Returns the programs of each source, without those that the checkpoint was trained on."""
    from debugworld.fidelity.programs import is_file, load_programs
    from debugworld.worldmodel.checkpoint import training_programs

    tasks = list(dict.fromkeys(args.tasks or [DEFAULT]))
    seen = training_programs(args.model)
    found = []
    for uri in tasks:
        chosen = args.held_out and (is_file(uri) or not any(map(is_file, tasks)))
        source = load_programs(uri, chosen, args.seed)
        both = zip(source.pairs, source.groups, strict=True)
        fresh = [(pair, group) for pair, group in both if int(pair[0].digest[:16], 16) not in seen]
        pairs, groups = [pair for pair, _ in fresh], [group for _, group in fresh]
        found.append(replace(source, pairs=pairs[: args.budget], groups=groups[: args.budget]))
    return found


def _runs(
    args: argparse.Namespace, source: Programs, neural: NeuralDebugger, done: Callable[[], None]
) -> list[Run]:
    """Asks about each program of a source, several side by side."""
    from debugworld.worldmodel.gathering import Gatherer
    from debugworld.worldmodel.judgement import Run
    from debugworld.worldmodel.outcomes import collect

    runs: dict[int, Run] = {}
    waiting = enumerate(zip(source.pairs, source.groups, strict=True))
    gatherer = Gatherer(neural.engine, JOBS)

    def work() -> None:
        own = neural.beside(gatherer)
        for place, ((program, _), group) in waiting:
            with suppress(ProgramError):  # it cannot be debugged
                outcomes = collect(own, program, box.record(program), args.seed, args.per_action)
                runs[place] = Run(group, program.digest[:16], outcomes)
            done()

    kind = args.sandbox or ("process" if source.trusted else "docker")
    with closing(gatherer), open_sandbox(kind, max_events=args.max_events) as box:
        gatherer.run([work] * JOBS)
    return [run for _, run in sorted(runs.items())]


def _judged(
    names: list[str], judged: list[list[Run]], calibration: Calibration
) -> dict[str, dict[str, Judgement]]:
    """Judges a confidence on each source, and on all where there are several."""
    from debugworld.worldmodel.judgement import judge

    return {name: judge(runs, calibration) for name, runs in _parts(names, judged).items()}


def _parts(names: list[str], judged: list[list[Run]]) -> dict[str, Source]:
    parts: dict[str, Source] = dict(zip(names, judged, strict=True))
    if len(names) > 1:
        parts[TOGETHER] = [run for runs in judged for run in runs]
    return parts


def _told(judged: dict[str, dict[str, Judgement]]) -> dict[str, Any]:
    return {name: {kind: one.to_json() for kind, one in kinds.items()} for name, kinds in judged.items()}


def _jumps(
    names: list[str], judged: list[list[Run]], calibration: Calibration
) -> dict[str, dict[str, dict[str, float]]]:
    """Returns how many moves over several states each policy gets right, by source."""
    from debugworld.worldmodel.outcomes import policies
    from debugworld.worldmodel.statistics import rate

    found = {}
    for source, runs in _parts(names, judged).items():
        moves = policies([outcome for run in runs for outcome in run.outcomes], calibration)
        found[source] = {name: rate(right).to_json() for name, right in moves.items() if right}
    return found
