"""Where the time of a reset goes: the phases of a run in a fork, and what a page fault costs here.

A box forks one process for each run. What a fork touches first it has to copy, page by page, so that on a
machine with dear page faults they are most of a short run. Beside a plain fork stands what a box does: a
supervisor that has rehearsed, and a process that waits with its pages touched before its request comes.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from debugger.footprint import Footprint

SOURCE = "def count(s, t):\n    n = 0\n    for c in s:\n        n += int(c == t)\n    return n\n"
AHEAD = ("forked", "sealed", "touched")
"""Phases before the request, which pass while a host does something else."""
PHASES = ("given", "checked", "ran", "ended")
"""Phases after it."""
PAUSE = 0.02
"""Seconds from the fork to the request."""


def child(requests: socket.socket, footprint: Footprint, start: float) -> None:
    """Does what a box's process does, and tells when each phase was over."""
    from debugger import confine, recorder
    from debugger.guide import Recording
    from debugger.program import Program

    times = {"forked": time.perf_counter() - start}
    confine.seal([requests.fileno()], False)
    times["sealed"] = time.perf_counter() - start
    footprint.touch(requests.fileno())
    times["touched"] = time.perf_counter() - start
    times["faults ahead"] = faults()
    start = float(requests.recv(100))
    confine.ration(1 << 29, 10)
    program = Program(SOURCE, "count('berry', 'r')")
    times["given"] = time.perf_counter() - start
    program.check()
    times["checked"] = time.perf_counter() - start
    run = recorder.Run(program)
    run.tracer.guide = Recording(1000, lambda *parts: None, lambda *parts: None, lambda: None)
    run.through()
    times["ran"] = time.perf_counter() - start
    times["faults after"] = faults() - times["faults ahead"]
    requests.sendall(json.dumps(times).encode())
    os._exit(0)


def faults() -> int:
    """How many pages this process has touched first so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def measure(repeats: int) -> dict[str, dict[str, float]]:
    """Returns median milliseconds of each phase and page faults, of a plain fork and of a box's."""
    import gc

    import debugger.supervisor  # noqa: F401  what a box has loaded when it forks
    from debugger.footprint import Footprint
    from debugger.rehearsal import OFTEN, rehearse

    gc.collect()
    gc.freeze()
    found = {"a plain fork": phases(Footprint([]), repeats)}
    gc.unfreeze()
    rehearse(OFTEN)
    gc.collect()
    gc.freeze()
    footprint = Footprint.learn(rehearse)
    found["a process that waits"] = phases(footprint, repeats)
    pages = sum(length for _, length in footprint.ranges) / mmap.PAGESIZE
    whole = {
        "pages touched ahead": pages,
        "a fork that only ends, ms": bare(repeats) * 1e3,
        "resident memory to fork, MB": resident() / 1e6,
        "a page fault, us": fault() * 1e6,
    }
    return {**found, "here": whole}


def phases(footprint: Footprint, repeats: int) -> dict[str, float]:
    """Returns median milliseconds of each phase, and page faults of the fork and of its parent."""
    told: list[dict[str, float]] = []
    for _ in range(repeats):
        ours, theirs = socket.socketpair()
        before, start = faults(), time.perf_counter()
        pid = os.fork()
        if pid == 0:
            child(theirs, footprint, start)
        theirs.close()
        time.sleep(PAUSE)
        start = time.perf_counter()
        ours.sendall(repr(start).encode())
        times = json.loads(ours.recv(1 << 16))
        os.waitpid(pid, 0)
        ours.close()
        told.append(
            {**times, "ended": time.perf_counter() - start, "faults of the parent": faults() - before}
        )
    found: dict[str, float] = {}
    for title, names in (("ahead", AHEAD), ("after", PHASES)):
        before_ms = 0.0
        for name in names:
            now = median(times[name] for times in told) * 1e3
            found[f"{title}: {name}, ms"], before_ms = now - before_ms, now
        found[f"{title}: all, ms"] = before_ms
    for name in ("faults ahead", "faults after", "faults of the parent"):
        found[name] = median(times[name] for times in told)
    return found


def bare(repeats: int) -> float:
    """Seconds from a fork to the end of a process that does nothing."""
    spent = []
    for _ in range(repeats):
        start = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        spent.append(time.perf_counter() - start)
    return median(spent)


def resident() -> int:
    """Bytes of this process's own memory, whose table of pages each fork copies."""
    _, all_pages, shared, *_ = map(int, Path("/proc/self/statm").read_text().split())
    return (all_pages - shared) * mmap.PAGESIZE


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
    here = found.pop("here")
    table = Table("phase", *found, title=f"A run in a fork, median of {args.repeats}")
    for name in next(iter(found.values())):
        table.add_row(name, *(f"{column[name]:.3g}" for column in found.values()))
    for name, value in here.items():
        table.add_row(name, f"{value:.3g}")
    Console().print(table)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(
        json.dumps({"settings": {"repeats": args.repeats}, "results": {**found, "here": here}}, indent=1)
    )


if __name__ == "__main__":
    main()
