"""Learning: how long an agent trains until it does what the scripted one does, on other programs.

python benchmarks/learning.py [--steps 250000] [--seeds 0 1 2] [--worlds real] [--curricula even] [--env ID]
    [--tasks URI] [--episodes 300] [--json out/learning.json] [--plot out/learning.svg]

Agents train on the train split of the tasks and are compared on its test split, in the real world, on seeds
that nobody trained on. Training is watched on two threads; seconds count from the first move to the last
update, dreams are timed apart. A goal is met where every seed meets it. The scripted agent knows the task's
routine; the random one plays legal moves.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from common.report import Report, Table, spread

from debugworld.agents import Evaluation, evaluate, learned_options
from debugworld.agents.training import WORLDS, TrainAgentConfig, train_agent

SHARE = 0.9
"""Of the scripted agent's success, that is to be reached."""
MINUTES = 5.0
"""In which it is to be reached, on two cores."""
FIRST_SEED = 1_000_000
"""Of the compared episodes."""
EVEN = "even"
"""No curriculum: tasks are drawn evenly."""
SPENT = ("dream", "train", "train_cpu")
"""What of a run's seconds is told."""


def main() -> None:
    """Trains, compares, writes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--env", default="debugworld/ReachState-Features-v0")
    add("--tasks", default="generated/0/600")
    add("--worlds", nargs="+", choices=WORLDS, default=["real"])
    add("--curricula", nargs="+", choices=(EVEN, "band", "progress"), default=[EVEN])
    add("--model", default=None)
    add("--policy", default="lines")
    add("--steps", type=int, default=250_000)
    add("--seeds", type=int, nargs="+", default=[0, 1, 2])
    add("--option", action="append", default=[], metavar="KEY=NUMBER")
    add("--agents", nargs="+", default=["random", "scripted"])
    add("--episodes", type=int, default=300)
    add("--json", type=Path, default=Path("out/learning.json"))
    add("--plot", type=Path, default=Path("out/learning.svg"))
    args = parser.parse_args()
    report = Report(args.json.stem, vars(args))
    options = {key: int(value) for key, _, value in (word.partition("=") for word in args.option)}
    with tempfile.TemporaryDirectory() as folder:
        _run(report, args, options, Path(folder))
    report.finish(args.json)
    args.plot.write_text(plot(report.results), "utf-8")


def _run(report: Report, args: argparse.Namespace, options: dict[str, int], folder: Path) -> None:
    common: dict[str, Any] = {"sandbox": "process", **options}
    held_out = f"{args.tasks}{'&' if '?' in args.tasks else '?'}split=test"

    def played(*agents: str) -> list[Evaluation]:
        return evaluate(args.env, agents, "real", args.episodes, FIRST_SEED, tasks=held_out, **common)

    table = report.table(
        f"On {args.episodes} episodes of {held_out}, in the real world",
        ["agent", "success, %", "return", "moves", "dreamt in", "trained in", "CPU time"],
    )
    base = {name: told for name, told in zip(args.agents, played(*args.agents), strict=True)}
    for name, told in base.items():
        table.add(name, *_cells(told), *[""] * len(SPENT))
    report.results |= {"curves": {}, "spread": {}}
    report.results["agents"] = {name: _numbers(told) for name, told in base.items()}
    for world, curriculum in product(args.worlds, args.curricula):
        kind = world if curriculum == EVEN else f"{world}, {curriculum}"
        found: list[tuple[Evaluation, dict[str, float]]] = []
        for seed in args.seeds:
            name = f"{kind}, seed {seed}"
            config = TrainAgentConfig(
                env=args.env,
                world=world,
                policy=args.policy,
                steps=args.steps,
                seed=seed,
                tasks=held_out.replace("split=test", "split=train"),
                out=folder / name,
                model=args.model,
                sandbox="process",
                options=options,
                curriculum="" if curriculum == EVEN else curriculum,
            )
            agent, seconds = _trained(config)
            [told] = played(str(agent))
            found.append((told, seconds))
            table.add(name, *_cells(told), *(f"{seconds[key]:.0f} s" for key in SPENT))
            report.results["curves"][name] = json.loads((agent / "curve.json").read_text("utf-8"))
            report.results["agents"][name] = _numbers(told) | {"seconds": seconds}
        _sum_up(report, table, kind, found, base.get("scripted"))
    report.notes.append(
        "Success, return and moves with 95 % intervals; the learnt agents draw their actions. "
        "Over several seeds: the median, and the least and the most."
    )


def _sum_up(
    report: Report,
    table: Table,
    kind: str,
    found: list[tuple[Evaluation, dict[str, float]]],
    scripted: Evaluation | None,
) -> None:
    """Tells how far the seeds of a kind of training are apart, and whether all of them meet the goals."""
    success = [told.success.mean for told, _ in found]
    seconds = {key: [spent[key] for _, spent in found] for key in SPENT}
    if len(found) > 1:
        table.add(
            f"{kind}, {len(found)} seeds",
            spread([100 * each for each in success]),
            spread([told.reward.mean for told, _ in found]),
            spread([told.moves.mean for told, _ in found]),
            *(f"{spread(seconds[key])} s" for key in SPENT),
        )
    report.results["spread"][kind] = {
        "seeds": len(found),
        "success": {"median": median(success), "least": min(success), "most": max(success)},
    }
    if scripted is not None:
        share = min(success) / scripted.success.mean
        report.goal(
            f"share of the scripted agent's success, {kind}, least of {len(found)} seeds", SHARE, share
        )
        longest = max(seconds["train"]) / 60
        text = f"minutes of training, {kind}, most of {len(found)} seeds"
        report.goal(text, MINUTES, longest, at_least=False)


def _trained(config: TrainAgentConfig) -> tuple[Path, dict[str, float]]:
    import torch

    torch.set_num_threads(2)
    begin = time.perf_counter()
    agent = train_agent(config)
    manifest = json.loads((agent / "manifest.json").read_text("utf-8"))
    assert learned_options(agent) == config.options
    return agent, {**manifest["seconds"], "all": round(time.perf_counter() - begin, 1)}


def _cells(told: Evaluation) -> list[str]:
    success = told.success
    return [
        f"{100 * success.mean:.1f} ({100 * success.low:.1f} to {100 * success.high:.1f})",
        f"{told.reward.mean:.3f} ({told.reward.low:.3f} to {told.reward.high:.3f})",
        f"{told.moves.mean:.1f}",
    ]


def _numbers(told: Evaluation) -> dict[str, Any]:
    return {
        "success": told.success.to_json(),
        "return": told.reward.to_json(),
        "moves": told.moves.to_json(),
    }


def plot(results: dict[str, Any]) -> str:
    """Returns the learning curves beside the agents that do not learn, as an SVG file of its own."""
    import io

    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for name, curve in results["curves"].items():
        x, y = [row["seconds"] / 60 for row in curve], [100 * row["success"] for row in curve]
        axes.plot(x, y, label=f"{name} (training episodes)")
    for style, (name, told) in zip(
        ("--", ":", "-.") * 9,
        ((name, told) for name, told in results["agents"].items() if name not in results["curves"]),
        strict=False,
    ):
        axes.axhline(100 * told["success"]["mean"], linestyle=style, color="0.4", label=f"{name} (held out)")
    axes.set_xlabel("minutes of training")
    axes.set_ylabel("success, %")
    axes.set_ylim(0, 100)
    axes.legend(frameon=False, fontsize=8)
    target = io.StringIO()
    figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    return target.getvalue()


if __name__ == "__main__":
    main()
