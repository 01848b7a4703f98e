"""Report what policies that were trained in a dream are worth in the real world.

The same tasks and seeds for every number; a report that was stopped goes on from its --work folder.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from pathlib import Path
from typing import Any

from debugworld.agents.transfer import KINDS, NamedSubject, Settings, Tasks
from debugworld.envs import BUG_ENV_IDS
from debugworld.envs.errors import TaskError

NAME = "transfer"
"""Word that calls this command."""
ENVS = ("debugworld/ReachState-Features-v0", "debugworld/FaultLocalization-Features-v0")
"""Environments of the default report."""
SUBJECTS = ("shipped", "static", "noisy?rate=0.02", "noisy?rate=0.1", "noisy?rate=0.3", "copy")
"""Dreams of the default report."""
PROGRAMS = ("generated/1073741824/250?split=train", "generated/1073741824/600?split=test")
"""Programs to learn on and to judge on: of seeds that the shipped model has not seen, held out by program."""
BUGS = (
    "mutants/0/200?of=generated/1073741824/250?split=train",
    "mutants/0/100?of=generated/1073741824/600?split=test",
)
"""Bugs to learn on and to judge on: mutants of those programs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add = parser.add_argument
    add(
        "--env",
        action="append",
        metavar="ID",
        help=f"environment, may be repeated (default: {', '.join(ENVS)})",
    )
    add(
        "--subjects",
        nargs="+",
        default=SUBJECTS,
        metavar="[LABEL=]SUBJECT",
        help="dreams, the one that goals are held against first: a checkpoint's folder, shipped, static, "
        "ngram, noisy?rate=SHARE, copy, ... (default: %(default)s)",
    )
    add("--policies", nargs="+", default=KINDS, metavar="KIND", help="(default: %(default)s)")
    add("--seeds", type=int, default=3, metavar="N", help="learned policies of each kind (default: 3)")
    add("--steps", type=int, default=20_000, metavar="N", help="steps of each training (default: 20000)")
    add("--num-envs", type=int, default=32, metavar="N", help="played side by side in training (default: 32)")
    add("--episodes", type=int, default=100, metavar="N", help="of each policy in each world (default: 100)")
    add("--seed", type=int, default=0, help="of the first episode and policy (default: 0)")
    both = ("TRAIN", "TEST")
    add("--programs", nargs=2, default=PROGRAMS, metavar=both, help="task sets (default: %(default)s)")
    add(
        "--bugs",
        nargs=2,
        default=BUGS,
        metavar=both,
        help="bug sets, of tasks on bugs (default: %(default)s)",
    )
    add(
        "--localise",
        nargs="+",
        default=(),
        metavar="URI",
        help="judge localisers on these bug sets, too, for real",
    )
    add("--localise-episodes", type=int, default=0, metavar="N", help="of each, a bug each (as --episodes)")
    add(
        "--cases",
        type=int,
        default=40,
        metavar="N",
        help="programs that fidelity is measured on (default: 40)",
    )
    add("--max-states", type=int, default=500, metavar="N", help="states of a dream (default: 500)")
    for word, what in (
        ("option", "argument of the environments, such as max_lines=32"),
        ("learner", "setting of PPO, such as n_steps=32"),
        ("network", "setting of the policy's network, such as layers=0"),
    ):
        add(f"--{word}", nargs="+", type=_pair, default=[], metavar="KEY=NUMBER", help=what)
    add("--real-calls", type=float, default=0.1, metavar="SHARE", help="of re-grounding (default: 0.1)")
    add("--real-share", type=float, default=0.5, metavar="SHARE", help="of mixed training (default: 0.5)")
    add("--sandbox", help="docker, bwrap or process (default: process for programs that ship, else docker)")
    add("--minutes", type=float, metavar="M", help="begin nothing more after so long; --work goes on later")
    add("--jobs", type=int, default=1, metavar="N", help="processes (default: 1)")
    add("--work", type=Path, metavar="FOLDER", help="keep agents and records there, and go on from them")
    add("--json", metavar="OUT", help="write the report there; - is stdout")
    add("--html", type=Path, metavar="OUT", help="write its page there")


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status.

    Raises:
        TaskError: the tasks, dreams or policies cannot serve, or worlds were not asked the same.
        ModelError: a dream cannot be had, or the folder holds another report's records.
        SandboxError: the box cannot be had.
        OSError: a file cannot be written.
    """
    import tempfile
    from contextlib import ExitStack

    from rich.console import Console
    from rich.progress import Progress

    from debugworld.agents.transfer.analysis import report
    from debugworld.agents.transfer.sweep import sweep
    from debugworld.sandboxes.sources import code_version
    from debugworld.script.output import json_output, text_output
    from debugworld.transfer.page import report_page
    from debugworld.transfer.tables import report_tables
    from debugworld.worldmodel.fidelity.log import Log

    settings = _settings(args)
    if args.jobs < 1:
        raise TaskError(f"--jobs must be at least 1; got {args.jobs}")
    if args.minutes is not None and not args.minutes > 0:
        raise TaskError(f"--minutes must be above 0; got {args.minutes}")
    with ExitStack() as stack:
        write = stack.enter_context(json_output(args.json)) if args.json is not None else None
        page = None if args.html is None else text_output(args.html, parents=True)
        draw = None if page is None else stack.enter_context(page)
        folder = args.work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        packages = [f"debugworld.{name}" for name in ("sandboxes", "worldmodel", "envs", "agents")]
        log = Log(folder / "records.jsonl", {**settings.recipe(), "code": code_version(*packages)})
        progress = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
        bar = progress.add_task("transfer", total=None)

        def told_of(done: int, total: int, what: str) -> None:
            progress.update(bar, completed=done, total=total, description=what[:60])

        left = sweep(settings, log, folder, args.jobs, told_of, args.minutes and 60 * args.minutes)
        found = report(settings, log, command=_command(args), left=left)
        if write is not None:
            write(found)
        if draw is not None:
            draw(report_page(found))
    console = Console(stderr=args.json == "-")
    console.print(report_tables(found))
    if left:
        console.print(
            f"the time ended; {left} units are left{'' if args.work else ', and lost without --work'}"
        )
    return 0


def _settings(args: argparse.Namespace) -> Settings:
    tasks = [
        Tasks(env, *(args.bugs if env in BUG_ENV_IDS else args.programs))
        for env in dict.fromkeys(args.env or ENVS)
    ]
    return Settings(
        tasks=tuple(tasks),
        subjects=tuple(NamedSubject.parse(text) for text in args.subjects),
        kinds=tuple(args.policies),
        seeds=args.seeds,
        steps=args.steps,
        num_envs=args.num_envs,
        episodes=args.episodes,
        seed=args.seed,
        cases=args.cases,
        max_states=args.max_states,
        real_share=args.real_share,
        real_calls=args.real_calls,
        options=tuple(args.option),
        learner=tuple(args.learner),
        network=tuple(args.network),
        localise=tuple(args.localise),
        bugs=args.localise_episodes,
        sandbox=args.sandbox,
    )


def _pair(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    try:
        number: Any = int(value)
    except ValueError:
        try:
            number = float(value)
        except ValueError:
            number = None
    if not key or not equals or number is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no setting; write KEY=NUMBER")
    return key, number


def _command(args: argparse.Namespace) -> str:
    """Returns the command line, with no more than the names of files outside."""
    words = [_public(word) for word in sys.argv[1:]] if sys.argv[1:2] == [NAME] else [NAME]
    return shlex.join(["debugworld", *words])


def _public(word: str) -> str:
    """Returns a word without the folders of an absolute path in it."""
    return re.sub(r"(?:^|(?<=[=/]))/(?:[^/]+/)*", "", word.rstrip("/"))
