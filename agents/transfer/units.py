"""What is done for each unit of a sweep: environments, agents and subjects are opened once a process."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import gymnasium

from debugworld.agents.agent import Agent, make_agent
from debugworld.agents.spectrum_agent import SpectrumAgent
from debugworld.envs import DebugEnv
from debugworld.envs.bug_env import BugEnv
from debugworld.sandboxes import open_sandbox
from debugworld.worldmodel.fidelity import sweep as benchmark
from debugworld.worldmodel.fidelity.log import Log
from debugworld.worldmodel.fidelity.subjects import open_subject

from .play import Env, Record, inner, play, walk
from .policy import LEARNED, Policy
from .settings import REAL, Settings, Tasks
from .sweep import Unit

MAX_EVENTS = 2_000
"""States after which a program is left out of what fidelity is measured on."""
KEPT = ("action", "exact", "whole", "right")
"""What is kept of the records of the fidelity benchmark."""


class Worker:
    """Does units; keeps what they open.

    Args:
        settings: of the report.
        folder: where the agents are.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._envs: dict[tuple[str, str], Env] = {}
        self._agents: dict[tuple[int, str], Agent] = {}

    def do(self, unit: Unit) -> list[Record]:
        """Returns a unit's records, the same in any process: sums depend on the number of threads."""
        import torch

        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return self._done(unit)
        finally:
            torch.set_num_threads(threads)

    def _done(self, unit: Unit) -> list[Record]:
        tasks = self._settings.tasks[unit.task]
        found = {
            "dream": self._dream,
            "fidelity": self._fidelity,
            "train": self._train,
            "play": self._play,
            "localise": self._localise,
            "walk": self._walk,
        }[unit.what](unit, tasks)
        return [{"env": tasks.name, **record} for record in found]

    def _dream(self, unit: Unit, tasks: Tasks) -> list[Record]:
        """Dreams every program of a set, so that no worker has to wait for another's dream."""
        from .training import dream_all

        assert unit.policy is not None
        subject = self._subject(unit.world)
        told = dream_all(unit.policy.kind, subject, tasks, self._settings, unit.uri)
        return [{"measure": "dreamt", "dream": unit.world, "kind": unit.policy.kind, "uri": unit.uri, **told}]

    def _fidelity(self, unit: Unit, tasks: Tasks) -> list[Record]:
        """Measures a dream on the programs that policies are judged on."""
        env = inner(self._env(tasks, REAL, tasks.test))
        programs = [(program, None) for program in env.task_set.programs[: self._settings.cases]]
        kind = self._settings.sandbox or ("process" if env.task_set.trusted else "docker")
        log = Log(None, {})
        asked = benchmark.Settings(seed=0, measures=("forced", "free"), twice=False)
        with open_sandbox(kind, max_events=MAX_EVENTS) as box:
            subject = open_subject(self._subject(unit.world), box)
            told = benchmark.sweep(subject, programs, box, log, asked)
        about = {**subject.about, "name": subject.name, "parameters": subject.parameters}
        if about.get("kind") == "model" and subject.name != "shipped":
            about.pop("model", None)  # a folder's name says nothing elsewhere; its weights' digest does
            about["name"] = unit.world
        found: list[Record] = [
            {"measure": "subject", "dream": unit.world, "about": about, "leaked": len(told.leaked)}
        ]
        for record in log.records():
            kept: Record = {name: record[name] for name in KEPT if name in record}
            if record["measure"] in ("forced", "free"):
                found.append(
                    {
                        "measure": "fidelity",
                        "dream": unit.world,
                        "asked": record["measure"],
                        "task": record["name"],
                        **kept,
                    }
                )
        return found

    def _train(self, unit: Unit, tasks: Tasks) -> list[Record]:
        from .training import train

        assert unit.policy is not None
        told = train(unit.policy, self._subject(unit.policy.dream), tasks, self._settings, self._path(unit))
        return [{"measure": "trained", **_who(unit.policy), "steps": self._settings.steps, **told}]

    def _play(self, unit: Unit, tasks: Tasks) -> list[Record]:
        env = self._env(tasks, unit.world, tasks.test)
        agent = self._agent(unit, env)
        assert unit.policy is not None
        told = {"measure": "episode", "world": unit.world, **_who(unit.policy)}
        seeds = range(self._settings.seed, self._settings.seed + self._settings.episodes)
        return [{**told, **play(env, agent, seed)} for seed in seeds]

    def _localise(self, unit: Unit, tasks: Tasks) -> list[Record]:
        """Plays a policy for real, and Ochiai with as many test runs as it took, on the same bugs."""
        env = self._env(tasks, REAL, unit.uri)
        agent = self._agent(unit, env)
        assert unit.policy is not None
        found = []
        count = self._settings.bugs or self._settings.episodes
        for seed in range(self._settings.seed, self._settings.seed + count):
            own = play(env, agent, seed)
            equal = play(env, SpectrumAgent("ochiai", own["tests"]), seed)
            every = play(env, SpectrumAgent("ochiai"), seed)
            sides = {"learned": own, "equal": equal, "every": every}
            kept = ("rank", "exam", "tests", "moves", "reward")
            found.append(
                {
                    "measure": "localise",
                    "uri": _shown(unit.uri),
                    **_who(unit.policy),
                    "seed": seed,
                    "task": own["task"],
                    "fault": own["fault"],
                    "bug_kind": bug_kind(inner(env)),
                    **{side: {name: one[name] for name in kept} for side, one in sides.items()},
                }
            )
        return found

    def _walk(self, unit: Unit, tasks: Tasks) -> list[Record]:
        """Tells an episode step by step: in the real world and, where it was a dream, beside it in that."""
        told = unit.walk
        assert told is not None
        real = walk(self._env(tasks, REAL, tasks.test), told.actions, told.seed)
        found = {
            "measure": told.why,
            "world": told.world,
            **_who(told.policy),
            "seed": told.seed,
            **{name: real.pop(name) for name in ("task", "question", "source")},
            "note": told.note,
            REAL: real,
        }
        if told.world != REAL:
            dreamt = walk(self._env(tasks, told.world, tasks.test), told.actions, told.seed)
            found["dream_side"] = {name: dreamt[name] for name in ("steps", "success")}
        return [found]

    def _env(self, tasks: Tasks, world: str, uri: str) -> Env:
        """Returns an environment; those of other worlds stay open."""
        key = f"{tasks.env} {world}", uri
        if key not in self._envs:
            options = {**self._settings.env_options(tasks), "sandbox": self._settings.sandbox}
            if world != REAL:
                options |= self._settings.dream(self._subject(world))
            self._envs[key] = gymnasium.make(tasks.env, tasks=uri, **options)
        return self._envs[key]

    def _agent(self, unit: Unit, env: Env) -> Agent:
        assert unit.policy is not None
        key = unit.task, unit.policy.name
        if unit.policy.kind not in LEARNED:
            name = unit.policy.kind
            return make_agent(name, inner(env))
        if key not in self._agents:
            self._agents[key] = make_agent(str(self._path(unit)), inner(env))
        return self._agents[key]

    def _path(self, unit: Unit) -> Path:
        assert unit.policy is not None
        name = f"{self._settings.tasks[unit.task].name} {unit.policy.name}"
        plain = "".join(char if char.isalnum() or char in "-." else "_" for char in name)
        return self._folder / f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"

    def _subject(self, label: str) -> str:
        return next((each.subject for each in self._settings.subjects if each.label == label), "")


@lru_cache(maxsize=1)
def worker_of(settings: Settings, folder: Path) -> Worker:
    """Returns this process's worker for some settings."""
    return Worker(settings, folder)


def bug_kind(env: DebugEnv) -> str:
    """Returns what is wrong with an episode's bug, without what follows a colon; empty for what is no bug."""
    kinds = env.bug.kind.split("; ") if isinstance(env, BugEnv) else []
    return "; ".join(kind.partition(":")[0] for kind in kinds)


def _who(policy: Policy) -> Record:
    return {"kind": policy.kind, "dream": policy.dream, "policy_seed": policy.seed}


def _shown(uri: str) -> str:
    """Returns a URI as it may be published: of a file its name only."""
    scheme, _, path = uri.partition("/")
    return f"{scheme}/{path.rpartition('/')[2]}" if scheme == "jsonl" else uri
