"""How fast a debugger moves: a recorded run against the neural debugger, on the same programs.

python benchmarks/moves.py [--seconds 5] [--programs 20] [--seed 0] [--model DIR] [--json out/moves.json]

Moves are drawn from all legal ones. The neural debugger is asked with an empty memory
and, in the second row, for programs that it has walked before.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from debugworld.sandboxes.debugger import BASIC_KINDS, Action, ActionKind, Debugger, Program, RecordedDebugger
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.examples import EVALUATION_SEED
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.neural import NeuralDebugger

KINDS = [kind for kind in BASIC_KINDS if kind.moves and not kind.takes_line]


def walk(debugger: Debugger, programs: list[Program], seconds: float, seed: int) -> tuple[float, float]:
    """Moves at random; returns moves and newly reached states per second, resets left out."""
    choose = random.Random(seed)
    moves = states = 0
    spent = 0.0
    for program in programs:
        debugger.reset(program)
        known, begin = len(debugger.tree), time.perf_counter()
        share = seconds / len(programs)
        while time.perf_counter() - begin < share:
            action = Action(choose.choice(KINDS))
            if debugger.refusal(action) is None:
                debugger.step(action)
                moves += 1
        spent += time.perf_counter() - begin
        states += len(debugger.tree) - known
    return moves / spent, states / spent


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
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="for the recorded runs (default: %(default)s)"
    )
    parser.add_argument("--programs", type=int, default=20, help="generated programs (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the moves (default: %(default)s)")
    parser.add_argument("--model", type=Path, help="checkpoint folder (default: the one that ships)")
    parser.add_argument("--json", type=Path, default=Path("out/moves.json"))
    args = parser.parse_args()

    programs = [generate(EVALUATION_SEED + number).program for number in range(args.programs)]
    recorded, _ = walk(RecordedDebugger(record), programs, args.seconds, args.seed)
    neural = NeuralDebugger.load(args.model, max_states=300)
    cold, warm = dream(neural, programs), dream(neural, programs)
    results = {"recorded": recorded, "neural": cold, "neural_again": warm}
    table = Table(
        "debugger", "moves/s", "against recorded", title=f"Moves, {args.programs} generated programs"
    )
    for name, rate in results.items():
        table.add_row(name, f"{rate:,.0f}", f"{rate / recorded:.5f}")
    Console().print(table)
    told = {"machine": platform.machine(), "cpus": os.cpu_count(), "python": platform.python_version()}
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps({**told, **vars(args), **results}, indent=1, default=str) + "\n")


if __name__ == "__main__":
    main()
