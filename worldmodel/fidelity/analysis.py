"""From records to a card: cells with counts and intervals, curves, costs, and the most telling failures.

The definitions stand in docs/fidelity.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from debugworld.worldmodel.calibration import (
    brier,
    calibration_error,
    calibration_floor,
    reliability,
    risk_coverage,
)
from debugworld.worldmodel.crux import pass_at_k
from debugworld.worldmodel.statistics import mean

from .case import BEYOND
from .cell import Cell, cell
from .constructs import CONSTRUCTS
from .costs import cost_of, curve_of
from .exact import ACTIONS, PARTS
from .log import Log, Record
from .measures.inputs import DRAWS
from .subject import Subject
from .sweep import LEFT_OUT, Settings, Told, fingerprint

FORMAT, VERSION = "debugworld-fidelity", 1
"""Of the JSON form; docs/fidelity.schema.json is its schema."""
LENGTHS = ((1, 20), (21, 50), (51, 100), (101, 200), (201, 10**9))
"""States of a run, both ends included."""
SKIPPED = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 30), (31, 10**9))
"""States that a jump skips, both ends included."""
STEPS_AFTER = ((1, 3), (4, 6), (7, 12))
"""Steps after a change, both ends included."""
HORIZONS = (1, 2, 3, 5, 10, 20, 30, 50, 75, 100, 150, 200)
"""Steps at which the survival curve is read."""
ORIGINS = ("cruxeval", "livecodebench", "humaneval", "mbpp")
"""Benchmarks that have a section of their own."""
FAILURES = 10
"""Failures that are shown."""


def card(
    subject: Subject, tasks: str, log: Log, settings: Settings, told: Told, failures: int = FAILURES
) -> dict[str, Any]:
    """Returns everything that is known of a subject, as plain JSON data.

    What a subject was not asked, or cannot be, is absent.

    Args:
        subject: was asked.
        tasks: what the card calls the programs.
        log: the answers.
        settings: what was asked.
        told: what happened beside the answers.
        failures: most wrong answers that are shown, each with a line of its program.
    """
    by: dict[str, list[Record]] = defaultdict(list)
    for record in log.records():
        by[record["measure"]].append(record)
    found: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "subject": {"name": subject.name, "parameters": subject.parameters, **subject.about},
        "tasks": tasks,
        "settings": settings.to_json(),
        "programs": {
            **told.to_json(),
            "left_out": _left_out(by[LEFT_OUT]),
            "beyond_reach": _beyond(by[BEYOND]),
        },
        "fingerprint": fingerprint(log),
    }
    sections: dict[str, Callable[[list[Record]], Any]] = {
        "forced": _forced,
        "free": _free,
        "outputs": _outputs,
        "inputs": _inputs,
        "preimage": _preimages,
        "changed": _changed,
        "coherence": _coherence,
        "reground": _reground,
    }
    for name, section in sections.items():
        if by[name]:
            found[name] = section(by[name])
    for origin in ORIGINS:
        mine = [[one for one in by[name] if one["origin"] == origin] for name in ("outputs", "inputs")]
        if any(mine):
            found[origin] = _pass_at_1(*mine)
    if by["granularity"]:
        found["granularity"] = curve_of(by["granularity"], subject.parameters)
    found["cost"] = cost_of(subject, by, log.seconds)
    found["failures"] = _failures(by["forced"], failures)
    return found


def _cells(
    records: Iterable[Record], key: Callable[[Record], Iterable[str]], order: Sequence[str]
) -> dict[str, Cell]:
    """Returns cells of exact match by what a record is filed under; those without records are left out."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for record in records:
        for name in key(record):
            groups[name].append(record["exact"])
    return {name: cell(groups[name]) for name in order if name in groups}


