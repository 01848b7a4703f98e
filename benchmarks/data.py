"""Data sets of runs: states/s and tokens/s by source, what mutation yields, bytes a state, reading speed.

python benchmarks/data.py [--programs 100] [--mutations 4] [--real FILE] [--box docker] [--seed 0]
                          [--json out/data.json]

One process makes, records and writes; seconds are of the wall, and beside them of this process's processor,
which leaves the boxes' own out. Tokens are the words, numbers and signs of what each state shows: its source
line, its value and the locals that changed. Without --real (JSON Lines as `jsonl/` takes them) the real
programs are not measured.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from common.report import Report, number

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Event, Program, ProgramError, Trace
from debugworld.worldmodel.data.alpha import keys_of
from debugworld.worldmodel.data.dataset import read_runs
from debugworld.worldmodel.data.mutation import Novelty, mutated
from debugworld.worldmodel.data.parts import write_rows
from debugworld.worldmodel.data.policies import walks
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.rows import load_rows
from debugworld.worldmodel.data.schema import Run, columns, row_of
from debugworld.worldmodel.data.statements import generate_statement

MAX_STATES = 2_000
SPEED = {
    "runs": "runs",
    "states": "states",
    "states/s": "states_per_second",
    "tokens/s": "tokens_per_second",
    "states/busy s": "states_per_busy_second",
}
"""Columns and the figures in them; likewise below."""
SPACE = {
    "bytes/state": "bytes_per_state",
    "of trace": "trace_bytes_per_state",
    "trace as lists": "listed_trace_bytes_per_state",
    "written states/s": "written_states_per_second",
    "read states/s": "read_states_per_second",
}
YIELD = {
    "calls": "calls",
    "tried": "tried",
    "kept": "kept",
    "kept a call": "kept_per_call",
    "new paths": "new_paths",
    "errors": "error",
    "no end": "never",
}
WALKS = {"walks": "walks", "actions": "actions", "actions/s": "actions_per_second"}
_TOKEN = re.compile(r"\w+|[^\w\s]")


class Clock:
    """Seconds of the wall and of this process's processor since it was made."""

    def __init__(self) -> None:
        self._wall, self._busy = time.perf_counter(), time.process_time()

    def spent(self) -> tuple[float, float]:
        """Returns both."""
        return time.perf_counter() - self._wall, time.process_time() - self._busy


def offered(name: str, args: argparse.Namespace) -> list[tuple[str, list[Program]]]:
    """Returns groups of programs of a source: the calls of one function together."""
    if name == "real":
        rows = list(load_rows(args.real))
        random.Random(args.seed).shuffle(rows)
        return [(row.group, list(row.programs)) for row in rows[: args.programs]]
    make = generate if name == "generated" else generate_statement
    seeds = range(args.seed, args.seed + args.programs)
    return [(f"{name}-{seed}", [make(seed, 1 + seed % 5).program]) for seed in seeds]


def tokens(trace: Trace) -> int:
    """Counts the words, numbers and signs of what the states show: changed locals, lines and values."""
    count, known = 0, {}
    for state in trace.states:
        before = {} if state.event is Event.CALL else known.get(state.depth, {})
        changed = [f"{name} {text}" for name, text in state.locals.items() if before.get(name) != text]
        known[state.depth] = state.locals
        count += 2 + len(_TOKEN.findall(" ".join((state.source, state.value or "", *changed))))
    return count


def record(box: Sandbox, program: Program) -> Trace | None:
    """Runs a program; None where it is refused, or does not end in time."""
    try:
        trace = box.record(program)
    except ProgramError:
        return None
    return None if trace.exit.reason == "timeout" else trace


def make(name: str, args: argparse.Namespace, box: Sandbox) -> tuple[list[Run], dict[str, float]]:
    """Makes and records the programs of a source; returns the runs and the figures."""
    clock = Clock()
    runs = []
    for group, programs in offered(name, args):
        for program in programs:
            trace = record(box, program)
            if trace is not None:
                runs.append(Run(program, trace, keys_of(program), group, "train", name))
    wall, busy = clock.spent()
    states, words = sum(len(r.trace.states) for r in runs), sum(tokens(r.trace) for r in runs)
    return runs, {
        "runs": len(runs),
        "states": states,
        "tokens": words,
        "wall_seconds": wall,
        "busy_seconds": busy,
        "states_per_second": states / wall,
        "tokens_per_second": words / wall,
        "states_per_busy_second": states / busy,
    }


