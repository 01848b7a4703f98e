"""Goals: what is wanted of training in a dream, and whether a report shows it."""

from __future__ import annotations

from typing import Any

from .policy import DREAM, REGROUND

KEPT, GAP, RANK, REGROUNDED = 0.95, 0.02, 0.9, 0.98
"""Least share of the real-trained success that is kept, largest exploit gap, least rank correlation; least
share kept with re-grounding."""


def verdicts(
    found: dict[str, Any], dream: str, most_calls: float, lost: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Returns each goal with its number, whether it is met, and why not.

    A goal is met where its mean is; ``sure`` where its whole interval is.

    Args:
        found: an environment's part of the report.
        dream: label of the dream that the goals are held against.
        most_calls: share of real calls that re-grounding may make.
        lost: by kind of training in the dream, how many episodes are won less often than by real-trained
            policies, and more often, as far as they were played.
    """
    transfers = {(one["kind"], one["dream"]): one for one in found["transfers"]}
    ours, regrounded = transfers.get((DREAM, dream)), transfers.get((REGROUND, dream))
    goals = []
    if ours is not None and "real_trained" in ours:
        why = _why_kept(ours, lost[DREAM])
        name = f"trained in {dream}: share of the real-trained success kept in the real world"
        goals.append(_goal(name, KEPT, ours.get("performance_kept"), True, why))
    if ours is not None:
        why = (
            "the real world judges this task, so that no episode can be won in the dream only"
            if found["judge"] == "real"
            else f"{_percent(ours['dreamt'])} won in the dream, {_percent(ours['replayed'])} of all episodes "
            "by the same actions in the real world"
        )
        goals.append(_goal(f"trained in {dream}: exploit gap", GAP, ours["exploit_gap"], False, why))
    rank = next(one for one in found["dreams"] if one["name"] == dream)
    why = "" if rank["rank"] else "fewer than three policies, or all of them equal in one of the worlds"
    if rank["rank"]:
        spread = [one["worlds"]["real"]["success"]["mean"] for one in found["policies"]]
        low, high = 100 * min(spread), 100 * max(spread)
        why = (
            f"over {rank['rank']['count']} policies; their real success by kind is {low:.1f} to {high:.1f} %"
        )
    name = f"rank correlation of the policies between {dream} and the real world"
    goals.append(_goal(name, RANK, rank["rank"], True, why))
    if regrounded is not None and "performance_kept" in regrounded:
        calls = regrounded.get("real_calls")
        why = _why_kept(regrounded, lost[REGROUND])
        why += "" if calls is None else f"; {100 * calls:.1f} % of the dreamt states were looked up"
        name = f"re-grounded in {dream} at no more than {100 * most_calls:g} % real calls: share kept"
        goal = _goal(name, REGROUNDED, regrounded["performance_kept"], True, why)
        if calls is not None and calls > most_calls + 1e-9:
            goal |= {"met": False, "sure": False}
        goals.append(goal)
    for one in found.get("localisers", []):
        over = one["top_1_gained_over_every"]
        name = f"localiser, {one['trained']}, on {one['bugs']}: top-1 gained over Ochiai at equal test runs"
        why = (
            f"{_percent(one['learned']['top_1'])} against {_percent(one['equal']['top_1'])}, with "
            f"{one['learned']['tests']['mean']:.1f} test runs a bug; Ochiai with all of them "
            f"({one['every']['tests']['mean']:.1f}): {_percent(one['every']['top_1'])}; the localiser is "
            f"{100 * over['mean']:+.1f} [{100 * over['low']:+.1f}, {100 * over['high']:+.1f}] points away"
        )
        goals.append(_goal(name, 0.0, one["top_1_gained"], True, why))
    return goals


def _goal(name: str, target: float, cell: dict[str, Any] | None, at_least: bool, why: str) -> dict[str, Any]:
    met = sure = None
    if cell is not None:
        met = cell["mean"] >= target if at_least else cell["mean"] <= target
        sure = cell["low"] >= target if at_least else cell["high"] <= target
    return {
        "goal": name,
        "target": target,
        "at_least": at_least,
        "cell": cell,
        "met": met,
        "sure": sure,
        "why": why,
    }


def _why_kept(ours: dict[str, Any], lost: dict[str, Any]) -> str:
    text = f"{_percent(ours['real'])} against {_percent(ours['real_trained'])} of the real-trained policies"
    if lost:
        text += (
            f"; {lost['lost']} of {lost['episodes']} episodes are won less often by the dream-trained ones, "
            f"{lost['won']} more often; of the former whose dreams were measured, "
            f"{lost['with_a_true_dream']} of {lost['known']} are dreamt right without re-grounding"
        )
    return text


def _percent(cell: dict[str, Any]) -> str:
    return f"{100 * cell['mean']:.1f} %"
