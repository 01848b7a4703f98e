"""Train an agent in the real world, in a dream, or in both, by masked PPO, from logged episodes, or by GRPO.

The folder of a run is an agent: `debugworld evaluate --agents random,scripted,DIR` plays it on any backend.
It holds manifest.json (settings, dreams, times, versions), policy.zip, curve.json, checkpoints/, and
tensorboard/ and video/ where asked for. Ctrl-C leaves a checkpoint that --resume goes on from.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from debugworld.agents.training.config import ALGORITHMS, POLICIES, WORLDS, TrainAgentConfig
from debugworld.envs import ENV_IDS
from debugworld.script.settings import read_settings

NAME = "train-agent"
"""Word that calls this command."""
GRPO = "grpo"
"""The algorithm for language models; they play the ids with Text, by tools."""
_DEFAULT = TrainAgentConfig()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add = parser.add_argument
    known = ", ".join(name for name in ENV_IDS if "-Features-" in name)
    add("--env", default=_DEFAULT.env, metavar="ID", help=f"one of {known} (default: %(default)s)")
    add("--world", default=_DEFAULT.world, choices=WORLDS, help="where it trains (default: %(default)s)")
    add(
        "--algo",
        default=_DEFAULT.algo,
        choices=(*ALGORITHMS, GRPO),
        help="how it learns (default: %(default)s)",
    )
    add("--policy", default=_DEFAULT.policy, choices=POLICIES, help="what learns (default: %(default)s)")
    add("--steps", type=int, default=_DEFAULT.steps, metavar="N", help="moves (default: %(default)s)")
    add("--seed", type=int, default=_DEFAULT.seed, help="of everything that is drawn (default: %(default)s)")
    tasks = "URI of programs or bugs, `debugworld envs` lists them (default: %(default)s)"
    add("--tasks", default=_DEFAULT.tasks, metavar="URI", help=tasks)
    add("--out", type=Path, default=_DEFAULT.out, metavar="DIR", help="folder (default: %(default)s)")
    model = "what dreams: a folder, an address, static, ngram, ... (default: the model that ships)"
    add("--model", metavar="NAME", help=model)
    add("--sandbox", help="docker, bwrap or process (default: process for builtin, else docker)")
    states = "states after which a dream ends (default: %(default)s)"
    add("--max-states", type=int, default=_DEFAULT.max_states, metavar="N", help=states)
    share = "share of real episodes in the world mixed (default: %(default)s)"
    add("--real-share", type=float, default=_DEFAULT.real_share, metavar="P", help=share)
    calls = "most real states for a dreamt one in the world reground (default: %(default)s)"
    add("--real-calls", type=float, default=_DEFAULT.real_calls, metavar="P", help=calls)
    envs = "environments side by side (default: %(default)s)"
    add("--num-envs", type=int, default=_DEFAULT.num_envs, metavar="N", help=envs)
    add("--curriculum", choices=("band", "progress"), default="", help="draw tasks by measured difficulty")
    add("--log", type=Path, action="append", default=[], metavar="FILE", dest="logs", help=_LOG)
    add(
        "--init",
        type=Path,
        metavar="DIR",
        help="begin with the weights of a trained agent; grpo: a language model (default: smollm2)",
    )
    add("--checkpoint-every", type=int, default=0, metavar="N", help="keep a checkpoint every N steps")
    add("--resume", action="store_true", help="go on with the last checkpoint in --out")
    add("--tensorboard", action="store_true", help="write logs for TensorBoard")
    add("--video", action="store_true", help="film an episode at the end")
    for word, what in (("option", "argument of the environment, such as max_lines=32"), *_SETTINGS):
        text = f"{what}; may be repeated"
        add(f"--{word}", action="append", default=[], metavar="KEY=VALUE", dest=f"{word}s", help=text)


_LOG = "episodes that awr and spo learn from, may be repeated; `debugworld evaluate --log FILE` writes them"
_SETTINGS = (
    ("learner", "setting of the algorithm, such as learning_rate=0.0003; grpo: group, pass_at, ..."),
    ("network", "setting of the policy lines: width, layers, heads"),
)


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    from rich.console import Console
    from rich.progress import Progress

    from debugworld.agents.learned import read_manifest
    from debugworld.agents.training.train import train_agent

    if args.algo == GRPO:
        return _grpo(args)
    config = TrainAgentConfig(
        env=args.env,
        world=args.world,
        algo=args.algo,
        policy=args.policy,
        steps=args.steps,
        seed=args.seed,
        tasks=args.tasks,
        out=args.out,
        model=args.model,
        sandbox=args.sandbox,
        max_states=args.max_states,
        options=read_settings(args.options),
        real_share=args.real_share,
        real_calls=args.real_calls,
        num_envs=args.num_envs,
        curriculum=args.curriculum,
        logs=tuple(args.logs),
        init=args.init,
        checkpoint_every=args.checkpoint_every,
        tensorboard=args.tensorboard,
        video=args.video,
        learner=read_settings(args.learners),
        network=read_settings(args.networks),
    )
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bars = {"dream": progress.add_task("dream", total=None, visible=False)}
        bars["steps"] = progress.add_task("steps", total=config.steps)

        def report(what: str, done: int, total: int) -> None:
            progress.update(bars[what], completed=done, total=total, visible=True)

        folder = train_agent(config, args.resume, report)
    curve = json.loads((folder / "curve.json").read_text("utf-8"))
    last = curve[-1] if curve else {}
    told = ""
    if "success" in last:
        told = f", success {last['success']:.1%} of its last {last['episodes']} episodes"
    Console().print(f"{folder}: {read_manifest(folder)['steps']} steps{told}", soft_wrap=True)
    return 0


def _grpo(args: argparse.Namespace) -> int:
    """Trains a language model."""
    from rich.console import Console
    from rich.progress import Progress

    from debugworld.agents.training.grpo import RECORD, language_config, train_language_agent

    given = {"env": args.env, "steps": args.steps, "out": args.out}
    told = {key: value for key, value in given.items() if value != getattr(_DEFAULT, key)}
    if args.init is not None:
        told["model"] = str(args.init)
    config = language_config(
        read_settings(args.learners),
        world=args.world,
        tasks=args.tasks,
        seed=args.seed,
        dream=args.model,
        sandbox=args.sandbox,
        options=read_settings(args.options),
        **told,
    )
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("updates", total=config.steps)
        folder = train_language_agent(config, lambda done, total: progress.update(bar, completed=done))
    steps = json.loads((folder / RECORD).read_text("utf-8"))["steps"]
    last = f", mean reward {steps[-1]['reward']:.3f} in the last" if steps else ""
    Console().print(f"{folder}: {len(steps)} updates{last}; play it as lm:{folder}")
    return 0
