"""Run a program once in a box and write its trace as JSON.

The trace holds every state with complete locals, and how the run ended. The exit status is 0 when
a trace was written, whatever became of the program.
"""

from __future__ import annotations

import argparse
import sys

from debugworld.script.arguments import add_program_arguments, read_program
from debugworld.script.box import add_box_arguments, open_box, starting
from debugworld.script.output import json_output

NAME = "trace"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add_program_arguments(parser)
    add_box_arguments(parser)
    parser.add_argument("--json", metavar="OUT", required=True, help="the file to write; - is stdout")


def run(args: argparse.Namespace) -> int:
    """Writes the trace and one line about it; returns 0."""
    program = read_program(args)
    with json_output(args.json) as write, open_box(args) as sandbox:
        with starting(sandbox):
            trace = sandbox.record(program)
        write(trace.to_json())
    print(
        f"{program.name}: {len(trace.states)} states, exit {trace.exit.code} ({trace.exit.reason}), "
        f"Python {trace.python}, {sandbox.name} box",
        file=sys.stderr,
    )
    return 0
