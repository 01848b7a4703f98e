"""Everything that a program sees while it runs, put up before and taken down after.

What it finds there:

* ``sys.argv`` is the program's name and its arguments; ``sys.path`` and the working directory stay.
* ``sys.stdin`` holds the text given up front and then ends. ``sys.stdout`` and ``sys.stderr`` are captured,
  also as bytes by their ``buffer``; they have no descriptors: what is written to 1 or 2 itself is lost.
* The module is ``__main__`` for a script, else ``program``; its ``__file__`` is ``<program>``, that of
  another file ``<program>/shapes.py``. The sources stand in `linecache`, so that tracebacks and
  `inspect.getsource` show them.
* ``random`` starts from seed 0. The recursion limit counts the program's own frames, see `Recursion`.
* After its last line, threads that are no daemons are waited for and ``atexit`` functions called, untraced.

* ``breakpoint()`` does nothing: there is a debugger already.

What the interpreter itself would write about an uncaught exception is no output: the states tell it. A
program's own ``sys.excepthook`` is called.
"""

from __future__ import annotations

import ast
import atexit
import builtins
import io
import linecache
import random
import sys
import threading
import time
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .importer import Importer
from .output import Output
from .program import Program
from .recursion import Recursion
from .source import FILENAME, compile_flat, is_own, quietly
from .state import Exit, ExitCode
from .threads import end_pools, own_part, report, thread_failed

if TYPE_CHECKING:
    from .runner import Runner

_REPLACED = (
    *((sys, name) for name in ("argv", "stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")),
    *((atexit, name) for name in ("register", "unregister")),
    *((sys, name) for name in ("excepthook", "breakpointhook", "settrace")),
    (threading, "excepthook"),
)

PATIENCE = 0.5
"""Seconds that threads may go on after the program's last line."""


class LeaveRun(BaseException):
    """Raised inside the program by those who run it, to leave it; `Stage` hands it on."""


