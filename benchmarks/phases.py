"""Where the time of a reset goes: the phases of a run in a fork, and what a page fault costs here.

A box forks one process for each run. What a fork touches first it has to copy, page by page, so that on a
machine with dear page faults they are most of a short run.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

SOURCE = "def count(s, t):\n    n = 0\n    for c in s:\n        n += int(c == t)\n    return n\n"
PHASES = ("forked", "confined", "checked", "ran", "ended")


def child(pipe: int, start: float) -> None:
    """Does what a box's process does, and tells when each phase was over."""
    from debugger import confine, recorder
    from debugger.guide import Recording
    from debugger.program import Program

    times = {"forked": time.perf_counter() - start}
    confine.confine(pipe, 1 << 29, 10, False)
    times["confined"] = time.perf_counter() - start
    program = Program(SOURCE, "count('berry', 'r')")
    program.check()
    times["checked"] = time.perf_counter() - start
    run = recorder.Run(program)
    run.tracer.guide = Recording(1000, lambda *parts: None, lambda: None)
    run.through()
    times["ran"] = time.perf_counter() - start
    times["faults"] = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    os.write(pipe, json.dumps(times).encode())
    os._exit(0)


def measure(repeats: int) -> dict[str, float]:
    """Returns median milliseconds of each phase, page faults of a run, and microseconds of a fault."""
    import gc

    import debugger.supervisor  # noqa: F401  what a box has loaded when it forks

    gc.collect()
    gc.freeze()
    told: list[dict[str, float]] = []
    for _ in range(repeats):
        reading, writing = os.pipe()
        start = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            child(writing, start)
        os.close(writing)
        times = json.loads(os.read(reading, 1 << 16))
        os.close(reading)
        os.waitpid(pid, 0)
        told.append({**times, "ended": time.perf_counter() - start})
    found, before = {}, 0.0
    for phase in PHASES:
        now = median(times[phase] for times in told)
        found[f"{phase}, ms"] = (now - before) * 1e3
        before = now
    found["whole, ms"] = before * 1e3
    found["page faults"] = median(times["faults"] for times in told)
    found["a page fault, us"] = fault() * 1e6
    return found


def fault() -> float:
    """Seconds of one page fault: of the first write to a page, less that of the second."""
    size = 32 << 20
    area = mmap.mmap(-1, size)

    def walk() -> float:
        start = time.perf_counter()
        for place in range(0, size, mmap.PAGESIZE):
            area[place] = 1
        return (time.perf_counter() - start) / (size / mmap.PAGESIZE)

    first: Callable[[], float] = walk
    return first() - walk()


def main() -> None:
    """Measures in an interpreter that has the debugger loaded and nothing else, as a box has."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--json", type=Path, default=Path("out/phases.json"))
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    folder = Path(__file__).resolve().parent.parent / "sandboxes"
    if args.inside:
        sys.path.insert(0, str(folder))
        print(json.dumps(measure(args.repeats)))
        return
    command = [sys.executable, __file__, "--inside", "--repeats", str(args.repeats)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    table = Table("phase", "measured", title=f"A run in a fork, median of {args.repeats}")
    for name, value in found.items():
        table.add_row(name, f"{value:.3g}")
    Console().print(table)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps({"settings": {"repeats": args.repeats}, "results": found}, indent=1))


if __name__ == "__main__":
    main()