def stored(runs: list[Run], folder: Path) -> dict[str, float]:
    """Writes runs as one shard and reads them again; checks that they are the same."""
    states = sum(len(run.trace.states) for run in runs)
    path = folder / "runs.parquet"
    clock = Clock()
    write_rows(path, map(row_of, runs), columns())
    written, _ = clock.spent()
    clock = Clock()
    again = list(read_runs(path))
    read, _ = clock.spent()
    if again != runs:
        raise SystemExit("what was read is not what was written")
    about, place = pq.read_metadata(path), columns().names.index("trace")
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    trace = sum(group.column(place).total_compressed_size for group in groups)
    raw = sum(len(row["trace"]) for row in pq.read_table(path, columns=["trace"]).to_pylist())
    return {
        "bytes_per_state": path.stat().st_size / states,
        "trace_bytes_per_state": trace / states,
        "uncompressed_trace_bytes_per_state": raw / states,
        "listed_trace_bytes_per_state": _listed(runs, folder / "lists.parquet") / states,
        "written_states_per_second": states / written,
        "read_states_per_second": states / read,
    }


def _listed(runs: list[Run], path: Path) -> int:
    """Bytes of the same traces as columns of lists, which the schema decided against."""
    rows = []
    for run in runs:
        row: dict[str, list[Any]] = {
            name: [] for name in ("event", "line", "depth", "names", "texts", "value", "out")
        }
        known: dict[int, dict[str, str]] = {}
        for state in (*run.trace.states, run.trace.final):
            before = {} if state.event is Event.CALL else known.get(state.depth, {})
            changed = [name for name, text in state.locals.items() if before.get(name) != text]
            known[state.depth] = state.locals
            row["event"].append(list(Event).index(state.event))
            row["line"].append(state.line)
            row["depth"].append(state.depth)
            row["names"].append(changed)
            row["texts"].append([state.locals[name] for name in changed])
            row["value"].append(state.value)
            row["out"].append(state.stdout.encode(errors="replace").decode())
        rows.append(row)
    pq.write_table(pa.Table.from_pylist(rows), path, compression="zstd")
    return path.stat().st_size


def mutations(name: str, args: argparse.Namespace, box: Sandbox) -> dict[str, float]:
    """Tries changed calls of a source's programs; returns what came of them, in all and per call."""
    counts: Counter[str] = Counter()
    clock = Clock()
    for _, programs in offered(name, args):
        known = Novelty()
        for program in programs:
            trace = record(box, program)
            if trace is not None:
                known.add(trace)
        for program in programs:
            counts["calls"] += 1
            for changed in mutated(program, args.seed, args.mutations):
                counts["tried"] += 1
                trace = record(box, changed)
                if trace is None or trace.exit.code.value != "normal":
                    counts[
                        "error" if trace is not None and trace.exit.code.value == "error" else "never"
                    ] += 1
                    continue
                run, path = known.add(trace)
                counts["kept"] += run
                counts["new_paths"] += path
    return {
        **counts,
        "kept_per_call": counts["kept"] / max(counts["calls"], 1),
        "wall_seconds": clock.spent()[0],
    }


def walked(runs: list[Run], args: argparse.Namespace, box: Sandbox) -> dict[str, float]:
    """Walks over runs; returns walks and actions a second."""
    clock = Clock()
    made = [each for run in runs[: args.programs // 4] for each in
            walks(run.program, run.trace, 4, args.seed, (), box.record, box.session)]  # fmt: skip
    wall, _ = clock.spent()
    actions = sum(len(each.actions) for each in made)
    return {"walks": len(made), "actions": actions, "actions_per_second": actions / wall}


def main() -> None:
    """Measures, prints tables and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--programs", type=int, default=100, help="of each source (default: %(default)s)")
    parser.add_argument("--mutations", type=int, default=4, help="tried for each call (default: %(default)s)")
    parser.add_argument("--real", type=Path, help="JSON Lines of real programs")
    parser.add_argument("--box", default="docker", help="docker, bwrap or process (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=Path("out/data.json"))
    args = parser.parse_args()

    name_of_real = args.real.name if args.real is not None else None
    report = Report("data", {**vars(args), "real": name_of_real, "json": args.json.name})
    speed = report.table("Making, one process", ["source", *SPEED])
    space = report.table("Shards", ["source", *SPACE])
    yields = report.table("Mutation", ["source", *YIELD])
    walking = report.table("Walks", ["source", *WALKS])
    limits = {"max_events": MAX_STATES, "timeout": 5.0}
    with open_sandbox(args.box, **limits) as box, tempfile.TemporaryDirectory() as folder:
        box.record(Program("x = 1\n"))
        for name in ("generated", "statements", "real"):
            if name == "real" and args.real is None:
                report.lack("real", "no file of real programs was given; use --real FILE")
                continue
            runs, made = make(name, args, box)
            kept = stored(runs, Path(folder))
            tried = mutations(name, args, box)
            walk = walked(runs, args, box)
            report.results[name] = {"making": made, "shards": kept, "mutation": tried, "walks": walk}
            for table, names, found in (
                (speed, SPEED, made),
                (space, SPACE, kept),
                (yields, YIELD, tried),
                (walking, WALKS, walk),
            ):
                table.add(name, *(number(found.get(key, 0)) for key in names.values()))
    report.finish(args.json)


if __name__ == "__main__":
    main()
