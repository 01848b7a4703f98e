"""What a recorded state costs: writing its locals, packing it in the box, unpacking it on the host.

python benchmarks/rendering.py [--python PATH ...] [--repeat 5] [--json out/rendering.json]

Runs programs of typical shapes and generated ones under a trace function that does nothing but write the
locals at each event; the time of the same runs under one that only takes ``f_locals`` ("trace") is taken off.
Each figure is the least processor time of its repeats, in microseconds a state. "Anew" knows nothing of the
states before. The renderer runs on the interpreters given by ``--python`` from its sources, as in a box.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

PACKAGE = Path(__file__).resolve().parent.parent / "sandboxes" / "debugger"
MAX_STATES = 4000
"""States of each program that are measured."""
FILENAME = "<program>"

SHAPES = {
    "numbers": (
        """
def f(n):
    a, b, total = 0, 1, 0
    for i in range(n):
        a, b = b, (a + b) % 9973
        if a % 3 == 0:
            total += a
    return total
""",
        "f(1000)",
    ),
    "strings": (
        """
def f(text, n):
    out = ''
    seen = {}
    for i in range(n):
        c = text[i % len(text)]
        seen[c] = seen.get(c, 0) + 1
        out = (out + c)[-40:]
    return out
""",
        "f('the quick brown fox', 800)",
    ),
    "sorting": (
        """
def f(a):
    for i in range(len(a)):
        for j in range(len(a) - 1 - i):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    return a
""",
        "f([(7 * i * i + 3 * i) % 101 for i in range(40)])",
    ),
    "grid": (
        """
def f(a, b):
    d = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a)):
        for j in range(len(b)):
            if a[i] == b[j]:
                d[i + 1][j + 1] = d[i][j] + 1
            else:
                d[i + 1][j + 1] = max(d[i][j + 1], d[i + 1][j])
    return d
""",
        "f('kitten sits', 'sitting still')",
    ),
    "recursion": (
        """
def f(a, low, high, found):
    if high - low < 2:
        found[low] = a[low]
        return 1
    middle = (low + high) // 2
    left = f(a, low, middle, found)
    return left + f(a, middle, high, found)
""",
        "f(list(range(60)), 0, 60, {})",
    ),
    "tree": (
        """
class Node:
    def __init__(self, key):
        self.key, self.left, self.right = key, None, None

def insert(node, key):
    if node is None:
        return Node(key)
    if key < node.key:
        node.left = insert(node.left, key)
    else:
        node.right = insert(node.right, key)
    return node

def f(n):
    root = None
    for i in range(n):
        root = insert(root, i * 37 % 101)
    return root
