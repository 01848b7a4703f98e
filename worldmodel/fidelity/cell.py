"""A cell of a card: ``{"count", "mean", "low", "high"}``, a share and its 95 % interval (Wilson, 1927).

Of means over cases the interval is the bootstrap's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from debugworld.worldmodel.statistics import rate

Cell = dict[str, Any]


def cell(outcomes: Sequence[bool]) -> Cell:
    """Returns the cell of some outcomes.

    Raises:
        ValueError: there are none.
    """
    return {"count": len(outcomes), **rate(outcomes).to_json()}
