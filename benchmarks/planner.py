"""The planner: real moves that an agent needs on ReachState when it looks ahead in a dream first.

python benchmarks/planner.py [--episodes 100] [--builtin 60] [--seed 0] [--json docs/benchmarks/planner.json]

Every agent acts in the real debugger on the same tasks and seeds. Beside the scripted agent and the planner
over the model stand the planner over the real debugger (an upper bound: its dream is the truth) and over
subjects that know next to nothing. Under ``copy``, in whose dream nothing ever changes, the planner falls
back on what it does without any dream: a breakpoint that holds at the goal alone, where there is one.
Generator programs are from seeds that training never used. Moves saved, against the scripted agent and
against the planner over ``copy``, are paired, over the tasks that both agents solved.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gymnasium
from common.report import Report
from neural import percent
from rich.progress import track

from debugworld.agents import make_agent, run_episode
from debugworld.agents.evaluation import Episode
from debugworld.envs import DebugEnv
from debugworld.worldmodel.data.split import EVALUATION_SEED
from debugworld.worldmodel.statistics import Estimate, mean, rate

ENV = "debugworld/ReachState-Text-v0"
SCRIPTED = "scripted"
DREAMERS = ("real", "shipped", "ngram", "static", "copy")
"""What the planner dreams with."""
BLIND = "planner?model=copy"
"""The planner without a dream that helps."""
WITHOUT = "conditions=0"
"""The setting without breakpoints under conditions."""


def agents(args: argparse.Namespace) -> list[str]:
    """Returns the names of the agents."""
    box = f"&sandbox={args.sandbox}"
    found = [SCRIPTED]
    for model in args.dreamers:
        own = box if model == "real" else ""
        found += [f"planner?model={model}{own}"]
    plain = [f"planner?model={model}{box if model == 'real' else ''}&{WITHOUT}" for model in args.plain]
    return [*found, *plain, *args.also]


def play(name: str, env: gymnasium.Env[Any, Any], seeds: range) -> dict[str, Any]:
    """Runs an agent on tasks; returns its episodes, and what they cost."""
    debug_env = env.unwrapped
    assert isinstance(debug_env, DebugEnv)
    agent = make_agent(name, debug_env)
    episodes, begun = [], time.perf_counter()
    for seed in track(seeds, description=name):
        episodes.append(run_episode(env, agent, seed))
    dreams = getattr(agent, "dreams", None)
    asked = dreams.subject.cost().get("questions", 0) if dreams is not None else 0
    seconds = time.perf_counter() - begun
    return {"episodes": episodes, "questions": asked / len(seeds), "seconds": seconds / len(seeds)}


def fewer(own: Sequence[Episode], other: Sequence[Episode]) -> tuple[Estimate, int]:
    """Returns the mean number of moves saved on the tasks that both solved, and how many those are."""
    pairs = [(a, b) for a, b in zip(own, other, strict=True) if a.success and b.success]
    return mean([float(b.moves - a.moves) for a, b in pairs]), len(pairs)


def plain(estimate: Estimate) -> str:
    """Writes a mean with its interval."""
    return f"{estimate.mean:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def tell(report: Report, group: str, found: dict[str, dict[str, Any]]) -> None:
    """Adds the table of a set."""
    count = len(found[SCRIPTED]["episodes"])
    table = report.table(
        f"{group}: {count} tasks, real moves to the goal",
        ["agent", "solved %", "moves", "saved", "saved, blind", "both solved", "questions", "seconds"],
    )
    results = report.results.setdefault(group, {})
    for name, each in found.items():
        episodes: list[Episode] = each["episodes"]
        solved, moves = rate([e.success for e in episodes]), mean([e.moves for e in episodes])
        saved, both = fewer(episodes, found[SCRIPTED]["episodes"])
        blind = fewer(episodes, found[BLIND]["episodes"])[0] if BLIND in found else None
        table.add(
            name.replace("planner?model=", "planner, ").replace("&", ", "),
            percent(solved),
            plain(moves),
            "" if name == SCRIPTED else plain(saved),
            "" if blind is None or name == BLIND else plain(blind),
            str(both),
            f"{each['questions']:.0f}",
            f"{each['seconds']:.2f}",
        )
        results[name] = {
            "success": solved.to_json(),
            "moves": moves.to_json(),
            "saved": saved.to_json(),
            "saved_blind": None if blind is None else blind.to_json(),
            "both_solved": both,
            "questions": each["questions"],
            "seconds": each["seconds"],
            "episodes": [asdict(episode) for episode in episodes],
        }


def main() -> None:
    """Measures, prints tables and writes JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--episodes", type=int, default=100, help="tasks on generator programs (default: 100)")
    add("--builtin", type=int, default=60, help="tasks on programs that ship (default: 60)")
    add("--dreamers", nargs="*", default=list(DREAMERS), help="what the planner dreams with")
    add("--plain", nargs="*", default=["real", "shipped"], help="those that plan without conditions, too")
    add("--also", nargs="*", default=[], help="further agents, as debugworld evaluate takes them")
    add("--first", type=int, default=EVALUATION_SEED, help="first seed of the generator (default: 2**30)")
    add("--sandbox", default="docker", help="docker, bwrap or process (default: docker)")
    add("--seed", type=int, default=0, help="of the first episode (default: 0)")
    add("--json", type=Path, default=Path("out/planner.json"))
    args = parser.parse_args()
    report = Report("planner", vars(args))
    sets = {
        "generator": (f"generated/{args.first}/{max(args.episodes, 1)}", args.episodes),
        "builtin": ("builtin", args.builtin),
    }
    for group, (tasks, count) in sets.items():
        if not count:
            report.lack(group, "no episodes were asked for")
            continue
        env = gymnasium.make(ENV, tasks=tasks, sandbox=args.sandbox)
        seeds = range(args.seed, args.seed + count)
        try:
            found = {name: play(name, env, seeds) for name in agents(args)}
        finally:
            env.close()
        tell(report, group, found)
        for name in found:
            if name == "planner?model=shipped":
                saved = fewer(found[name]["episodes"], found[SCRIPTED]["episodes"])[0]
                report.goal(f"{group}: moves saved against scripted, lower end", 0.0, saved.low)
    report.finish(args.json)


if __name__ == "__main__":
    main()
