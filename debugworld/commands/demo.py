"""Debug a program for real and in the neural debugger, and show where the dream departs.

Walks through the program in lockstep, scores the neural debugger on it, lets the agents play on
both backends, and writes a page with all of it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from debugworld.sandboxes import SANDBOXES

NAME = "demo"
"""Word that calls this command."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add = parser.add_argument
    add("program", nargs="?", metavar="PROGRAM", help="a Python file (default: a bundled program)")
    add("--call", metavar="EXPR", help="enter it by this call, such as 'f(1, 2)'; without it, as a script")
    add(
        "--sandbox",
        help=f"where it runs: {', '.join(SANDBOXES)} (default: docker; where no engine answers, process, "
        "for the bundled program only)",
    )
    add(
        "--model",
        metavar="DIR",
        help="checkpoint folder (default: the one that ships); takes settings, as 'DIR?granularity=line'",
    )
    add("--out", type=Path, default=Path("out/demo"), metavar="DIR", help="folder of the page (%(default)s)")
    add(
        "--max-states",
        type=int,
        default=300,
        metavar="N",
        help="most steps of the walk and states of a dream (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    import json

    from rich.console import Console

    from debugworld.demo.page import page
    from debugworld.demo.stages import Stages
    from debugworld.demo.study import study
    from debugworld.demo.subject import find_subject
    from debugworld.demo.tables import print_report

    subject = find_subject(args.program, args.call, args.sandbox)
    args.out.mkdir(parents=True, exist_ok=True)
    console = Console()
    if not console.is_terminal:
        console = Console(width=130)
    console.print(f"Box: {subject.box}", highlight=False)
    with Stages(Console(stderr=True)) as stages:
        report = study(subject, args.model, args.max_states, stages)
        with stages.stage("write the page"):
            html, data = args.out / "index.html", args.out / "demo.json"
            html.write_text(page(report), "utf-8")
            data.write_text(json.dumps(report.to_json(), indent=1) + "\n", "utf-8")
    print_report(report, console)
    console.print(f"\nPage: {html}\nData: {data}", highlight=False, soft_wrap=True)
    return 0
