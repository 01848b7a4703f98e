"""Watches: breakpoints as they are looked for while the program runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .anatomy import bases_of, module_of, name_of, qualname_of
from .breakpoint import Breakpoint, BreakpointKind
from .condition import Condition
from .guide import MAYBE
from .state import Event
from .suite import is_failure
from .values import Renderer

if TYPE_CHECKING:
    from .activation import Activation
    from .tracer import Tracer

_ABSENT: Any = object()


class Watch:
    """One breakpoint of a running program.

    Args:
        breakpoint: A bound breakpoint.
        count: Passes at it that were counted so far.
    """

    def __init__(self, breakpoint: Breakpoint, count: int = 0) -> None:
        self.breakpoint = breakpoint
        self.count = count
        """Passes at it, its condition true."""
        self._holds = getattr(self, f"_{breakpoint.kind}")
        self._condition = None if breakpoint.condition is None else Condition(breakpoint.condition)
        self._renderer = Renderer()
        self._last: Any = _ABSENT

    def holds(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> int:
        """Whether the program passes the breakpoint at this state: true, false or `MAYBE`."""
        answer: int = self._holds(tracer, event, top, value)
        if answer and self._condition is not None and not self._condition.holds(top.frame):
            return False
        return answer

    def passes(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> int:
        """As `holds`, from the breakpoint's number of hits on; counts."""
        answer = self.holds(tracer, event, top, value)
        if not answer:
            return False
        self.count += 1
        return answer if self.count >= self.breakpoint.hits else False

    def prime(self, tracer: Tracer, top: Activation) -> None:
        """Looks at the state where the debugger stands, so that the next one is compared with it."""
        if self.breakpoint.kind is BreakpointKind.CHANGE:
            self._change(tracer, Event.LINE, top, None)

    def _line(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> bool:
        point = self.breakpoint
        return event is Event.LINE and top.line == point.line and top.code.source.file == point.file

    def _function(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> bool:
        return event is Event.CALL and self.breakpoint.names(top.code.function)

    def _exception(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> bool:
        if event is not Event.EXCEPTION or tracer.propagated:
            return False
        name = self.breakpoint.name
        return any(
            name in (name_of(base), qualname_of(base), f"{module_of(base)}.{qualname_of(base)}")
            for base in bases_of(type(value))
        )

    def _failure(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> int:
        program = tracer.program
        if event is not Event.EXCEPTION or not program.tests or top.depth != 1:
            return False
        failed = is_failure(top.code.function, qualname_of(type(value)), program.expected_failures)
        return MAYBE if failed else False

    def _change(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> bool:
        name = self.breakpoint.name
        if not self.breakpoint.function:
            key, values, fresh = 0, tracer.namespace, False
        else:
            owner = self._owner(tracer, top)
            if owner is None:
                self._last = _ABSENT
                return False
            key, values = id(owner.frame), owner.frame.f_locals
            fresh = owner is top and event is Event.CALL and owner.frame.f_lasti <= owner.code.start
            if owner is top and event is Event.EXCEPTION and name in owner.code.shared:
                values = owner.outer
        now = None
        if name in values:
            self._renderer.start()
            now = self._renderer.text(values[name])
        before, self._last = self._last, (key, now)
        return not fresh and before is not _ABSENT and before[0] == key and before[1] != now

    def _owner(self, tracer: Tracer, top: Activation) -> Activation | None:
        """The innermost activation of the function that the variable is local to."""
        for activation in reversed(tracer.stack[: top.depth + 1]):
            if self.breakpoint.names_function(activation.code.function):
                return activation
        return None


class Moment(Watch):
    """The next ``line`` state in whose frame a condition is true."""

    def __init__(self, condition: str) -> None:
        super().__init__(Breakpoint(1, condition=condition))

    def _line(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> bool:
        return event is Event.LINE
