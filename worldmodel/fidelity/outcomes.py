"""Which answers were right, one by one, as short texts: so that cards can be compared answer by answer."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .log import Record

RESAMPLES = 2_000
"""Of the bootstrap."""


def outcomes_of(by: Mapping[str, list[Record]]) -> dict[str, Any]:
    """Returns the outcomes behind the main cells of a card.

    ``cases`` has a key for each program; ``cells`` has by the place of a cell one text with as many parts,
    separated by commas, of one 1 or 0 for each answer in the order in which it was asked for.

    Args:
        by: records by their measure.
    """
    found: dict[str, dict[str, str]] = defaultdict(lambda: defaultdict(str))
    for records in by.values():
        for record in records:
            for place, right in _places(record):
                found[place][record["case"]] += "1" if right else "0"
    cases = sorted({case for cell in found.values() for case in cell})
    cells = {place: ",".join(cell.get(case, "") for case in cases) for place, cell in sorted(found.items())}
    return {"cases": cases, "cells": cells}


def _places(record: Record) -> Iterator[tuple[str, bool]]:
    """Yields the places of the cells that a record counts in, and whether it is right there."""
    measure = record["measure"]
    if measure == "forced":
        yield f"forced / actions / {record['action']} / exact", record["exact"]
    elif measure == "free":
        yield "free / whole", record["whole"]
    elif measure == "outputs":
        yield f"outputs / {record['way']}", record["right"]
    elif measure == "inputs":
        yield "inputs / at once", record["right"]
        if "searched" in record:
            yield "inputs / searched for in the dream", record["searched"]
    elif measure == "changed":
        yield f"changed / {record['kind']}, {record['group']}".removesuffix(", "), record["exact"]
    elif measure == "granularity":
        yield f"granularity / {record['way']} / exact", record["exact"]


@dataclass(frozen=True)
class Paired:
    """How two subjects differ that were asked the same."""

    low: float
    """Lower end of the 95 % interval of the difference, after minus before: the bootstrap's over programs."""
    high: float
    """Upper end."""
    chance: float
    """Probability of so large a difference where it is chance which of the two is right more often, program
    by program: the exact test of signs, McNemar's (1947) where each program has one answer."""


def paired(before: Mapping[str, Any], after: Mapping[str, Any], place: str) -> Paired | None:
    """Compares a cell of two cards answer by answer; None where they were not asked the same there.

    Args:
        before: a card.
        after: another one.
        place: of the cell.
    """
    texts = [_cell(card, place) for card in (before, after)]
    if not texts[0] or {case: len(text) for case, text in texts[0].items()} != {
        case: len(text) for case, text in texts[1].items()
    }:
        return None
    pairs = [(texts[1][case].count("1") - text.count("1"), len(text)) for case, text in texts[0].items()]
    low, high = _bootstrap(pairs)
    return Paired(low, high, sign_test([difference for difference, _ in pairs]))


def _cell(card: Mapping[str, Any], place: str) -> dict[str, str]:
    outcomes = card.get("outcomes", {"cases": [], "cells": {}})
    parts = outcomes["cells"].get(place, "").split(",")
    return {case: part for case, part in zip(outcomes["cases"], parts, strict=False) if part}


def _bootstrap(pairs: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Returns the interval of the mean difference, programs drawn anew with all their answers."""
    choose = random.Random(0)
    means = []
    for _ in range(RESAMPLES):
        drawn = choose.choices(pairs, k=len(pairs))
        means.append(sum(difference for difference, _ in drawn) / sum(count for _, count in drawn))
    means.sort()
    edge = round(0.025 * RESAMPLES)
    return means[edge], means[-edge - 1]


def sign_test(differences: Sequence[int]) -> float:
    """Returns how likely it is, when each sign is a coin's, that the sum is as far from 0 as it is."""
    ways = {0: 1}
    for size in (abs(difference) for difference in differences if difference):
        after: dict[int, int] = defaultdict(int)
        for total, count in ways.items():
            after[total + size] += count
            after[total - size] += count
        ways = after
    seen = abs(sum(differences))
    return sum(count for total, count in ways.items() if abs(total) >= seen) / sum(ways.values())
