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
* What the interpreter finalizes by itself makes no states, for its moment is the interpreter's
  own matter: ``__del__``, a generator dropped unfinished, what a weak reference calls.
* Names that the compiler makes (``.0``, ``__class__``, ``__module__``...) are no locals.

What a state shows is made only where its consumer, the `Guide`, wants to see it.
"""

from __future__ import annotations

import sys
import types
from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .activation import Activation, Code
from .bytecode import opcodes
from .guide import MAYBE, Guide, Instruction, PutParts
from .output import Output, bounded
from .program import Program
from .recursion import MESSAGE, Recursion
from .scribe import scribe
from .state import Event
from .statements import COMPREHENSION_COLUMN
from .stop import Stop
from .values import FrameMemory, Renderer, stable

if TYPE_CHECKING:
    from .fast import Fast


# 3.13 reports a yield at the instruction after it
_RETURNS = opcodes("RETURN_VALUE", "RETURN_CONST", "YIELD_VALUE", "RETURN_GENERATOR", "RESUME")
_EXHAUSTED = opcodes("FOR_ITER", "END_FOR", "SEND", "END_SEND", "CLEANUP_THROW")
_NOTHING: Any = object()
_settrace = sys.settrace  # the program sees another one
_UNSHOWN = ("", "")
_UNREPORTED = (None, None)
_REFUSED_AT_MOST = 4
"""Entries of a traceback down to the debugger's own: the caller, the refused frame (twice), the tracer."""


