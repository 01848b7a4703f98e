"""Look-ups on a recorded trace: one cursor in a loop, and 1024 cursors at once in numpy.

python benchmarks/lookups.py [--seconds 1] [--repeats 5] [--cursors 1024] [--seed 0] [--json out/lookups.json]

Moves are drawn beforehand from those that take no line. In the loop, `step` answers the state each time
and a run is begun anew at its exit; in numpy, one call moves every cursor.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common.report import Report, spread
from common.targets import walk

from debugworld.sandboxes.batch import RecordedBatch, TraceBatch
from debugworld.sandboxes.debugger import BASIC_KINDS, Action, ActionKind, Program, RecordedDebugger, Trace
from debugworld.sandboxes.debugger.recorder import record

LOOP_GOAL, BATCH_GOAL = 2e6, 20e6
MIXES: dict[str, list[ActionKind]] = {
    "step_into": [ActionKind.STEP_INTO],
    "step_into and step_over": [ActionKind.STEP_INTO, ActionKind.STEP_OVER],
    "forward and back": [
        kind
        for kind in BASIC_KINDS
        if kind.moves
        and not kind.takes_line
        and kind not in (ActionKind.CONTINUE, ActionKind.REVERSE_CONTINUE)
    ],
}


def loop(trace: Trace, actions: list[Action], seconds: float) -> float:
    """Returns look-ups per second of one cursor; a refused move is not made and not counted."""
    debugger = RecordedDebugger(lambda program: trace)
    program = Program(walk(1).source)
    debugger.reset(program)
    plan, back = planned(debugger, actions), Action(ActionKind.REVERSE_CONTINUE)
    step = debugger.step
    made, spent = 0, 0.0
    while spent < seconds:
        step(back)  # no breakpoint is set: to the entry
        begin = time.perf_counter()
        for action in plan:
            step(action)
        spent += time.perf_counter() - begin
        made += len(plan)
    return made / spent


def batch(
    program: Program, trace: Trace, actions: list[Action], count: int, seconds: float, seed: int
) -> float:
    """Returns look-ups per second of many cursors, which begin anywhere; refused moves are not counted."""
    traces, steps = TraceBatch([(program, trace)]), 500
    cursors, choose = RecordedBatch(traces, count), np.random.default_rng(seed)
    numbers = np.array([traces.numbering.number(action) for action in actions])
    plan = list(choose.choice(numbers, (steps, count)))
    rows = choose.integers(0, len(trace.states) // 2, count)
    cursors.rows = rows
    legal = 0
    for chosen in plan:
        cursors.step(chosen)
        legal += count - int(cursors.refused.sum())
    made, spent = 0, 0.0
    while spent < seconds:
        cursors.rows = rows
        begin = time.perf_counter()
        for chosen in plan:
            cursors.step(chosen)
        spent += time.perf_counter() - begin
        made += legal
    return made / spent


def planned(debugger: RecordedDebugger, actions: list[Action]) -> list[Action]:
    """Walks once and returns the moves that were legal, up to the exit."""
    plan = []
    for action in actions:
        if debugger.refusal(action) is None:
            debugger.step(action)
            plan.append(action)
        if debugger.done:
            break
    return plan


def main() -> None:
    """Measures, prints a table and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="per measurement (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="of each measurement (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=350, help="of the program (default: %(default)s)")
    parser.add_argument("--cursors", type=int, default=1024, help="of a batch (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the moves (default: %(default)s)")
    parser.add_argument("--json", type=Path, default=Path("out/lookups.json"))
    args = parser.parse_args()

    report = Report("lookups", vars(args))
    program = Program(walk(args.rounds).source)
    trace = record(program, max_events=100_000)
    report.settings["states"] = len(trace.states)
    choose = random.Random(args.seed)
    mixes = {name: [Action(choose.choice(kinds)) for _ in range(20_000)] for name, kinds in MIXES.items()}
    ways: dict[str, Callable[[list[Action]], float]] = {
        "one cursor in a loop": lambda actions: loop(trace, actions, args.seconds)
    }
    batched = f"{args.cursors} cursors in numpy"
    ways[batched] = lambda actions: batch(program, trace, actions, args.cursors, args.seconds, args.seed)
    rates: dict[str, dict[str, list[float]]] = {way: {mix: [] for mix in mixes} for way in ways}
    for _ in range(args.repeats):
        for name, actions in mixes.items():
            for way, measure in ways.items():
                rates[way][name].append(measure(actions))
    table = report.table(
        f"Look-ups per second, median of {args.repeats} (least to most), {len(trace.states):,} states",
        ["", *mixes],
    )
    for way, found in rates.items():
        table.add(way, *(spread(found[mix]) for mix in mixes))
    report.results = rates
    for mix in mixes:
        report.goal(f"one cursor, {mix}", LOOP_GOAL, statistics.median(rates["one cursor in a loop"][mix]))
    for mix in mixes:
        report.goal(f"{batched}, {mix}", BATCH_GOAL, statistics.median(rates[batched][mix]))
    report.finish(args.json)


if __name__ == "__main__":
    main()
