"""Runs a program once and writes down its canonical trace.

`record` does so in this process, for programs that are trusted; `run` in a process
made for it, which it may end; `attend` there too, but stands still where a host wants it to.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from typing import Any, Protocol

from .console import Console
from .errors import ProgramError
from .frame_memory import FrameMemory
from .guide import Put, Recording
from .program import Program
from .scribe import PutLine
from .speech import Speech
from .stage import LeaveRun, Stage
from .state import Event, Exit, ExitCode, State
from .states import Parts, States
from .trace import Trace
from .tracer import Tracer
from .values import stable

_LINE = Event.LINE


def record(program: Program, max_events: int = 10_000) -> Trace:
    """Records a trusted program in this process.

    Raises:
        ProgramError: the program or its call cannot be debugged as given.
    """
    rows: list[Parts | State] = []
    run = Run(program)

    def leave() -> None:
        run.tracer.end()
        raise LeaveRun

    lines = {source.file: source.lines for source in program.sources.values()}
    append = rows.append

    def put(
        event: Event,
        line: int,
        depth: int,
        shown: dict[str, str],
        function: str,
        value: str | None,
        *rest: Any,
    ) -> None:
        stdout, stderr, file, chain, _, _ = rest
        source = lines[file][line] if line < len(lines[file]) else ""
        append((event, line, source, function, depth, shown, value, stdout, None, stderr, file, chain))

    def put_line(
        line: int, depth: int, shown: dict[str, str], function: str, file: str, memory: FrameMemory
    ) -> None:
        source = lines[file][line] if line < len(lines[file]) else ""
        append((_LINE, line, source, function, depth, shown, None, "", None, "", file, ()))

    run.tracer.guide = Recording(_checked(max_events), put, put_line, leave)
    exit, stdout, stderr = run.through()
    return Trace(platform.python_version(), States(rows), exit, stdout, stderr)


class Report(Protocol):
    """Takes what a recording says."""

    put: Put
    put_line: PutLine
    checked: Callable[[], None]
    finish: Callable[[dict[str, Any]], None]


def run(program: Program, max_events: int, report: Report) -> None:
    """Records a program in a process made for it.

    The report takes each state as it comes, since what is not sent is lost where the process dies, then one
    ``{"exit": ..., "stdout": ..., "stderr": ...}`` or, where the caller is at fault, ``{"error": text}``. It
    is told right before anything of the program runs, when that can no more be. When the budget is spent the
    process ends here, whatever the program would do about it.
    """

    def finish(exit: Exit, stdout: str, stderr: str) -> None:
        report.finish({"exit": exit.to_json(), "stdout": stdout, "stderr": stderr})

    def leave() -> None:
        made.tracer.end()
        finish(Exit(ExitCode.NEVER, "step_budget"), "", "")
        os._exit(0)

    try:
        made = Run(program)
        made.tracer.guide = Recording(_checked(max_events), report.put, report.put_line, leave)
    except ProgramError as error:
        report.finish({"error": str(error)})
        return
    report.checked()
    finish(*made.through())


class Guard(Protocol):
    """Knows whether the trace was lost on the way."""

    lost: bool


def attend(program: Program, speech: Speech, guard: Guard) -> None:
    """Runs a program in a process made for it, as a host's commands say.

    Raises:
        OSError: the host is gone.
    """
    try:
        made = Run(program)
    except ProgramError as error:
        speech.say(["error", str(error)])
        return
    speech.say(["checked"])
    console = Console(made.tracer, speech)
    exit, stdout, stderr = made.through()
    if guard.lost and exit.code is ExitCode.NORMAL:
        exit, stdout, stderr = Exit(ExitCode.NEVER, "trace_lost"), "", ""
    console.end(exit, stdout, stderr)


class Run:
    """One run of a program under the tracer, whose guide says what becomes of the states.

    Raises:
        ProgramError: the program or its call cannot be debugged as given.
    """

    def __init__(self, program: Program) -> None:
        program.check()
        self._stage = Stage(program)
        self.tracer = Tracer(program, self._stage.stdout, self._stage.stderr)

    def through(self) -> tuple[Exit, str, str]:
        """Runs to the end; returns how it ended and what was printed after the last state."""
        stage, tracer = self._stage, self.tracer
        tracer.namespace = stage.namespace
        tracer.recursion = stage.recursion
        try:
            with stage:
                exit = stage.prepare() or stage.run(tracer.start, tracer.finish)
        except LeaveRun:
            exit = Exit(ExitCode.NEVER, "step_budget")
        tracer.flush()
        return exit, stable(stage.stdout.take()), stable(stage.stderr.take())


def _checked(max_events: int) -> int:
    if max_events < 1:
        raise ProgramError(f"max_events must be at least 1; got {max_events}")
    return max_events
