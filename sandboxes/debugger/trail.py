"""A run's trail: depth and kind of every state, which is all that backward moves need to know.

Each state is one number: twice its depth, and one more where it is a ``call``.
"""

from __future__ import annotations

from array import array


def new_trail() -> array[int]:
    """Returns an empty trail."""
    return array("I")


def back(trail: array[int], verb: str, count: int, index: int, depth: int | None) -> int | None:
    """Returns the place that a backward move leads to, at least 0; None where there is none.

    Args:
        trail: Of all states before the place where the debugger stands, at least.
        verb: ``into``, ``over`` or ``call``.
        count: How many times the move is done.
        index: Where the debugger stands.
        depth: The depth there, where that is no state: 0 at the end, between two states that of the frame.
    """
    for _ in range(count):
        if index == 0:
            break
        level = trail[index] >> 1 if depth is None else depth
        if verb == "into":
            index -= 1
        elif verb == "over":
            index -= 1
            while trail[index] >> 1 > level:
                index -= 1
        elif depth == 0 and index == len(trail):
            index = 0
        else:
            found = _call(trail, index if depth is None else index - 1, level, depth is not None)
            if found is None:
                return None
            index = found
        depth = None
    return index


def _call(trail: array[int], index: int, depth: int, inside: bool) -> int | None:
    """Place of the ``call`` of the frame at a place; from such a state that of its caller."""
    start = index
    while trail[index] != depth << 1 | 1:
        index -= 1
    if index != start or inside:
        return index
    if depth == 0:
        return None
    depth -= 1
    while trail[index] >> 1 > depth:
        index -= 1
    while trail[index] != depth << 1 | 1:
        index -= 1
    return index
