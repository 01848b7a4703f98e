"""From records to a card: cells with counts and intervals, curves, costs, and the most telling failures.

The definitions stand in docs/fidelity.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.worldmodel.calibration import (
    brier,
    calibration_error,
    calibration_floor,
    reliability,
    risk_area,
    risk_coverage,
)
from debugworld.worldmodel.crux import pass_at_k
from debugworld.worldmodel.statistics import cluster_bootstrap, mean

from .case import BEYOND, LEFT_OUT
from .cell import Cell, cell, cell_of, right_of
from .constructs import CONSTRUCTS
from .costs import cost_of, curve_of
from .exact import ACTIONS, PARTS
from .log import FAILED, Log, Record
from .measures.free import HORIZON
from .measures.inputs import DRAWS
from .outcomes import outcomes_of
from .subject import Subject
from .survival import survival
from .sweep import Settings, Told, fingerprint

FORMAT, VERSION = "debugworld-fidelity", 3
"""Of the JSON form; docs/fidelity.schema.json is its schema."""
LENGTHS = ((1, 20), (21, 50), (51, 100), (101, 200), (201, 10**9))
"""States of a run, both ends included."""
SKIPPED = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 30), (31, 10**9))
"""States that a jump skips, both ends included."""
SHARES = {
    0.0: "0",
    0.05: "up to 5 %",
    0.1: "5 to 10 %",
    0.25: "10 to 25 %",
    0.5: "25 to 50 %",
    1.0: "above 50 %",
}
"""Shares of a run's states that a jump skips: each the last of its kind."""
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
        "inputs": _inputs,
        "preimage": _preimages,
        "changed": _changed,
        "coherence": _coherence,
        "reground": _reground,
    }
    for name, section in sections.items():
        if by[name]:
            found[name] = section(by[name])
    if by["outputs"] or by["output_draws"]:
        found["outputs"] = _outputs(by["outputs"], by["output_draws"])
    for origin in ORIGINS:
        asked = ("outputs", "output_draws", "inputs")
        mine = [[one for one in by[name] if one["origin"] == origin] for name in asked]
        if any(mine):
            found[origin] = _pass_at_k(*mine)
    if by["granularity"]:
        found["granularity"] = curve_of(by["granularity"], subject.parameters)
    if by[FAILED]:
        found["errors"] = _errors(by[FAILED])
    found["cost"] = cost_of(subject, by, log.seconds)
    found["outcomes"] = outcomes_of(by)
    found["failures"] = _failures(by, failures)
    return found


def _cells(
    records: Iterable[Record],
    key: Callable[[Record], Iterable[str]],
    order: Sequence[str],
    judge: Callable[[list[Record]], Cell] = right_of,
) -> dict[str, Cell]:
    """Returns cells, of exact match where nothing else is said, by what a record is filed under.

    Those without records are left out.
    """
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        for name in key(record):
            groups[name].append(record)
    return {name: judge(groups[name]) for name in order if name in groups}


def _forced(records: list[Record]) -> dict[str, Any]:
    actions = {}
    for kind in ACTIONS:
        mine = [record for record in records if record["action"] == kind.value]
        if mine:
            actions[kind.value] = {
                "exact": right_of(mine),
                "copy": cell_of(mine, lambda one: one["copy"]),
                "parts": {part: cell_of(mine, partial(_part, part)) for part in PARTS},
                "constructs": _by_construct(mine),
                "lengths": _by_length(mine),
            }
    jumps = [record for record in records if record["action"] != "step_into"]
    found: dict[str, Any] = {
        "actions": actions,
        "parts": {part: _part_cells(records, part) for part in PARTS},
        "constructs": _by_construct(records),
        "lengths": _by_length(records),
        "constructs by length": {
            name: _by_length(mine)
            for name in CONSTRUCTS
            if (mine := [record for record in records if name in record["constructs"]])
        },
        "skipped": _cells(jumps, lambda one: [_bucket(one["skipped"], SKIPPED)], _names(SKIPPED)),
        "share skipped": _cells(jumps, lambda one: [_share(one)], list(SHARES.values())),
        "limits": {"count": len(records), "limit": sum(record["limit"] for record in records)},
    }
    both = [record for record in records if "steps" in record]
    if both:
        found["jump against steps"] = {
            "jump": right_of(both),
            "steps": cell_of(both, lambda one: one["steps"]),
        }
    known = [record for record in records if record["confidence"] is not None]
    if known:
        found["confidence"] = _confidence(known)
    return found


def _part_cells(records: list[Record], part: str) -> dict[str, Any]:
    """Returns the cells of one part of the state, of all actions together."""
    judge = partial(cell_of, outcome=partial(_part, part))
    return {
        "exact": judge(records),
        "constructs": _by_construct(records, judge),
        "lengths": _by_length(records, judge),
    }


def _by_construct(records: list[Record], judge: Callable[[list[Record]], Cell] = right_of) -> dict[str, Cell]:
    return _cells(records, lambda one: one["constructs"], CONSTRUCTS, judge)


