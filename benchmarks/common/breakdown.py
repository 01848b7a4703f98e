"""Where the time of a recorded state goes: processor time of runs that do more and more of the work."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.guide import Guide, Recording
from debugworld.sandboxes.debugger.packing import Packer, Unpacker
from debugworld.sandboxes.debugger.recorder import Run, record
from debugworld.sandboxes.debugger.values import Renderer

MAX_EVENTS = 20_000
PARTS = (
    "bare trace",
    "f_locals",
    "tracer",
    "rendering",
    "keeping (alone)",
    "packing (box)",
    "unpacking (host)",
    "looking",
    "bytes",
)
"""Parts of a state's time in microseconds, and the bytes of its line.

"keeping" is what `record` adds to rendering, "packing" what a box adds to it, less the copy into the shared
memory; "looking" makes the states, which nobody pays who does not look. "tracer" is the canonical trace
without locals.
"""


def breakdown(program: Program, repeats: int) -> dict[str, float]:
    """Returns microseconds a state by part, each the least of its repeats."""
    program.check()
    count = len(record(program, MAX_EVENTS).states)
    code = program.sources["<program>"].compile()

    def bare(frame: FrameType, event: str, argument: Any) -> Any:
        return bare

    def locals_of(frame: FrameType, event: str, argument: Any) -> Any:
        frame.f_locals  # noqa: B018  3.11 makes the dict here
        return locals_of

    def traced(trace: Any) -> Callable[[], None]:
        def run() -> None:
            sys.settrace(trace)
            try:
                exec(code, {"__name__": "__main__"})
            finally:
                sys.settrace(None)

        return run

    def guided(guide: Callable[[], Guide], renderer: type[Renderer] = Renderer) -> Callable[[], None]:
        def run() -> None:
            made = Run(program)
            made.tracer.guide, made.tracer.renderer = guide(), renderer()
            made.through()

        return run

    def nothing(*parts: Any) -> None:
        pass

    def leave() -> None:
        raise AssertionError("the budget is not met")

    def drop() -> Guide:
        return Recording(MAX_EVENTS, nothing, nothing, leave)

    lines: list[bytes] = []

    def pack() -> Guide:
        packer, add = Packer(), lines.append
        lines.clear()
        return Recording(
            MAX_EVENTS,
            lambda *parts: add(packer.pack(*parts)),
            lambda *parts: add(packer.line(*parts)),
            leave,
        )

    runs: dict[str, Callable[[], object]] = {
        "native": traced(None),
        "bare": traced(bare),
        "f_locals": traced(locals_of),
        "tracer": guided(drop, _Blind),
        "rendering": guided(drop),
        "alone": lambda: record(program, MAX_EVENTS),
        "packing": guided(pack),
    }
    spent = {name: least(run, repeats) / count * 1e6 for name, run in runs.items()}
    data = b"".join(lines)
    sources = {source.file: source.lines[1:] or ("",) for source in program.sources.values()}
    unpacked = least(lambda: Unpacker(sources, MAX_EVENTS).feed(data), repeats)
    looked = least(lambda: list(Unpacker(sources, MAX_EVENTS).feed(data)), repeats)
    values = (
        spent["bare"] - spent["native"],
        spent["f_locals"] - spent["bare"],
        spent["tracer"] - spent["f_locals"],
        spent["rendering"] - spent["tracer"],
        spent["alone"] - spent["rendering"],
        spent["packing"] - spent["rendering"],
        unpacked / count * 1e6,
        (looked - unpacked) / count * 1e6,
        len(data) / count,
    )
    return dict(zip(PARTS, values, strict=True))


def least(run: Callable[[], object], repeats: int) -> float:
    """Returns the least processor seconds of a run."""
    spent = []
    for _ in range(repeats):
        begin = time.process_time()
        run()
        spent.append(time.process_time() - begin)
    return min(spent)


class _Blind(Renderer):
    """Writes no locals."""

    def locals(self, memory: Any, values: Any, stale: Any = ()) -> dict[str, str]:
        """Returns none."""
        shown: dict[str, str] = memory.shown
        return shown
