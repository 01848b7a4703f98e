"""How often what a format leaves out of a state is found again by matching, on recorded runs.

python benchmarks/recovery.py [--programs FILE.jsonl.gz] [--rows 60] [--sandbox docker] [--json
out/recovery.json]

Without a file the programs are generated. Each run is written in the paper's and in CWM's format by step
into, and the paper's also as walks of all its actions, forward and backward; then every state is read back
after the true ones. Rows are programs; a state's part counts as right if it is the recorded one's.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from common.report import Report

from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import Action, ActionKind, Event, Program, State, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.trajectories import Step, Trajectory, sample
from debugworld.worldmodel.formats import Codec, open_codec
from debugworld.worldmodel.statistics import rate

PARTS = ("line", "function", "depth", "locals at the end", "exit")
Counts = dict[str, list[bool]]


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--programs", type=Path, help="JSON Lines with source and calls (default: generated)")
    parser.add_argument("--rows", type=int, default=60, help="programs drawn from it (default: %(default)s)")
    parser.add_argument("--states", type=int, default=120, help="most of a run (default: %(default)s)")
    parser.add_argument("--sandbox", default="docker", help="for a file's programs (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the draws (default: %(default)s)")
    parser.add_argument("--json", type=Path, default=Path("out/recovery.json"))
    args = parser.parse_args()
    report = Report("recovery", vars(args))
    counts: dict[str, Counts] = defaultdict(lambda: defaultdict(list))
    exact: dict[str, list[bool]] = defaultdict(list)
    duplicates: list[bool] = []
    runs = 0
    for program, trace in recorded(args):
        runs += 1
        texts = [program.source_line(line) for line in program.outline.stop_lines]
        duplicates += [texts.count(text) > 1 for text in texts]
        forward = stepped(program, trace, args.states)
        walks = {"cwm, step into": forward, "paper, step into": forward}
        walks["paper, forward"] = sample(program, trace, args.seed, 40)
        walks["paper, backward"] = sample(program, trace, args.seed, 40, backward=True)
        for name, walk in walks.items():
            for true, found in read(open_codec(name.partition(",")[0]), walk):
                right = compare(true, found)
                for part, value in right.items():
                    counts[name][part].append(value)
                exact[name].append(all(right.values()))
    table = report.table("Recovered, % of states", ["walks", "states", "all", *PARTS])
    for name, found in counts.items():
        cells = [f"{100 * rate(found[part]).mean:.2f}" if found.get(part) else "" for part in PARTS]
        table.add(name, str(len(exact[name])), f"{100 * rate(exact[name]).mean:.2f}", *cells)
        report.results[name] = {
            "all": rate(exact[name]).to_json(),
            "states": len(exact[name]),
            "parts": {part: rate(values).to_json() for part, values in found.items()},
        }
    share = sum(duplicates) / max(len(duplicates), 1)
    report.results["lines with another of the same text"] = share
    report.notes.append(f"{runs} runs; {100 * share:.1f} % of the lines have another of the same text")
    report.finish(args.json)


def recorded(args: argparse.Namespace) -> Iterator[tuple[Program, Trace]]:
    """Yields programs and their runs, those without a state left out."""
    if args.programs is None:
        for seed in range(args.rows):
            program = generate(args.seed + seed, 1 + seed % 5).program
            yield program, record(program)
        return
    data = args.programs.read_bytes()
    text = (gzip.decompress(data) if args.programs.suffix == ".gz" else data).decode()
    rows = [json.loads(line) for line in text.splitlines()]
    with open_sandbox(args.sandbox, max_events=2000, timeout=10.0) as box:
        for row in random.Random(args.seed).sample(rows, args.rows):
            program = Program(row["source"], row["calls"][0], row["id"])
            trace = box.record(program)
            if trace.states:
                yield program, trace


def stepped(program: Program, trace: Trace, most: int) -> Trajectory:
    """Returns the start of a run by step into."""
    into = Action(ActionKind.STEP_INTO)
    states = [*trace.states, trace.final][:most]
    steps = (Step(into if place else None, state) for place, state in enumerate(states))
    return Trajectory(program, (), tuple(steps))


def read(codec: Codec, walk: Trajectory) -> Iterator[tuple[State, State]]:
    """Yields each state but the first as it was, and as it is read back after the true ones before it."""
    for place in range(1, len(walk.steps)):
        before, step = replace(walk, steps=walk.steps[:place]), walk.steps[place]
        yield step.state, codec.shown(before, step)


def compare(true: State, found: State) -> dict[str, bool]:
    """Returns whether each part that a format leaves out is right, as far as the state has it."""
    if true.exit is not None:
        return {"exit": found.exit is not None and true.exit.code is found.exit.code}
    right = {part: getattr(true, part) == getattr(found, part) for part in ("line", "function", "depth")}
    if true.event in (Event.RETURN, Event.EXCEPTION):
        right["locals at the end"] = true.locals == found.locals
    return right


if __name__ == "__main__":
    main()
