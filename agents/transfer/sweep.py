"""The sweep: policies x seeds x worlds x dreams, each finished unit kept, in one process or several.

A unit's records depend on the settings alone, and are the same whenever and wherever it is done again.
Seconds stand beside them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from debugworld.sandboxes.workers import open_workers
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
        tasks = settings.tasks[self.task]
        dreams = {each.label: each.subject for each in settings.subjects}
        world = f"in {self.world} {dreams.get(self.world, '')}".strip()
        parts = [self.what, tasks.name, self.policy.name if self.policy else "", world, self.uri]
        if self.walk is not None:
            parts.append(f"{self.walk.why} {self.walk.seed} {self.walk.note}")
        return "; ".join(part for part in parts if part)


Done = tuple[str, list[Record], float]
"""A unit's key, its records, and the seconds it took."""


def stages(settings: Settings) -> Iterator[list[Unit]]:
    """Yields units that need nothing from each other, those first that the next ones need.

    Policies come seed by seed, so that a sweep that was stopped has whole seeds.
    """
    labels = [each.label for each in settings.subjects]
    yield [unit for task in range(len(settings.tasks)) for unit in _dreams(settings, task)]
    yield [Unit("fidelity", task, label) for task in range(len(settings.tasks)) for label in labels]
    for number in range(settings.seeds):
        seed = settings.seed + number
        train, play = [], []
        for task, tasks in enumerate(settings.tasks):
            everybody = [
                one for one in policies(settings.kinds, labels, [seed]) if one.kind in LEARNED or not number
            ]
            learned = [one for one in everybody if one.kind in LEARNED]
            train += [Unit("train", task, one.dream or REAL, one) for one in learned]
            play += [Unit("play", task, world, one) for world in (REAL, *labels) for one in everybody]
            if tasks.about_bugs:
                judged = [one for one in learned if one.dream in ("", labels[0])]
                uris = (tasks.test, *settings.localise)
                play += [Unit("localise", task, REAL, one, uri) for uri in uris for one in judged]
        yield train
        yield play


def _dreams(settings: Settings, task: int) -> Iterator[Unit]:
    """Yields what is dreamt ahead: all tasks of each dream, and those that learning with looks needs."""
    tasks, first = settings.tasks[task], settings.subjects[0].label
    for subject in settings.subjects:
        for uri in (tasks.train, tasks.test):
            yield Unit("dream", task, subject.label, Policy(DREAM, subject.label), uri)
    if REGROUND in settings.kinds:
        yield Unit("dream", task, first, Policy(REGROUND, first), tasks.train)


def sweep(
    settings: Settings,
    log: Log,
    folder: Path,
    jobs: int = 1,
    progress: Progress = lambda *_: None,
    seconds: float | None = None,
) -> int:
    """Does every unit that is not in the log yet, and returns how many the time did not reach.

    Args:
        settings: what is asked.
        log: keeps what is done.
        folder: keeps the agents that were trained.
        jobs: processes.
        progress: called with the units done, their number, and what was done last.
        seconds: time after which no further unit is begun, but for those that tell episodes step by step.

    Raises:
        TaskError: the tasks cannot serve.
        ModelError: a dream cannot be had.
        SandboxError: the box failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    planned = list(stages(settings))
    total = sum(map(len, planned))
    done = left = 0
    end = None if seconds is None else time.monotonic() + seconds
    with ExitStack() as stack:
        pool = None  # one for all stages: its processes keep what they have opened
        if jobs > 1:
            pool = stack.enter_context(open_workers(jobs))
        for units in (*planned, None):
            if units is None:  # what is told step by step follows from the episodes
                units = [
                    Unit("walk", walk.task, walk.world, walk.policy, walk=walk)
                    for walk in chosen(settings, log)
                ]
                total, end = total + len(units), None
            waiting = [unit for unit in units if unit.key(settings) not in log]
            done += len(units) - len(waiting)
            left += len(waiting)
            for key, records, took in _work(waiting, settings, folder, jobs, pool, end):
                log.add(key, records, took)
                done, left = done + 1, left - 1
                progress(done, total, key)
    progress(done, total, "")
    return left


def _work(
    units: list[Unit],
    settings: Settings,
    folder: Path,
    jobs: int,
    pool: ProcessPoolExecutor | None,
    end: float | None,
) -> Iterator[Done]:
    """Yields units as they are done; begins none after the end."""
    waiting = iter(units)

    def next_unit() -> Unit | None:
        return next(waiting, None) if end is None or time.monotonic() < end else None

    if pool is None:
        while (unit := next_unit()) is not None:
            yield work(unit, settings, folder)
        return
    running: set[Future[Done]] = set()
    while True:
        while len(running) < jobs and (unit := next_unit()) is not None:
            running.add(pool.submit(work, unit, settings, folder))
        if not running:
            return
        ready, running = wait(running, return_when=FIRST_COMPLETED)
        for future in ready:
            yield future.result()


def work(unit: Unit, settings: Settings, folder: Path) -> Done:
    """Does a unit."""
    from .units import worker_of

    start = time.perf_counter()
    records = worker_of(settings, folder).do(unit)
    return unit.key(settings), records, time.perf_counter() - start
