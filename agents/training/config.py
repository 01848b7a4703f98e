"""What a training run of an agent follows from."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

WORLDS = ("real", "neural", "rollout", "mixed", "reground")
"""Where an agent trains: in real runs; over a model that is asked for each move; over runs that it dreamt
once; in dreams and, in some episodes, real runs; over dreams that looked at the real run where the model was
unsure."""
OFF_POLICY = ("awr", "spo")
"""Advantage-weighted regression and soft policy optimization: they learn from logged episodes only."""
ALGORITHMS = ("ppo", *OFF_POLICY)
"""Proximal policy optimisation with action masks, which plays; and those that learn from logs."""
POLICIES = ("lines", "mlp")
"""A small transformer over source lines that points at lines; and two layers over flat features."""

NETWORK = {"width": 32, "layers": 1, "heads": 2, "meaning": 16}
"""Settings of the policy ``lines``; see `LineReader`."""
_LEAST = {"width": 1, "layers": 0, "heads": 1, "meaning": 0}


class AgentError(ValueError):
    """An agent cannot be trained or loaded as asked; the text says what would be right."""


def require(module: str, extra: str, what: str) -> None:
    """Tells that a module is missing before any work is done that would need it.

    Args:
        module: Its name.
        extra: The extra of the distribution that brings it.
        what: What needs it.

    Raises:
        AgentError: it is not installed.
    """
    if importlib.util.find_spec(module) is None:
        raise AgentError(f"{what} needs {module}; pip install 'debugworld[{extra}]'")


@dataclass(frozen=True, slots=True)
class TrainAgentConfig:
    """A training run.

    Raises:
        AgentError: a setting is out of range or names nothing that there is.
    """

    env: str = "debugworld/ReachState-Features-v0"
    """Id of an environment of the features family."""
    world: str = "rollout"
    """One of `WORLDS`."""
    algo: str = "ppo"
    """One of `ALGORITHMS`."""
    policy: str = "lines"
    """One of `POLICIES`."""
    steps: int = 100_000
    """Moves that are played, in all environments together; for `OFF_POLICY` the logged moves that are
    learnt from, repeated ones counted again."""
    seed: int = 0
    """Of the weights, the episodes and what the policy draws."""
    tasks: str = "builtin"
    """URI of the programs or bugs."""
    out: Path = Path("out/agent")
    """Folder of the run."""
    model: str | None = None
    """What dreams, as `open_subject` of `worldmodel.fidelity` takes it; for ``neural`` a folder or
    address."""
    sandbox: str | None = None
    """Where programs run; None as in `DebugEnv`."""
    max_states: int = 300
    """States after which a dream ends as ``never``."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the environment: ``max_lines``, ``max_moves``, ``accusations`` and the like."""
    real_share: float = 0.25
    """Share of real episodes in the world ``mixed``."""
    real_calls: float = 0.1
    """Most real states for each dreamt one in the world ``reground``."""
    num_envs: int = 32
    """Environments that are played side by side."""
    curriculum: str = ""
    """``band`` or ``progress``: tasks are drawn by measured difficulty, see `envs.Curriculum`; else
    evenly."""
    logs: tuple[Path, ...] = ()
    """Files of episodes that `OFF_POLICY` learns from."""
    init: Path | None = None
    """Folder of a trained agent whose weights are the first."""
    checkpoint_every: int = 0
    """Steps between checkpoints; 0 keeps the last one only."""
    tensorboard: bool = False
    """Whether to write logs for TensorBoard into ``tensorboard/``."""
    video: bool = False
    """Whether to film an episode of the trained agent into ``video/``."""
    learner: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the algorithm in place of its own, such as ``learning_rate``."""
    network: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the policy ``lines`` in place of its own: ``width``, ``layers``, ``heads``, ``meaning``."""

    def __post_init__(self) -> None:
        for name, known in (("world", WORLDS), ("algo", ALGORITHMS), ("policy", POLICIES)):
            if getattr(self, name) not in known:
                raise AgentError(
                    f"there is no {name} {getattr(self, name)!r}; use one of: {', '.join(known)}"
                )
        if "-Features-" not in self.env:
            raise AgentError(
                f"an agent is trained on arrays; use an id of the features family, not {self.env}"
            )
        for name in ("steps", "num_envs", "max_states"):
            if getattr(self, name) < 1:
                raise AgentError(f"{name} must be at least 1; got {getattr(self, name)}")
        if self.checkpoint_every < 0:
            raise AgentError(f"checkpoint_every must be at least 0; got {self.checkpoint_every}")
        for name in ("real_share", "real_calls"):
            if not (math.isfinite(getattr(self, name)) and 0 <= getattr(self, name) <= 1):
                raise AgentError(f"{name} is a share between 0 and 1; got {getattr(self, name)}")
        if self.algo in OFF_POLICY and not self.logs:
            raise AgentError(f"{self.algo} learns from logged episodes; name files with --log")
        if self.algo not in OFF_POLICY and self.logs:
            raise AgentError(f"{self.algo} plays and reads no log; use --algo {' or '.join(OFF_POLICY)}")
        played = {"curriculum": self.curriculum, "checkpoint_every": self.checkpoint_every}
        for name, given in (played | {"tensorboard": self.tensorboard}).items():
            if self.algo in OFF_POLICY and given:
                raise AgentError(f"{self.algo} plays nothing, and so has no {name}; use --algo ppo")
        if self.network and self.policy != "lines":
            raise AgentError(f"network sizes the policy lines; {self.policy} has nothing to set")
        _check_network(self.network)

    @property
    def env_options(self) -> dict[str, Any]:
        """The arguments of the environment in which the agent trains."""
        found: dict[str, Any] = {"tasks": self.tasks, **self.options}
        if self.sandbox is not None:
            found["sandbox"] = self.sandbox
        backend = "rollout" if self.world in ("mixed", "reground") else self.world
        found["backend"] = backend
        if backend != "real":
            found |= {"model": self.model, "max_states": self.max_states}
        if self.world == "mixed":
            found["real_share"] = self.real_share
        if self.world == "reground":
            found["real_calls"] = self.real_calls
        return found

    def to_json(self) -> dict[str, Any]:
        """Returns the settings as plain JSON data."""
        data = asdict(self)
        data |= {"out": str(self.out), "logs": list(map(str, self.logs))}
        return data | {"init": None if self.init is None else str(self.init)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> TrainAgentConfig:
        """Reads what `to_json` wrote.

        Raises:
            AgentError: a setting is unknown or wrong.
        """
        known = {each.name for each in fields(TrainAgentConfig)}
        if unknown := set(data) - known:
            raise AgentError(f"there is no setting {min(unknown)!r}; there are: {', '.join(sorted(known))}")
        init = data.get("init")
        paths = {"out": Path(data["out"]), "logs": tuple(map(Path, data["logs"]))}
        return TrainAgentConfig(**{**data, **paths, "init": None if init is None else Path(init)})


def _check_network(given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if name not in NETWORK:
            raise AgentError(f"network has no setting {name!r}; there are: {', '.join(NETWORK)}")
        if not isinstance(value, int) or value < _LEAST[name]:
            raise AgentError(f"network: {name} is a whole number from {_LEAST[name]} on; got {value!r}")
    whole = {**NETWORK, **given}
    if whole["layers"] and whole["width"] % whole["heads"]:
        raise AgentError(f"network: heads divide width; got {whole['heads']} of {whole['width']}")
