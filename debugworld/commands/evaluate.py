"""Run agents in the environments on several backends and compare them.

Every agent and backend gets the same tasks and seeds; the table shows means with 95 %
confidence intervals.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from debugworld.agents.agent import AGENTS, CATALOG, LANGUAGE
from debugworld.agents.evaluation import Evaluation, evaluate
from debugworld.agents.learned import is_learned, learned_options
from debugworld.envs import ENV_IDS, PROGRAM_ENV_IDS, load_task_set
from debugworld.envs.backend import BACKENDS
from debugworld.envs.errors import TaskError
from debugworld.script.numbers import from_one, from_zero
from debugworld.script.output import STDOUT, json_output
from debugworld.script.settings import read_settings

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
    models = ", ".join(f"{LANGUAGE}{model}" for model in ("smollm2", "PATH", "URL"))
    more = f"; known: {', '.join(CATALOG)}, {models}, or folders of `train-agent`"
    add("--agents", default=",".join(AGENTS), metavar="A,B", help=f"agents (default: %(default)s{more})")
    known = ", ".join(BACKENDS)
    add("--backends", default="real,neural", metavar="A,B", help=f"out of {known} (default: %(default)s)")
    uris = "builtin[/NAME], generated/SEED[/COUNT], file/PATH[?call=EXPR] or jsonl/PATH"
    add("--tasks", default="builtin", metavar="URI", help=f"{uris} (default: %(default)s)")
    add("--episodes", type=from_one, default=50, metavar="N", help="for each agent (default: 50)")
    add("--seed", type=from_zero, default=0, help="seed of the first episode (default: 0)")
    add("--sandbox", help="docker, bwrap or process (default: process for builtin, else docker)")
    add("--model", metavar="PATH", help="checkpoint folder (default: the one that ships)")
    option = "argument of the environments, such as feedback=random or max_moves=10; may be repeated"
    add("--option", action="append", default=[], metavar="KEY=VALUE", dest="options", help=option)
    add("--log", type=Path, metavar="FILE", help="write the episodes as `train-agent --log` reads them")
    add("--json", metavar="OUT", help="write all numbers and episodes to this file; - is stdout")
    parser.set_defaults(text_ids=text_ids)


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    from rich.console import Console

    from debugworld.agents.evaluation_table import evaluation_table

    envs = args.env or args.text_ids
    words = [word.strip() for word in args.agents.split(",")]
    learned = tuple(word for word in words if is_learned(word))
    language = tuple(word for word in words if word.startswith(LANGUAGE))  # checked when they are opened
    told = tuple(word for word in words if _takes_settings(word.partition("?")[0]))
    agents = _choices("agent", args.agents, (*CATALOG, *told, *learned, *language))
    options = _common_options(learned) | read_settings(args.options)
    backends = _choices("backend", args.backends, BACKENDS)
    for name in envs:
        _choices("environment", name, ENV_IDS)
        if name in PROGRAM_ENV_IDS:
            load_task_set(args.tasks)
        for agent in agents:
            _check_place(agent, name)
    with ExitStack() as stack:
        write = stack.enter_context(json_output(args.json)) if args.json is not None else None
        if args.log is not None:
            args.log.open("a").close()  # what cannot be written to is found out before any work is done
        evaluations = _evaluate(args, envs, agents, backends, options)
        if write is not None:
            data = {
                "tasks": args.tasks,
                "episodes": args.episodes,
                "seed": args.seed,
                "options": options,
                "evaluations": [evaluation.to_json() for evaluation in evaluations],
            }
            write(data)
    Console(stderr=args.json == STDOUT).print(evaluation_table(evaluations))
    return 0


def _takes_settings(agent: str) -> bool:
    return agent in CATALOG and CATALOG[agent].settings


def _check_place(agent: str, env_id: str) -> None:
    """Raises where an agent does not play in an environment; trained ones are checked when opened."""
    task, family = env_id.split("/")[1].split("-")[:2]
    entry = CATALOG.get(agent.partition("?")[0])
    if agent.startswith(LANGUAGE) and family != "Text":
        raise TaskError(f"the agent {agent} reads pages; take an id with Text, not {env_id}")
    if entry is not None and (task not in entry.tasks or family not in entry.families):
        places = f"{', '.join(entry.tasks)} ({', '.join(entry.families)})"
        raise TaskError(f"the agent {agent} plays {places} only, not {env_id}")


def _evaluate(
    args: argparse.Namespace,
    envs: list[str],
    agents: list[str],
    backends: list[str],
    options: dict[str, Any],
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
                    log=args.log,
                    **options,
                )
    return found


def _common_options(learned: tuple[str, ...]) -> dict[str, Any]:
    """Returns the arguments of the environment that trained agents were trained with."""
    found = [learned_options(folder) for folder in learned]
    for folder, options in zip(learned, found, strict=True):
        if options != found[0]:
            told = f"{learned[0]} and {folder} were trained with other options"
            raise TaskError(f"{told}; play them apart")
    return found[0] if found else {}


def _choices(what: str, text: str, known: tuple[str, ...]) -> list[str]:
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    for word in chosen:
        if word not in known:
            raise TaskError(f"there is no {what} {word!r}; use one of: {', '.join(known)}")
    if not chosen:
        raise TaskError(f"name at least one {what} out of: {', '.join(known)}")
    return chosen
