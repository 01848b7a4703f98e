"""Ask which arguments could have made a function end in a given way, or reach a line, and check the answers.

For an end there is no forward run: a model proposes argument lists, and the real debugger runs each of them
in a box; where none is right, one is looked for in the dream and run. For a line, calls like a known one are
dreamt forwards, and the most promising ones are run. The exit status is 0 where at least one was right, 1
where none was.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from debugworld.script.box import add_box_arguments, open_box
from debugworld.script.output import STDOUT, json_output

if TYPE_CHECKING:
    from debugworld.sandboxes import Sandbox
    from debugworld.worldmodel.completion import CompletionEngine
    from debugworld.worldmodel.inverse import End, Inverse

NAME = "inverse"
"""Word that calls this command."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add = parser.add_argument
    add("file", metavar="FILE", help="the program, UTF-8 text")
    add("--function", metavar="NAME", help="the function, Class.method for a method; of an end")
    end = parser.add_mutually_exclusive_group(required=True)
    end.add_argument("--returns", metavar="VALUE", help="what it returned, such as \"'abc'\"")
    end.add_argument("--raises", metavar="ERROR", help="what it raised: 'Type: message', or a type alone")
    end.add_argument("--reaches", type=int, metavar="LINE", help="a line that ran")
    add("--call", metavar="EXPR", help="of a line: a call that is known, such as 'f(1, [2])'")
    add(
        "--runs", type=int, default=8, metavar="N", help="of a line: most calls to run (default: %(default)s)"
    )
    add(
        "--screened",
        type=int,
        default=64,
        metavar="N",
        help="of a line: calls to dream at first (default: %(default)s)",
    )
    add(
        "--given",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an argument that is known; may be repeated",
    )
    add("--samples", type=int, default=8, metavar="N", help="answers to draw (default: %(default)s)")
    add(
        "--temperature",
        type=float,
        default=0.8,
        metavar="T",
        help="of the drawing; 0 takes the likeliest (default: %(default)s)",
    )
    add(
        "--search",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="where no drawn answer is right, look for one in the dream (not with --given)",
    )
    add("--seed", type=int, default=0, help="of the drawing (default: %(default)s)")
    add("--model", type=Path, metavar="DIR", help="checkpoint folder (default: the one that ships)")
    add_box_arguments(parser)
    add("--json", metavar="OUT", help="write all answers to this file; - is stdout")


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status.

    Raises:
        ModelError: the model cannot be loaded, or the function cannot be asked.
        ProgramError: the program cannot be debugged.
        SandboxError: the box cannot be had.
        OSError: a file cannot be read or written.
    """
    from rich.console import Console

    from debugworld.sandboxes.debugger import Program
    from debugworld.worldmodel.completion import Sampling
    from debugworld.worldmodel.engines import open_engine
    from debugworld.worldmodel.errors import ModelError
    from debugworld.worldmodel.inverse import End, Inverse
    from debugworld.worldmodel.inverse_table import inverse_table

    if args.samples < 1 or not 0 <= args.temperature < 100:
        raise ModelError("--samples must be at least 1 and --temperature from 0 on")
    if args.reaches is not None:
        return _reach(args)
    if args.function is None:
        raise ModelError("--returns and --raises are said of a function: name it with --function")
    given = dict(_given(text) for text in args.given)
    inverse = Inverse(Program.read(args.file).check(), args.function)
    end = End.returned(args.returns) if args.returns is not None else End(args.raises.strip(), True)
    inverse.question(end, given)
    with ExitStack() as stack:
        write = stack.enter_context(json_output(args.json)) if args.json is not None else None
        engine = open_engine(args.model)
        box = stack.enter_context(open_box(args))
        sampling = Sampling(args.temperature, seed=args.seed) if args.temperature else None
        proposals = inverse.propose(engine, end, args.samples, given, sampling)
        found = inverse.check(box, end, proposals, args.samples)
        if args.json != STDOUT:
            Console().print(inverse_table(found))
        searched = None
        if args.search and proposals and not found.valid and not given:
            searched = _search(args, inverse, end, engine, box)
        if searched is not None and args.json != STDOUT:
            Console().print(
                f"found in the dream: {searched['arguments']} "
                f"({'right' if searched['valid'] else 'wrong'}: {searched['outcome']} {searched['output']}; "
                f"{searched['dreamt']} argument lists dreamt of)",
                markup=False,
            )
        if write is not None:
            told = {"function": args.function, "seed": args.seed, "temperature": args.temperature}
            write({**told, "given": given, **found.to_json(), "searched": searched})
    return 0 if found.valid or (searched and searched["valid"]) else 1


def _search(
    args: argparse.Namespace, inverse: Inverse, end: End, engine: CompletionEngine, box: Sandbox
) -> dict[str, Any] | None:
    """Looks for an answer in the dream and runs it; returns what both tell as plain JSON data."""
    from debugworld.worldmodel.fidelity.subjects import open_subject
    from debugworld.worldmodel.inverse import Proposal
    from debugworld.worldmodel.search.dreams import Dreams
    from debugworld.worldmodel.search.inputs import AHEAD, InputSearch

    dreams = Dreams(open_subject(None if args.model is None else str(args.model), box), ahead=AHEAD)
    answer = InputSearch(dreams, engine, seed=args.seed).find(inverse, end)
    if answer is None or not answer.reaches:
        return None
    [checked] = inverse.check(box, end, [Proposal(answer.arguments, 0.0, 0.0)]).checked
    told = {"arguments": answer.arguments, "sure": answer.sure, "dreamt": answer.dreamt}
    return {**told, "valid": checked.valid, "outcome": checked.outcome, "output": checked.output}


def _reach(args: argparse.Namespace) -> int:
    """Looks for a call that runs a line."""
    from rich.console import Console

    from debugworld.agents.inverse_tester import AHEAD, InverseTester, search
    from debugworld.sandboxes.debugger import Program
    from debugworld.worldmodel.errors import ModelError
    from debugworld.worldmodel.fidelity.subjects import open_subject
    from debugworld.worldmodel.search.dreams import Dreams
    from debugworld.worldmodel.search.target import Target

    if args.call is None or args.runs < 1 or args.screened < 1:
        raise ModelError(
            "--reaches needs a known call, --call 'f(1)', and at least 1 for --runs and --screened"
        )
    program = Program.read(args.file, args.call).check()
    program.require_breakable(args.reaches)
    target = Target(args.reaches)
    with ExitStack() as stack:
        write = stack.enter_context(json_output(args.json)) if args.json is not None else None
        box = stack.enter_context(open_box(args))
        dreams = Dreams(open_subject(None if args.model is None else str(args.model), box), ahead=AHEAD)
        tester = InverseTester(dreams, screened=args.screened, seed=args.seed)
        found = search(box.record, program, target, tester.calls(program, target), args.runs)
        if args.json != STDOUT:
            for call in found.tried:
                Console().print(
                    f"{call}: {'runs' if call == found.found else 'does not run'} {target}", markup=False
                )
        if write is not None:
            write({"line": args.reaches, "seed": args.seed, "tried": list(found.tried), "found": found.found})
    return 0 if found.found else 1


def _given(text: str) -> tuple[str, str]:
    from debugworld.worldmodel.errors import ModelError

    name, sign, value = text.partition("=")
    if not sign or not name.strip().isidentifier():
        raise ModelError(f"--given {text!r} is no argument; write NAME=VALUE, such as --given \"sep=','\"")
    return name.strip(), value.strip()
