"""Measure how true a debugger is: a model, a server or a baseline against the real one, by execution alone.

What it was trained on is found by content hash and left out. A sweep that was stopped goes on from its --log.
"""

from __future__ import annotations

import argparse
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from debugworld import __version__
from debugworld.envs.errors import TaskError
from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.sources import code_version
from debugworld.script.output import json_output, text_output

NAME = "fidelity"
"""Word that calls this command."""
MAX_EVENTS = 2_000
"""States after which a program is left out."""
TOGETHER = 8
"""Programs that a model is asked about at once where nothing else is said."""
DEFAULT = "generated/1073741824/60"
"""Programs of the default card: seeds that training never uses."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add = parser.add_argument
    add(
        "--model",
        metavar="SUBJECT",
        help="a checkpoint's folder, any causal language model, a GGUF file, the URL of a server, or one of "
        "copy, static, ngram, smollm2, noisy, real; a model takes ?jumps=direct, granularity=line, "
        "shown=NUMBER (questions that it is shown with their answers: 6 where it is none of ours) and, where "
        "it runs here, device=cuda (default: the checkpoint that ships)",
    )
    add(
        "--tasks",
        default=DEFAULT,
        metavar="URI",
        help="a task set, or a file of rows: programs, CRUXEval, LiveCodeBench's execution track, HumanEval, "
        "MBPP (default: %(default)s)",
    )
    add("--held-out", action="store_true", help="of a file, only what training leaves out, shuffled")
    add("--budget", type=int, metavar="CASES", help="most programs (default: all; dear measures ask fewer)")
    add(
        "--reach",
        type=int,
        default=500,
        metavar="STATES",
        help="ask nothing that leads over more states of the true run; it is counted (default: %(default)s)",
    )
    add("--minutes", type=float, metavar="M", help="begin nothing more after so long; --log goes on later")
    add("--measures", nargs="+", metavar="NAME", help="only these measures (default: all but output_draws)")
    add("--seed", type=int, default=0, help="of all draws (default: 0)")
    add("--sandbox", help="docker, bwrap or process (default: process for programs that ship, else docker)")
    add(
        "--failures",
        type=int,
        default=10,
        metavar="N",
        help="wrong answers that the card shows, each with a line of its program; 0 where those must not be "
        "passed on (default: %(default)s)",
    )
    add(
        "--together",
        type=int,
        default=TOGETHER,
        metavar="N",
        help="programs that a model is asked about at once; the card is the same (default: %(default)s)",
    )
    add("--ray", metavar="ADDRESS", help="spread the work over a Ray cluster: auto, HOST:PORT, or local")
    add("--log", type=Path, metavar="FILE", help="keep every answer there, and go on from it")
    add("--json", metavar="OUT", help="write the card there; - is stdout")
    add("--html", type=Path, metavar="OUT", help="write the card's page there")
    add(
        "--beside",
        nargs="+",
        type=Path,
        default=[],
        metavar="CARD",
        help="other cards that the tables and the page show, too",
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status.

    Raises:
        TaskError: the programs cannot serve.
        ModelError: the subject cannot be had, or the log is of another sweep.
        SandboxError: the box cannot be had.
        OSError: a file cannot be written.
    """
    from contextlib import ExitStack

    from rich.console import Console
    from rich.progress import Progress

    from debugworld.cli import INTERRUPTED
    from debugworld.fidelity.page import card_page
    from debugworld.fidelity.programs import load_programs
    from debugworld.fidelity.tables import card_tables
    from debugworld.worldmodel.fidelity.analysis import card
    from debugworld.worldmodel.fidelity.comparison import read_card
    from debugworld.worldmodel.fidelity.log import Log
    from debugworld.worldmodel.fidelity.subjects import open_subject
    from debugworld.worldmodel.fidelity.sweep import USUAL, Settings, content_digest, sweep

    beside = [read_card(path) for path in args.beside]
    if args.minutes is not None and not args.minutes > 0:
        raise TaskError(f"--minutes must be above 0; got {args.minutes}")
    if args.together < 1:
        raise TaskError(f"--together must be at least 1; got {args.together}")
    tasks = load_programs(args.tasks, args.held_out, args.seed)
    programs = tasks.pairs if args.budget is None else tasks.pairs[: max(args.budget, 0)]
    settings = Settings(
        args.seed,
        args.budget,
        tuple(args.measures or USUAL),
        reach=args.reach,
        seconds=None if args.minutes is None else 60 * args.minutes,
    )
    with ExitStack() as stack:
        write = stack.enter_context(json_output(args.json)) if args.json is not None else None
        page = None if args.html is None else text_output(args.html, parents=True)
        draw = None if page is None else stack.enter_context(page)
        kind = args.sandbox or ("process" if tasks.trusted else "docker")
        box = stack.enter_context(open_sandbox(kind, max_events=MAX_EVENTS))
        subject = open_subject(args.model, box)
        about = {"name": subject.name, **subject.about}
        code = code_version("debugworld.sandboxes", "debugworld.worldmodel")
        recipe = {"subject": about, "tasks": tasks.name, "programs": content_digest(programs), "code": code}
        log = Log(args.log, {**recipe, **settings.to_json()})
        progress = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
        bar = progress.add_task(subject.name, total=None)

        def told_of(done: int, total: int, what: str) -> None:
            progress.update(bar, completed=done, total=total, description=what[:50])

        if args.ray is not None:
            from debugworld.worldmodel.fidelity.spread import spread

            told = spread(args.ray, args.model, subject, programs, kind, MAX_EVENTS, log, settings, told_of)
        else:
            told = sweep(subject, programs, box, log, settings, told_of, args.together)
        if len(told.leaked) == len(programs):
            raise TaskError(
                f"{args.tasks}: the subject was trained on every one of these programs; choose others"
            )
        found: dict[str, Any] = card(subject, tasks.name, log, settings, told, max(args.failures, 0))
        found["programs"]["left_out_rows"] = tasks.left_out
        found["environment"] = _environment(code, kind, subject.about.get("device"), args.together)
        if "forced" not in found and args.measures is None:
            if told.interrupted:
                raise KeyboardInterrupt
            if told.left:
                raise TaskError(
                    f"the time ended before any program did; --minutes {args.minutes} is too short"
                )
            why = [f"{', '.join(names[:3])}: {why}" for why, names in found["programs"]["left_out"].items()]
            raise TaskError(f"{args.tasks}: nothing could be asked about; {'; '.join(why)}")
        if write is not None:
            write(found)
        if draw is not None:
            draw(card_page(found, beside))
    console = Console(stderr=args.json == "-")
    console.print(card_tables(found, beside))
    if told.leaked:
        console.print(f"{len(told.leaked)} programs were seen in training, by content hash, and are left out")
    if "errors" in found:
        why, count = next(iter(found["errors"]["why"].items()))
        console.print(f"{found['errors']['count']} units failed, {count} of them since: {why}", markup=False)
    if told.left:
        ended = "interrupted" if told.interrupted else "the time ended, or too much failed"
        lost = "go on with the same --log" if args.log else "what is left needs --log to go on later"
        console.print(f"{ended}; {told.left} units are left; {lost}")
    return INTERRUPTED if told.interrupted else 0


def _environment(code: str, sandbox: str, device: str | None, together: int) -> dict[str, Any]:
    """Returns what a card was made with; the device is None where no model ran here."""
    versions = {"debugworld": __version__, "python": platform.python_version(), "torch": version("torch")}
    return {**versions, "code": code, "sandbox": sandbox, "device": device, "together": together}
