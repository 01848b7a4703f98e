"""A report as tables for the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Group
from rich.table import Table

from debugworld.fidelity.tables import share

REAL = "real"


def plain(cell: dict[str, Any] | None) -> str:
    """Returns a cell that is no share, with its interval; nothing for none."""
    return "" if cell is None else f"{cell['mean']:.2f} [{cell['low']:.2f}, {cell['high']:.2f}]"


def report_tables(report: dict[str, Any]) -> Group:
    """Returns the tables of a report: for each environment success by world, what is kept, and the goals."""
    found: list[Any] = []
    for one in report["environments"]:
        found += [_worlds(one), _transfers(one), _dreams(one)]
        if "localisers" in one:
            found.append(_localisers(one))
        found.append(_goals(one))
    return Group(*found)


def _worlds(one: dict[str, Any]) -> Table:
    worlds = [REAL, *(dream["name"] for dream in one["dreams"])]
    table = _table(f"{one['env']}, {one['test']}: success in percent, by world", "policies", worlds)
    for policy in one["policies"]:
        cells = [share(policy["worlds"].get(world, {}).get("success")) for world in worlds]
        table.add_row(policy["name"], *(cell.replace(" [", "\n[") for cell in cells))
    return table


def _transfers(one: dict[str, Any]) -> Table:
    columns = {
        "in the dream": "dreamt",
        "replayed": "replayed",
        "consistency": "consistency",
        "for real": "real",
        "kept": "performance_kept",
        "gain kept": "gain_kept",
        "exploit gap": "exploit_gap",
    }
    table = _table(f"{one['env']}: trained in a dream, percent", "policies", columns)
    for told in one["transfers"]:
        cells = [share(told.get(name)) for name in columns.values()]
        table.add_row(told["policy"], *(cell.replace(" [", "\n[") for cell in cells))
    return table


def _dreams(one: dict[str, Any]) -> Table:
    columns = ("step into", "whole runs", "rank correlation", "kept")
    table = _table(f"{one['env']}: how true the dreams are, percent", "dream", columns)
    kept = {
        told["dream"]: told.get("performance_kept") for told in one["transfers"] if told["kind"] == "dream"
    }
    for dream in one["dreams"]:
        true = dream["fidelity"]
        cells = [share(true.get("step_into")), share(true.get("whole")), plain(dream["rank"])]
        table.add_row(dream["name"], *cells, share(kept.get(dream["name"])))
    enough = one["enough"]
    if enough["dreams"]:
        least = enough["step_into"]
        table.caption = f"{100 * enough['share']:.0f} % of the real-trained success are kept " + (
            "by none of the truest dreams" if least is None else f"from {100 * least:.1f} % step into on"
        )
    return table


def _localisers(one: dict[str, Any]) -> Table:
    columns = ("top-1", "test runs", "Ochiai, as many", "Ochiai, all", "gained", "over all")
    table = _table(f"{one['env']}: lines at fault, percent", "policies, bugs", columns)
    for told in one["localisers"]:
        table.add_row(
            f"{told['trained']}\n{told['bugs']}",
            share(told["learned"]["top_1"]).replace(" [", "\n["),
            plain(told["learned"]["tests"]),
            share(told["equal"]["top_1"]).replace(" [", "\n["),
            share(told["every"]["top_1"]).replace(" [", "\n["),
            share(told["top_1_gained"]).replace(" [", "\n["),
            share(told["top_1_gained_over_every"]).replace(" [", "\n["),
        )
    return table


def _goals(one: dict[str, Any]) -> Table:
    table = _table(f"{one['env']}: goals", "goal", ("wanted", "measured", "verdict"))
    table.columns[0].no_wrap = False
    for goal in one["goals"]:
        sign = ">=" if goal["at_least"] else "<="
        table.add_row(
            f"{goal['goal']}\n{goal['why']}", f"{sign} {goal['target']:g}", plain(goal["cell"]), verdict(goal)
        )
    return table


def verdict(goal: dict[str, Any]) -> str:
    """Returns whether a goal is met, in words."""
    if goal["met"] is None:
        return "not measured"
    if goal["met"]:
        return "met, and surely" if goal["sure"] else "met by the mean"
    return "missed"


def _table(title: str, first: str, headings: Any) -> Table:
    table = Table(title=title, title_justify="left", pad_edge=False)
    table.add_column(first, no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table
