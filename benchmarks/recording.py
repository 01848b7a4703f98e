"""Recording: microseconds a state with all locals, alone and through each box, by one process and by two.

python benchmarks/recording.py [--seconds 2] [--repeats 5] [--box docker process] [--json out/recording.json]

"alone" is the recorder in the measuring process; a box's figure holds everything from `Sandbox.record`
to the trace on this side. Two processes are two measurers, each with a box of its own, at the same time.

The second table says where a state's time goes: `breakdown` measures it in parts, each as processor time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path
from queue import Empty, Queue

from common.breakdown import PARTS, breakdown
from common.report import Report, number
from common.targets import walk
from peers.catalog import BOXES

from debugworld.sandboxes import SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.recorder import record

GOAL = 3.0
LINEAR = 1.8
"""Times one process's rate that two on two cores should reach."""
ALONE = "alone"
MAX_EVENTS = 20_000

_LOOP = """\
def total(n):
    t = 0
    for i in range(n):
        t += i
    return t


total({size})
"""
_WIDE = """\
def wide(n):
    a, b, c, d, e = 1, 2.5, "text", None, True
    table = {{"name": "value", "numbers": [1, 2, 3], "pair": (4, 5)}}
    names = ["ada", "grace", "alan", "edsger", "barbara"]
    seen = []
    for i in range(n):
        seen.append(i)
        if len(seen) > 40:
            seen.clear()
    return seen


wide({size})
"""


def programs(states: int) -> dict[str, Program]:
    """Returns the programs by name, each of about as many states."""
    return {
        "loop, 3 locals": Program(_LOOP.format(size=states // 2)),
        "calls, 3 to 4 locals": Program(walk(states // 28).source),
        "wide, 10 locals, a list that grows to 40": Program(_WIDE.format(size=states // 3)),
    }


def recorder(box: str) -> tuple[Callable[[Program], int], Callable[[], None]]:
    """Returns what records once and counts the states, and what closes it.

    Raises:
        SandboxError: this machine has no such box.
    """
    if box == ALONE:
        return lambda program: len(record(program, MAX_EVENTS).states), lambda: None
    sandbox = open_sandbox(box, max_events=MAX_EVENTS, timeout=60.0)
    return lambda program: len(sandbox.record(program).states), sandbox.close


def work(
    box: str, states: int, seconds: float, barrier: Barrier, rates: Queue[dict[str, float] | str]
) -> None:
    """One process: for each program waits for the others, records for a while and tells states per second."""
    try:
        run, close = recorder(box)
        found = {}
        try:
            for name, program in programs(states).items():
                run(program)
                barrier.wait(120)
                count, begin = 0, time.perf_counter()
                while (spent := time.perf_counter() - begin) < seconds or not count:
                    count += run(program)
                found[name] = count / spent
        finally:
            close()
        rates.put(found)
    except Exception as error:
        barrier.abort()
        rates.put(f"{type(error).__name__}: {error}")


def measure(box: str, processes: int, states: int, seconds: float) -> dict[str, float]:
    """Returns states per second of all processes together, by program.

    Raises:
        SandboxError: a process could not record; the text says why.
    """
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    rates: Queue[dict[str, float] | str] = context.Queue()  # type: ignore[assignment]
    workers = [
        context.Process(target=work, args=(box, states, seconds, barrier, rates)) for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    try:
        told = [rates.get(timeout=300) for _ in workers]
    except Empty:
        raise SandboxError("a measuring process told nothing for five minutes") from None
    finally:
        for worker in workers:
            worker.join(30)
            if worker.is_alive():
                worker.terminate()
    texts = [text for text in told if isinstance(text, str)]
    if texts:
        raise SandboxError(min(texts, key=lambda text: text.startswith("BrokenBarrier")))
    found = [each for each in told if isinstance(each, dict)]
    return {name: sum(each[name] for each in found) for name in found[0]}


def main() -> None:
    """Measures, prints a table and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="per program (default: %(default)s)")
    parser.add_argument("--states", type=int, default=9_000, help="of a run, about (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="of each measurement (default: %(default)s)")
    parser.add_argument("--box", nargs="+", choices=(ALONE, *BOXES), default=(ALONE, *BOXES))
    parser.add_argument("--json", type=Path, default=Path("out/recording.json"))
    args = parser.parse_args()

    report = Report("recording", vars(args))
    rates: dict[str, dict[int, list[dict[str, float]]]] = {box: {1: [], 2: []} for box in args.box}
    for _ in range(args.repeats):
        for box in args.box:
            for processes in (1, 2):
                if box in report.missing:
                    continue
                try:
                    rates[box][processes].append(measure(box, processes, args.states, args.seconds))
                except SandboxError as error:
                    report.lack(box, str(error))
    table = report.table("Processor time of a state in parts, least, µs", ["program", *PARTS])
    for name, program in programs(args.states).items():
        found = report.results.setdefault("parts", {})[name] = breakdown(program, args.repeats)
        table.add(name, *(f"{found[part]:.2f}" for part in PARTS))
    tell(report, args.box, rates, list(programs(args.states)))
    report.finish(args.json)


def tell(
    report: Report,
    boxes: Sequence[str],
    rates: dict[str, dict[int, list[dict[str, float]]]],
    names: Sequence[str],
) -> None:
    """Adds the tables and goals."""
    table = report.table(
        "Recording, median",
        ["where", "program", "µs a state", "states/s, one process", "states/s, two", "times"],
    )
    for box in boxes:
        if box in report.missing:
            continue
        for name in names:
            one, two = ([each[name] for each in rates[box][count]] for count in (1, 2))
            times = statistics.median(right / left for left, right in zip(one, two, strict=True))
            rate = statistics.median(one)
            report.results.setdefault(box, {})[name] = {"one": one, "two": two}
            cells = [number(1e6 / rate), number(rate), number(statistics.median(two)), f"{times:.2f}"]
            table.add(box, name, *cells)
    for box in (ALONE, "docker"):
        found = report.results.get(box, {})
        told = {name: 1e6 / statistics.median(each["one"]) for name, each in found.items()}
        for name in names:
            report.goal(f"µs a state, {box}, {name}", GOAL, told.get(name), False)
        ratios = [
            statistics.median(b / a for a, b in zip(each["one"], each["two"], strict=True))
            for each in found.values()
        ]
        spread = statistics.median(ratios) if ratios else None
        report.goal(f"states/s of two processes against one, {box}", LINEAR, spread)
    if "docker" in report.results:
        report.notes.append(
            "A box and its measurer work at the same time, so one pair already uses more than one core: two "
            "pairs on two cores cannot double. The recorder alone uses one."
        )


if __name__ == "__main__":
    main()
