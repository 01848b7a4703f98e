"""Which episodes are told step by step: exploits, and those that dream-trained policies lose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from debugworld.worldmodel.fidelity.log import Log

from .play import Record
from .policy import DREAM, LEARNED, REGROUND, Policy
from .policy import REAL as IN_REAL
from .settings import REAL, Settings

EXPLOITS = 3
"""Exploits that are told for each dream."""
FAILURES = 6
"""Lost episodes that are told for each environment and way of training in its first dream."""
EXPLOIT, FAILURE = "exploit", "failure"


@dataclass(frozen=True)
class Walk:
    """An episode to tell: its actions in the world that it was played in, and in the real one."""

    why: str
    """``exploit`` or ``failure``."""
    task: int
    """Number of the environment."""
    world: str
    """Where it was played."""
    policy: Policy
    """Who played."""
    seed: int
    """Of the episode."""
    actions: tuple[int, ...]
    """What was done."""
    note: str = ""
    """Who else has won it, and who has not."""


def wanted(record: Record, settings: Settings) -> bool:
    """Tells whether a record is of the policies and dreams of a report; its log may hold more."""
    labels = ["", REAL, *(each.label for each in settings.subjects)]
    seeds = range(settings.seed, settings.seed + settings.seeds)
    kind = record.get("kind")
    return (
        record.get("dream", "") in labels
        and record.get("world", "") in labels
        and (kind is None or record["measure"] == "dreamt" or kind in settings.kinds)
        and (kind not in LEARNED or "policy_seed" not in record or record["policy_seed"] in seeds)
    )


def chosen(settings: Settings, log: Log) -> Iterator[Walk]:
    """Yields the episodes to tell.

    Exploits: won in the dream by a policy that was trained there, and not by the same actions in the real
    world; the shortest of different tasks. Failures: lost in the real world by policies that were trained in
    the first dream, plain or re-grounded, and won by those that were trained in the real world, the clearest
    first.
    """
    records = [
        record for record in log.records() if record["measure"] == "episode" and wanted(record, settings)
    ]
    for task, tasks in enumerate(settings.tasks):
        mine = [record for record in records if record["env"] == tasks.name]
        for subject in settings.subjects:
            yield from _exploits(task, subject.label, mine)
        for kind in (DREAM, REGROUND):
            yield from _failures(task, kind, settings.subjects[0].label, mine)


def _exploits(task: int, dream: str, records: list[Record]) -> Iterator[Walk]:
    won = [
        record
        for record in records
        if record["world"] == record["dream"] == dream
        and record["kind"] in LEARNED
        and record["success"]
        and not record["replayed"]
    ]
    won.sort(key=lambda one: (one["kind"] != DREAM, len(one["actions"]), one["seed"], one["policy_seed"]))
    seen: dict[str, Record] = {}
    for record in won:
        seen.setdefault(record["task"], record)
    for record in list(seen.values())[:EXPLOITS]:
        yield _walk(EXPLOIT, task, record)


def _failures(task: int, kind: str, dream: str, records: list[Record]) -> Iterator[Walk]:
    groups: dict[int, dict[str, list[Record]]] = defaultdict(lambda: {kind: [], IN_REAL: []})
    for record in records:
        if record["world"] == REAL and (record["kind"], record["dream"]) in ((kind, dream), (IN_REAL, "")):
            groups[record["seed"]][record["kind"]].append(record)
    found, kind_name = [], "dream" if kind == DREAM else "re-grounded dream"
    for seed, played in groups.items():
        if not all(played.values()):
            continue
        ours, theirs = (sum(one["success"] for one in played[each]) for each in (kind, IN_REAL))
        shares = ours / len(played[kind]), theirs / len(played[IN_REAL])
        if shares[0] < shares[1]:
            lost = next(one for one in played[kind] if not one["success"])
            note = (
                f"won by {ours} of {len(played[kind])} policies trained in the {kind_name} and by "
                f"{theirs} of {len(played[IN_REAL])} trained in the real world"
            )
            found.append((shares[0] - shares[1], seed, lost, note))
    for _, _, lost, note in sorted(found, key=lambda one: one[:2])[:FAILURES]:
        yield _walk(FAILURE, task, lost, note)


def _walk(why: str, task: int, record: Record, note: str = "") -> Walk:
    policy = Policy(record["kind"], record["dream"], record["policy_seed"])
    return Walk(why, task, record["world"], policy, record["seed"], tuple(record["actions"]), note)
