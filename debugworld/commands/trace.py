"""Run a program once in a box and write its trace as JSON.

The trace holds every state with complete locals, and how the run ended. The exit status is 0 when
a trace was written, whatever became of the program.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from debugworld.sandboxes import SANDBOXES, open_sandbox
from debugworld.sandboxes.debugger import Program

NAME = "trace"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="the program, UTF-8 text")
    parser.add_argument(
        "--call", metavar="EXPR", help="trace this call, such as 'f(1, 2)'; without it, the file as a script"
    )
    parser.add_argument(
        "--sandbox", default="docker", help=f"where it runs: {', '.join(SANDBOXES)} (default: %(default)s)"
    )
    parser.add_argument("--python", metavar="EXE", help="the interpreter that runs it (default: this one)")
    parser.add_argument(
        "--max-events", metavar="N", type=int, default=10_000, help="states at most (default: %(default)s)"
    )
    parser.add_argument(
        "--timeout", metavar="S", type=float, default=10.0, help="seconds at most (default: %(default)s)"
    )
    parser.add_argument("--json", metavar="OUT", required=True, help="the file to write; - is stdout")


def run(args: argparse.Namespace) -> int:
    """Writes the trace and one line about it; returns 0."""
    program = Program.read(args.file, args.call)
    with open_sandbox(
        args.sandbox, max_events=args.max_events, timeout=args.timeout, python=args.python
    ) as sandbox:
        trace = sandbox.record(program)
    text = json.dumps(trace.to_json(), indent=1) + "\n"
    if args.json == "-":
        sys.stdout.write(text)
    else:
        Path(args.json).write_text(text, encoding="utf-8")
    print(
        f"{program.name}: {len(trace.states)} states, exit {trace.exit.code} ({trace.exit.reason}), "
        f"Python {trace.python}, {sandbox.name} box",
        file=sys.stderr,
    )
    return 0