class Stage:
    """A checked program's surroundings, for one run.

    ``with Stage(program) as stage: exit = stage.prepare() or stage.run(start, stop)``
    """

    def __init__(self, program: Program) -> None:
        self.stdout = Output()
        """What the program prints."""
        self.stderr = Output()
        """What it writes to its standard error."""
        self.module = types.ModuleType(program.module_name)
        """The module that its own source is run in."""
        self.entry: Callable[[], object]
        """Runs the entry frame; made by `prepare`."""
        self.recursion = Recursion()
        """The program's own recursion limit."""
        self._program = program
        self._runner: Runner | None = None
        self._importer = Importer(program)
        self._at_exit: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = []

    @property
    def namespace(self) -> dict[str, Any]:
        """The globals of the program's own source."""
        return self.module.__dict__

    def __enter__(self) -> Stage:
        program, namespace = self._program, self.namespace
        self._threads = set(threading.enumerate())
        self._found = [(owner, name, getattr(owner, name)) for owner, name in _REPLACED]
        self._importer.install()
        self.recursion.install()
        namespace["__builtins__"] = builtins if program.is_script else builtins.__dict__
        namespace["__file__"] = FILENAME
        sys.modules[program.module_name] = self.module
        sys.argv = [program.name, *program.argv]
        stdin = io.BytesIO(program.stdin.encode(errors="replace"))
        streams = io.TextIOWrapper(stdin, "utf-8"), self.stdout.stream, self.stderr.stream
        sys.stdin, sys.stdout, sys.stderr = streams
        sys.__stdin__, sys.__stdout__, sys.__stderr__ = streams  # type: ignore[misc]
        atexit.register, atexit.unregister = self._register, self._unregister
        threading.excepthook = thread_failed
        sys.excepthook, sys.breakpointhook = sys.__excepthook__, _pass_by
        sys.settrace = _set_trace
        for name, source in program.sources.items():
            text = source.text if source.file else source.text + program.entry_text
            linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        random.seed(0)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._importer.remove()
        self.recursion.remove()
        for owner, name, value in self._found:
            setattr(owner, name, value)
        for name in self._program.sources:
            linecache.cache.pop(name, None)

    def prepare(self) -> Exit | None:
        """Makes `entry`; where the body is no part of the trace, it runs now, and what it prints is dropped.

        Returns:
            How the program ended, where its body ended it already: then there is nothing to run.
        """
        program, namespace = self._program, self.namespace
        body = program.sources[FILENAME].compile()
        if program.is_script:
            self.entry = lambda: exec(body, namespace)
            return None
        exit = _ending(lambda: exec(body, namespace)) or (_ending(self._collect) if program.tests else None)
        if exit is not None:
            self._wind_down()
            return exit
        self.stdout.take()
        self.stderr.take()
        wrapper = compile_flat(_wrapper(program), FILENAME)
        if self._runner is not None:
            code = _function_in(_function_in(wrapper))
            self.entry = _with_hidden(code, namespace, self._runner.run)
        else:
            self.entry = types.FunctionType(_function_in(wrapper), namespace)
        return None

    def _collect(self) -> None:
        from .runner import Runner  # unittest comes only where it is needed

        self._runner = Runner(self.module)

    def run(self, start: Callable[[], object], stop: Callable[[], object]) -> Exit:
        """Runs the entry, then what Python does before it ends, and says how the program ended.

        Threads that go on for longer than `PATIENCE` end it as ``error``, for ``unsupported``.

        Args:
            start: called right before the entry, to begin the trace.
            stop: called right after it, however it ended.

        Raises:
            LeaveRun: those who run the program left it.
        """

        def traced() -> None:
            start()
            try:
                self.entry()
            finally:
                stop()

        exit = _ending(traced)
        if not self._wind_down():
            return Exit(ExitCode.ERROR, "unsupported")
        if exit is None and self._runner is not None and not self._runner.passed:
            return Exit(ExitCode.ERROR, "failed")
        return exit or Exit(ExitCode.NORMAL, "exit")

    def _wind_down(self) -> bool:
        """Waits for the program's threads and calls what it registered, as Python does before it ends.

        Returns:
            Whether the threads have ended. Python would wait for them for ever; a debugger that did would
            show nothing more.
        """
        patience = time.monotonic() + PATIENCE
        while threads := [t for t in threading.enumerate() if t not in self._threads and not t.daemon]:
            if time.monotonic() > patience:
                return False
            end_pools(threads, patience)
            for thread in threads:
                thread.join(max(patience - time.monotonic(), 0))
        while self._at_exit:
            function, arguments, keywords = self._at_exit.pop()
            try:
                function(*arguments, **keywords)
            except LeaveRun:
                raise
            except BaseException as error:
                report("Exception ignored in atexit callback:", error)
        return True

    def _register(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
        """Stands for `atexit.register`: what the program itself registers is called at its own end."""
        if not is_own(sys._getframe(1).f_code):
            return _atexit_register(function, *arguments, **keywords)
        self._at_exit.append((function, arguments, keywords))
        return function

    def _unregister(self, function: Any) -> None:
        """Stands for `atexit.unregister`."""
        self._at_exit[:] = [entry for entry in self._at_exit if entry[0] != function]
        _atexit_unregister(function)


_real_settrace = sys.settrace


def _set_trace(function: Any) -> None:
    """Stands for `sys.settrace`: the trace function that is there may be set again, as doctest does."""
    if function is not sys.gettrace():
        _real_settrace(function)


_atexit_register, _atexit_unregister = atexit.register, atexit.unregister


def _ending(body: Callable[[], object]) -> Exit | None:
    """Runs something of the program; says how it ended the program, if it did."""
    try:
        body()
    except LeaveRun:
        raise
    except SystemExit as error:
        code: Any = error.code
        good = code is None or (issubclass(type(code), int) and int.__int__(code) == 0)
        return Exit(ExitCode.NORMAL if good else ExitCode.ERROR, "exit")
    except BaseException as error:
        _tell_hook(error)
        return Exit(ExitCode.ERROR, "uncaught")
    return None


def _tell_hook(error: BaseException) -> None:
    """Calls what the program wants to be called with an uncaught exception."""
    if sys.excepthook is sys.__excepthook__:
        return
    try:
        sys.excepthook(type(error), error, own_part(error.__traceback__))
    except LeaveRun:
        raise
    except BaseException as failure:
        report("Error in sys.excepthook:", failure)


def _pass_by(*arguments: object, **keywords: object) -> None:
    """Stands for `sys.breakpointhook`."""


def _wrapper(program: Program) -> ast.Module:
    """Parses the entry's two lines, where they stand.

    The runner of tests is a variable of a function around them, out of the way of the program's own names.
    """
    with quietly():
        tree = ast.parse(program.entry_text)
    if program.tests:
        around = ast.parse(f"def around({_RUNNER}): pass")
        around.body[0].body = tree.body  # type: ignore[attr-defined]
        tree = around
    return ast.increment_lineno(tree, program.entry_line - 1)


_RUNNER = "run_tests"


def _function_in(code: types.CodeType) -> types.CodeType:
    return next(inner for inner in code.co_consts if isinstance(inner, types.CodeType))


def _with_hidden(code: types.CodeType, namespace: dict[str, Any], value: object) -> types.FunctionType:
    """Makes a function around one value, whose name begins with a dot and so never shows in locals."""
    code = code.replace(co_freevars=(f".{_RUNNER}",), co_qualname=code.co_name)
    return types.FunctionType(code, namespace, closure=(types.CellType(value),))
