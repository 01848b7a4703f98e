"""The trace function: turns what CPython reports into canonical states.

Raw ``sys.settrace`` output differs between CPython versions; the trace made here
does not. What is canonical:

* A frame whose code is an expression (comprehension, generator expression, lambda
  wherever it is called) makes no stops and has no depth; what it calls are callees
  of the statement that runs it. Its variables never show in locals.
* A statement over several lines stops once, at its first line. ``except`` and
  ``case`` lines stop like statements; a decorated function stops at its ``def``.
* ``return`` and ``exception`` states stand at the last line where the frame stopped.
* A frame left by an exception ends in an ``exception`` state: the ``return None``
  that CPython reports while unwinding is dropped, and where the exception comes
  out of a ``finally`` or a bare ``raise`` its state is written at the frame's end.
* The ``StopIteration`` that ends a ``for`` is no state. A generator that is closed
  before its end makes no states unless its ``finally`` or ``except`` runs lines.
* ``random`` starts from a fixed seed, so that a run can be repeated.
* Names that the compiler makes (``.0``, ``__class__``, ``__module__``...) are no locals.
"""

from __future__ import annotations

import dis
import inspect
import io
import types
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from .program import Program
from .state import Event, State
from .statements import COMPREHENSION_COLUMN, Scope
from .values import Renderer

FILENAME = "<program>"
"""File name under which the program is compiled."""
MAX_STDOUT = 16_384
"""Characters of output kept between two stops."""


def _opcodes(*names: str) -> frozenset[int]:
    """Numbers of the named instructions that this version has."""
    return frozenset(dis.opmap[name] for name in names if name in dis.opmap)


# 3.13 reports a yield at the instruction after it
_RETURNS = _opcodes("RETURN_VALUE", "RETURN_CONST", "YIELD_VALUE", "RETURN_GENERATOR", "RESUME")
_EXHAUSTED = _opcodes("FOR_ITER", "END_FOR", "SEND", "END_SEND", "END_ASYNC_FOR", "CLEANUP_THROW")
_RESUME = dis.opmap["RESUME"]
_SUSPENDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_COMPILER_NAMES = frozenset(
    f"__{name}__"
    for name in (
        "module",
        "qualname",
        "firstlineno",
        "static_attributes",
        "classdict",
        "class",
        "annotations",
        "type_params",
        "classdictcell",
        "builtins",
        "name",
        "file",
        "doc",
        "package",
        "loader",
        "spec",
        "cached",
        "conditional_annotations",
        "annotate",
        "orig_bases",
    )
)


@dataclass
class _Code:
    """What is known of one code object that makes stops."""

    scope: Scope
    opcodes: bytes
    columns: list[int | None]
    function: str
    start: int
    """Offset of the instruction at which the first activation is reported."""

    @staticmethod
    def of(code: types.CodeType, scopes: dict[tuple[str, int], Scope]) -> _Code | None:
        """Returns None for code that makes no stops."""
        is_module = code.co_name == "<module>"
        scope = scopes.get((code.co_name, 1 if is_module else code.co_firstlineno))
        if scope is None:
            return None
        columns = [position[2] for position in code.co_positions()]
        start = 2 * code.co_code[::2].index(_RESUME)
        return _Code(scope, code.co_code, columns, code.co_qualname, start)


@dataclass
class _Frame:
    """One activation of a frame that makes stops."""

    frame: types.FrameType
    code: _Code
    line: int
    depth: int
    shown: dict[str, str] = field(default_factory=dict)
    stopped: bool = False
    """Whether it has made a ``line`` stop yet."""
    raised: BaseException | None = None
    """The last exception seen in it."""
    fresh: bool = False
    """Whether that exception came after its last ``line`` stop."""
    entry: State | None = None
    """Its ``call`` state while that is held back: a resumed generator that may only be closing."""
    closing: bool = False
    """Whether it was resumed by ``GeneratorExit``."""


