"""What was worked out about a run once, for all episodes on it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, TypeVar

from debugworld.sandboxes.debugger import Trace

Found = TypeVar("Found")

_MOST = 65_536


def by_trace(function: Callable[..., Found]) -> Callable[..., Found]:
    """Makes a function remember what it returned for a trace, its first argument.

    The trace is known by being the same object, for its states take long to compare; the other arguments
    are hashable. The results not asked for longest go first.
    """
    kept: OrderedDict[tuple[int, tuple[Hashable, ...]], tuple[Trace, Any]] = OrderedDict()

    @wraps(function)
    def remembered(trace: Trace, *arguments: Hashable) -> Found:
        key = id(trace), arguments
        found = kept.get(key)
        if found is not None:
            kept.move_to_end(key)
            result: Found = found[1]
            return result
        result = function(trace, *arguments)
        kept[key] = trace, result  # the trace stays, and so its id is no other's
        if len(kept) > _MOST:
            kept.popitem(last=False)
        return result

    return remembered
