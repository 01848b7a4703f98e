"""Drive a debugger by a script of actions and show what it answers.

Every action is answered: by the state it leads to, by a reply (where a breakpoint bound, what an
expression is worth), or by the reason why it is not legal here; then the script goes on. The exit
status is 0 where the script was carried out, whatever became of the program; 1 where --strict ended it
at an action that is not legal; 2 for input that cannot serve. Actions and breakpoints: docs/debugger.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from debugworld.sandboxes.debugger import Action, Debugger, DebuggerError, parse_actions
from debugworld.script.arguments import STDIN, add_program_arguments, read_program, read_text
from debugworld.script.backend import BACKENDS, NEEDS_BOX, open_debugger
from debugworld.script.box import add_box_arguments, open_box, starting, waiting
from debugworld.script.output import STDOUT, json_output
from debugworld.script.step import Step, begin, perform
from debugworld.script.transcript import Line, Transcript

NAME = "run"
"""Word that calls this command."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add_program_arguments(parser)
    script = parser.add_mutually_exclusive_group(required=True)
    script.add_argument(
        "--actions",
        metavar="TEXT",
        help="what to do, parted by ; or line ends, such as 'break 7 if n > 3; continue; eval n*2'",
    )
    script.add_argument("--actions-file", metavar="FILE", help="the same from a file; - is stdin")
    add = parser.add_argument
    known = f"{', '.join(BACKENDS)} (default: %(default)s)"
    add("--backend", choices=BACKENDS, default=BACKENDS[0], metavar="NAME", help=known)
    add(
        "--model",
        metavar="DIR|URL",
        help="what dreams: a checkpoint, another model's folder, or 'http://host:port/v1?model=NAME' "
        "(default: the checkpoint that ships); a folder takes settings, such as "
        "'DIR?format=paper&jumps=direct' or 'shipped?granularity=line'",
    )
    add_box_arguments(parser)
    add("--strict", action="store_true", help="end at the first action that is not legal, with status 1")
    add("--json", metavar="OUT", help="write program, steps and exit to this file; - is stdout")


def run(args: argparse.Namespace) -> int:
    """Carries the script out and returns the exit status.

    Raises:
        DebuggerError: the program or the script cannot serve.
        SandboxError: the box cannot be had, or was lost.
        ModelError: the model cannot be loaded, or broke.
        OSError: a file cannot be read or written.
    """
    if args.actions_file == args.stdin == STDIN:
        raise DebuggerError("--actions-file - and --stdin - both want the standard input; give one a file")
    actions, program = _script(args), read_program(args)
    show = _printer(quiet=args.json == STDOUT)
    with ExitStack() as stack:
        write = stack.enter_context(json_output(args.json)) if args.json is not None else None
        box = stack.enter_context(open_box(args)) if args.backend in NEEDS_BOX else None
        with waiting("loading the debugger"):
            debugger = open_debugger(args.backend, program, box, args.model, args.max_events)
            stack.enter_context(debugger)
        with starting(box) if box is not None else waiting("dreaming"):
            debugger.reset(program)
        steps = list(_steps(debugger, actions, args.strict, show))
        end = steps[-1].state.exit
        if write is not None:
            write(
                {
                    "program": program.to_json(),
                    "backend": args.backend,
                    "python": box.python if box is not None else None,
                    "steps": [step.to_json() for step in steps],
                    "exit": end.to_json() if end is not None else None,
                }
            )
    refused = sum(bool(step.refused) for step in steps)
    place = f"exit {end.code} ({end.reason})" if end else f"stands at line {steps[-1].state.line}"
    told = f"Python {box.python}, {box.name} box" if box is not None else "no box"
    print(
        f"{program.name}: {len(steps) - 1} of {len(actions)} actions, {refused} refused, {place}, "
        f"{args.backend}, {told}",
        file=sys.stderr,
    )
    return 1 if args.strict and refused else 0


def _script(args: argparse.Namespace) -> list[Action]:
    text = args.actions if args.actions is not None else read_text(args.actions_file)
    try:
        return parse_actions(text)
    except ValueError as error:  # a number of thousands of digits is one, too
        raise DebuggerError(str(error)) from None


def _steps(
    debugger: Debugger, actions: list[Action], strict: bool, show: Callable[[Line], None]
) -> Iterator[Step]:
    """Does the actions one by one; shows and yields each step, the one before the first action too."""
    transcript = Transcript()
    step = begin(debugger)
    for action in [None, *actions]:
        if action is not None:
            show(transcript.asked(str(action)))
            step = perform(debugger, action)
        for line in transcript.answered(step):
            show(line)
        yield step
        if strict and step.refused:
            return


def _printer(quiet: bool) -> Callable[[Line], None]:
    """Returns what prints a line: coloured on a terminal, plain elsewhere, or not at all."""
    if quiet:
        return lambda line: None
    from rich.console import Console

    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
    return lambda line: console.print(line.text, style=line.style or None)