""",
        "f(30)",
    ),
}
"""Programs of typical shapes: source and call."""

Trace = Callable[[FrameType, str, Any], Any]


def load(folder: str) -> Any:
    """Imports the debugger from its sources, by itself, as a box does."""
    path = Path(folder)
    spec = importlib.util.spec_from_file_location(
        "_debugger", path / "__init__.py", submodule_search_locations=[folder]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["_debugger"] = package
    spec.loader.exec_module(package)
    for name in ("values", "packing", "state"):
        importlib.import_module(f"_debugger.{name}")
    return package


def traced(source: str, call: str, trace: Trace) -> tuple[int, float]:
    """Runs a program under a trace function for at most `MAX_STATES` events; returns events and seconds."""
    count = 0

    def counting(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        if frame.f_code.co_filename != FILENAME:
            return None
        if count == MAX_STATES:
            sys.settrace(None)
            raise KeyboardInterrupt
        count += 1
        trace(frame, event, argument)
        return counting

    namespace: dict[str, Any] = {"__name__": "program"}
    exec(compile(source, FILENAME, "exec"), namespace)
    entry = eval(compile(f"lambda: {call}", "<entry>", "eval"), namespace)
    out, sys.stdout = sys.stdout, io.StringIO()
    begin = time.process_time()
    sys.settrace(counting)
    try:
        entry()
    except (Exception, KeyboardInterrupt):
        pass  # a program that ends so has its states as well
    finally:
        sys.settrace(None)
        spent = time.process_time() - begin
        sys.stdout = out
    return count, spent


class Ways:
    """Trace functions that do more and more of a recorder's work."""

    def __init__(self, package: Any, anew: bool = False) -> None:
        self._values, self._packing = package.values, package.packing
        self._call, self._line = package.state.Event.CALL, package.state.Event.LINE
        self._anew = anew
        self._layouts: dict[Any, Any] = {}
        self._depths: dict[int, int] = {}
        self.renew()

    def renew(self) -> None:
        """Forgets the run before."""
        self._renderer = self._values.Renderer()
        self._packer = self._packing.Packer()
        self._memories: list[tuple[FrameType, Any]] = []
        self.lines: list[bytes] = []

    def bare(self, frame: FrameType, event: str, argument: Any) -> None:
        """Does what every way does, and writes nothing."""
        self._memory(frame, event)
        frame.f_locals  # noqa: B018  3.11 makes the dict here

    def write(self, frame: FrameType, event: str, argument: Any) -> dict[str, str]:
        """Writes the locals."""
        memory = self._memory(frame, event)
        if self._anew:
            self._renderer = self._values.Renderer()
            memory = self._values.FrameMemory(memory.layout)
        self._renderer.start()
        shown: dict[str, str] = self._renderer.locals(memory, frame.f_locals)
        return shown

    def pack(self, frame: FrameType, event: str, argument: Any) -> None:
        """Writes the locals and packs the state."""
        shown = self.write(frame, event, argument)
        memory, name = self._memories[-1][1], frame.f_code.co_qualname
        kind = self._call if event == "call" else self._line
        line = self._packer.pack(kind, frame.f_lineno, len(self._memories) - 1, shown, name, memory=memory)
        self.lines.append(line)

    def _memory(self, frame: FrameType, event: str) -> Any:
        memories = self._memories
        if event != "call":
            while memories[-1][0] is not frame:
                memories.pop()
            return memories[-1][1]
        while memories and memories[-1][0] is not frame.f_back:
            memories.pop()
        layout = self._layouts.get(frame.f_code)
        if layout is None:
            names = frame.f_code.co_varnames
            layout = self._layouts[frame.f_code] = self._values.Layout(names, lambda name: True)
        memory = self._values.FrameMemory(layout)
        memories.append((frame, memory))
        return memory


def measure(package: Any, programs: dict[str, list[str]], repeat: int) -> dict[str, dict[str, float]]:
    """Returns microseconds a state of each program."""
    results: dict[str, dict[str, float]] = {}
    for name, (source, call) in programs.items():
        way, fresh = Ways(package), Ways(package, anew=True)
        traces = ((way, way.bare), (fresh, fresh.write), (way, way.write), (way, way.pack))
        spent: list[list[float]] = [[], [], [], []]
        count = 0
        for _ in range(repeat):
            for (kept, trace), seconds in zip(traces, spent, strict=True):
                kept.renew()
                count, time_spent = traced(source, call, trace)
                seconds.append(time_spent)
        bare, anew, written, packed = map(min, spent)
        data, unpacked = b"".join(way.lines), []
        for _ in range(repeat):
            unpacker = package.packing.Unpacker({"": source.split("\n")}, MAX_STATES)
            begin = time.process_time()
            unpacker.feed(data)
            unpacked.append(time.process_time() - begin)
        results[name] = {
            "states": count,
            "trace": bare / count * 1e6,
            "anew": (anew - bare) / count * 1e6,
            "locals": (written - bare) / count * 1e6,
            "pack": (packed - written) / count * 1e6,
            "unpack": min(unpacked) / count * 1e6,
            "bytes": len(data) / count,
        }
    return results


