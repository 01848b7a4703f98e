"""What is remembered of runs: those used last, up to so many states, with what was worked out about them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Generic, TypeVar

from debugworld.sandboxes.debugger import Trace

Found = TypeVar("Found")
Kept = TypeVar("Kept")

MOST_STATES = 1_000_000
"""States of runs that are remembered at a time, some hundred bytes each."""
RUN = 100
"""What a run takes beside its states, such as its program's syntax tree, in states."""


class Recent(Generic[Kept]):
    """What was kept or asked for last, of so many states in all; the last of it stays, however large.

    Args:
        most: States.
    """

    def __init__(self, most: int = MOST_STATES) -> None:
        self._most, self._size = most, 0
        self._kept: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def get(self, key: Hashable) -> Kept | None:
        """Returns what was kept under a key; None where it is not there, or not any more."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, kept: Kept, states: int) -> None:
        """Keeps something, and lets go of what was asked for longest ago.

        Args:
            key: What it is asked for by.
            kept: That.
            states: Of its run.
        """
        _, before = self._kept.pop(key, (None, 0))
        self._kept[key] = kept, RUN + states
        self._size += RUN + states - before
        while self._size > self._most and len(self._kept) > 1:
            _, (_, size) = self._kept.popitem(last=False)
            self._size -= size

    def clear(self) -> None:
        """Lets go of everything."""
        self._kept.clear()
        self._size = 0


_WORKED_OUT: Recent[tuple[Trace, dict[Hashable, Any]]] = Recent()
"""Of each trace, by its id, what functions returned; it stays itself, so that its id is no other's."""


def by_trace(function: Callable[..., Found]) -> Callable[..., Found]:
    """Makes a function remember what it returned for a trace, its first argument.

    The trace is known by being the same object, for its states take long to compare; the other arguments
    are hashable. What was worked out about the runs that were not asked for longest goes first.
    """

    @wraps(function)
    def remembered(trace: Trace, *arguments: Hashable) -> Found:
        kept = _WORKED_OUT.get(id(trace))
        if kept is None:
            kept = trace, {}
            _WORKED_OUT.put(id(trace), kept, len(trace.states))
        results, key = kept[1], (function, arguments)
        if key not in results:
            results[key] = function(trace, *arguments)
        found: Found = results[key]
        return found

    return remembered
