"""Run agents in the environments on several backends and compare them.

Every agent and backend gets the same tasks and seeds; the table shows means with 95 %
confidence intervals.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from debugworld.agents.agent import AGENTS, DREAMING_AGENTS, SPECTRUM_AGENTS
from debugworld.agents.evaluation import Evaluation, evaluate
from debugworld.envs import ENV_IDS, PROGRAM_ENV_IDS, load_task_set
from debugworld.envs.backend import BACKENDS
from debugworld.envs.errors import TaskError

NAME = "evaluate"
"""Word that calls this command."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    text_ids = [name for name in PROGRAM_ENV_IDS if "-Text-" in name]
    parser.add_argument(
        "--env",
        action="append",
        metavar="ID",
        help=f"environment, may be repeated (default: {', '.join(text_ids)}; also: "
        f"{', '.join(name for name in ENV_IDS if name not in text_ids)})",
    )
    add = parser.add_argument
    more = (
        f"; for FaultLocalization also {', '.join(SPECTRUM_AGENTS)}; on pages of programs also "
        f"{', '.join(DREAMING_AGENTS)}, with settings as in planner?width=4&model=ngram"
    )
    add("--agents", default=",".join(AGENTS), metavar="A,B", help=f"agents (default: %(default)s{more})")
    known = ", ".join(BACKENDS)
    add("--backends", default="real,neural", metavar="A,B", help=f"out of {known} (default: %(default)s)")
    uris = "builtin[/NAME], generated/SEED[/COUNT], file/PATH[?call=EXPR] or jsonl/PATH"
    add("--tasks", default="builtin", metavar="URI", help=f"{uris} (default: %(default)s)")
    add("--episodes", type=_count, default=50, metavar="N", help="for each agent (default: 50)")
    add("--seed", type=int, default=0, help="seed of the first episode (default: 0)")
    add("--sandbox", help="docker, bwrap or process (default: process for builtin, else docker)")
    add("--model", metavar="PATH", help="checkpoint folder (default: the one that ships)")
    add("--json", type=Path, metavar="OUT", help="write all numbers and episodes to this file")
    parser.set_defaults(text_ids=text_ids)


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    from rich.console import Console

    from debugworld.agents.evaluation_table import evaluation_table

    envs = args.env or args.text_ids
    agents = _choices("agent", args.agents, (*AGENTS, *SPECTRUM_AGENTS, *DREAMING_AGENTS))
    backends = _choices("backend", args.backends, BACKENDS)
    for name in envs:
        _choices("environment", name, ENV_IDS)
        if name in PROGRAM_ENV_IDS:
            load_task_set(args.tasks)
            if wrong := [agent for agent in agents if agent in SPECTRUM_AGENTS]:
                raise TaskError(f"the agent {wrong[0]} plays FaultLocalization only")
        wrong = [agent for agent in agents if agent.partition("?")[0] in DREAMING_AGENTS]
        if wrong and not (name in PROGRAM_ENV_IDS and "-Text-" in name):
            raise TaskError(f"the agent {wrong[0]} plays tasks on programs as Text only")
    evaluations = _evaluate(args, envs, agents, backends)
    Console().print(evaluation_table(evaluations))
    if args.json is not None:
        data = {
            "tasks": args.tasks,
            "episodes": args.episodes,
            "seed": args.seed,
            "evaluations": [evaluation.to_json() for evaluation in evaluations],
        }
        args.json.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    return 0


def _evaluate(
    args: argparse.Namespace, envs: list[str], agents: list[str], backends: list[str]
) -> list[Evaluation]:
    from rich.console import Console
    from rich.progress import Progress

    found = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        total = args.episodes * len(envs) * len(agents) * len(backends)
        bar = progress.add_task("episodes", total=total)
        for name in envs:
            for backend in backends:
                progress.update(bar, description=f"{name.removeprefix('debugworld/')} {backend}")
                found += evaluate(
                    name,
                    agents,
                    backend,
                    args.episodes,
                    args.seed,
                    lambda: progress.advance(bar),
                    tasks=args.tasks,
                    sandbox=args.sandbox,
                    model=args.model,
                )
    return found


def _choices(what: str, text: str, known: tuple[str, ...]) -> list[str]:
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    for word in chosen:
        if word not in known and word.partition("?")[0] not in set(known).intersection(DREAMING_AGENTS):
            raise TaskError(f"there is no {what} {word!r}; use one of: {', '.join(known)}")
    if not chosen:
        raise TaskError(f"name at least one {what} out of: {', '.join(known)}")
    return chosen


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number
