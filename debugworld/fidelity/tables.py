"""A card as tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table

from debugworld.worldmodel.fidelity.analysis import ORIGINS
from debugworld.worldmodel.fidelity.comparison import Change
from debugworld.worldmodel.fidelity.exact import PARTS


def share(cell: dict[str, Any] | None) -> str:
    """Returns a cell in percent with its interval and count; nothing for none."""
    if cell is None:
        return ""
    low, high = 100 * cell["low"], 100 * cell["high"]
    return f"{100 * cell['mean']:.1f} [{low:.1f}, {high:.1f}] of {cell['count']}"


def card_tables(card: dict[str, Any]) -> Group:
    """Returns the tables of a card: actions by parts, and one line for everything else."""
    title = f"{card['subject']['name']} on {card['tasks']}, seed {card['settings']['seed']}"
    found: list[Table] = []
    if "forced" in card:
        table = _table(f"{title}: exact match in percent, from the true history", "action")
        for heading in ("exact", "copy", *PARTS):
            table.add_column(heading, justify="right")
        for action, told in card["forced"]["actions"].items():
            parts = [f"{100 * told['parts'][part]['mean']:.0f}" for part in PARTS]
            table.add_row(action, share(told["exact"]), f"{100 * told['copy']['mean']:.0f}", *parts)
        found.append(table)
    rest = _table(f"{title}: everything else", "what")
    rest.add_column("percent [95 % interval] of how many", justify="right")
    for name, text in _lines(card):
        rest.add_row(name, text)
    return Group(*found, rest)


def _lines(card: dict[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    forced, free = card.get("forced", {}), card.get("free", {})
    found += [(f"construct: {name}", share(one)) for name, one in forced.get("constructs", {}).items()]
    found += [(f"states of the run: {name}", share(one)) for name, one in forced.get("lengths", {}).items()]
    found += [(f"skipped by a jump: {name}", share(one)) for name, one in forced.get("skipped", {}).items()]
    if free:
        found.append(("whole runs exactly right, free-running", share(free.get("whole"))))
        steps = free["steps_to_first_difference"]
        found.append(
            (
                "right steps before a difference, mean",
                f"{steps['mean']:.1f} [{steps['low']:.1f}, {steps['high']:.1f}]",
            )
        )
        found += [
            (f"of the first differences: {name}", share(one)) for name, one in free.get("errors", {}).items()
        ]
    for name in ("outputs", "inputs", "changed", "coherence"):
        found += [(f"{name}: {key}", share(one)) for key, one in card.get(name, {}).items()]
    for name in ORIGINS:
        cells = {key: one for key, one in card.get(name, {}).items() if isinstance(one, dict)}
        found += [
            (f"{name}: {key}" if "pass@" in key else f"{name}: {key}, pass@1", share(one))
            for key, one in cells.items()
        ]
    if "preimage" in card:
        found.append(("inverse: draws that are right", share(card["preimage"]["valid"])))
        found.append(("inverse: share of the preimage that is found", share(card["preimage"]["coverage"])))
    if "confidence" in forced:
        told = forced["confidence"]
        found.append(
            ("confidence", f"ECE {told['ece']:.3f}, Brier {told['brier']:.3f}, {told['count']} answers")
        )
    for policy in card.get("reground", []):
        found.append(
            (f"re-grounding, {policy['policy']}", f"{100 * policy['real_calls']:.0f} % real: {share(policy)}")
        )
    for way, told in card.get("granularity", {}).items():
        flops = f"{told['flops_per_move']:.2g} FLOPs" if "flops_per_move" in told else "no network"
        text = f"{flops} a move: {share(told['exact'])}"
        found.append((f"granularity, {way}", text))
    cost = card["cost"]
    for way, told in cost.get("real", {}).items():
        what = "to begin a live run" if way == "start" else f"a state, {way}"
        found.append((f"the real debugger, {what}", f"{1e6 * told['seconds_per_state']:,.0f} us"))
    if "seconds_per_step_into" in cost:
        times = f", {cost['times_a_live_step']:,.3g} times a live step" if "times_a_live_step" in cost else ""
        found.append(("a step into of this subject", f"{1e6 * cost['seconds_per_step_into']:,.0f} us{times}"))
    per = (
        f"{cost['tokens_per_right_state']:.0f} tokens a right state; "
        if "tokens_per_right_state" in cost
        else ""
    )
    found.append(
        ("cost", f"{per}{cost['questions']:,} questions, {cost['cut']:,} cut short, {cost['seconds']:.0f} s")
    )
    return found


def comparison_table(changes: Sequence[Change], before: str, after: str, everything: bool) -> Table:
    """Returns a table of the cells in which two cards differ by more than noise, or of all."""
    table = _table(f"{before} and {after}: percent, and the 95 % interval of the difference", "cell")
    for heading in ("before", "after", "difference", "verdict"):
        table.add_column(heading, justify="right")
    for change in changes:
        if everything or change.verdict != "noise":
            scale = 1 if change.name.endswith("steps_to_first_difference") else 100
            low, high = scale * change.low, scale * change.high
            table.add_row(
                change.name,
                f"{scale * change.before['mean']:.1f}",
                f"{scale * change.after['mean']:.1f}",
                f"{scale * change.difference:+.1f} [{low:+.1f}, {high:+.1f}]",
                change.verdict,
            )
    return table


def comparisons_table(changes: Mapping[str, Sequence[Change]], before: str, everything: bool) -> Table:
    """Returns a table of the cells in which any of several cards differs from one by more than noise."""
    by_cell: dict[str, dict[str, Change]] = {}
    for name, found in changes.items():
        for change in found:
            by_cell.setdefault(change.name, {})[name] = change
    table = _table(f"{before}, and how others differ from it: percent", "cell")
    for heading in (before, *changes):
        table.add_column(heading, justify="right")
    for place, row in by_cell.items():
        if everything or any(change.verdict != "noise" for change in row.values()):
            first = next(iter(row.values()))
            scale = 1 if place.endswith("steps_to_first_difference") else 100
            others = [_difference(row.get(name), scale) for name in changes]
            table.add_row(place, f"{scale * first.before['mean']:.1f}", *others)
    return table


def _difference(change: Change | None, scale: int) -> str:
    if change is None:
        return ""
    return f"{scale * change.difference:+.1f}{'' if change.verdict == 'noise' else ' ' + change.verdict}"


def _table(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left", pad_edge=False)
    table.add_column(first, no_wrap=True)
    return table
