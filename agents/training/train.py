"""Trains an agent: the world is made, Stable-Baselines3 learns, and all of it is kept in a folder."""

from __future__ import annotations

import inspect
import json
import math
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from debugworld.envs import DebugEnv

from .config import OFF_POLICY, AgentError, TrainAgentConfig, require

MANIFEST = "manifest.json"
"""File of a finished run: its settings, spaces, dreams, times and the versions of what made it."""
WEIGHTS = "policy.zip"
"""File of the trained agent, as sb3-contrib saves it."""
KIND = "debugworld agent"
"""What a manifest says that it is about."""
LEARNER: dict[str, Any] = {
    "n_steps": 64,
    "batch_size": 512,
    "n_epochs": 3,
    "learning_rate": 1e-3,
    "gamma": 0.95,
    "gae_lambda": 0.9,
    "ent_coef": 0.01,
    "max_grad_norm": 0.5,
}
"""Settings of PPO."""
MLP = {"net_arch": [128, 128]}
"""Settings of the policy ``mlp``."""

Report = Callable[[str, int, int], None]
"""Takes what is done (``dream`` or ``steps``), how much of it was done, and how much there is."""


def train_agent(
    config: TrainAgentConfig, resume: bool = False, on_progress: Report = lambda what, done, total: None
) -> Path:
    """Trains an agent and returns its folder, which `LearnedAgent.load` and `make_agent` take.

    The same settings give the same agent on the same machine, but for a run that was gone on with: it draws
    other episodes than one in a piece. An interrupt leaves a checkpoint.

    Args:
        config: The run.
        resume: Whether to go on with the last checkpoint in the folder.
        on_progress: Told how far it is.

    Raises:
        AgentError: the folder is not empty, or has nothing to go on with; the log does not fit; a package
            that the run needs is missing.
        TaskError: an argument of the environment is wrong.
        ModelError: there is no such model.
    """
    import torch

    from .progress import CURVE, LATEST, Progress, load_measured

    out, latest = config.out, config.out / "checkpoints" / LATEST
    if resume and config.algo in OFF_POLICY:
        raise AgentError(f"{config.algo} learns from its whole log anew; --init takes weights to begin with")
    if resume and not latest.is_file():
        raise AgentError(f"{out} has no checkpoint to go on with; leave --resume out")
    if not resume and out.exists() and any(out.iterdir()):
        raise AgentError(f"{out} is not empty; go on with --resume, or choose another --out")
    _check_early(config)
    from .worlds import dream_ahead, open_env, open_sampler, open_world

    env = open_env(config)
    out.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    try:
        sampler = open_sampler(config, env)
        if resume and sampler is not None:
            load_measured(sampler, latest)
        total = [0, 0]

        def dreamt() -> None:
            total[0] += 1
            on_progress("dream", total[0], total[1])

        def start(count: int) -> None:
            total[1] = count

        dreams = dream_ahead(config, start, dreamt) if config.algo == "ppo" else None
        ready, worked = time.monotonic(), time.process_time()
        torch.manual_seed(config.seed)
        from .vector import MaskedVecEnv

        world = MaskedVecEnv(open_world(config, sampler), config.seed * 1_000_003)
        model = _model(config, env, world, latest if resume else None)
        told = json.loads((out / CURVE).read_text("utf-8")) if resume else []
        every = config.checkpoint_every
        progress = Progress(
            out, every, lambda steps: on_progress("steps", steps, config.steps), told, sampler
        )
        progress.init_callback(model)
        try:
            if config.algo in OFF_POLICY:
                from .off_policy import learn

                progress.curve = learn(model, config, lambda done: on_progress("steps", done, config.steps))
            else:
                left = max(config.steps - model.num_timesteps, 0)
                model.learn(left, callback=progress, reset_num_timesteps=not resume, tb_log_name="run")
        finally:
            if model.num_timesteps:
                progress.save()
            world.close()
        model.save(out / WEIGHTS)
        times = {
            "dream": round(ready - begun, 3),
            "train": round(time.monotonic() - ready, 3),
            "train_cpu": round(time.process_time() - worked, 3),
        }
        _write_manifest(config, env, model, {} if dreams is None else dreams.to_json(), times)
    finally:
        env.close()
    if config.video:
        from .video import film

        film(config, out)
    return out


