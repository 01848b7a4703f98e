"""Make data sets of recorded runs: record programs, walk over the runs, check for benchmark programs.

record runs the programs of sources in a box, on all cores, and writes Parquet shards with a card that
datasets.load_dataset reads; stopped, it goes on where it was. trajectories adds walks over the runs of such a
data set. check says which programs of a source equal a benchmark's but for their names. show prints a card.

Sources: generated/SEED/COUNT[?difficulty=N-M&tags=A,B], statements/SEED/COUNT, jsonl/PATH,
hf/NAME_OR_PATH?split=train&code=COLUMN&calls=COLUMN. docs/data.md has the whole of it.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from debugworld.script.numbers import from_one, from_zero

NAME = "data"
"""Word that calls this command."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    words = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)

    def action(name: str, summary: str) -> argparse.ArgumentParser:
        return words.add_parser(
            name,
            help=summary,
            description=__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    _add_record(action("record", "run programs and write what they did"))
    _add_trajectories(action("trajectories", "add walks over recorded runs"))
    check = action("check", "find benchmark programs among a source's")
    check.add_argument("--source", action="append", required=True, metavar="URI", help="may be repeated")
    check.add_argument("--against", action="append", required=True, type=Path, metavar="FILE", help=_AGAINST)
    check.add_argument("--json", action="store_true", help="print JSON")
    show = action("show", "print the card of a data set")
    show.add_argument("folder", type=Path)
    show.add_argument("--json", action="store_true", help="print JSON")


_AGAINST = "JSON Lines of benchmark programs; may be repeated"


def _add_record(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--source", action="append", required=True, metavar="URI", help="of programs; may be repeated")
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the data set")
    add("--calls", type=from_zero, default=0, metavar="N", help="calls of each program (default: all)")
    add("--mutations", type=from_zero, default=0, metavar="N", help="changed calls tried a call (default: 0)")
    add("--rewrite", action="append", default=[], metavar="NAME",
        help="also record each program of the test split rewritten so, as the split robustness; all stands "
        "for every rewrite; may be repeated")  # fmt: skip
    add("--against", action="append", default=[], type=Path, metavar="FILE",
        help=f"{_AGAINST}; programs that equal one are left out")  # fmt: skip
    add("--seed", type=int, default=0, help="of mutations and rewrites (default: 0)")
    add("--max-states", type=from_one, default=2_000, metavar="N", help="of one run (default: %(default)s)")
    _add_box(parser)


def _add_trajectories(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("folder", type=Path, help="a data set of runs")
    add("--walks", type=from_one, default=4, metavar="N", help="over each run (default: %(default)s)")
    add("--policy", action="append", default=[], metavar="NAME", help="may be repeated (default: all)")
    add(
        "--max-steps",
        type=from_one,
        default=64,
        metavar="N",
        help="actions of a walk (default: %(default)s)",
    )
    add("--seed", type=int, default=0, help="of the walks (default: 0)")
    add("--anew", action="store_true", help="in place of trajectories with other settings that are there")
    _add_box(parser)


def _add_box(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--sandbox", default="docker", help="docker, bwrap or process (default: %(default)s)")
    add("--timeout", type=float, default=5.0, metavar="S", help="seconds for one run (default: %(default)s)")
    add("--workers", type=from_one, default=0, metavar="N", help="processes (default: one a core)")
    add("--json", action="store_true", help="print the card as JSON")


def run(args: argparse.Namespace) -> int:
    """Does what was asked; returns 0, or 1 where ``check`` found a benchmark program."""
    actions = {"record": _record, "trajectories": _trajectories, "check": _check, "show": _show}
    return actions[args.action](args)


def _record(args: argparse.Namespace) -> int:
    from debugworld.worldmodel.data.recording import RecordConfig, record_dataset
    from debugworld.worldmodel.data.rewrites import REWRITES

    rewrites = tuple(REWRITES) if "all" in args.rewrite else tuple(dict.fromkeys(args.rewrite))
    config = RecordConfig(
        tuple(args.source),
        args.calls,
        args.mutations,
        rewrites,
        tuple(args.against),
        args.seed,
        args.sandbox,
        args.max_states,
        args.timeout,
        args.workers,
    )
    with _progress() as progress:
        card = record_dataset(config, args.out, progress)
    _tell(args.out, card, args.json)
    return 0


def _trajectories(args: argparse.Namespace) -> int:
    from debugworld.worldmodel.data.walk_set import WalkConfig, make_trajectories

    config = WalkConfig(
        args.walks, tuple(args.policy), args.seed, args.max_steps, args.sandbox, args.timeout, args.workers
    )
    with _progress() as progress:
        told = make_trajectories(args.folder, config, progress, args.anew)
    if args.json:
        print(json.dumps(told, indent=1))
        return 0
    for split, about in told["splits"].items():
        print(f"{split}: {about['trajectories']:,} trajectories, {about['actions']:,} actions")
    for policy, count in told["policies"].items():
        print(f"{policy}: {count:,}, {told['reached'][policy]:,} of them reached their goal")
    return 0


def _check(args: argparse.Namespace) -> int:
    from debugworld.sandboxes.debugger import ProgramError
    from debugworld.worldmodel.data.contamination import Benchmarks
    from debugworld.worldmodel.data.sources import open_source

    benchmarks = Benchmarks.load(args.against)
    counts: Counter[str] = Counter()
    found: list[dict[str, str]] = []
    for uri in args.source:
        source, last = open_source(uri), None
        for candidate in source.candidates(0, len(source)):
            program = candidate.program
            if (program.name, program.source) == last:
                continue
            last = (program.name, program.source)
            counts["programs"] += 1
            try:
                reason = benchmarks.contaminated(program)
            except (ProgramError, RecursionError):
                counts["refused"] += 1
                continue
            if reason is not None:
                found.append({"source": uri, "program": program.name, "reason": reason})
    if args.json:
        print(json.dumps({**counts, "contaminated": found}, indent=1))
    else:
        for each in found:
            print(f"{each['program']}: {each['reason']}")
        print(f"{len(found)} of {counts['programs']} programs; {counts['refused']} do not parse")
    return 1 if found else 0


def _show(args: argparse.Namespace) -> int:
    from debugworld.worldmodel.data.dataset import read_card

    _tell(args.folder, read_card(args.folder), args.json)
    return 0


def _tell(folder: Path, card: dict[str, Any], as_json: bool) -> None:
    """Prints a card, or the main of it."""
    if as_json:
        print(json.dumps(card, indent=1))
        return
    for split, about in card["splits"].items():
        print(f"{split}: {about['programs']:,} programs, {about['runs']:,} runs, {about['states']:,} states")
    for what in ("programs", "dropped"):
        told = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in card[what].items())
        print(f"{what}: {told}")
    figures = card["figures"]
    print(f"{figures['bytes']:,} bytes, {figures['bytes_per_state']} a state; ", end="")
    print(f"{figures['states_per_busy_second']} states/s a core")
    print(f"data set: {folder}")


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Shows progress on stderr, with a bar where rich is installed and there is a terminal."""
    try:
        from rich.console import Console
        from rich.progress import Progress, TaskID
    except ModuleNotFoundError:
        yield lambda *_: None
        return
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield show