class Tracer:
    """The trace function of one run.

    Args:
        program: A checked program.
        stdout: What the program prints.
        stderr: What it writes to its standard error.
    """

    def __init__(self, program: Program, stdout: Output, stderr: Output) -> None:
        self.program = program
        self.guide = Guide()
        """Says which states are wanted, and takes them."""
        self.index = -1
        """Place in time of the last state."""
        self.counted = True
        """Whether every state was counted."""
        self.stack: list[Activation] = []
        """Activations that make stops, outermost first."""
        self.standing: tuple[Activation, ...] = ()
        """The stack at the state that was handed over last."""
        self.at_end = False
        """Whether that state is known to be the last of its frame."""
        self.kept: dict[str, Any] | None = None
        """The locals at that state, where its frame has gone on since: it was left by the exception."""
        self.renderer = Renderer()
        self.stdout = stdout
        self.stderr = stderr
        self.recursion = Recursion()
        """The program's own recursion limit."""
        self.namespace: dict[str, Any] = {}
        """Names of the program's module."""
        self.trail: array[int] | None = None
        """Every state so far, for those who want to walk back; see `trail`."""
        self.propagated = False
        """Whether the exception of the current state was reported by a callee before."""
        self.raised = False
        """Whether the last state is an exception, or is held back because of one."""
        self.waiting = 0
        """Frames whose ``call`` state is held back."""
        self._sources = program.sources
        self._codes: dict[types.CodeType, Code | None] = {}
        self._held: tuple[Stop, tuple[Activation, ...]] | None = None
        self._guess: BaseException | None = None
        self._candidate: Stop | None = None
        self._ended_by: Activation | None = None
        self._unshown = _UNSHOWN
        """What was printed up to a state that was rendered and then not handed over."""
        self._finalized: types.FrameType | None = None
        self._covered: dict[int, dict[str, object]] = {}
        """`Activation.outer` of frames that are suspended inside a comprehension, by the frame's id."""
        self._reported: tuple[BaseException | None, object] = _UNREPORTED
        """The exception of the last state, if it is one, and its frame."""
        self._fast: Fast | None = None
        self._bound: Callable[[types.FrameType, str, Any], Any] = self.local
        self._edits = list(program.edits)
        self.edit_at = self._edits[0].index if self._edits else -1
        """Place in time of the next assignment that is to be made; -1 where there is none."""

    def code_of(self, code: types.CodeType) -> Code | None:
        """Returns what is known of a code object; None for one that makes no stops."""
        try:
            return self._codes[code]
        except KeyError:
            source = self._sources.get(code.co_filename)
            known = None
            if source is not None:
                line = 1 if code.co_name == "<module>" else code.co_firstlineno
                scope = source.outline.scopes.get((code.co_name, line))
                known = None if scope is None else Code(code, scope, source)
            self._codes[code] = known
            return known

    def start(self) -> None:
        """Begins the trace: what the caller calls next is the program's."""
        guide = self.guide
        if guide.put_line is not None:
            self._bound = scribe(self, guide.put_line, guide.budget)
        _settrace(self.trace)

    def end(self) -> None:
        """Ends the trace."""
        _settrace(None)

    def finish(self) -> None:
        """Ends the trace, and a fast run; for good."""
        _settrace(None)
        if self._fast is not None:
            self._fast.end()
            self._fast = None

    def trace_with(self, function: Any) -> None:
        """Has another function called when a frame is entered."""
        _settrace(function)

    @property
    def edits_due(self) -> bool:
        """Whether assignments are still to be made."""
        return bool(self._edits)

    def go_fast(self, fast: Fast) -> None:
        """Lets the program run on without a trace, until a line is reached."""
        self._fast = fast
        self.counted = False
        self.trail = None
        fast.begin()

    def take_over(self, top: Activation) -> None:
        """Stands still at a line that a fast run has reached, and follows the program again."""
        self._fast = None
        known = {activation.frame: activation for activation in self.stack}
        stack = [top]
        frame = top.frame.f_back
        while frame is not None:
            code = self.code_of(frame.f_code)
            if code is not None:
                line = frame.f_lineno
                caller = known.get(frame)
                if caller is None:
                    caller = Activation(frame, code, line, 0)
                    caller.unseen = True
                caller.stopped = line >= code.scope.body_line
                caller.line = line if caller.stopped else code.scope.line
                caller.fresh = caller.waiting = False
                stack.append(caller)
            frame = frame.f_back
        stack.reverse()
        for depth, activation in enumerate(stack):
            activation.depth = depth
            activation.frame.f_trace = self.local
        before = known.get(top.frame)
        if before is not None:
            top.memory, top.raised, top.closing = before.memory, before.raised, before.closing
        top.unseen = True
        top.stopped = True
        self.stack[:] = stack
        self.waiting = 0
        self._held = self._guess = self._candidate = self._ended_by = None
        self.raised = False
        stop = self.render(Event.LINE, top)
        self.standing, self.at_end = tuple(stack), False
        self.start()
        self.guide.take(stop)

    def flush(self) -> None:
        """Hands over the state that was held back, if any."""
        if self._held is not None:
            (stop, standing), self._held = self._held, None
            self.standing, self.at_end = standing, True
            self.guide.take(stop)

    def trace(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        """The global trace function: a frame is entered."""
        code = frame.f_code
        try:
            known = self._codes[code]
        except KeyError:
            known = self.code_of(code)
        if known is None or event != "call":
            return None
        if self._finalized is not None:
            return self._finalize  # not None, which leaves a generator the function that it had
        stack = self.stack
        if known.finalizes or (stack and stack[-1].code.quiet[stack[-1].frame.f_lasti >> 1]):
            self._finalized = frame
            return self._finalize
        if len(stack) >= self.recursion.limit:
            self._refuse()
        top = Activation(frame, known, known.scope.line, len(stack))
        stack.append(top)
        if known.suspends:
            top.waiting = True  # it may only be closing
            self.waiting += 1
            if frame.f_lasti > known.start:  # it goes on
                top.line = frame.f_lineno
                top.stopped = True
                if self._covered:
                    top.outer = self._covered.pop(id(frame), top.outer)
        else:
            if self.waiting:
                self._settle()
            self._write(Event.CALL, top)
        if self.guide.instructions:
            frame.f_trace_opcodes = True
        return self._bound if self._fast is None else frame.f_trace

    def _finalize(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        """The local trace function of a frame that the interpreter runs to finalize something."""
        if event == "return" and frame is self._finalized:
            self._finalized = None
        return self._finalize

    def _refuse(self) -> None:
        """Has an exception leave the frame that was about to be entered.

        CPython takes the trace function away where it raises; it is put back when the frame is left.
        """
        sys.setprofile(self.put_back)
        raise RecursionError(MESSAGE)

    def put_back(self, frame: types.FrameType, event: str, argument: Any) -> None:
        """The profile function while a refused frame is left."""
        sys.setprofile(None)
        _settrace(self.trace)

    def _settle(self) -> None:
        """Writes the ``call`` states that are held back, outermost first."""
        for frame in self.stack:
            if frame.waiting:
                frame.waiting = False
                self.waiting -= 1
                self._write(Event.CALL, frame)
                if frame.closing and frame.raised is not None:
                    self._write_exception(frame, frame.raised)

    def _pop(self) -> None:
        if self.stack.pop().waiting:
            self.waiting -= 1

    def local(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        """The local trace function of every frame that makes stops."""
        stack = self.stack
        while stack and stack[-1].frame is not frame:
            self._pop()  # a frame that vanished without a word
        if not stack:
            return None
        top = stack[-1]
        if event == "line":
            line = frame.f_lineno
            if top.stopped:
                if line == top.line:
                    code = top.code
                    if line not in code.tight or code.columns[frame.f_lasti >> 1] == COMPREHENSION_COLUMN:
                        return self._bound  # the same statement: only a loop on one line stops at each turn
            elif line < top.code.scope.body_line:
                return self._bound  # a class body is being set up
            if self.waiting:
                self._settle()
            top.line = line
            top.stopped = True
            top.fresh = False
            if top.code.shared:
                values = frame.f_locals
                top.outer = {name: values[name] for name in top.code.shared if name in values}
            self._write(Event.LINE, top)
        elif event == "exception":
            if argument[0] is RecursionError:
                _cut(argument[2])
            self._exception(top, frame, argument[1], argument[2] is None)
        elif event == "return":
            self._return(top, frame, argument)
        elif self.guide.instructions:
            self._instruction(top, frame)
        return self._bound if self._fast is None else frame.f_trace

    def _instruction(self, top: Activation, frame: types.FrameType) -> None:
        """A bytecode instruction is about to run."""
        guide = self.guide
        assert isinstance(guide, Instruction)
        if self.waiting or not guide.reached():
            return
        stop = self.render(Event.INSTRUCTION, top)
        stop.value = top.code.instruction(frame.f_lasti)
        self.standing, self.at_end = tuple(self.stack), False
        guide.take(stop)

    def _exception(self, top: Activation, frame: types.FrameType, error: BaseException, silent: bool) -> None:
        if issubclass(type(error), StopIteration):
            if silent or top.code.opcodes[frame.f_lasti >> 1] in _EXHAUSTED:
                return
        elif issubclass(type(error), StopAsyncIteration) and (
            silent or frame.f_lasti >> 1 in top.code.async_ends
        ):
            return
        if self._guess is not None and self._guess is not error:
            self._correct(error)
        top.raised = error
        if top.waiting and issubclass(type(error), GeneratorExit):
            top.closing = True
            return
        if self.waiting:
            self._settle()
        self._write_exception(top, error)

    def _write_exception(self, top: Activation, error: BaseException, guessed: bool = False) -> None:
        top.fresh = self.raised = True
        known, frame = self._reported
        self.propagated = known is error and frame is not top.frame
        self._reported = (error, top.frame)
        self._write(Event.EXCEPTION, top, error, guessed)
        self._ended_by = top

    def _return(self, top: Activation, frame: types.FrameType, value: object) -> None:
        unit = frame.f_lasti >> 1
        if value is None and (top.fresh or top.closing or top.code.opcodes[unit] not in _RETURNS):
            if not top.waiting:
                self._unwound(top)
        else:
            if self.waiting:
                self._settle()
            self._write(Event.RETURN, top, value)
            if top.outer and top.code.suspends and self._in_comprehension(top):
                self._covered[id(frame)] = top.outer
        self._pop()

    def _unwound(self, top: Activation) -> None:
        """A frame was left by an exception: makes sure that an exception state ends it."""
        if top.fresh and self._ended_by is top:
            if self._candidate is not None:
                stop, self._candidate = self._candidate, None
                self.at_end = True
                self.guide.take(stop)
            self.guide.left(self, top)
            return
        if top.raised is not None or top.unseen:
            error = top.raised or _Unknown()
            self._write_exception(top, error, guessed=True)
            self._guess = error
            if self._held is None:
                self.guide.left(self, top)

    def _correct(self, error: BaseException) -> None:
        """The caller sees another exception than the one taken to have left its callee."""
        self._guess = None
        if self._held is not None:
            stop = self._held[0]
            stop.value = self.renderer.error(error)
            stop.chain = self.renderer.chain(error)

    def _write(self, event: Event, top: Activation, value: object = _NOTHING, guessed: bool = False) -> None:
        """Counts a state, and hands it over where it is wanted."""
        if self._held is not None:
            self.flush()
        if self._candidate is not None:
            self._unshown = self._candidate.stdout, self._candidate.stderr
            self._candidate = None
        self._ended_by = self._guess = self.kept = None
        if event is not Event.EXCEPTION:
            self._reported = _UNREPORTED
            self.raised = False
        self.index = index = self.index + 1
        if self.trail is not None:
            self.trail.append(top.depth << 1 | (event is Event.CALL))
        if index == self.edit_at:
            self._apply_edits(top)
        guide = self.guide
        wanted = guide.wants(self, event, top, value)
        if not wanted:
            return
        if guide.put is not None and not guessed:
            guide.put(*self._parts(event, top, value))
            return
        stop = self.render(event, top, value)
        standing = tuple(self.stack[: top.depth + 1]) if guide.stands else ()
        if guessed:  # it ends its frame; its text can still turn out to be another exception's
            self._held = stop, standing
            return
        self.standing, self.at_end = standing, event is Event.RETURN
        if wanted is MAYBE:
            self._candidate, self.kept = stop, dict(top.frame.f_locals)
        else:
            guide.take(stop)

    def render(self, event: Event, top: Activation, value: object = _NOTHING) -> Stop:
        """Makes what a state shows now."""
        event, line, depth, shown, function, text, stdout, stderr, file, chain, _, memory = self._parts(
            event, top, value
        )
        lines = top.code.source.lines
        source = lines[line] if line < len(lines) else ""
        return Stop(event, line, source, function, depth, shown, text, stdout, stderr, file, chain, memory)

    def _parts(self, event: Event, top: Activation, value: object) -> PutParts:
        """Writes what a state shows now, in the order of `Packer.pack`."""
        renderer, code = self.renderer, top.code
        renderer.start()
        shown = self.locals(top, event is Event.EXCEPTION)
        text: str | None = None
        chain: tuple[str, ...] = ()
        if value is not _NOTHING:
            if event is Event.EXCEPTION:
                error: Any = value  # an instance check would ask the program's own class
                text, chain = renderer.error(error), renderer.chain(error)
            else:
                text = renderer.text(value)
        line = code.scope.line if event is Event.CALL else top.line
        stdout, stderr = stable(self.stdout.take()), stable(self.stderr.take())
        if self._unshown is not _UNSHOWN:
            stdout, stderr = bounded(self._unshown[0] + stdout), bounded(self._unshown[1] + stderr)
            self._unshown = _UNSHOWN
        return (
            event,
            line,
            top.depth,
            shown,
            code.function,
            text,
            stdout,
            stderr,
            code.file,
            chain,
            None,
            top.memory,
        )

    def locals(self, top: Activation, unwinding: bool = False) -> dict[str, str]:
        """Renders an activation's locals in canonical order."""
        memory = top.memory
        if memory is None:
            memory = top.memory = FrameMemory(top.code.layout)
        values = top.frame.f_locals
        if top.code.shared and (unwinding or self._in_comprehension(top)):
            names = top.code.shared
            values = {name: value for name, value in values.items() if name not in names} | top.outer
        return self.renderer.locals(memory, values)

    @staticmethod
    def _in_comprehension(top: Activation) -> bool:
        """Whether a frame stands inside a comprehension that is inlined into it."""
        return top.code.columns[top.frame.f_lasti >> 1] == COMPREHENSION_COLUMN

    def _apply_edits(self, top: Activation) -> None:
        """Makes the assignments that are due at the current state."""
        from .change import assign

        while self._edits and self._edits[0].index == self.index:
            edit = self._edits.pop(0)
            assign(self.stack[top.depth - edit.frame].frame, edit.name, edit.expression)
        self.edit_at = self._edits[0].index if self._edits else -1


class _Unknown(BaseException):
    """Stands for an exception that nobody has seen yet."""


def _cut(trace: types.TracebackType | None) -> None:
    """Takes a refused frame, and what is the debugger's own, out of a traceback.

    CPython notes the refused frame once or twice.
    """
    entries: list[types.TracebackType] = []
    while trace is not None and len(entries) < _REFUSED_AT_MOST:
        entries.append(trace)
        if trace.tb_frame.f_globals is globals():
            refused = entries[-2].tb_frame if len(entries) > 1 else None
            kept = [entry for entry in entries[:-1] if entry.tb_frame is not refused]
            if kept:
                kept[-1].tb_next = None
            return
        trace = trace.tb_next
