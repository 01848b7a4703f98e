"""How fast the boxes are: starts, runs (an environment's resets) and recorded states per second.

python benchmarks/resets.py [--seconds 3] [--sandbox docker process] [--json out/resets.json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from debugworld.sandboxes import SANDBOXES, available_sandboxes, open_sandbox
from debugworld.sandboxes.debugger import Program

SOURCE = """\
def total(n):
    t = 0
    for i in range(n):
        t += i
    return t
"""
PAUSE = 0.02
"""Seconds that a host does something else between two runs, as an agent does that chooses its moves."""
SHORT, LONG = Program(SOURCE, "total(3)"), Program(SOURCE, "total(4990)")


def measure(name: str, seconds: float) -> dict[str, float]:
    """Returns the figures of one box.

    ``start_seconds``, ``runs_per_second`` and ``states_per_second`` are those of a host that does nothing
    else; ``paused_seconds`` is the median length of a run whose host did something else for a while before.
    """
    begin = time.perf_counter()
    with open_sandbox(name) as sandbox:
        sandbox.record(SHORT)
        start = time.perf_counter() - begin
        runs, begin = 0, time.perf_counter()
        while (spent := time.perf_counter() - begin) < seconds:
            sandbox.record(SHORT)
            runs += 1
        rate = runs / spent
        paused, begin = [], time.perf_counter()
        while time.perf_counter() - begin < seconds:
            time.sleep(PAUSE)
            start_of_run = time.perf_counter()
            sandbox.record(SHORT)
            paused.append(time.perf_counter() - start_of_run)
        states, begin = 0, time.perf_counter()
        while (spent := time.perf_counter() - begin) < seconds:
            states += len(sandbox.record(LONG).states)
    return {
        "start_seconds": start,
        "runs_per_second": rate,
        "paused_seconds": median(paused),
        "states_per_second": states / spent,
    }


def main() -> None:
    """Measures the boxes, prints a table and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="per measurement (default: %(default)s)")
    parser.add_argument("--sandbox", nargs="+", choices=list(SANDBOXES), default=list(SANDBOXES))
    parser.add_argument("--json", type=Path, default=Path("out/resets.json"))
    args = parser.parse_args()

    table = Table("sandbox", "start, s", "runs/s", "ms a run, after a pause", "states/s", title="Boxes")
    results: dict[str, dict[str, float]] = {}
    missing = {name: why for name, why in available_sandboxes().items() if why and name in args.sandbox}
    for name in args.sandbox:
        if name in missing:
            table.add_row(name, "not here", "", "", "")
            continue
        row = results[name] = measure(name, args.seconds)
        table.add_row(
            name,
            f"{row['start_seconds']:.2f}",
            f"{row['runs_per_second']:.0f}",
            f"{row['paused_seconds'] * 1e3:.1f}",
            f"{row['states_per_second']:,.0f}",
        )
    console = Console()
    console.print(table)
    for name, why in missing.items():
        console.print(f"{name}: {why}")
    machine = {"python": platform.python_version(), "cpus": os.cpu_count(), "machine": platform.machine()}
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps({"machine": machine, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