def _forced(records: list[Record]) -> dict[str, Any]:
    actions = {}
    for kind in ACTIONS:
        mine = [record for record in records if record["action"] == kind.value]
        if mine:
            actions[kind.value] = {
                "exact": cell([record["exact"] for record in mine]),
                "copy": cell([record["copy"] for record in mine]),
                "parts": {part: cell([record["parts"][part] for record in mine]) for part in PARTS},
                "constructs": _cells(mine, lambda one: one["constructs"], CONSTRUCTS),
                "lengths": _cells(mine, lambda one: [_bucket(one["length"], LENGTHS)], _names(LENGTHS)),
            }
    found: dict[str, Any] = {
        "actions": actions,
        "constructs": _cells(records, lambda one: one["constructs"], CONSTRUCTS),
        "lengths": _cells(records, lambda one: [_bucket(one["length"], LENGTHS)], _names(LENGTHS)),
        "skipped": _cells(
            [one for one in records if one["action"] != "step_into"],
            lambda one: [_bucket(one["skipped"], SKIPPED)],
            _names(SKIPPED),
        ),
        "limits": {"count": len(records), "limit": sum(record["limit"] for record in records)},
    }
    both = [record for record in records if "steps" in record]
    if both:
        found["jump against steps"] = {
            "jump": cell([record["exact"] for record in both]),
            "steps": cell([record["steps"] for record in both]),
        }
    known = [record for record in records if record["confidence"] is not None]
    if known and any(record["confidence"] < 1 for record in known):
        found["confidence"] = _confidence(known)
    return found


def _confidence(records: list[Record]) -> dict[str, Any]:
    sure = [record["confidence"] for record in records]
    right = [record["exact"] for record in records]
    return {
        "count": len(records),
        "ece": calibration_error(sure, right),
        "ece_floor": calibration_floor(sure),
        "brier": brier(sure, right),
        "reliability": [list(point) for point in reliability(sure, right)],
        "risk_coverage": _thin([list(point) for point in risk_coverage(sure, right)]),
    }


def _thin(points: list[list[float]], most: int = 101) -> list[list[float]]:
    if len(points) <= most:
        return points
    return [points[round(place * (len(points) - 1) / (most - 1))] for place in range(most)]


def _free(records: list[Record]) -> dict[str, Any]:
    survival = []
    for step in HORIZONS:
        at_risk = [record for record in records if record["followed"] >= step]
        if at_risk:
            survival.append({"step": step, **cell([record["right"] >= step for record in at_risk])})
    wrong = [record for record in records if record["error"]]
    found: dict[str, Any] = {
        "whole": cell([record["whole"] for record in records]),
        "steps_to_first_difference": {
            "count": len(records),
            **mean([record["right"] for record in records]).to_json(),
        },
        "survival": survival,
        "lengths": {
            name: cell([record["whole"] for record in mine])
            for name in _names(LENGTHS)
            if (mine := [one for one in records if _bucket(one["length"], LENGTHS) == name])
        },
        "limits": {"count": len(records), "limit": sum(record["limit"] for record in records)},
    }
    if wrong:
        found["errors"] = {
            kind: cell([record["error"] == kind for record in wrong]) for kind in ("control", "value")
        }
        blamed = {name: sum(name in record["constructs"] for record in wrong) for name in CONSTRUCTS}
        found["errors at"] = {name: count for name, count in blamed.items() if count}
    return found


def _outputs(records: list[Record]) -> dict[str, Any]:
    ways = dict.fromkeys(record["way"] for record in records)
    return {way: cell([one["right"] for one in records if one["way"] == way]) for way in ways}


def _inputs(records: list[Record]) -> dict[str, Any]:
    found: dict[str, Any] = {"at once": cell([record["right"] for record in records])}
    searched = [record for record in records if "searched" in record]
    if searched:
        found["searched for in the dream"] = cell([record["searched"] for record in searched])
    drawn = [record for record in records if record["draws"]]
    if drawn:
        for k in (1, DRAWS):
            shares = [pass_at_k(one["draws"], one["drawn_right"], k) for one in drawn]
            found[f"drawn, pass@{k}"] = {"count": len(drawn), **mean(shares).to_json()}
    return found


