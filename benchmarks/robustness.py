"""Does a program that is written in another way fool the neural debugger: programs before and after rewrites.

python benchmarks/robustness.py [--model DIR] [--crux FILE] [--programs FILE] [--json OUT]

Each program is put through each rewrite that must not change what it does (`worldmodel.data.rewrites`: names,
names that mislead, order of statements, forms of loops, comprehensions and branches); both forms are run, and
a rewrite that is not proved by that is left out. Of both forms is asked what the call comes to (a step return
from the entry) and some states a step ahead, each from its true history. A *broken* program is right before
and wrong after; *mended* ones are the other way round.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from common.report import Report
from neural import MAX_EVENTS, percent, recorded, sets
from rich.progress import track

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Action, ActionKind, Program, StateTree, Trace
from debugworld.worldmodel.checkpoint import training_programs
from debugworld.worldmodel.data.rewrites import REWRITES, prove, rewrite
from debugworld.worldmodel.engine import Engine
from debugworld.worldmodel.fidelity import measure
from debugworld.worldmodel.fidelity.exact import SLACK, parts
from debugworld.worldmodel.fidelity.outcomes import sign_test
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.statistics import Estimate, rate

RETURN, STEP = Action(ActionKind.STEP_RETURN), Action(ActionKind.STEP_INTO)
COLUMNS = (
    "rewrite",
    "programs",
    "outcome before",
    "after",
    "broken",
    "mended",
    "p",
    "step into before",
    "after",
)
Run = tuple[Program, Trace]
Pair = tuple[Run, Run]
"""A program with its run, before and after a rewrite."""


def main() -> None:
    """Measures, prints the tables and writes JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--model", type=Path, help="checkpoint folder (default: the one that ships)")
    add("--crux", type=Path, help="JSON Lines of CRUXEval rows")
    add("--programs", type=Path, help="JSON Lines of real programs; the held-out tenth is asked about")
    add("--generated", type=int, default=100, help="generator programs (default: %(default)s)")
    add("--rows", type=int, default=100, help="most rows of --crux (default: %(default)s)")
    add("--held-out", type=int, default=100, help="most of the held-out tenth (default: %(default)s)")
    add("--most-states", type=int, default=150, help="of a run before its rewrite (default: %(default)s)")
    add("--rewrites", nargs="+", default=list(REWRITES), choices=list(REWRITES))
    add("--seed", type=int, default=0)
    add("--sandbox", default="docker")
    add("--json", type=Path, default=Path("out/robustness.json"))
    args = parser.parse_args()

    files = {name: path.name for name in ("model", "crux", "programs") if (path := getattr(args, name))}
    report = Report("robustness", vars(args) | files)
    engine = Engine.load(args.model)
    seen = training_programs(args.model)
    with open_sandbox(args.sandbox, max_events=MAX_EVENTS) as box:
        for name, programs in sets(args, report).items():
            runs = [run for run in recorded(box, programs) if len(run[1].states) <= args.most_states]
            neural = NeuralDebugger(engine)
            asked = track(runs, f"{name}, as they are", transient=True)
            right = {run[0].digest: outcome(neural, run) for run in asked}
            table = report.table(f"{name}: rewritten programs, percent right before and after", COLUMNS)
            for kind in args.rewrites:
                tried = track(runs, f"{name}, {kind}", transient=True)
                found = list(pairs(box, tried, kind, args.seed, seen, args.most_states))
                if found:
                    told = compare(neural, found, right, args.seed)
                    report.results.setdefault(name, {})[kind] = told
                    table.add(kind, *written(told))
                else:
                    report.lack(f"{name}, {kind}", "no program can be rewritten so")
    report.notes.append("p: exact test of signs (McNemar, 1947) of broken against mended programs.")
    report.finish(args.json)


def pairs(
    box: Sandbox, runs: Iterable[Run], kind: str, seed: int, seen: frozenset[int], most: int
) -> Iterator[Pair]:
    """Yields the runs whose programs can be rewritten, with those of their other forms.

    Left out is a form that training saw, that does something else, or has more than twice ``most`` states.
    """
    for program, trace in runs:
        changed = rewrite(program, kind, seed)
        if changed is None or int(changed.program.digest[:16], 16) in seen:
            continue
        for form, after in recorded(box, [changed.program]):
            if prove(trace, after, changed.names) is None and len(after.states) <= 2 * most:
                yield (program, trace), (form, after)


def compare(
    neural: NeuralDebugger, found: Sequence[Pair], right: Mapping[str, bool], seed: int
) -> dict[str, Any]:
    """Asks about programs before and after one rewrite; ``right`` has the outcomes before, by digest."""
    before = [right[program.digest] for (program, _), _ in found]
    after = [outcome(neural, pair[1]) for pair in track(found, "outcomes", transient=True)]
    broken = sum(one and not two for one, two in zip(before, after, strict=True))
    mended = sum(two and not one for one, two in zip(before, after, strict=True))
    steps = [
        measure(neural, [pair[side] for pair in found], seed, 2, [STEP.kind]).exact("step_into").to_json()
        for side in (0, 1)
    ]
    return {
        "programs": len(found),
        "outcome": [rate(before).to_json(), rate(after).to_json()],
        "step_into": steps,
        "broken": broken,
        "mended": mended,
        "p": sign_test([1] * broken + [-1] * mended),
    }


def written(told: Mapping[str, Any]) -> list[str]:
    """Writes what `compare` found as a row of the table."""
    shares = [percent(Estimate(**cell)) for cell in (*told["outcome"], *told["step_into"])]
    return [
        *map(str, (told["programs"], *shares[:2], told["broken"], told["mended"])),
        f"{told['p']:.2g}",
        *shares[2:],
    ]


def outcome(neural: NeuralDebugger, run: Run) -> bool:
    """Whether the state after a step return from the entry is dreamt right."""
    program, trace = run
    tree = StateTree([*trace.states, trace.final])
    neural.max_states = 2 * len(tree) + SLACK
    neural.reset(program)
    return parts(neural.step(RETURN)) == parts(tree.shown(0, tree.target(0, RETURN)))


if __name__ == "__main__":
    main()
