"""The sweep: policies x seeds x worlds x dreams, each finished unit kept, in one process or several.

A unit's records depend on the settings alone, and are the same whenever and wherever it is done again.
Seconds stand beside them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from debugworld.worldmodel.fidelity.log import Log

from .play import Record
from .policy import DREAM, LEARNED, REGROUND, Policy, policies
from .settings import REAL, Settings
from .walks import Walk, chosen

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Unit:
    """A piece of work."""

    what: str
    """``dream``, ``fidelity``, ``train``, ``play``, ``localise`` or ``walk``."""
    task: int
    """Number of the environment in the settings."""
    world: str = REAL
    """`REAL`, or the label of a dream."""
    policy: Policy | None = None
    """Who acts or learns; None where nobody does."""
    uri: str = ""
    """Tasks that are dreamt, or bugs that a localiser is judged on."""
    walk: Walk | None = None
    """An episode that is told step by step."""

    def key(self, settings: Settings) -> str:
        """Returns what tells the unit from all others of a report."""
        name = settings.tasks[self.task].name
        parts = [self.what, name, self.policy.name if self.policy else "", f"in {self.world}", self.uri]
        if self.walk is not None:
            parts.append(f"{self.walk.why} {self.walk.seed}")
        return "; ".join(part for part in parts if part)


Done = tuple[str, list[Record], float]
"""A unit's key, its records, and the seconds it took."""


def stages(settings: Settings) -> Iterator[list[Unit]]:
    """Yields units that need nothing from each other, those first that the next ones need."""
    dreams, first, second = [], [], []
    labels = [each.label for each in settings.subjects]
    seeds = range(settings.seed, settings.seed + settings.seeds)
    for task, tasks in enumerate(settings.tasks):
        everybody = list(policies(settings.kinds, labels, seeds))
        for label in labels:
            dreams += [
                Unit("dream", task, label, Policy(DREAM, label), uri) for uri in (tasks.train, tasks.test)
            ]
        if REGROUND in settings.kinds:
            dreams.append(Unit("dream", task, labels[0], Policy(REGROUND, labels[0]), tasks.train))
        first += [Unit("fidelity", task, label) for label in labels]
        first += [Unit("train", task, _school(one), one) for one in everybody if one.kind in LEARNED]
        worlds = [REAL, *labels]
        second += [Unit("play", task, world, one) for world in worlds for one in everybody]
        if tasks.about_bugs:
            judged = [one for one in everybody if one.kind in LEARNED and one.dream in ("", labels[0])]
            second += [
                Unit("localise", task, REAL, one, uri)
                for uri in (tasks.test, *settings.localise)
                for one in judged
            ]
    yield dreams
    yield first
    yield second


def _school(policy: Policy) -> str:
    return policy.dream or REAL


def sweep(
    settings: Settings, log: Log, folder: Path, jobs: int = 1, progress: Progress = lambda *_: None
) -> None:
    """Does every unit that is not in the log yet.

    Args:
        settings: what is asked.
        log: keeps what is done.
        folder: keeps the agents that were trained.
        jobs: processes.
        progress: called with the units done, their number, and what was done last.

    Raises:
        TaskError: the tasks cannot serve.
        ModelError: a dream cannot be had.
        SandboxError: the box failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    planned = list(stages(settings))
    total = sum(map(len, planned))
    done = 0
    for units in (*planned, None):
        if units is None:  # what is told step by step follows from the episodes
            units = [
                Unit("walk", walk.task, walk.world, walk.policy, walk=walk) for walk in chosen(settings, log)
            ]
            total += len(units)
        waiting = [unit for unit in units if unit.key(settings) not in log]
        done += len(units) - len(waiting)
        for key, records, seconds in _work(waiting, settings, folder, jobs):
            log.add(key, records, seconds)
            done += 1
            progress(done, total, key)
    progress(done, total, "")


def _work(units: list[Unit], settings: Settings, folder: Path, jobs: int) -> Iterator[Done]:
    if jobs == 1 or len(units) < 2:
        for unit in units:
            yield work(unit, settings, folder)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        running: set[Future[Done]] = {pool.submit(work, unit, settings, folder) for unit in units}
        try:
            while running:
                ready, running = wait(running, return_when=FIRST_COMPLETED)
                for future in ready:
                    yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def work(unit: Unit, settings: Settings, folder: Path) -> Done:
    """Does a unit."""
    from .units import worker_of

    start = time.perf_counter()
    records = worker_of(settings, folder).do(unit)
    return unit.key(settings), records, time.perf_counter() - start