def _by_length(records: list[Record], judge: Callable[[list[Record]], Cell] = right_of) -> dict[str, Cell]:
    return _cells(records, lambda one: [_bucket(one["length"], LENGTHS)], _names(LENGTHS), judge)


def _confidence(records: list[Record]) -> dict[str, Any]:
    sure = [record["confidence"] for record in records]
    right = [record["exact"] for record in records]
    scores = {"ece": calibration_error, "brier": brier, "aurc": risk_area}
    surely, truly = np.array(sure), np.array(right)

    def of(score: Callable[[Sequence[float], Sequence[bool]], float], places: npt.NDArray[np.intp]) -> float:
        return score(surely[places].tolist(), truly[places].tolist())

    ends = cluster_bootstrap(
        [record["case"] for record in records], [partial(of, score) for score in scores.values()]
    )
    return {
        "count": len(records),
        **{name: score(sure, right) for name, score in scores.items()},
        **{f"{name}_interval": list(pair) for name, pair in zip(scores, ends, strict=True)},
        "ece_floor": calibration_floor(sure),
        "reliability": [list(point) for point in reliability(sure, right)],
        "risk_coverage": _thin([list(point) for point in risk_coverage(sure, right)]),
    }


def _thin(points: list[list[float]], most: int = 101) -> list[list[float]]:
    if len(points) <= most:
        return points
    return [points[round(place * (len(points) - 1) / (most - 1))] for place in range(most)]


def _free(records: list[Record]) -> dict[str, Any]:
    wrong = [record for record in records if record["error"]]
    ended = [record for record in records if record["whole"] is not None]
    longer = [record for record in records if record["whole"] is None]
    found: dict[str, Any] = {
        "steps_to_first_difference": {
            "count": len(records),
            **mean([record["right"] for record in records]).to_json(),
        },
        "survival": survival(
            [record["right"] + bool(record["error"]) for record in records],
            [bool(record["error"]) for record in records],
            [record["followed"] for record in records],
            HORIZONS,
        ),
        "lengths": {
            name: right_of(mine, "whole")
            for name in _names(LENGTHS)
            if (mine := [one for one in ended if _bucket(one["length"], LENGTHS) == name])
        },
        "longer": {
            "horizon": HORIZON,
            "count": len(longer),
            "right": sum(not record["error"] for record in longer),
        },
        "limits": {"count": len(records), "limit": sum(record["limit"] for record in records)},
    }
    if ended:
        found["whole"] = right_of(ended, "whole")
    if wrong:
        found["errors"] = {kind: cell_of(wrong, partial(_kind, kind)) for kind in ("control", "value")}
        blamed = {name: sum(name in record["constructs"] for record in wrong) for name in CONSTRUCTS}
        found["errors at"] = {name: count for name, count in blamed.items() if count}
    return found


def _part(part: str, record: Record) -> bool:
    return record["parts"][part]


def _kind(kind: str, record: Record) -> bool:
    return record["error"] == kind


def _outputs(records: list[Record], drawn: list[Record]) -> dict[str, Any]:
    ways = dict.fromkeys(record["way"] for record in records)
    found = {way: right_of([one for one in records if one["way"] == way], "right") for way in ways}
    return found | _drawn("drawn", drawn)


def _inputs(records: list[Record]) -> dict[str, Any]:
    found: dict[str, Any] = {"at once": right_of(records, "right")}
    searched = [record for record in records if "searched" in record]
    if searched:
        found["searched for in the dream"] = right_of(searched, "searched", "searched_limit")
    return found | _drawn("drawn", records)


def _drawn(name: str, records: list[Record]) -> dict[str, Any]:
    """Returns pass@1 and pass@`DRAWS` of answers that were drawn, without bias (Chen et al., 2021)."""
    drawn = [record for record in records if record["draws"]]
    found: dict[str, Any] = {}
    for k in (1, DRAWS) if drawn else ():
        shares = [pass_at_k(one["draws"], one["drawn_right"], k) for one in drawn]
        limited = sum(record["drawn_limit"] for record in drawn)
        found[f"{name}, pass@{k}"] = {"count": len(drawn), **mean(shares).to_json(), "limit": limited}
    return found


def _pass_at_k(outputs: list[Record], drawn: list[Record], inputs: list[Record]) -> dict[str, Any]:
    """Returns pass@k of the rows of a benchmark as plain fractions, and as cells.

    An input's pass@1 is of the answer that the subject gives, an output's of the likeliest; pass@`DRAWS` is
    of what it draws.
    """
    found: dict[str, Any] = {}
    for name, way in (("output", "step_return"), ("output, run to", "run_to")):
        mine = [one for one in outputs if one["way"] == way]
        if mine:
            found[name] = right_of(mine, "right")
    if inputs:
        given = [
            {
                **one,
                "right": one.get("searched", one["right"]),
                "limit": one.get("searched_limit", one["limit"]),
            }
            for one in inputs
        ]
        found["input"] = right_of(given, "right")
        found["input, at once"] = right_of(inputs, "right")
    found |= _drawn("output, drawn", drawn) | _drawn("input, drawn", inputs)
    for name in ("output", "input"):
        for cell_name, key in (
            (name, f"{name}_pass@1"),
            (f"{name}, drawn, pass@{DRAWS}", f"{name}_pass@{DRAWS}"),
        ):
            if cell_name in found:
                found[key] = found[cell_name]["mean"]
    return found


