"""What debugging is worth: agents with true feedback, and with that of other programs.

python benchmarks/ablation.py [--episodes 100] [--seed 0] [--only ENV...] [--json out/ablation.json]

Every agent plays the same tasks and seeds twice: as they are, and with ``feedback="random"``, where all that
commands tell is of other programs, while rewards, ends and masks stay true (see `envs/feedback.py`). An agent
that loses nothing has not used what it was told. Losses are paired by task. Programs and bugs are those that
ship with the package; ``random`` plays legal moves and looks at nothing, so that it shows what chance does.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.report import Report
from neural import percent
from rich.progress import track

from debugworld.agents import Evaluation, evaluate
from debugworld.envs.feedback import FEEDBACKS
from debugworld.worldmodel.statistics import Estimate, mean

SANDBOX = "process"
"""Where the programs run, all of which ship with the package."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Agents in an environment."""

    env: str
    """Its id without the namespace and the version."""
    agents: tuple[str, ...]
    """Their names."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of the environment."""

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.options.items())
        return f"{self.env}, {told}" if told else self.env


CELLS = (
    Cell("OutputPrediction-Text", ("random", "scripted", "step")),
    Cell("StateQuery-Text", ("random", "scripted", "step")),
    Cell("ReachState-Text", ("random", "scripted", "step")),
    Cell("OutputPrediction-Features", ("random", "scripted")),
    Cell("StateQuery-Features", ("random", "scripted")),
    Cell("InputPrediction-Features", ("random", "scripted")),
    Cell(
        "FaultLocalization-Features", ("random", "step", "ochiai", "tarantula", "dstar"), {"accusations": 1}
    ),
)
"""Who plays what. One accusation, so that a fault is found where the first guess is right."""


def play(cell: Cell, feedback: str, episodes: int, seed: int) -> list[Evaluation]:
    """Plays the agents of a cell."""
    env_id = f"debugworld/{cell.env}-v0"
    options = {"sandbox": SANDBOX, "feedback": feedback, **cell.options}
    return evaluate(env_id, cell.agents, "real", episodes, seed, **options)


def loss(true: Evaluation, other: Evaluation) -> Estimate:
    """Returns how much less often the tasks are done with other feedback, paired by task."""
    pairs = zip(true.episodes, other.episodes, strict=True)
    return mean([float(a.success) - float(b.success) for a, b in pairs])


def main() -> None:
    """Measures, prints the table and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--episodes", type=int, default=100, help="for each agent and feedback (default: 100)")
    add("--seed", type=int, default=0, help="of the first episode (default: 0)")
    add("--only", nargs="+", choices=[cell.env for cell in CELLS], help="environments (default: all)")
    add("--json", type=Path, default=Path("out/ablation.json"))
    args = parser.parse_args()
    report = Report(args.json.stem, vars(args))
    table = report.table(
        f"success in {args.episodes} episodes each, %",
        ["environment", "agent", "true feedback", "random feedback", "lost", "moves, true", "moves, random"],
    )
    cells = [cell for cell in CELLS if not args.only or cell.env in args.only]
    for cell in track(cells, description="environments"):
        played = {feedback: play(cell, feedback, args.episodes, args.seed) for feedback in FEEDBACKS}
        for true, other in zip(*played.values(), strict=True):
            pair, lost = (true, other), loss(true, other)
            shares = [percent(each) for each in (true.success, other.success, lost)]
            table.add(str(cell), true.agent, *shares, *(f"{each.moves.mean:.1f}" for each in pair))
            told = {name: _numbers(each) for name, each in zip(FEEDBACKS, pair, strict=True)}
            report.results.setdefault(str(cell), {})[true.agent] = {**told, "lost": lost.to_json()}
        report.write(args.json)
    report.notes.append("Shares with 95 % intervals; lost are percentage points, paired by task.")
    report.finish(args.json)


def _numbers(told: Evaluation) -> dict[str, Any]:
    return {
        "success": told.success.to_json(),
        "return": told.reward.to_json(),
        "moves": told.moves.to_json(),
        "faults": told.faults,
    }


if __name__ == "__main__":
    main()
