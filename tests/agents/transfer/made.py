"""Records of a report whose every number is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from debugworld.agents.transfer import NamedSubject, Settings, Tasks
from debugworld.agents.transfer.policy import LEARNED, Policy
from debugworld.worldmodel.fidelity.log import Log

ENV = "debugworld/ReachState-Features-v0"
TASKS = Tasks(ENV, "builtin", "builtin")
SETTINGS = Settings(
    tasks=(TASKS,),
    subjects=(NamedSubject("good", "real"), NamedSubject("bad", "copy")),
    kinds=("random", "scripted", "real", "dream"),
    seeds=2,
    steps=10,
    episodes=10,
)


def episodes(
    policy: Policy, world: str, won: Sequence[int], replayed: Sequence[int] | None = None
) -> list[dict[str, Any]]:
    """Returns ten episodes, of which those of some seeds are won, here and by the same actions for real."""
    real = won if replayed is None else replayed
    return [
        {
            "env": TASKS.name,
            "measure": "episode",
            "world": world,
            "kind": policy.kind,
            "dream": policy.dream,
            "policy_seed": policy.seed,
            "seed": seed,
            "task": f"program {seed % 5}",
            "question": f"line {seed}",
            "actions": [3] * (1 + seed),
            "success": seed in won,
            "replayed": seed in real,
            "reward": float(seed in won),
            "moves": 1 + seed,
            "refusals": 0,
            "fault": "",
        }
        for seed in range(10)
    ]


def made_log() -> Log:
    """Returns a log: random wins 2 of 10, real-trained 8, those of the good dream 8 and 6, of the bad one 3.

    In the good dream its policies win episodes 0 to 8, of which 8 is not won by the same actions for real.
    """
    log = Log(None, {})
    random, scripted = Policy("random"), Policy("scripted")
    real = [Policy("real", "", seed) for seed in (0, 1)]
    good = [Policy("dream", "good", seed) for seed in (0, 1)]
    bad = [Policy("dream", "bad", seed) for seed in (0, 1)]
    won = {
        random: range(2),
        scripted: range(10),
        **dict.fromkeys(real, range(8)),
        good[0]: range(8),
        good[1]: range(6),
        **dict.fromkeys(bad, range(3)),
    }
    for policy, seeds in won.items():
        log.add(f"play {policy.name} real", episodes(policy, "real", list(seeds)), 1.0)
        inside, replayed = list(seeds), list(seeds)
        if policy in good:
            inside, replayed = list(range(9)), list(range(8))
        log.add(f"play {policy.name} good", episodes(policy, "good", inside, replayed), 1.0)
        log.add(f"play {policy.name} bad", episodes(policy, "bad", [0] if policy in bad else []), 1.0)
        if policy.kind in LEARNED:
            told = {"kind": policy.kind, "dream": policy.dream, "policy_seed": policy.seed}
            log.add(
                f"train {policy.name}",
                [{"env": TASKS.name, "measure": "trained", **told, "steps": 10, "digest": "0"}],
                1.0,
            )
    for dream, share in (("good", 8), ("bad", 2)):
        about = {"kind": "baseline", "name": dream, "parameters": 0}
        found: list[dict[str, Any]] = [
            {"env": TASKS.name, "measure": "subject", "dream": dream, "about": about, "leaked": 0}
        ]
        for number in range(10):
            told = {
                "env": TASKS.name,
                "measure": "fidelity",
                "dream": dream,
                "task": f"program {number % 5}",
            }
            found.append({**told, "asked": "forced", "action": "step_into", "exact": number < share})
            if number < 5:
                found.append({**told, "asked": "free", "whole": number < share // 2, "right": number})
        log.add(f"fidelity {dream}", found, 1.0)
    return log


def told_log() -> Log:
    """Returns the log with an exploit and a failure told step by step, and a localiser."""
    log = made_log()
    step = {"said": "", "state": {"event": "call", "line": 4, "source": "def main():"}}
    true = {"said": "u 2", "state": {"event": "line", "line": 2, "source": "return n", "locals": {"n": "1"}}}
    other = {"said": "u 2", "state": {**true["state"], "locals": {"n": "2"}}, "error": "no"}  # type: ignore[dict-item]
    asked = {"policy_seed": 0, "seed": 8, "task": "program 3", "question": "line 2 where n = 2", "note": ""}
    told = {
        "env": TASKS.name,
        "kind": "dream",
        "dream": "good",
        **asked,
        "source": "def f(n):\n    return n\n",
    }
    real = {"steps": [step, true], "success": False}
    dreamt = {"steps": [step, other, other], "success": True}
    log.add(
        "walk 1", [{**told, "measure": "exploit", "world": "good", "real": real, "dream_side": dreamt}], 1.0
    )
    failure = {**told, "measure": "failure", "world": "real", "real": real, "policy_seed": 1, "seed": 6}
    failure["note"] = "won by 1 of 2 policies trained in the dream and by 2 of 2 trained in the real world"
    log.add("walk 2", [failure, {**failure, "note": "of a report with fewer policies"}], 1.0)
    side = {"rank": 1, "exam": 0.1, "tests": 2, "moves": 4, "reward": 0.9}
    for seed in (0, 1):
        records = [
            {
                **{"env": TASKS.name, "measure": "localise", "uri": "mutants/0", "kind": "real", "dream": ""},
                **{"policy_seed": seed, "seed": bug, "task": f"mutant {bug}", "fault": ""},
                "bug_kind": "ROR" if bug < 7 else "SDL",
                "learned": side,
                "equal": {**side, "rank": bug % 3},
                "every": {**side, "rank": 3, "tests": 8},
            }
            for bug in range(10)
        ]
        log.add(f"localise {seed}", records, 1.0)
    return log
