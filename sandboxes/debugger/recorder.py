"""Runs a program once and writes down its canonical trace.

`record` does so in this process, for programs that are trusted; `run` in a process
made for it, which it may end.
"""

from __future__ import annotations

import ast
import io
import os
import platform
import random
import sys
import types
from collections.abc import Callable
from typing import Any

from .errors import ProgramError
from .program import Program
from .state import Exit, ExitCode, State
from .statements import flatten
from .trace import Trace
from .tracer import FILENAME, Tracer


class _BudgetSpent(BaseException):
    """Leaves the program when the event budget is spent."""


def record(program: Program, max_events: int = 10_000) -> Trace:
    """Records a trusted program in this process.

    Raises:
        ProgramError: the program or its call cannot be debugged as given.
    """
    states: list[State] = []
    exit, stdout = _run(program, max_events, states.append, _raise_budget)
    return Trace(platform.python_version(), tuple(states), exit, stdout)


def run(program: Program, max_events: int, emit: Callable[[dict[str, Any]], None]) -> None:
    """Records a program in a process made for it, and reports in plain JSON data.

    Emits ``{"states": [state]}`` at each state, since what is not sent is lost where the
    process dies, then one ``{"exit": ..., "stdout": ...}``
    or, where the caller is at fault, ``{"error": text}``. When the budget is spent
    the process ends here, whatever the program would do about it.
    """

    def add(state: State) -> None:
        emit({"states": [state.to_json()]})

    def finish(exit: Exit, stdout: str) -> None:
        emit({"exit": exit.to_json(), "stdout": stdout})

    def leave() -> None:
        sys.settrace(None)
        finish(Exit(ExitCode.NEVER, "step_budget"), "")
        os._exit(0)

    try:
        exit, stdout = _run(program, max_events, add, leave)
    except ProgramError as error:
        emit({"error": str(error)})
        return
    finish(exit, stdout)


def _raise_budget() -> None:
    sys.settrace(None)
    raise _BudgetSpent


def _run(
    program: Program, max_events: int, emit: Callable[[State], None], leave: Callable[[], None]
) -> tuple[Exit, str]:
    program.check()
    if max_events < 1:
        raise ProgramError(f"max_events must be at least 1; got {max_events}")
    tracer = Tracer(program, max_events, emit, leave)
    with _surroundings(program, tracer) as namespace:
        exit = _ending(lambda: _execute(program, tracer, namespace))
    tracer.flush()
    return exit, tracer.rest()


def _ending(body: Callable[[], None]) -> Exit:
    """Runs something of the program and says how it ended."""
    try:
        body()
    except _BudgetSpent:
        return Exit(ExitCode.NEVER, "step_budget")
    except SystemExit as error:
        code = error.code
        good = code is None or (isinstance(code, int) and int(code) == 0)
        return Exit(ExitCode.NORMAL if good else ExitCode.ERROR, "exit")
    except BaseException:
        return Exit(ExitCode.ERROR, "uncaught")
    finally:
        sys.settrace(None)
    return Exit(ExitCode.NORMAL, "exit")


def _execute(program: Program, tracer: Tracer, namespace: dict[str, Any]) -> None:
    body = compile(flatten(ast.parse(program.text)), FILENAME, "exec", dont_inherit=True)
    if program.call is None:
        _traced(tracer, lambda: exec(body, namespace))
        return
    wrapper = compile(flatten(_entry_tree(program)), FILENAME, "exec", dont_inherit=True)
    code = next(c for c in wrapper.co_consts if isinstance(c, types.CodeType))
    exec(body, namespace)
    tracer.output.take()
    _traced(tracer, types.FunctionType(code, namespace))


def _entry_tree(program: Program) -> ast.Module:
    return ast.increment_lineno(ast.parse(program.entry_text), program.entry_line - 1)


def _traced(tracer: Tracer, body: Callable[[], object]) -> None:
    sys.settrace(tracer.trace)
    try:
        body()
    finally:
        sys.settrace(None)


class _surroundings:
    """The program's module and standard streams, put back afterwards."""

    def __init__(self, program: Program, tracer: Tracer) -> None:
        self._name = "__main__" if program.call is None else "program"
        self._stream = tracer.output.stream

    def __enter__(self) -> dict[str, Any]:
        self._streams = sys.stdout, sys.stderr, sys.stdin
        random.seed(0)
        self._module = sys.modules.get(self._name)
        module = types.ModuleType(self._name)
        sys.modules[self._name] = module
        sys.stdout, sys.stderr, sys.stdin = self._stream, io.StringIO(), io.StringIO()
        module.__dict__["__builtins__"] = __builtins__
        return module.__dict__

    def __exit__(self, *exc_info: object) -> None:
        sys.stdout, sys.stderr, sys.stdin = self._streams
        if self._module is None:
            sys.modules.pop(self._name, None)
        else:
            sys.modules[self._name] = self._module
