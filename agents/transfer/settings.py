"""What a report on sim-to-real transfer asks for."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Self

from debugworld.envs import BUG_ENV_IDS, ENV_IDS
from debugworld.envs.errors import TaskError

from .policy import KINDS, LEARNED

REAL = "real"
"""Name of the real world among the worlds."""
OF_BUGS = ("max_tests", "accusations")
"""Arguments that environments on programs do not have."""
_LABEL = re.compile(r"([\w .-]+)=(.+)")


@dataclass(frozen=True)
class NamedSubject:
    """A dream, and what the report calls it."""

    label: str
    """As tables and records have it."""
    subject: str
    """As `worldmodel.fidelity.subjects.open_subject` takes it."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``SUBJECT`` or ``LABEL=SUBJECT``.

        Raises:
            TaskError: there is nothing on one side, or the label is taken.
        """
        match = _LABEL.fullmatch(text)
        label, subject = (match[1].strip(), match[2]) if match else (text, text)
        if not label or not subject:
            raise TaskError(f"{text!r} names no dream; use SUBJECT or LABEL=SUBJECT, as in early=PATH")
        if label == REAL:
            raise TaskError(f"{text!r}: {REAL!r} is the real world; call this dream otherwise")
        if "/" in label:
            label = subject.rstrip("/").rpartition("/")[2]
        return cls(label, subject)


@dataclass(frozen=True)
class Tasks:
    """An environment with what is learnt on and what is judged on."""

    env: str
    """A registered id of the features family."""
    train: str
    """URI of the tasks that policies are trained on."""
    test: str
    """URI of those that every number comes from."""

    def __post_init__(self) -> None:
        if self.env not in ENV_IDS or "-Features-" not in self.env:
            known = ", ".join(name for name in ENV_IDS if "-Features-" in name)
            raise TaskError(f"{self.env} is no environment of the features family; there are: {known}")

    @property
    def name(self) -> str:
        """The id without what all ids share."""
        return self.env.removeprefix("debugworld/").removesuffix("-v0")

    @property
    def about_bugs(self) -> bool:
        """Whether the real world judges the outcome, whatever the debugger shows."""
        return self.env in BUG_ENV_IDS


@dataclass(frozen=True)
class Settings:
    """A whole report."""

    tasks: tuple[Tasks, ...]
    """One for each environment."""
    subjects: tuple[NamedSubject, ...]
    """The dreams; the first is the one that the goals are held against."""
    kinds: tuple[str, ...] = KINDS
    """Kinds of policies."""
    seeds: int = 3
    """Learned policies of each kind."""
    steps: int = 20_000
    """Steps that each of them is trained for."""
    num_envs: int = 32
    """Environments that are played side by side in training."""
    episodes: int = 100
    """Episodes of each policy in each world."""
    seed: int = 0
    """Seed of the first episode, and of the first policy."""
    cases: int = 40
    """Most test programs that fidelity is measured on."""
    max_states: int = 500
    """States after which a dream ends as ``never``."""
    real_share: float = 0.5
    """Share of the episodes that mixed training plays in the real world."""
    real_calls: float = 0.1
    """Most looks at the real run for each step of a dream, in training with re-grounding."""
    options: tuple[tuple[str, int], ...] = ()
    """Further arguments of the environments, such as ``max_lines``; ``max_tests`` and ``accusations`` are for
    those on bugs only."""
    learner: tuple[tuple[str, float], ...] = ()
    """Settings of the learner in place of its own."""
    network: tuple[tuple[str, int], ...] = ()
    """Settings of the network in place of its own."""
    localise: tuple[str, ...] = ()
    """Further bug sets that localisers are judged on, in the real world."""
    bugs: int = 0
    """Episodes that localisers are judged on, a bug each; 0 takes `episodes`."""
    sandbox: str | None = None
    """Box; None takes ``process`` for programs that ship, else ``docker``."""

    def __post_init__(self) -> None:
        labels = [each.label for each in self.subjects]
        double = [label for label in labels if labels.count(label) > 1]
        if double or not labels:
            raise TaskError(
                f"every dream needs a name of its own; {double[0] if double else 'none'} was given"
            )
        unknown = [kind for kind in self.kinds if kind not in KINDS]
        if unknown or not set(self.kinds) & set(LEARNED):
            raise TaskError(
                f"there is no kind of policy {', '.join(unknown) or '(none that learns)'}; "
                f"there are: {', '.join(KINDS)}"
            )
        if not self.tasks:
            raise TaskError("name at least one environment")
        for name in ("seeds", "steps", "num_envs", "episodes", "cases", "max_states"):
            if getattr(self, name) < 1:
                raise TaskError(f"{name} must be at least 1; got {getattr(self, name)}")
        if self.bugs < 0:
            raise TaskError(f"bugs must be at least 0; got {self.bugs}")

    def to_json(self) -> dict[str, Any]:
        """Returns everything as plain JSON data."""
        pairs = ("options", "learner", "network")
        return asdict(self) | {name: dict(getattr(self, name)) for name in pairs}

    def recipe(self) -> dict[str, Any]:
        """Returns what each record depends on beside its unit's key; more seeds and dreams may come."""
        later = ("seeds", "kinds", "subjects", "localise")
        return {name: told for name, told in self.to_json().items() if name not in later}

    def env_options(self, tasks: Tasks) -> dict[str, Any]:
        """Returns the arguments of an environment, its tasks, backend and sandbox left out."""
        return {name: told for name, told in self.options if tasks.about_bugs or name not in OF_BUGS}

    def dream(self, subject: str) -> dict[str, Any]:
        """Returns what makes an environment one of a dream, beside `options`."""
        return {"backend": "rollout", "model": subject, "max_states": self.max_states}
