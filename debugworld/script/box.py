"""The words of the command line that choose a box, and what is shown while it starts."""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from debugworld.sandboxes import SANDBOXES, Sandbox, SandboxError, open_sandbox


def add_box_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that `open_box` reads."""
    add = parser.add_argument
    add("--sandbox", default="docker", help=f"where it runs: {', '.join(SANDBOXES)} (default: %(default)s)")
    add("--python", metavar="EXE", help="the interpreter that runs it (default: this one)")
    add("--requirements", metavar="FILE", help="packages that it can import in the box, as pip reads them")
    add("--max-events", metavar="N", type=int, default=10_000, help="states at most (default: %(default)s)")
    add("--timeout", metavar="S", type=float, default=10.0, help="seconds at most (default: %(default)s)")


def open_box(args: argparse.Namespace) -> Sandbox:
    """Opens the box that the arguments describe; it starts at its first run.

    Raises:
        SandboxError: there is no such box, this machine cannot have it, or a limit is none.
    """
    if args.requirements is not None and args.sandbox == "process":
        raise SandboxError(
            "--requirements is for the boxes with packages of their own; "
            "in the process box a program imports what its --python has"
        )
    more: dict[str, Any] = {} if args.requirements is None else {"requirements": args.requirements}
    return open_sandbox(
        args.sandbox, max_events=args.max_events, timeout=args.timeout, python=args.python, **more
    )


def starting(sandbox: Sandbox) -> AbstractContextManager[Any]:
    """Shows, on a terminal, that a box is being started, for as long as the ``with`` block lasts."""
    text = f"starting the {sandbox.name} box"
    if sandbox.name != "process":
        text += f"; the first time, Python {sandbox.python} is packed for it, which takes some seconds"
    return waiting(text)


def waiting(text: str) -> AbstractContextManager[Any]:
    """Shows, on a terminal and on stderr, what is waited for, for as long as the ``with`` block lasts."""
    if not sys.stderr.isatty():
        return nullcontext()
    try:
        from rich.console import Console
    except ModuleNotFoundError:  # tracing needs no extra
        print(f"{text} ...", file=sys.stderr)
        return nullcontext()
    return Console(stderr=True).status(text)