def observed(config: TrainAgentConfig, env: DebugEnv) -> dict[str, Any]:
    """Returns the settings of the network of a run that follow from its environment."""
    if config.policy == "mlp":
        return dict(MLP)
    from .lines import layout

    return {"features_extractor_kwargs": {"layout": layout(env.commands), **config.network}}


def _check_early(config: TrainAgentConfig) -> None:
    """Raises before the dreams, which can take long, where `_model` could not do with the settings."""
    from sb3_contrib import MaskablePPO

    if config.video:
        require("moviepy", "video", "a film")
    if config.tensorboard:
        require("tensorboard", "train", "a log for TensorBoard")
    if config.init is not None and not (config.init / WEIGHTS).is_file():
        raise AgentError(f"{config.init} holds no trained agent ({WEIGHTS}) to begin with")
    known = inspect.signature(MaskablePPO).parameters.keys() - _OURS
    if unknown := config.learner.keys() - known:
        told = f"{min(unknown)!r} to set; there are: {', '.join(sorted(known))}"
        raise AgentError(f"{config.algo} has no setting {told}")
    for name, value in config.learner.items():
        right, wanted = _RANGES.get(name, (lambda value: True, ""))
        if not right(value):
            raise AgentError(f"{config.algo}: {name} is {wanted}; got {value!r}")


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


_COUNT = (lambda value: isinstance(value, int) and value >= 1, "a whole number from 1 on")
_SHARE = (lambda value: _number(value) and 0 <= value <= 1, "a share between 0 and 1")
_RANGES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("n_steps", "batch_size", "n_epochs"), _COUNT),
    **dict.fromkeys(("gamma", "gae_lambda"), _SHARE),
    **dict.fromkeys(("ent_coef", "vf_coef"), (_number, "a number")),
    "learning_rate": (lambda value: _number(value) and value > 0, "a number above 0"),
    "max_grad_norm": (lambda value: _number(value) and value > 0, "a number above 0"),
}
"""What settings of the learner may be, where it is not told clearly later."""

_OURS = {"policy", "env", "policy_kwargs", "tensorboard_log", "seed", "device", "_init_setup_model"}
"""Arguments of the learner that `_model` fills."""


def _model(config: TrainAgentConfig, env: DebugEnv, world: Any, latest: Path | None) -> Any:
    from sb3_contrib import MaskablePPO

    from .lines import LinePolicy

    log = str(config.out / "tensorboard") if config.tensorboard else None
    if latest is not None:
        try:
            return MaskablePPO.load(latest, env=world, device="cpu", tensorboard_log=log)
        except ValueError:
            told = f"{latest} was made in an environment with other spaces"
            raise AgentError(f"{told}; go on with its --env and --option") from None
    settings = {**LEARNER, **config.learner}
    rate = settings.pop("learning_rate")
    model = MaskablePPO(
        LinePolicy if config.policy == "lines" else "MultiInputPolicy",
        world,
        learning_rate=_falling(rate) if config.algo == "ppo" else rate,
        policy_kwargs=observed(config, env),
        tensorboard_log=log,
        seed=config.seed,
        device="cpu",
        **settings,
    )
    if config.init is not None:
        first = MaskablePPO.load(config.init / WEIGHTS, device="cpu")
        try:
            model.policy.load_state_dict(first.policy.state_dict())
        except RuntimeError:
            raise AgentError(f"the agent in {config.init} has another network or other spaces") from None
    return model


def _falling(rate: float) -> Callable[[float], float]:
    """Returns a learning rate that falls to a tenth in a straight line."""
    return lambda left: rate * (0.1 + 0.9 * left)


def _write_manifest(
    config: TrainAgentConfig, env: DebugEnv, model: Any, dreams: dict[str, int], times: dict[str, float]
) -> None:
    names = ("debugworld", "gymnasium", "numpy", "torch", "stable-baselines3", "sb3-contrib")
    parameters = sum(each.numel() for each in model.policy.parameters())
    data = {
        "kind": KIND,
        "config": config.to_json(),
        "learner": {**LEARNER, **config.learner},
        "actions": len(env.commands),
        "max_lines": env.commands.max_lines,
        "max_moves": env.max_moves,
        "parameters": parameters,
        "steps": model.num_timesteps,
        "dreams": dreams,
        "seconds": times,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in names},
    }
    (config.out / MANIFEST).write_text(json.dumps(data, indent=1) + "\n", "utf-8")
