"""How fast debuggers move over the same programs: recorded runs one by one and in a batch, and dreams.

python benchmarks/moves.py [--seconds 5] [--programs 20] [--cursors 1024] [--seed 0] [--model DIR]
    [--json out/moves.json]

Moves are drawn from all that take no line, two breakpoints being set; all but the first row are given
moves that are legal. The bare tables show what a look-up costs without a debugger around it. The neural
debugger is asked with an empty memory and, in the last row, for programs that it has walked before.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from common.report import Report, number

from debugworld.sandboxes.batch import RecordedBatch, TraceBatch
from debugworld.sandboxes.debugger import Action, ActionKind, Program, RecordedDebugger, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.sandboxes.numbering import PLAIN_KINDS
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.split import EVALUATION_SEED
from debugworld.worldmodel.neural import NeuralDebugger

LOOP_GOAL, BATCH_GOAL = 2e6, 20e6
ACTIONS = [Action(kind) for kind in PLAIN_KINDS]
Runs = list[tuple[Program, Trace]]


def breakpoints(program: Program, seed: int) -> list[Action]:
    """Draws two lines to stop at."""
    lines = sorted(program.outline.stop_lines)
    return [Action(ActionKind.BREAK, line) for line in random.Random(seed).sample(lines, min(2, len(lines)))]


def debuggers(runs: Runs, seed: int) -> Iterator[RecordedDebugger]:
    """Yields a debugger at the entry of each run, with breakpoints."""
    for program, trace in runs:
        debugger = RecordedDebugger(lambda _, trace=trace: trace)  # type: ignore[misc]
        debugger.reset(program)
        for action in breakpoints(program, seed):
            debugger.step(action)
        yield debugger


def asked(runs: Runs, seconds: float, seed: int) -> float:
    """Draws, asks whether that is legal, and moves: what an agent without a mask does; moves per second."""
    choose, moves, spent = random.Random(seed), 0, 0.0
    for debugger in debuggers(runs, seed):
        begin = time.perf_counter()
        while time.perf_counter() - begin < seconds / len(runs):
            action = choose.choice(ACTIONS)
            if debugger.refusal(action) is None:
                debugger.step(action)
                moves += 1
        spent += time.perf_counter() - begin
    return moves / spent


def given(runs: Runs, seconds: float, seed: int, length: int = 5_000) -> float:
    """Does legal moves that were drawn beforehand; moves per second, the first walk over them left out."""
    choose, moves, spent = random.Random(seed), 0, 0.0
    for debugger in debuggers(runs, seed):
        walker, plan = debugger.fork(), []
        while len(plan) < length:
            action = choose.choice(ACTIONS)
            if walker.refusal(action) is None:
                walker.step(action)
                plan.append(action)
        share, step = 0.0, debugger.step
        to_entry = Action(ActionKind.BACK_INTO, count=len(debugger.tree))
        while share < seconds / len(runs):
            if debugger.position:
                step(to_entry)
            begin = time.perf_counter()
            for action in plan:
                step(action)
            share += time.perf_counter() - begin
            moves += length
        spent += share
    return moves / spent


def bare(runs: Runs, seconds: float) -> float:
    """Follows the tables of step into and back into in a loop, and does nothing else; moves per second."""
    moves, spent = 0, 0.0
    for debugger in debuggers(runs, 0):
        tree = debugger.tree
        tables = [tree.next] * (len(tree) - 1) + [tree.previous] * (len(tree) - 1)
        share = 0.0
        while share < seconds / len(runs):
            position, begin = 0, time.perf_counter()
            for table in tables:
                position = table[position]
            share += time.perf_counter() - begin
            moves += len(tables)
        spent += share
    return moves / spent


def batched(runs: Runs, cursors: int, seconds: float, seed: int, armed: bool, steps: int = 500) -> float:
    """Moves many cursors at once; legal moves per second."""
    traces, choose = TraceBatch(runs), np.random.default_rng(seed)
    batch = RecordedBatch(traces, cursors)
    batch.reset(choose.integers(0, len(traces), cursors))
    for place in range(2 * armed):
        actions = [breakpoints(program, seed)[place] for program, _ in runs]
        batch.step(np.array([traces.numbering.number(action) for action in actions])[batch.runs])
    rows, plan = batch.rows, list(choose.integers(0, len(ACTIONS), (steps, cursors)))
    legal = 0
    for numbers in plan:
        batch.step(numbers)
        legal += cursors - int(batch.refused.sum())
    moves, spent = 0, 0.0
    while spent < seconds:
        batch.rows = rows
        begin = time.perf_counter()
        for numbers in plan:
            batch.step(numbers)
        spent += time.perf_counter() - begin
        moves += legal
    return moves / spent


def dream(debugger: NeuralDebugger, programs: list[Program]) -> float:
    """Steps into each program from entry to exit; returns states per second."""
    states, begin = 0, time.perf_counter()
    for program in programs:
        debugger.reset(program)
        while not debugger.done:
            debugger.step(Action(ActionKind.STEP_INTO))
        states += len(debugger.tree)
    return states / (time.perf_counter() - begin)


def main() -> None:
    """Measures, prints a table and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="for each row (default: %(default)s)")
    parser.add_argument("--programs", type=int, default=20, help="generated programs (default: %(default)s)")
    parser.add_argument("--cursors", type=int, default=1024, help="of a batch (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the moves (default: %(default)s)")
    parser.add_argument("--model", type=Path, help="checkpoint folder (default: the one that ships)")
    parser.add_argument("--json", type=Path, default=Path("out/moves.json"))
    args = parser.parse_args()

    programs = [generate(EVALUATION_SEED + n).program for n in range(args.programs)]
    runs = [(program, record(program)) for program in programs]
    neural = NeuralDebugger.load(args.model, max_states=300)
    many = f"{args.cursors} cursors"
    rates = {
        "recorded, asked what is legal": asked(runs, args.seconds, args.seed),
        "recorded": given(runs, args.seconds, args.seed),
        "bare tables": bare(runs, args.seconds),
        many: batched(runs, args.cursors, args.seconds, args.seed, False),
        f"{many}, breakpoints": batched(runs, args.cursors, args.seconds, args.seed, True),
        "neural": dream(neural, programs),
        "neural, again": dream(neural, programs),
    }
    report = Report("moves", vars(args))
    report.results = rates
    states = sum(len(trace.states) for _, trace in runs)
    table = report.table(
        f"Moves, {args.programs} generated programs, {states} states", ["debugger", "moves/s", "to recorded"]
    )
    for name, rate in rates.items():
        table.add(name, number(rate), number(rate / rates["recorded"]))
    report.goal("moves/s on recorded runs, one by one", LOOP_GOAL, rates["recorded"])
    report.goal(f"moves/s on recorded runs, {many} in numpy", BATCH_GOAL, rates[many])
    report.finish(args.json)


if __name__ == "__main__":
    main()
