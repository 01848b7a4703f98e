"""Evaluations as a table for the terminal: backends side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.table import Table

from debugworld.envs.backend import DREAMS
from debugworld.worldmodel.statistics import Estimate

from .evaluation import Evaluation


def evaluation_table(evaluations: Sequence[Evaluation]) -> Table:
    """Returns a table with a row for each environment and agent, and the backends side by side.

    ``replayed`` is the share of episodes whose actions, done in the neural debugger, do
    the task in the real world too. Faults have a column where there were any.
    """
    backends = list(dict.fromkeys(each.backend for each in evaluations))
    rows: dict[tuple[str, str], dict[str, Evaluation]] = {}
    for each in evaluations:
        rows.setdefault((each.env, each.agent), {})[each.backend] = each
    table = Table(caption="means with 95 % confidence intervals")
    table.add_column("agent", no_wrap=True)
    faults = any(each.faults for each in evaluations)
    for backend in backends:
        for heading in _COLUMNS:
            if _shown(heading, backend, faults):
                table.add_column(f"{backend}\n{heading}", justify="right")
    for (env, agent), row in rows.items():
        cells = [
            show(row[backend]) if backend in row else ""
            for backend in backends
            for heading, show in _COLUMNS.items()
            if _shown(heading, backend, faults)
        ]
        table.add_row(f"{env.removeprefix('debugworld/')}\n  {agent}", *cells)
    return table


def _shown(heading: str, backend: str, faults: bool) -> bool:
    return {"replayed %": backend in DREAMS, "faults": faults}.get(heading, True)


def _percent(estimate: Estimate) -> str:
    return f"{100 * estimate.mean:.0f}\n[{100 * estimate.low:.0f}, {100 * estimate.high:.0f}]"


def _plain(estimate: Estimate, digits: int) -> str:
    return f"{estimate.mean:.{digits}f}\n[{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


_COLUMNS: dict[str, Callable[[Evaluation], str]] = {
    "success %": lambda evaluation: _percent(evaluation.success),
    "replayed %": lambda evaluation: _percent(evaluation.success_real),
    "return": lambda evaluation: _plain(evaluation.reward, 2),
    "moves": lambda evaluation: _plain(evaluation.moves, 1),
    "faults": lambda evaluation: str(evaluation.faults),
}
