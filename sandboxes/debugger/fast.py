"""Runs to a line as fast as the interpreter can; the states on the way are neither seen nor counted.

From Python 3.12 on, `sys.monitoring` reports the lines of those functions alone that hold a breakpoint, and
each other line once. Before, a trace function is left on the frames of those functions only.
"""

from __future__ import annotations

import sys
import types
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .activation import Activation
from .breakpoint import BreakpointKind
from .state import Event

if TYPE_CHECKING:
    from .activation import Code
    from .tracer import Tracer
    from .watch import Watch


def serves(tracer: Tracer, watches: Sequence[Watch]) -> bool:
    """Whether a run to these breakpoints can be fast: plain lines whose every passing is one line event."""
    sources = {source.file: source for source in tracer.program.sources.values()}
    if tracer.edits_due or any(watch.breakpoint.kind is not BreakpointKind.LINE for watch in watches):
        return False
    if any(scope.covered for source in sources.values() for scope in source.outline.scopes.values()):
        return False
    return all(
        watch.breakpoint.line not in sources[watch.breakpoint.file].outline.odd_lines for watch in watches
    )


class Fast(ABC):
    """A run to the next of some lines.

    Args:
        tracer: Takes over where one of the lines is reached.
        watches: The lines.
        count: Times that one of them is to be reached.
    """

    def __init__(self, tracer: Tracer, watches: Sequence[Watch], count: int) -> None:
        self.tracer = tracer
        self.watches = watches
        self._count = count
        self.lines = frozenset(watch.breakpoint.line for watch in watches)
        self._codes: dict[types.CodeType, Code | None] = {}

    @abstractmethod
    def begin(self) -> None:
        """Lets the program run; called where it stands still."""

    @abstractmethod
    def end(self) -> None:
        """Stops looking."""

    def wanted(self, code: types.CodeType) -> Code | None:
        """Returns what is known of a code object, where a breakpoint may lie in it."""
        try:
            return self._codes[code]
        except KeyError:
            known = self.tracer.code_of(code)
            if known is not None:
                lines = {line for _, _, line in code.co_lines()}
                points = [watch.breakpoint for watch in self.watches]
                if not any(p.file == known.source.file and p.line in lines for p in points):
                    known = None
            self._codes[code] = known
            return known

    def reached(self, frame: types.FrameType, known: Code, line: int) -> bool:
        """Asks the watches about a line that is about to run; stands still where one holds."""
        tracer = self.tracer
        top = Activation(frame, known, line, 0)
        hit = 0
        for watch in self.watches:
            hit = watch.passes(tracer, Event.LINE, top, None) or hit
        self._count -= bool(hit)
        if not hit or self._count:
            return False
        self.end()
        tracer.take_over(top)
        return True


class MonitoringFast(Fast):
    """Uses `sys.monitoring`."""

    _TOOL = 3

    def __init__(self, tracer: Tracer, watches: Sequence[Watch], count: int) -> None:
        super().__init__(tracer, watches, count)
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
        self._events = self._monitoring.events
        self._local: set[types.CodeType] = set()

    def begin(self) -> None:
        """Lets the program run; called where it stands still."""
        monitoring, events = self._monitoring, self._events
        if monitoring.get_tool(self._TOOL) is None:
            monitoring.use_tool_id(self._TOOL, "debugworld")
        monitoring.register_callback(self._TOOL, events.LINE, self._on_line)
        monitoring.register_callback(self._TOOL, events.PY_START, self._on_start)
        monitoring.register_callback(self._TOOL, events.PY_RESUME, self._on_start)
        self.tracer.end()
        for activation in self.tracer.stack:
            self._look_into(activation.frame.f_code)
        monitoring.set_events(self._TOOL, events.PY_START | events.PY_RESUME)
        monitoring.restart_events()

    def end(self) -> None:
        """Stops looking."""
        monitoring = self._monitoring
        if monitoring.get_tool(self._TOOL) is None:
            return
        monitoring.set_events(self._TOOL, 0)
        for code in self._local:
            monitoring.set_local_events(self._TOOL, code, 0)
        self._local.clear()

    def _look_into(self, code: types.CodeType) -> None:
        if code not in self._local and self.wanted(code) is not None:
            self._local.add(code)
            self._monitoring.set_local_events(self._TOOL, code, self._events.LINE)

    def _on_start(self, code: types.CodeType, offset: int) -> Any:
        self._look_into(code)
        return self._monitoring.DISABLE

    def _on_line(self, code: types.CodeType, line: int) -> Any:
        known = self.wanted(code)
        if known is None or line not in self.lines:
            return self._monitoring.DISABLE
        self.reached(sys._getframe(1), known, line)
        return None


class PrunedFast(Fast):
    """Uses a trace function that looks at few frames."""

    def begin(self) -> None:
        """Lets the program run; called where it stands still."""
        for activation in self.tracer.stack:
            frame = activation.frame
            frame.f_trace = self._line if self.wanted(frame.f_code) is not None else None
        self.tracer.trace_with(self._call)

    def end(self) -> None:
        """Stops looking."""
        self.tracer.end()

    def _call(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        return self._line if event == "call" and self.wanted(frame.f_code) is not None else None

    def _line(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        if event == "line" and frame.f_lineno in self.lines:
            known = self.wanted(frame.f_code)
            if known is not None and self.reached(frame, known, frame.f_lineno):
                return frame.f_trace
        return self._line


def make_fast(tracer: Tracer, watches: Sequence[Watch], count: int) -> Fast:
    """Returns the fastest way of this interpreter."""
    kind = MonitoringFast if hasattr(sys, "monitoring") else PrunedFast
    return kind(tracer, watches, count)
