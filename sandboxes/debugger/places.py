"""Places in time at which a breakpoint holds: ascending indexes into the states of a run.

What can be told from the states alone is found here, as far as they are known. What needs the
program itself (a condition, an exception's bases) is found by a `Session`, once for a whole run.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence

from .breakpoint import Breakpoint, BreakpointKind
from .state import Event, State
from .suite import is_failure

Search = Callable[[int, int], Iterable[int]]
"""Finds the places from one index up to another, ascending."""


class Places:
    """The places of one breakpoint in one run, whatever its hits.

    Args:
        states: The states of the run, which may still be growing.
        search: Finds the places among states; None where `found` holds them all.
        found: The places that are known.
    """

    def __init__(self, states: Sequence[State], search: Search | None, found: Iterable[int] = ()) -> None:
        self._states = states
        self._search = search
        self._found = list(found)
        self._searched = 0

    @property
    def found(self) -> list[int]:
        """All places among the states known so far, ascending."""
        end = len(self._states)
        if self._search is not None and self._searched < end:
            self._found.extend(self._search(self._searched, end))
            self._searched = end
        return self._found


class Passes:
    """The places from which a breakpoint that was set holds.

    Args:
        places: Where it holds, hits left out of account.
        hits: The pass from which on it holds.
        since: Index of the state at which it was set; only later passes are counted.
    """

    def __init__(self, places: Places, hits: int = 1, since: int = -1) -> None:
        self.since = since
        """Index of the state at which it was set."""
        self._places = places
        self._hits = hits

    def after(self, position: int) -> int:
        """Returns the first place later than a position among the known states; -1 where there is none."""
        found = self._places.found
        place = max(bisect_right(found, position), self._start(found))
        return found[place] if place < len(found) else -1

    def before(self, position: int) -> int:
        """Returns the last place earlier than a position; -1 where there is none."""
        found = self._places.found
        place = bisect_left(found, position) - 1
        return found[place] if place >= self._start(found) else -1

    def _start(self, found: list[int]) -> int:
        """Number of the first place that counts enough."""
        return bisect_right(found, self.since) + self._hits - 1 if self._hits > 1 else 0


def is_plain(breakpoint: Breakpoint) -> bool:
    """Whether the states alone tell where a breakpoint holds."""
    return breakpoint.condition is None and breakpoint.kind in _PLAIN


_PLAIN = frozenset({BreakpointKind.LINE, BreakpointKind.FUNCTION, BreakpointKind.FAILURE})


def search(states: Sequence[State], breakpoint: Breakpoint, expected: frozenset[str]) -> Search:
    """Returns what finds the places of a plain breakpoint.

    Args:
        states: The states of the run, which may still be growing.
        breakpoint: A plain breakpoint.
        expected: Tests that are meant to fail, as `Program.expected_failures` has them.
    """
    kind, line, file = breakpoint.kind, breakpoint.line, breakpoint.file

    def at_line(start: int, end: int) -> list[int]:
        return [
            index
            for index in range(start, end)
            if (state := states[index]).line == line and state.event is Event.LINE and state.file == file
        ]

    def at_entry(start: int, end: int) -> list[int]:
        return [
            index
            for index in range(start, end)
            if states[index].event is Event.CALL and breakpoint.names(states[index].function)
        ]

    def at_failure(start: int, end: int) -> list[int]:
        """That an exception ends its frame shows at the state after it."""
        return [
            index - 1
            for index in range(max(start, 1), end)
            if (state := states[index - 1]).event is Event.EXCEPTION
            and state.depth == 1
            and _ends_frame(states[index])
            and is_failure(state.function, state.value or "", expected)
        ]

    finders: dict[BreakpointKind, Search] = {
        BreakpointKind.LINE: at_line,
        BreakpointKind.FUNCTION: at_entry,
        BreakpointKind.FAILURE: at_failure,
    }
    return finders[kind]


def _ends_frame(after: State) -> bool:
    """Whether a state at depth 1 was the last of its frame, by the one after it."""
    if after.event is Event.EXIT:
        return False  # the run was cut short: a frame's own end goes back to depth 0
    return after.depth < 1 or (after.event is Event.CALL and after.depth == 1)
