"""Learned localisers against Ochiai: the same bugs, the same number of test runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from .play import Record
from .policy import Policy
from .resampling import Resampling

TOPS = (1, 3, 5)
"""Ranks within which a line at fault counts as found."""
SIDES = ("learned", "equal", "every")
"""The policy; Ochiai with as many test runs on each bug as the policy took; Ochiai with all of them."""


def localisers(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Returns, for each bug set and way of training, how well lines at fault are found.

    Args:
        records: of one environment, a line a policy and bug.
    """
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        policy = Policy(record["kind"], record["dream"], record["policy_seed"])
        groups[record["uri"], policy.group].append(record)
    return [_compared(uri, group, mine) for (uri, group), mine in groups.items()]


def _compared(uri: str, group: str, records: list[Record]) -> dict[str, Any]:
    seeds = sorted({record["policy_seed"] for record in records})
    rows = [[record for record in records if record["policy_seed"] == seed] for seed in seeds]
    draws = Resampling(len(rows[0]))
    found: dict[str, Any] = {
        "bugs": uri,
        "trained": group,
        "different_bugs": len({record["task"] for record in records}),
        "faults": sum(bool(record["fault"]) for record in records),
    }
    for side in SIDES:
        told: dict[str, Any] = {}
        for top in TOPS:
            hits = np.array([[0 < one[side]["rank"] <= top for one in row] for row in rows], np.float64)
            told[f"top_{top}"] = draws.share(group, hits)
        for name in ("exam", "tests", "moves"):
            told[name] = draws.mean(
                group, np.array([[one[side][name] for one in row] for row in rows], float)
            )
        found[side] = told
    for top in TOPS:
        by = {
            side: np.array([[0 < one[side]["rank"] <= top for one in row] for row in rows], np.float64)
            for side in SIDES
        }
        # both sides are drawn with the same policies and bugs, so the difference is paired
        found[f"top_{top}_gained"] = draws.mean(group, by["learned"] - by["equal"])
        found[f"top_{top}_gained_over_every"] = draws.mean(group, by["learned"] - by["every"])
    found["kinds"] = _by_kind(group, rows)
    return found


def _by_kind(group: str, rows: list[list[Record]]) -> list[dict[str, Any]]:
    """Returns how often the line at fault is the first, for each kind of bug, the commonest first.

    A policy may find by reading what leaves a trace in the text, such as a negated condition, and no more.
    """
    places: dict[str, list[int]] = defaultdict(list)  # every policy has met the same bugs in the same order
    for place, record in enumerate(rows[0]):
        places[record["bug_kind"]].append(place)
    found = []
    for kind, mine in sorted(places.items(), key=lambda item: (-len(item[1]), item[0])):
        draws = Resampling(len(mine))
        told: dict[str, Any] = {
            "kind": kind,
            "different_bugs": len({rows[0][place]["task"] for place in mine}),
        }
        for side in SIDES:
            hits = np.array([[row[place][side]["rank"] == 1 for place in mine] for row in rows], np.float64)
            told[side] = draws.share(group, hits)
        found.append(told)
    return found
