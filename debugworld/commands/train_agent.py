"""Train an agent in the real world, in a dream, or in both, by masked PPO, from logged episodes, or by GRPO.

The folder of a run is an agent: `debugworld evaluate --agents random,scripted,DIR` plays it on any backend.
It holds manifest.json (settings, dreams, times, versions), policy.zip, curve.json, checkpoints/, and
tensorboard/ and video/ where asked for. Ctrl-C leaves a checkpoint that --resume goes on from. By GRPO it
holds a language model and training.json, and checkpoints/ (--resume goes on from the last) and tensorboard/
where asked for.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from debugworld.agents.training.config import ALGORITHMS, POLICIES, WORLDS, AgentError, TrainAgentConfig
from debugworld.envs import ENV_IDS
from debugworld.script.settings import read_settings

NAME = "train-agent"
"""Word that calls this command."""
GRPO = "grpo"
"""The algorithm for language models; they play the ids with Text, by tools."""
_DEFAULT = TrainAgentConfig()
_NOT_GRPO = {
    "policy": "the language model is what learns",
    "network": "the language model has its layers",
    "num_envs": "--learner group=N and prompts=N say how many episodes are played at once",
    "curriculum": "prompts are drawn evenly",
    "logs": "it plays, and learns from what it played",
    "real_share": "it has no world mixed",
    "real_calls": "it has no world reground",
    "video": "it films nothing; `debugworld evaluate --log FILE` keeps episodes",
}
"""Settings that GRPO has no use for, and why."""
_WORLD_OF = {"real_share": "mixed", "real_calls": "reground"}
"""Settings that only one world has a use for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments; those left out are left out of what is parsed."""

    def add(word: str, what: str, default: object = None, **settings: Any) -> None:
        told = what if default is None else f"{what} (default: {default})"
        parser.add_argument(word, help=told, default=argparse.SUPPRESS, **settings)

    known = ", ".join(name for name in ENV_IDS if "-Features-" in name)
    add("--env", f"one of {known}; grpo: an id with Text", "ReachState of either", metavar="ID")
    add("--world", "where it trains", _DEFAULT.world, choices=WORLDS)
    add("--algo", "how it learns", _DEFAULT.algo, choices=(*ALGORITHMS, GRPO))
    add("--policy", "what learns", _DEFAULT.policy, choices=POLICIES)
    add("--steps", "moves; grpo: updates", f"{_DEFAULT.steps}; grpo: 100", type=int, metavar="N")
    add("--seed", "of everything that is drawn", _DEFAULT.seed, type=int)
    tasks = "URI of programs or bugs, `debugworld envs` lists them"
    add("--tasks", tasks, _DEFAULT.tasks, metavar="URI")
    add("--out", "folder", f"{_DEFAULT.out}; grpo: out/language-agent", type=Path, metavar="DIR")
    model = "what dreams: a folder, an address, static, ngram, ..."
    add("--model", model, "the model that ships", metavar="NAME")
    add("--sandbox", "docker, bwrap or process", "process for builtin, else docker")
    states = "states after which a dream ends"
    add("--max-states", states, _DEFAULT.max_states, type=int, metavar="N")
    share = "share of real episodes in the world mixed"
    add("--real-share", share, _DEFAULT.real_share, type=float, metavar="P")
    calls = "most real states for a dreamt one in the world reground"
    add("--real-calls", calls, _DEFAULT.real_calls, type=float, metavar="P")
    add("--num-envs", "environments side by side", _DEFAULT.num_envs, type=int, metavar="N")
    add("--curriculum", "draw tasks by measured difficulty", choices=("band", "progress"))
    log = "episodes that awr and spo learn from, repeatable; `debugworld evaluate --log FILE` writes them"
    add("--log", log, type=Path, action="append", metavar="FILE", dest="logs")
    init = "begin with the weights of a trained agent; grpo: a language model"
    add("--init", init, "none; grpo: smollm2", type=Path, metavar="DIR")
    every = "keep a checkpoint every N steps; grpo: every N updates, and none without this"
    add("--checkpoint-every", every, type=int, metavar="N")
    add("--resume", "go on with the last checkpoint in --out", action="store_true")
    add("--tensorboard", "write logs for TensorBoard", action="store_true")
    add("--video", "film an episode at the end", action="store_true")
    for word, field, what in _SETTINGS:
        told = f"{what}; may be repeated"
        add(f"--{word}", told, action="append", metavar="KEY=VALUE", dest=field)


_SETTINGS = (
    ("option", "options", "argument of the environment, such as max_lines=32"),
    ("learner", "learner", "setting of the algorithm: learning_rate=0.0003, ...; grpo: group, pass_at, ..."),
    ("network", "network", "setting of the policy lines: width, layers, heads, meaning"),
)
"""Words that take ``KEY=VALUE``, the settings that these make up, and what they are."""


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    from rich.console import Console
    from rich.progress import Progress

    from debugworld.agents.learned import read_manifest
    from debugworld.agents.training.train import train_agent

    given, resume = _given(args), "resume" in args
    if given.get("algo") == GRPO:
        return _grpo(given, resume)
    config = TrainAgentConfig(**given)
    for name, world in _WORLD_OF.items():
        if name in given and config.world != world:
            raise AgentError(f"{_flag(name)} is of the world {world}; this run is in {config.world}")
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bars = {"dream": progress.add_task("dream", total=None, visible=False)}
        bars["steps"] = progress.add_task("steps", total=config.steps)

        def report(what: str, done: int, total: int) -> None:
            progress.update(bars[what], completed=done, total=total, visible=True)

        folder = train_agent(config, resume, report)
    curve = json.loads((folder / "curve.json").read_text("utf-8"))
    last = curve[-1] if curve else {}
    told = ""
    if "success" in last:
        told = f", success {last['success']:.1%} of its last {last['episodes']} episodes"
    Console().print(f"{folder}: {read_manifest(folder)['steps']} steps{told}", soft_wrap=True)
    return 0


def _grpo(given: dict[str, Any], resume: bool) -> int:
    """Trains a language model."""
    from rich.console import Console
    from rich.progress import Progress

    from debugworld.agents.training.grpo import RECORD, language_config, train_language_agent

    if refused := [name for name in _NOT_GRPO if name in given]:
        reasons = ", ".join(f"{_flag(name)} ({_NOT_GRPO[name]})" for name in refused)
        raise AgentError(f"grpo has no use for {reasons}; leave it out")
    told = dict(given)
    del told["algo"]
    learner = told.pop("learner", {})
    if "max_states" in told:
        told["options"] = {"max_states": told.pop("max_states"), **told.get("options", {})}
    if "model" in told:
        told["dream"] = told.pop("model")
    if "init" in told:
        told["model"] = str(told.pop("init"))
    config = language_config(learner, **told)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("updates", total=config.steps)
        folder = train_language_agent(
            config, resume, lambda done, total: progress.update(bar, completed=done)
        )
    steps = json.loads((folder / RECORD).read_text("utf-8"))["steps"]
    last = f", mean reward {steps[-1]['reward']:.3f} in the last" if steps else ""
    Console().print(f"{folder}: {len(steps)} updates{last}; play it as lm:{folder}")
    return 0


def _given(args: argparse.Namespace) -> dict[str, Any]:
    """Returns the settings that were given, and no others, by the names of `TrainAgentConfig`."""
    given = {each.name: getattr(args, each.name) for each in fields(TrainAgentConfig) if each.name in args}
    for _, name, _ in _SETTINGS:
        if name in given:
            given[name] = read_settings(given[name])
    if "logs" in given:
        given["logs"] = tuple(given["logs"])
    return given


def _flag(name: str) -> str:
    """Returns the word of the command line that gives a setting."""
    return "--log" if name == "logs" else f"--{name.replace('_', '-')}"