class Tracer:
    """The trace function of one run.

    Args:
        program: A checked program.
        max_events: States after which the run is left.
        emit: Receives each state, in time.
        leave: Called when the budget is spent; must not return.
    """

    def __init__(
        self,
        program: Program,
        max_events: int,
        emit: Callable[[State], None],
        leave: Callable[[], None],
    ) -> None:
        self._program = program
        self._left = max_events
        self._emit = emit
        self._leave = leave
        self._renderer = Renderer()
        self._codes: dict[types.CodeType, _Code | None] = {}
        self._stack: list[_Frame] = []
        self._held: State | None = None
        self._guess: BaseException | None = None
        self._suspended: dict[int, int] = {}
        self._scopes = program.outline.scopes
        self._tight = program.outline.tight_loops
        self._lines = ("", *(line.strip() for line in program.lines))
        self._output = Output()

    @property
    def output(self) -> Output:
        """Where the program prints."""
        return self._output

    def rest(self) -> str:
        """Returns what was printed after the last state."""
        return self._renderer.stable(self._output.take())

    def flush(self) -> None:
        """Sends the state that was held back, if any."""
        if self._held is not None:
            state, self._held = self._held, None
            self._emit(state)

    def trace(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        """The global trace function: a frame is entered."""
        code = frame.f_code
        if code.co_filename != FILENAME or event != "call":
            return None
        try:
            known = self._codes[code]
        except KeyError:
            known = self._codes[code] = _Code.of(code, self._scopes)
        if known is None:
            return None
        self._enter(_Frame(frame, known, known.scope.line, len(self._stack)))
        return self._local

    def _enter(self, top: _Frame) -> None:
        """Opens a frame, or resumes one, which is written only once it does something."""
        self._stack.append(top)
        top.shown = self._locals(top)
        state = self._state(Event.CALL, top)
        if top.frame.f_lasti > top.code.start:
            top.line = self._suspended.pop(id(top.frame), top.line)
            top.stopped = True
            top.entry = state
            return
        self._settle()
        self._write(state)

    def _settle(self) -> None:
        """Writes the ``call`` states that are held back, outermost first."""
        for frame in self._stack:
            if frame.entry is not None:
                state, frame.entry = frame.entry, None
                self._write(state)
                if frame.closing and frame.raised is not None:
                    self._write_exception(frame, frame.raised)

    def _local(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        """The local trace function of every frame that makes stops."""
        stack = self._stack
        while stack and stack[-1].frame is not frame:
            stack.pop()  # a frame that vanished without a word
        if not stack:
            return None
        top = stack[-1]
        if event == "line":
            self._line(top, frame)
        elif event == "exception":
            self._exception(top, frame, argument[1], argument[2] is None)
        elif event == "return":
            self._return(top, frame, argument)
        return self._local

    def _line(self, top: _Frame, frame: types.FrameType) -> None:
        line = frame.f_lineno
        columns = top.code.columns
        here = frame.f_lasti // 2
        inlined = here < len(columns) and columns[here] == COMPREHENSION_COLUMN
        if top.stopped and line == top.line and (inlined or line not in self._tight):
            return  # still the same statement: only a loop on one line stops at each turn
        if not top.stopped and line < top.code.scope.body_line:
            return  # a class body is being set up
        self._settle()
        top.line = line
        top.stopped = True
        top.fresh = False
        top.shown = self._locals(top)
        self._write(self._state(Event.LINE, top))

    def _exception(self, top: _Frame, frame: types.FrameType, error: BaseException, silent: bool) -> None:
        if isinstance(error, (StopIteration, StopAsyncIteration)) and (
            silent or top.code.opcodes[frame.f_lasti] in _EXHAUSTED
        ):
            return
        if self._guess is not None and self._guess is not error:
            self._correct(error)
        top.raised = error
        if top.entry is not None and isinstance(error, GeneratorExit):
            top.closing = True
            return
        self._settle()
        self._write_exception(top, error)

    def _write_exception(self, top: _Frame, error: BaseException) -> None:
        top.fresh = True
        top.shown = self._locals(top, unwinding=True)
        self._write(self._state(Event.EXCEPTION, top, self._renderer.error(error)))

    def _return(self, top: _Frame, frame: types.FrameType, value: object) -> None:
        opcode = top.code.opcodes[frame.f_lasti]
        if value is None and (top.fresh or top.closing or opcode not in _RETURNS):
            if top.entry is None:
                self._unwound(top)
        else:
            self._settle()
            if frame.f_code.co_flags & _SUSPENDS:
                self._suspended[id(frame)] = top.line
            top.shown = self._locals(top)
            self._write(self._state(Event.RETURN, top, self._renderer.text(value)))
        self._stack.pop()

    def _unwound(self, top: _Frame) -> None:
        """A frame was left by an exception: makes sure that an exception state ends it."""
        held, error = self._held, top.raised
        if held is not None and top.fresh and held.event is Event.EXCEPTION and held.depth == top.depth:
            return
        if error is not None:
            self._write_exception(top, error)
            self._guess = error

    def _correct(self, error: BaseException) -> None:
        """The caller sees another exception than the one taken to have left its callee."""
        self._guess = None
        if self._held is not None:
            self._held = replace(self._held, value=self._renderer.error(error))

    def _locals(self, top: _Frame, unwinding: bool = False) -> dict[str, str]:
        """Renders a frame's locals in canonical order."""
        scope = top.code.scope
        values = top.frame.f_locals
        text = self._renderer.text
        shown: dict[str, str] = {}
        stale = scope.comprehension_names if unwinding else ()
        names = scope.names
        for name in names:
            if name in stale:
                if name in top.shown:
                    shown[name] = top.shown[name]
            elif name in values:
                shown[name] = text(values[name])
        for name in values:
            if name not in names and name not in scope.comprehension_names and self._is_local(name):
                shown[name] = text(values[name])
        return shown

    @staticmethod
    def _is_local(name: str) -> bool:
        return name not in _COMPILER_NAMES and not name.startswith(".")

    def _state(self, event: Event, top: _Frame, value: str | None = None) -> State:
        line = top.code.scope.line if event is Event.CALL else top.line
        source = self._lines[line] if line < len(self._lines) else ""
        printed = self._renderer.stable(self._output.take())
        return State(event, line, source, top.code.function, top.depth, top.shown, value, printed)

    def _write(self, state: State) -> None:
        self.flush()
        if self._left <= 0:
            self._leave()
        self._left -= 1
        self._guess = None
        if state.event is Event.EXCEPTION:
            self._held = state  # its text can still turn out to be another exception's
        else:
            self._emit(state)


class Output:
    """The program's standard output, taken piece by piece."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        self.stream = io.TextIOWrapper(
            self._bytes, "utf-8", "backslashreplace", newline="\n", write_through=True
        )

    def take(self) -> str:
        """Returns what was printed since the last call, bounded."""
        try:
            if not self._bytes.tell():
                return ""
            data = self._bytes.getvalue()
            self._bytes.seek(0)
            self._bytes.truncate()
        except ValueError:  # the program closed its output
            return ""
        text = data.decode("utf-8", "replace")
        return text if len(text) <= MAX_STDOUT else text[:MAX_STDOUT] + "…"