def single(package: Any, rounds: int = 20_000) -> dict[str, dict[str, float]]:
    """Returns microseconds of a frame's first state, of an unchanged one, and of one with a changed local."""
    frames: dict[str, dict[str, Any]] = {
        "5 numbers": {name: 300 + place for place, name in enumerate("abcde")},
        "list of 20": {"a": list(range(300, 320)), "i": 1000},
        "dict of 20": {"a": {str(n): n for n in range(300, 320)}, "i": 1000},
        "grid 10x10": {"a": [list(range(300, 310)) for _ in range(10)], "i": 1000},
    }
    results: dict[str, dict[str, float]] = {}
    for name, values in frames.items():
        layout = package.values.Layout(values, lambda name: True)
        last = list(values)[-1]

        def first(renderer: Any, layout: Any = layout, values: Any = values) -> None:
            package.values.Renderer().locals(package.values.FrameMemory(layout), values)

        memory = package.values.FrameMemory(layout)

        def same(renderer: Any, memory: Any = memory, values: Any = values) -> None:
            renderer.start()
            renderer.locals(memory, values)

        def changed(renderer: Any, memory: Any = memory, values: Any = values, last: str = last) -> None:
            values[last] += 1
            renderer.start()
            renderer.locals(memory, values)

        row = results[name] = {}
        for label, ask in (("first", first), ("unchanged", same), ("one changed", changed)):
            renderer, spent = package.values.Renderer(), []
            for _ in range(5):
                begin = time.process_time()
                for _ in range(rounds // 5):
                    ask(renderer)
                spent.append((time.process_time() - begin) / (rounds // 5) * 1e6)
            row[label] = min(spent)
    return results


def work() -> None:
    """Measures in this interpreter what stdin asks for, and answers on stdout, in JSON."""
    asked = json.load(sys.stdin)
    package = load(asked["package"])
    states = measure(package, asked["programs"], asked["repeat"])
    json.dump(
        {"python": platform.python_version(), "programs": states, "single": single(package)}, sys.stdout
    )


def programs_of(generated: int) -> dict[str, list[str]]:
    """Returns source and call of each program."""
    from debugworld.worldmodel.data.programs import generate
    from debugworld.worldmodel.data.split import EVALUATION_SEED

    found = {name: list(pair) for name, pair in SHAPES.items()}
    for number in range(generated):
        program = generate(EVALUATION_SEED + number).program
        found[f"generated {number}"] = [program.source, program.call or "None"]
    return found


def summary(rows: list[dict[str, float]]) -> dict[str, float]:
    """Returns the means over programs, each state counting once."""
    total = sum(row["states"] for row in rows)
    means = {part: sum(row[part] * row["states"] for row in rows) / total for part in rows[0]}
    return {**means, "states": total}


def main() -> None:
    """Measures on each interpreter, prints tables and writes JSON."""
    if sys.argv[1:] == ["--worker"]:
        work()
        return
    from rich.console import Console
    from rich.table import Table

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", nargs="+", default=[sys.executable], help="interpreters to measure on")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each program (default: %(default)s)")
    parser.add_argument("--generated", type=int, default=30, help="generated programs (default: %(default)s)")
    parser.add_argument("--package", type=Path, default=PACKAGE, help="folder of the debugger's sources")
    parser.add_argument("--json", type=Path, default=Path("out/rendering.json"))
    args = parser.parse_args()

    asked = {"package": str(args.package), "programs": programs_of(args.generated), "repeat": args.repeat}
    console, results = Console(), []
    parts = ("states", "trace", "anew", "locals", "pack", "unpack", "bytes")
    for python in args.python:
        done = subprocess.run(
            [python, __file__, "--worker"], input=json.dumps(asked), capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"{python} failed:\n{done.stderr}")
        told = json.loads(done.stdout)
        results.append(told)
        rows = {name: row for name, row in told["programs"].items() if name in SHAPES}
        rest = [row for name, row in told["programs"].items() if name not in SHAPES]
        if rest:
            rows[f"{len(rest)} generated"] = told["generated"] = summary(rest)
        table = Table("program", *parts, title=f"Python {told['python']}: microseconds a state")
        for name, row in rows.items():
            table.add_row(
                name, *(f"{row[part]:.0f}" if part == "states" else f"{row[part]:.2f}" for part in parts)
            )
        console.print(table)
        table = Table("locals", "first", "unchanged", "one changed")
        for name, row in told["single"].items():
            table.add_row(name, *(f"{value:.2f}" for value in row.values()))
        console.print(table)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    machine = {"cpus": os.cpu_count(), "machine": platform.machine()}
    args.json.write_text(json.dumps({"machine": machine, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