def _pass_at_1(outputs: list[Record], inputs: list[Record]) -> dict[str, Any]:
    """Returns pass@1 of the rows of a benchmark as plain fractions, and as cells."""
    found: dict[str, Any] = {}
    asked = {
        "output": [one["right"] for one in outputs if one["way"] == "step_return"],
        "output, run to": [one["right"] for one in outputs if one["way"] == "run_to"],
        "input": [one.get("searched", one["right"]) for one in inputs],
        "input, at once": [one["right"] for one in inputs],
    }
    for name, right in asked.items():
        if right:
            found[name] = cell(right)
    for name in ("output", "input"):
        if asked[name]:
            found[f"{name}_pass@1"] = found[name]["mean"]
    return found


def _preimages(records: list[Record]) -> dict[str, Any]:
    return {
        "functions": len(records),
        "valid": cell(
            [True] * (valid := sum(one["valid"] for one in records))
            + [False] * (sum(one["draws"] for one in records) - valid)
        ),
        "distinct": sum(one["distinct"] for one in records),
        "coverage": {
            "count": len(records),
            **mean([one["found"] / min(one["preimage"], one["draws"]) for one in records]).to_json(),
        },
    }


def _changed(records: list[Record]) -> dict[str, Any]:
    groups: dict[str, list[bool]] = defaultdict(list)
    for record in records:
        groups[f"{record['kind']}, {record['group']}".removesuffix(", ")].append(record["exact"])
    found = {name: cell(outcomes) for name, outcomes in sorted(groups.items())}
    for kind in ("assignment", "edit, going on"):
        for low, high in STEPS_AFTER:
            far = [one["exact"] for one in records if one["kind"] == kind and low <= one["steps"] <= high]
            if far:
                found[f"{kind}, {low} to {high} steps after"] = cell(far)
    return found


def _coherence(records: list[Record]) -> dict[str, Any]:
    steps = sum(record["steps"] for record in records)
    bad = {name: sum(record[name] for record in records) for name in ("illegal", "from_nowhere")}
    found: dict[str, Any] = {
        name: cell([True] * min(count, steps) + [False] * max(steps - count, 0))
        for name, count in bad.items()
        if steps
    }
    found["same_again"] = cell([record["same_again"] for record in records])
    return found


def _reground(records: list[Record]) -> list[dict[str, Any]]:
    """Returns, by policy, the share of steps that were looked up and the share of states that were true."""
    found = []
    for name in dict.fromkeys(record["policy"] for record in records):
        mine = [record for record in records if record["policy"] == name and record["steps"]]
        steps = sum(record["steps"] for record in mine)
        if not steps:
            continue
        right = mean([record["right"] / record["steps"] for record in mine])
        found.append(
            {
                "policy": name,
                "real_calls": sum(record["looks"] for record in mine) / steps,
                "count": len(mine),
                **right.to_json(),
            }
        )
    return found


def _failures(records: list[Record], most: int) -> list[Record]:
    """Returns wrong answers that tell most: of different cases, the surest first, then the shortest."""
    wrong = [record for record in records if "seen" in record and not record["limit"]]
    wrong.sort(key=lambda one: (-(one["confidence"] or 0.0), one["skipped"], one["case"], one["position"]))
    found: dict[str, Record] = {}
    for record in wrong:
        found.setdefault(record["case"], record)
    keep = ("name", "action", "skipped", "constructs", "confidence", "seen")
    return [{name: record[name] for name in keep} for record in list(found.values())[:most]]


def _left_out(records: list[Record]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        found[record["why"]].add(record["name"])
    return {why: sorted(names) for why, names in sorted(found.items())}


def _beyond(records: list[Record]) -> dict[str, int]:
    """Returns how many questions were not asked, by measure, since they lead over too many states."""
    return dict(sorted(Counter(record["of"] for record in records).items()))


def _bucket(number: int, buckets: Sequence[tuple[int, int]]) -> str:
    return next(
        name for name, (low, high) in zip(_names(buckets), buckets, strict=True) if low <= number <= high
    )


def _names(buckets: Sequence[tuple[int, int]]) -> list[str]:
    return [
        str(low) if low == high else f"{low} to {high}" if high < 10**9 else f"{low} and more"
        for low, high in buckets
    ]
