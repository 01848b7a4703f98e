"""Training of a report's policies: the same settings for all, but for the world."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

from debugworld.agents.learned import read_manifest
from debugworld.agents.training import AgentError, TrainAgentConfig, train_agent

from .play import Record
from .policy import DREAM, MIXED, REAL, REGROUND, Policy
from .settings import Settings, Tasks

WORLDS = {REAL: "real", DREAM: "rollout", MIXED: "mixed", REGROUND: "reground"}
"""Where each kind of policy learns, as `TrainAgentConfig` has it."""


def config(kind: str, subject: str, tasks: Tasks, settings: Settings, uri: str) -> TrainAgentConfig:
    """Returns the settings of a kind of policies, seed and folder left out.

    Args:
        kind: one of `LEARNED`.
        subject: of the dream; empty for none.
        tasks: names the environment.
        settings: of the report.
        uri: tasks that are learnt on, or that a world is opened for.
    """
    return TrainAgentConfig(
        env=tasks.env,
        world=WORLDS[kind],
        steps=settings.steps,
        num_envs=settings.num_envs,
        tasks=uri,
        model=subject or None,
        sandbox=settings.sandbox,
        max_states=settings.max_states,
        options=settings.env_options(tasks),
        learner=dict(settings.learner),
        network=dict(settings.network),
        real_share=settings.real_share,
        real_calls=settings.real_calls,
    )


def train(policy: Policy, subject: str, tasks: Tasks, settings: Settings, folder: Path) -> Record:
    """Trains a policy into a folder, unless that was done, and returns what its record tells.

    A run that was stopped is begun anew: one that is gone on with draws other episodes.
    """
    wanted = config(policy.kind, subject, tasks, settings, tasks.train)
    wanted = replace(wanted, seed=policy.seed, out=folder)
    try:
        finished = read_manifest(folder)["config"] == wanted.to_json()
    except AgentError:
        finished = False
    if not finished:
        shutil.rmtree(folder, ignore_errors=True)
        train_agent(wanted)
    manifest = read_manifest(folder)
    told: Record = {"played": manifest["steps"], "digest": weights_digest(folder)}
    dreams = manifest["dreams"]
    if policy.kind == REGROUND and dreams:
        told["real_calls"] = round(dreams["looks"] / max(dreams["states"], 1), 6)
    return told


def weights_digest(folder: Path) -> str:
    """Returns 16 hexadecimal digits of a trained policy's weights."""
    from sb3_contrib import MaskablePPO

    from debugworld.agents.training.train import WEIGHTS

    policy = MaskablePPO.load(folder / WEIGHTS, device="cpu").policy
    found = hashlib.sha256()
    for name, tensor in sorted(policy.state_dict().items()):
        found.update(name.encode() + tensor.detach().numpy().tobytes())
    return found.hexdigest()[:16]


def dream_all(kind: str, subject: str, tasks: Tasks, settings: Settings, uri: str) -> Record:
    """Dreams every program of a task set, in large batches, for all who will move over it."""
    from debugworld.agents.training.worlds import dream_ahead

    dreams = dream_ahead(config(kind, subject, tasks, settings, uri))
    return dreams.to_json() if dreams is not None else {}
