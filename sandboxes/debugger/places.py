"""Places in time at which a breakpoint holds: ascending indexes into the states of a run.

What the states alone tell is found in them, as far as they are known. What needs the program itself (a
condition, an exception's bases) is asked of a live run, as far along as it is needed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence

from .breakpoint import Breakpoint, BreakpointKind
from .errors import IllegalAction
from .state import Event, State
from .suite import is_failure

_FEWEST, _FIRST, _MOST = 50, 1_000, 4_000
"""Places that are asked for at once: at least, at first, and at most."""
Search = Callable[[int, int], Iterable[int]]
"""Finds the places from one index up to another, ascending."""


class Places:
    """The places of one breakpoint in one run, whatever its hits.

    Args:
        states: The states of the run, which may still be growing.
        search: Finds the places among states.
    """

    def __init__(self, states: Sequence[State], search: Search) -> None:
        self.states = states
        """The states of the run."""
        self.found: list[int] = []
        """The places among the states that were searched, ascending."""
        self.searched = 0
        """Number of the states that were searched, from the entry on."""
        self._search = search

    def search(self, end: int) -> list[int]:
        """Searches at least the known states up to an index, and returns `found`."""
        known = len(self.states)
        if self.searched < known:
            self.found.extend(self._search(self.searched, known))
            self.searched = known
        return self.found


class Departed(IllegalAction):
    """A program did not do the same when it was run again."""


class AskedPlaces(Places):
    """Places that another run of a complete tree's program is asked for, some at a time.

    Args:
        states: The states of the run.
        candidates: Where the breakpoint can hold as far as the states tell, ascending.
        ask: Finds the places from one candidate up to another one, both included.
    """

    def __init__(self, states: Sequence[State], candidates: Sequence[int], ask: Search) -> None:
        super().__init__(states, ask)
        self._candidates = candidates
        self._size = _FIRST

    def search(self, end: int) -> list[int]:
        """As `Places.search`.

        Raises:
            Departed: the other run is another one.
            IllegalAction: the answer takes too long, even for a few places.
        """
        end = min(end, len(self.states))
        while self.searched < end:
            first = bisect_left(self._candidates, self.searched)
            some = self._candidates[first : first + self._size]
            if not some or some[0] >= end:
                self.searched = end
                break
            try:
                found = sorted(set(self._search(some[0], some[-1])))
            except Departed:
                raise
            except IllegalAction:
                if self._size == _FEWEST:
                    raise
                self._size = max(self._size // 8, _FEWEST)
                continue
            self.found.extend(found)
            self.searched = some[-1] + 1
            self._size = min(4 * self._size, _MOST)
        return self.found


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
        places, end = self._places, position + 2
        while True:
            found = places.search(end)
            place = max(bisect_right(found, position), self._start(found))
            if place < len(found):
                return found[place]
            if places.searched >= len(places.states):
                return -1
            end = places.searched + 1

    def before(self, position: int) -> int:
        """Returns the last place earlier than a position; -1 where there is none."""
        found = self._places.search(position)
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
