"""The protocol that every debugger speaks: recorded, live or dreamt.

A debugger holds a program and stands at one of its states. What can be asked, what is
legal and what is answered stand here once; where the states come from differs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from .action import Action, ActionKind
from .binding import bind, moved
from .breakpoint import Binding, Breakpoint, BreakpointKind
from .errors import IllegalAction, ProgramError
from .look import Call, Evaluation, Frame
from .places import is_plain
from .program import Program
from .state import Event, State


class Debugger(ABC):
    """A place in a program's run, moved by actions.

    Use `reset` first; `close` (or a ``with`` block) frees what it holds.
    """

    abilities: frozenset[str] = frozenset()
    """What it can do beside the moves of `BASIC_KINDS`: ``evaluate``, ``set``, ``frames``, ``fork``,
    ``conditions`` (``run_until``, and breakpoints of which the states alone do not tell where they hold:
    those with a condition, at exceptions, at changes), ``instructions``."""

    def __init__(self) -> None:
        self._program: Program | None = None
        self._selected = 0
        self._reply = ""

    @property
    def program(self) -> Program:
        """The program given to the last `reset`, with the assignments made since.

        Raises:
            IllegalAction: there was none.
        """
        if self._program is None:
            raise IllegalAction("the debugger has no program yet; call reset(program) first")
        return self._program

    @property
    @abstractmethod
    def state(self) -> State:
        """The state where the debugger stands.

        Its ``stdout`` and ``stderr`` hold what the program printed since the stop before, over all
        states that a forward move has passed.
        """

    @property
    @abstractmethod
    def breakpoints(self) -> tuple[Breakpoint, ...]:
        """The persistent breakpoints, as they were bound, in the order of their setting."""

    @property
    def breakpoint_lines(self) -> tuple[int, ...]:
        """Lines of the program's own source with a breakpoint, ascending."""
        lines = {b.line for b in self.breakpoints if b.kind is BreakpointKind.LINE and not b.file}
        return tuple(sorted(lines))

    @property
    def done(self) -> bool:
        """Whether the program has ended; backward moves stay possible."""
        return self.state.event is Event.EXIT

    @property
    def reply(self) -> str:
        """What the last action answered beside the state, as text; empty after a move."""
        return self._reply

    @property
    def selected(self) -> int:
        """The frame that looks refer to: 0 for the state's own, 1 for its caller; 0 again after a move."""
        return self._selected

    def reset(self, program: Program) -> State:
        """Starts a program and stands at its entry state, without breakpoints.

        Raises:
            ProgramError: the program cannot be debugged as given.
        """
        self._open(program.check())
        self._program, self._selected, self._reply = program, 0, ""
        return self.state

    def restart(self, source: str | None = None) -> State:
        """Starts again from the entry, with another source where one is given.

        Breakpoints stay: those of lines move with their line, and one whose line is gone is removed;
        `reply` tells which. Assignments are forgotten.

        Raises:
            ProgramError: the new source cannot be debugged; nothing has changed.
        """
        from dataclasses import replace

        old, kept = self.program, self.breakpoints
        new = replace(old, source=old.source if source is None else source, edits=())
        self.reset(new)
        lost = []
        for point in kept:
            target = moved(point, old, new)
            if target is None or not self.bind(target).bound:
                lost.append(str(point))
        self._reply = f"breakpoints removed: {', '.join(lost)}" if lost else ""
        return self.state

    def refusal(self, action: Action) -> str | None:
        """Says why an action is not legal now; None where it is.

        Raises:
            IllegalAction: there is no program yet.
        """
        kind, program = action.kind, self.program
        need = self._need(action)
        if need is not None and need not in self.abilities:
            return f"this debugger cannot do that (it has no {need!r})"
        if kind is ActionKind.BREAK:
            assert action.breakpoint is not None
            binding = bind(program, action.breakpoint)
            return None if binding.bound else binding.reason
        if kind is ActionKind.CLEAR:
            assert action.breakpoint is not None
            if not self._matching(action.breakpoint):
                have = ", ".join(map(str, self.breakpoints)) or "none"
                what = "on line " if action.breakpoint.kind is BreakpointKind.LINE else ""
                return f"there is no breakpoint {what}{action.breakpoint}; breakpoints: {have}"
            return None
        if kind is ActionKind.RUN_TO:
            assert action.line is not None
            try:
                program.require_breakable(action.line, action.file)
            except ProgramError as error:
                return str(error)
        if kind in (ActionKind.EVALUATE, ActionKind.SET) and self.done:
            return "the program has ended: there is no frame to look into; move back first"
        if kind in (ActionKind.UP, ActionKind.DOWN):
            return self._frame_refusal(action)
        return self._move_refusal(action) if kind.moves else None

    def step(self, action: Action) -> State:
        """Does one action and returns the state it leads to.

        Raises:
            IllegalAction: the action is not legal now; nothing has changed.
        """
        refusal = self.refusal(action)
        if refusal is not None:
            raise IllegalAction(f"{action}: {refusal}")
        kind = action.kind
        if kind.moves:
            self._move(action)
            self._selected, self._reply = 0, ""
        elif kind is ActionKind.BREAK:
            assert action.breakpoint is not None
            self._reply = str(self.bind(action.breakpoint))
        elif kind is ActionKind.CLEAR:
            assert action.breakpoint is not None
            self.clear(action.breakpoint)
            self._reply = ""
        elif kind is ActionKind.EVALUATE:
            self._reply = str(self.evaluate(action.text))
        elif kind is ActionKind.SET:
            self.assign(action.name, action.text)
            self._reply = ""
        else:
            frames = self.frames()
            self._selected += action.count if kind is ActionKind.UP else -action.count
            frame = frames[self._selected]
            self._reply = f"{frame.function}, line {frame.line}: {frame.source}"
        return self.state

    def bind(self, breakpoint: Breakpoint) -> Binding:
        """Sets a persistent breakpoint, where it can bind, and says what became of it.

        Raises:
            IllegalAction: this debugger cannot watch for such a breakpoint.
        """
        need = self._need(Action(ActionKind.BREAK, breakpoint=breakpoint))
        if need is not None and need not in self.abilities:
            raise IllegalAction(f"break {breakpoint}: this debugger cannot do that (it has no {need!r})")
        binding = bind(self.program, breakpoint)
        if binding.bound and binding.breakpoint not in self.breakpoints:
            self._arm(binding.breakpoint)
        return binding

    def clear(self, breakpoint: Breakpoint) -> None:
        """Removes a breakpoint; one given as a plain line removes all at the line it binds to.

        Raises:
            IllegalAction: there is no such breakpoint.
        """
        found = self._matching(breakpoint)
        if not found:
            raise IllegalAction(f"clear {breakpoint}: there is no such breakpoint")
        for point in found:
            self._disarm(point)

    def evaluate(self, expression: str, frame: int | None = None) -> Evaluation:
        """Evaluates an expression in a frame, bounded in time and size; side effects are discarded.

        Args:
            expression: One Python expression.
            frame: 0 for the state's own frame, 1 for its caller; None takes the selected one.

        Raises:
            IllegalAction: there is no such frame, the text is no expression, or the program has ended.
        """
        raise IllegalAction(f"{type(self).__name__} cannot evaluate expressions")

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Assigns a variable of a frame; the debugger stands where it stood, before a new future.

        Args:
            name: A local of the frame, else a global of the program.
            expression: The new value, evaluated in the frame.
            frame: As in `evaluate`.

        Raises:
            IllegalAction: there is no such frame or variable, or the expression raises; nothing has changed.
        """
        raise IllegalAction(f"{type(self).__name__} cannot assign variables")

    def frames(self) -> tuple[Frame, ...]:
        """Returns the frames of the stack, innermost first; empty at the exit.

        Raises:
            IllegalAction: this debugger cannot tell them.
        """
        raise IllegalAction(f"{type(self).__name__} cannot show frames")

    def call(self) -> Call:
        """Returns the current frame's activation as a whole: arguments, outcome, and what it called.

        Raises:
            IllegalAction: this debugger cannot tell, or the program has ended.
        """
        raise IllegalAction(f"{type(self).__name__} cannot show calls")

    def fork(self) -> Debugger:
        """Returns a second debugger that stands where this one does; the two go their own ways.

        Raises:
            IllegalAction: this debugger cannot be doubled.
        """
        raise IllegalAction(f"{type(self).__name__} cannot fork")

    def restore(self, stop: Debugger) -> State:
        """Goes back to a stop that was kept by `fork`, with the breakpoints of then; the fork stays.

        Raises:
            IllegalAction: the fork is of another kind of debugger, or this one cannot be doubled.
        """
        raise IllegalAction(f"{type(self).__name__} cannot be restored")

    def close(self) -> None:  # noqa: B027  most debuggers hold nothing
        """Frees what the debugger holds; may be called twice."""

    @abstractmethod
    def _open(self, program: Program) -> None:
        """Stands at the entry of a checked program, without breakpoints."""

    @abstractmethod
    def _move(self, action: Action) -> None:
        """Does a legal move."""

    @abstractmethod
    def _move_refusal(self, action: Action) -> str | None:
        """Says why a move cannot be done from here."""

    @abstractmethod
    def _arm(self, breakpoint: Breakpoint) -> None:
        """Keeps a bound breakpoint that is not there yet."""

    @abstractmethod
    def _disarm(self, breakpoint: Breakpoint) -> None:
        """Forgets a breakpoint that is there."""

    def _matching(self, breakpoint: Breakpoint) -> list[Breakpoint]:
        """The kept breakpoints that a `clear` means."""
        wanted = bind(self.program, breakpoint).breakpoint
        if wanted == Breakpoint(wanted.line or 1, file=wanted.file):
            return [b for b in self.breakpoints if (b.line, b.file) == (wanted.line, wanted.file)]
        return [b for b in self.breakpoints if b == wanted]

    def _frame_refusal(self, action: Action) -> str | None:
        target = self._selected + (action.count if action.kind is ActionKind.UP else -action.count)
        if target < 0:
            return "this is the innermost frame: nothing was called from it"
        count = 0 if self.done else self.state.depth + 1
        return None if target < count else f"there are {count} frames, and this is number {self._selected}"

    def _frame(self, frame: int | None) -> int:
        """Checks the number of a frame."""
        number = self._selected if frame is None else frame
        count = 0 if self.done else self.state.depth + 1
        if not 0 <= number < count:
            raise IllegalAction(f"there is no frame {number}; the frames here are numbered 0 to {count - 1}")
        return number

    def _need(self, action: Action) -> str | None:
        """The ability that an action asks for beside the basic moves."""
        kind, point = action.kind, action.breakpoint
        if point is not None and kind is ActionKind.BREAK:
            return None if is_plain(point) else "conditions"
        return _NEEDS.get(kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


_NEEDS = {
    ActionKind.RUN_UNTIL: "conditions",
    ActionKind.STEP_INSTRUCTION: "instructions",
    ActionKind.EVALUATE: "evaluate",
    ActionKind.SET: "set",
    ActionKind.UP: "frames",
    ActionKind.DOWN: "frames",
}
