"""A cell of a card: ``{"count", "mean", "low", "high"}``, a share and its 95 % interval.

The interval is Wilson's (1927), for the effective number of answers where several are of one program. Of
means over programs it is the bootstrap's. ``limit`` beside them counts the wrong answers that met a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from debugworld.worldmodel.statistics import clustered_rate

from .log import Record

Cell = dict[str, Any]


def cell(outcomes: Sequence[bool], programs: Sequence[str] | None = None) -> Cell:
    """Returns the cell of some outcomes; those of one program go together.

    Args:
        outcomes: at least one.
        programs: of each; None where each is of a program of its own.

    Raises:
        ValueError: there are none.
    """
    return {"count": len(outcomes), **clustered_rate(outcomes, programs or range(len(outcomes))).to_json()}


def cell_of(records: Sequence[Record], outcome: Callable[[Record], bool]) -> Cell:
    """Returns the cell of an outcome of records.

    Raises:
        ValueError: there are none.
    """
    return cell([outcome(record) for record in records], [record["case"] for record in records])


def right_of(records: Sequence[Record], key: str = "exact", limit: str = "limit") -> Cell:
    """Returns the cell of the right answers among records, with the wrong ones that met a limit.

    Args:
        records: at least one.
        key: what says of each whether it is right.
        limit: what says whether it met a limit.

    Raises:
        ValueError: there are none.
    """
    limited = sum(record[limit] and not record[key] for record in records)
    return {**cell_of(records, lambda one: one[key]), "limit": limited}
