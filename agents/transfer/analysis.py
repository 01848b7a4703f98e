"""From records to a report: what a dream-trained policy is worth, against how true its dream is.

A *cell* is ``{"count", "mean", "low", "high"}`` with a 95 % interval, as in the cards of the fidelity
benchmark; None stands where a ratio has no value. The definitions stand in docs/transfer.md.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from debugworld.envs.errors import TaskError
from debugworld.worldmodel.fidelity.log import Log
from debugworld.worldmodel.statistics import mean, rate

from .goals import verdicts
from .localiser import localisers
from .play import Record
from .policy import DREAM, KINDS, LEARNED, RANDOM, REGROUND, Policy
from .policy import REAL as IN_REAL
from .resampling import Cell, Outcomes, Resampling
from .settings import REAL, Settings, Tasks
from .walks import EXPLOIT, FAILURE, chosen, wanted

FORMAT, VERSION = "debugworld-transfer", 1
"""Of the JSON form; docs/transfer.schema.json is its schema."""
ENOUGH = 0.95
"""Share of the real-trained success that a dream has to keep to be called true enough to train in."""


def report(settings: Settings, log: Log, command: str = "", left: int = 0) -> dict[str, Any]:
    """Returns everything that the records of a sweep say, as plain JSON data.

    Args:
        settings: of the sweep.
        log: its records.
        command: what made them, for those who want to make them again.
        left: units that the time did not reach.

    Raises:
        TaskError: worlds were not asked the same, or nothing was played to its end.
    """
    walks = {(walk.why, walk.world, walk.policy, walk.seed, walk.note) for walk in chosen(settings, log)}
    used = [
        record
        for record in log.records()
        if (
            (record["measure"], record["world"], _policy(record), record["seed"], record["note"]) in walks
            if record["measure"] in (EXPLOIT, FAILURE)
            else wanted(record, settings)
        )
    ]
    by: dict[str, list[Record]] = defaultdict(list)
    for record in used:
        by[record["env"]].append(record)
    told = settings.to_json()
    del told["tasks"]
    told["subjects"] = [each.label for each in settings.subjects]
    told["localise"] = [uri.rpartition("/")[2] for uri in settings.localise]
    return {
        "format": FORMAT,
        "version": VERSION,
        "command": command,
        "settings": told,
        "environments": [Environment(settings, tasks, by[tasks.name]).report() for tasks in settings.tasks],
        "left": left,
        "fingerprint": hashlib.sha256(json.dumps(used, sort_keys=True).encode()).hexdigest()[:16],
        "seconds": log.seconds,
    }


class Environment:
    """The records of one environment.

    Args:
        settings: of the sweep.
        tasks: the environment with its tasks.
        records: what was measured there.

    Raises:
        TaskError: worlds were not asked the same.
    """

    def __init__(self, settings: Settings, tasks: Tasks, records: list[Record]) -> None:
        self._settings, self._tasks = settings, tasks
        self._by: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            self._by[record["measure"]].append(record)
        worlds: dict[str, set[str]] = defaultdict(set)
        for record in self._by["episode"]:
            worlds[_policy(record).name].add(record["world"])
        everywhere = {name for name, seen in worlds.items() if len(seen) == 1 + len(settings.subjects)}
        self._by["episode"] = [one for one in self._by["episode"] if _policy(one).name in everywhere]
        if not everywhere:
            raise TaskError(
                f"{tasks.name}: no policy has played in every world yet; give the report more time"
            )
        self._episodes: dict[tuple[str, str], dict[int, list[Record]]] = {}
        for record in self._by["episode"]:
            key = _policy(record).group, record["world"]
            self._episodes.setdefault(key, {}).setdefault(record["policy_seed"], []).append(record)
        self._check()
        self._draws = Resampling(settings.episodes)
        self._labels = [each.label for each in settings.subjects]
        self._trained = {_policy(record).name: record for record in self._by["trained"]}

    def report(self) -> dict[str, Any]:
        """Returns the environment's part of the report."""
        dreams = [self._dream(label) for label in self._labels]
        transfers = [
            self._transfer(policy) for policy in self._ways() if policy.kind in LEARNED and policy.dream
        ]
        found: dict[str, Any] = {
            "env": self._tasks.name,
            "train": self._tasks.train,
            "test": self._tasks.test,
            "judge": "real" if self._tasks.about_bugs else "debugger",
            "test_programs": len({one["task"] for one in self._by["episode"]}),
            "policies": self._policies(),
            "dreams": dreams,
            "transfers": transfers,
            "enough": enough(dreams, transfers),
            "exploits": self._told(EXPLOIT),
            "failures": self._told(FAILURE),
        }
        if self._by["localise"]:
            found["localisers"] = localisers(self._by["localise"])
        found["goals"] = verdicts(
            found,
            self._labels[0],
            self._settings.real_calls,
            {kind: self._lost(kind) for kind in (DREAM, REGROUND)},
        )
        return found

    def _check(self) -> None:
        """Checks that a seed asked the same in every world, of every policy."""
        asked: dict[int, tuple[str, str]] = {}
        for record in self._by["episode"]:
            question = record["task"], record["question"]
            if asked.setdefault(record["seed"], question) != question:
                raise TaskError(
                    f"{self._tasks.name}: seed {record['seed']} asked {question} in {record['world']} and "
                    f"{asked[record['seed']]} elsewhere; the numbers could not be compared"
                )

    def _outcomes(self, group: str, world: str, what: str = "success") -> Outcomes | None:
        """Returns (policies, episodes); None where the group did not play there."""
        played = self._episodes.get((group, world))
        if played is None:
            return None
        return np.array(
            [[float(record[what]) for record in played[seed]] for seed in sorted(played)], np.float64
        )

    def _ways(self) -> list[Policy]:
        """Returns each way to get a policy, by the order of kinds and dreams."""
        order = {label: number for number, label in enumerate(("", *self._labels))}
        ways = {_policy(record, seed=False) for record in self._by["episode"]}
        return sorted(ways, key=lambda way: (KINDS.index(way.kind), order[way.dream]))

    def _policies(self) -> list[dict[str, Any]]:
        """Returns each way to get a policy, with what it does in each world."""
        found = []
        for policy in self._ways():
            group, worlds = policy.group, {}
            for world in (REAL, *self._labels):
                success = self._outcomes(group, world)
                replayed = self._outcomes(group, world, "replayed")
                reward, moves = (self._outcomes(group, world, each) for each in ("reward", "moves"))
                if success is None or replayed is None or reward is None or moves is None:
                    continue
                worlds[world] = {
                    "success": self._draws.share(group, success),
                    "replayed": self._draws.share(group, replayed),
                    "return": self._draws.mean(group, reward),
                    "moves": self._draws.mean(group, moves),
                    "faults": sum(
                        bool(one["fault"])
                        for played in self._episodes[group, world].values()
                        for one in played
                    ),
                }
            seeds = sorted(next(iter(self._episodes[key] for key in self._episodes if key[0] == group)))
            told: dict[str, Any] = {
                "name": group,
                "kind": policy.kind,
                "dream": policy.dream,
                "seeds": seeds if policy.kind in LEARNED else [],
                "worlds": worlds,
            }
            schooled = [self._trained[name] for name in self._names(policy, seeds) if name in self._trained]
            if schooled:
                told["trained"] = [
                    {name: one[name] for name in one if name not in ("env", "measure", "kind", "dream")}
                    for one in schooled
                ]
            found.append(told)
        return found

    def _names(self, policy: Policy, seeds: Iterable[int]) -> list[str]:
        return [Policy(policy.kind, policy.dream, seed).name for seed in seeds]

    def _dream(self, label: str) -> dict[str, Any]:
        """Returns what a dream is, how true it is, and whether it ranks policies as the real world does."""
        told = next(one for one in self._by["subject"] if one["dream"] == label)
        asked = [one for one in self._by["fidelity"] if one["dream"] == label]
        free = [one for one in asked if one["asked"] == "free"]
        fidelity: dict[str, Cell] = {}
        for action in dict.fromkeys(one["action"] for one in asked if one["asked"] == "forced"):
            exact = [one["exact"] for one in asked if one.get("action") == action]
            fidelity[action] = {"count": len(exact), **rate(exact).to_json()}
        ended = [one["whole"] for one in free if one["whole"] is not None]
        if ended:
            fidelity["whole"] = {"count": len(ended), **rate(ended).to_json()}
        if free:
            right = mean([one["right"] for one in free])
            fidelity["steps_to_first_difference"] = {"count": len(free), **right.to_json()}
        groups = [group for group, world in self._episodes if world == label]
        here = [self._outcomes(group, label) for group in groups]
        there = [self._outcomes(group, REAL) for group in groups]
        pairs = [(a, b) for a, b in zip(here, there, strict=True) if a is not None and b is not None]
        dreamt, real = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
        return {
            "name": label,
            "about": told["about"],
            "leaked": told["leaked"],
            "fidelity": fidelity,
            "rank": self._draws.correlation(dreamt, real, ranks=True),
            "pearson": self._draws.correlation(dreamt, real, ranks=False),
        }

    def _transfer(self, policy: Policy) -> dict[str, Any]:
        """Returns what a way of training that involves a dream is worth."""
        group, dream = policy.group, policy.dream
        inside, replayed = self._outcomes(group, dream), self._outcomes(group, dream, "replayed")
        outside = self._outcomes(group, REAL)
        assert inside is not None and replayed is not None and outside is not None
        draws = self._draws
        found: dict[str, Any] = {
            "policy": group,
            "kind": policy.kind,
            "dream": dream,
            "dreamt": draws.share(group, inside),
            "replayed": draws.share(group, replayed),
            "consistency": draws.of(_ratio, (group, replayed), (group, inside)),
            "real": draws.share(group, outside),
            "exploit_gap": draws.share(group, inside * (1 - replayed)),
            "missed": draws.share(group, (1 - inside) * replayed),
            "overestimate": draws.of(lambda a, b: a - b, (group, inside), (group, outside)),
        }
        taught = self._outcomes(IN_REAL, REAL)
        chance = self._outcomes(RANDOM, REAL)
        if taught is not None:
            found["real_trained"] = draws.share(IN_REAL, taught)
            found["performance_kept"] = draws.of(_ratio, (group, outside), (IN_REAL, taught))
            guests = self._outcomes(IN_REAL, dream), self._outcomes(IN_REAL, dream, "replayed")
            if guests[0] is not None and guests[1] is not None:
                found["exploit_gap_of_real_trained"] = draws.share(IN_REAL, guests[0] * (1 - guests[1]))
            if chance is not None:
                gain = draws.of(lambda a, b: a - b, (IN_REAL, taught), (RANDOM, chance))
                found["gain_of_real_trained"] = gain
                if gain is not None and gain["low"] > 0:
                    found["gain_kept"] = draws.of(
                        lambda a, b, c: _ratio(a - c, b - c),
                        (group, outside),
                        (IN_REAL, taught),
                        (RANDOM, chance),
                    )
        looks = [
            self._trained[name]["real_calls"]
            for name in self._names(policy, self._episodes[group, REAL])
            if "real_calls" in self._trained.get(name, {})
        ]
        if looks:
            found["real_calls"] = max(looks)
        return found

    def _told(self, why: str) -> list[Record]:
        return [
            {name: value for name, value in record.items() if name not in ("env", "measure")}
            for record in self._by[why]
        ]

    def _lost(self, kind: str) -> dict[str, Any]:
        """Counts episodes that a kind's policies of the first dream win less often than real-trained ones."""
        ours = self._outcomes(f"{kind} {self._labels[0]}", REAL)
        theirs = self._outcomes(IN_REAL, REAL)
        if ours is None or theirs is None:
            return {}
        lost = ours.mean(axis=0) < theirs.mean(axis=0)
        played = next(iter(self._episodes[IN_REAL, REAL].values()))
        true = {
            one["task"]: one["whole"]
            for one in self._by["fidelity"]
            if one["dream"] == self._labels[0] and one["asked"] == "free" and one["whole"] is not None
        }
        known = [
            (bool(each), true[one["task"]])
            for each, one in zip(lost, played, strict=True)
            if one["task"] in true
        ]
        return {
            "lost": int(lost.sum()),
            "won": int((ours.mean(axis=0) > theirs.mean(axis=0)).sum()),
            "episodes": int(lost.size),
            "known": sum(each for each, _ in known),
            "with_a_true_dream": sum(each and whole for each, whole in known),
        }


def enough(dreams: list[dict[str, Any]], transfers: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns how true a dream has to be, as far as the dreams that were measured tell.

    ``step_into`` is the least teacher-forced exact match of a dream from which on every dream keeps `ENOUGH`
    of the real-trained success; None where the truest one does not.
    """
    kept = {one["dream"]: one.get("performance_kept") for one in transfers if one["kind"] == DREAM}
    points = []
    for one in dreams:
        true, worth = one["fidelity"].get("step_into"), kept.get(one["name"])
        if true is not None and worth is not None:
            points.append((true["mean"], worth["mean"]))
    found = None
    for true, share in sorted(points, reverse=True):
        if share < ENOUGH:
            break
        found = true
    return {"share": ENOUGH, "step_into": found, "dreams": len(points)}


def _policy(record: Record, seed: bool = True) -> Policy:
    return Policy(record["kind"], record["dream"], record["policy_seed"] if seed else 0)


def _ratio(one: Any, other: Any) -> Any:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(other != 0, one / np.where(other != 0, other, 1), np.nan)
