"""Re-grounding: how true a dream stays when a share of its steps is asked of the real debugger instead.

A policy decides after every dreamt step whether to look at the truth and go on from it. Calibrated confidence
is worth something where it needs fewer real calls than a policy that decides by chance, or every so often.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial

from debugworld.sandboxes.debugger import Action, ActionKind, Event
from debugworld.worldmodel.fidelity.case import Case
from debugworld.worldmodel.fidelity.exact import parts
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject

from .forced import cut_short, spent

HORIZON = 80
"""Steps of a run that are followed."""
THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
"""Confidence below which the calibrated policy looks."""
SHARES = (0.05, 0.1, 0.2, 0.4)
"""Of steps at which the policy of chance looks."""
PERIODS = (20, 10, 5, 2)
"""Steps after which the periodic policy looks."""
_INTO = Action(ActionKind.STEP_INTO)

Policy = Callable[[int, float], bool]
"""From the number of a step and the confidence in it to whether to look."""


def reground(subject: Subject, case: Case, seed: int) -> list[Record]:
    """Runs a case under each policy, and counts true states and real calls."""
    cost = subject.cost()
    policies: dict[str, Policy] = {"never": lambda step, sure: False}
    for least in THRESHOLDS:
        policies[f"confidence {least}"] = partial(_unsure, least)
    for share in SHARES:
        chance = random.Random(f"{seed} reground {share} {case.program.digest}")
        policies[f"chance {share}"] = partial(_by_chance, share, chance)
    for period in PERIODS:
        policies[f"every {period}"] = partial(_every, period)
    found = []
    for name, policy in policies.items():
        if name.startswith("confidence") and math.isnan(subject.debugger.confidence):
            continue
        right, looks, steps, limit = _follow(subject, case, policy)
        found.append(
            {
                "measure": "reground",
                "case": case.key,
                "name": case.program.name,
                "policy": name,
                "steps": steps,
                "right": right,
                "looks": looks,
                "limit": limit,
            }
        )
    if found:
        found[0]["cost"] = spent(subject, cost)
    return found


def _unsure(least: float, step: int, sure: float) -> bool:
    return not sure >= least


def _by_chance(share: float, chance: random.Random, step: int, sure: float) -> bool:
    return chance.random() < share


def _every(period: int, step: int, sure: float) -> bool:
    return step % period == 0


def _follow(subject: Subject, case: Case, policy: Policy) -> tuple[int, int, int, bool]:
    """Returns the true states, the real calls and the steps of one run, and whether it met a limit."""
    states, debugger = case.states, subject.debugger
    steps = min(len(states) - 1, HORIZON)
    debugger.max_states = case.budget
    debugger.reset(case.program)
    state = debugger.ground(states[:1])
    right = looks = 0
    limit = False
    for step in range(1, steps + 1):
        sure = 1.0
        if state.event is not Event.EXIT:
            state = debugger.step(_INTO)
            sure = debugger.confidence
            limit |= cut_short(subject)
        if policy(step, sure):
            looks += 1
            right += 1
            state = debugger.ground(states[: step + 1])
        else:
            right += parts(state) == parts(states[step])
    return right, looks, steps, limit
