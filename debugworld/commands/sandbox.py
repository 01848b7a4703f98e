"""Look after the boxes: which of them work here (doctor), and what killed ones left (reap).

doctor starts each box, runs a line of Python in it, and says how to get the ones that do not work; its
exit status is 0 where at least one box works that protects the host. reap removes containers and
control groups of this package whose owner is gone or whose deadline has passed, and nothing else.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from debugworld.sandboxes import SANDBOXES

NAME = "sandbox"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    words = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    doctor = words.add_parser(
        "doctor", help="start each box and say how to get those that do not work", description=__doc__
    )
    doctor.add_argument(
        "boxes", metavar="BOX", nargs="*", help=f"which of {', '.join(SANDBOXES)} (default: all)"
    )
    doctor.add_argument("--json", action="store_true", help="print JSON")
    reap = words.add_parser("reap", help="remove what killed boxes left", description=__doc__)
    reap.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    reap.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Does what was asked; returns 0, or 1 where no box works that protects the host."""
    return _doctor(args.boxes, args.json) if args.action == "doctor" else _reap(args.dry_run, args.json)


def _doctor(names: list[str], as_json: bool) -> int:
    from debugworld.sandboxes import doctor

    findings = doctor.examine(names or None)
    status = 0 if any(finding.works and finding.protects for finding in findings) else 1
    report = doctor.to_json(findings)
    if as_json:
        print(json.dumps(report, indent=1))
        return status

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    table = Table("box", "works", "what it is like")
    for finding in findings:
        facts = "\n".join(f"{name}: {value}" for name, value in finding.facts.items())
        if finding.why is not None:
            facts = "\n".join(filter(None, [facts, finding.why]))
        works = "[green]yes[/]" if finding.works else "[red]no[/]"
        safety = "" if finding.protects else "\n[yellow]unsafe: protects nothing[/]"
        table.add_row(f"{finding.name}{safety}", works, escape(facts))
    console.print(table)
    machine = "; ".join(f"{name}: {value}" for name, value in report["machine"].items())
    console.print(machine, markup=False, highlight=False)
    for finding in findings:
        if finding.remedy is not None:
            console.print(
                f"To get {finding.name}:  {finding.remedy}", markup=False, highlight=False, soft_wrap=True
            )
    return status


def _reap(dry_run: bool, as_json: bool) -> int:
    from debugworld.sandboxes import SandboxError
    from debugworld.sandboxes.engine import connect
    from debugworld.sandboxes.reaper import reap

    client, absence = None, None
    try:
        client = connect()
    except SandboxError as error:
        absence = str(error).partition(";")[0]
    try:
        found = reap(client, dry_run)
    finally:
        if client is not None:
            client.close()
    if as_json:
        rows = [asdict(leftover) for leftover in found]
        print(json.dumps({"removed": not dry_run, "leftovers": rows, "engine": absence}, indent=1))
        return 0
    for leftover in found:
        print(f"{'found' if dry_run else 'removed'}: {leftover.kind} {leftover.name}: {leftover.why}")
    if absence is not None:
        print(f"containers were not looked at: {absence}")
    if not found:
        print("nothing is left of boxes that ended")
    return 0