def _preimages(records: list[Record]) -> dict[str, Any]:
    return {
        "functions": len(records),
        "valid": {
            **_counted(records, "valid", "draws"),
            "limit": sum(record["limit"] for record in records),
        },
        "distinct": sum(one["distinct"] for one in records),
        "coverage": {
            "count": len(records),
            **mean([one["found"] / min(one["preimage"], one["draws"]) for one in records]).to_json(),
        },
    }


def _changed(records: list[Record]) -> dict[str, Any]:
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[f"{record['kind']}, {record['group']}".removesuffix(", ")].append(record)
    found = {name: right_of(mine) for name, mine in sorted(groups.items())}
    for kind in ("assignment", "edit, going on"):
        for low, high in STEPS_AFTER:
            far = [one for one in records if one["kind"] == kind and low <= one["steps"] <= high]
            if far:
                found[f"{kind}, {low} to {high} steps after"] = right_of(far)
    return found


def _coherence(records: list[Record]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if any(record["steps"] for record in records):
        found = {name: _counted(records, name, "steps") for name in ("illegal", "from_nowhere")}
    same = cell_of(records, lambda one: one["same_again"])
    found["same_again"] = {**same, "limit": sum(record["limit"] for record in records)}
    return found


def _counted(records: list[Record], some: str, every: str) -> Cell:
    """Returns the cell of records that each count some of many outcomes of a case."""
    outcomes = [number < one[some] for one in records for number in range(one[every])]
    return cell(outcomes, [one["case"] for one in records for _ in range(one[every])])


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
                "limit": sum(record["limit"] for record in mine),
                **right.to_json(),
            }
        )
    return found


def _failures(by: Mapping[str, list[Record]], most: int) -> list[Record]:
    """Returns wrong answers that tell most, each of another program.

    In turn one from the true history, one first difference of a free run and one output; of each kind the
    surest first, then those over the fewest states.
    """
    kinds = []
    for measure in ("forced", "free", "outputs"):
        wrong = [_failure(one) for one in by.get(measure, []) if "seen" in one and not one["limit"]]
        wrong.sort(key=lambda one: (-(one["confidence"] or 0.0), one["skipped"], one["case"]))
        kinds.append(iter(wrong))
    found: dict[str, Record] = {}
    for kind in kinds * most:
        failure = next((one for one in kind if one["case"] not in found), None)
        if failure is not None:
            found[failure["case"]] = failure
    return [{name: one[name] for name in one if name != "case"} for one in list(found.values())[:most]]


def _failure(record: Record) -> Record:
    """Returns what is shown of a wrong answer, and its case."""
    keep = ("measure", "case", "name", "confidence", "seen")
    asked: Record = {"action": record.get("action", "step_into"), "skipped": record.get("skipped", 0)}
    if record["measure"] == "free":
        asked["right_steps"] = record["right"]
    elif record["measure"] == "outputs":
        asked = {"action": record["way"], "skipped": record["length"] - 2}
    return {name: record[name] for name in keep} | asked | {"constructs": record.get("constructs", [])}


def _left_out(records: list[Record]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        found[record["why"]].add(record["name"])
    return {why: sorted(names) for why, names in sorted(found.items())}


def _errors(records: list[Record]) -> dict[str, Any]:
    """Returns how many units failed for their box or model: of which measures, and why."""
    measures, whys = (Counter(record[name] for record in records) for name in ("of", "why"))
    return {
        "count": len(records),
        "measures": dict(sorted(measures.items())),
        "why": dict(whys.most_common()),
    }


def _beyond(records: list[Record]) -> dict[str, int]:
    """Returns how many questions were not asked, by measure, since they lead over too many states."""
    return dict(sorted(Counter(record["of"] for record in records).items()))


def _share(record: Record) -> str:
    """Returns the kind of share of the run's states that a jump skips."""
    share = record["skipped"] / record["length"]
    return next(name for most, name in SHARES.items() if share <= most)


def _bucket(number: int, buckets: Sequence[tuple[int, int]]) -> str:
    return next(
        name for name, (low, high) in zip(_names(buckets), buckets, strict=True) if low <= number <= high
    )


def _names(buckets: Sequence[tuple[int, int]]) -> list[str]:
    return [
        str(low) if low == high else f"{low} to {high}" if high < 10**9 else f"{low} and more"
        for low, high in buckets
    ]
