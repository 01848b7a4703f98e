"""A sweep over many machines: Ray hands jobs to workers, each with a subject and boxes of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.crux import CruxRow

from .log import Log
from .subject import Subject
from .subjects import open_subject
from .sweep import Answered, Job, Progress, Settings, Told, answer, plan


class Worker:
    """Answers jobs on one machine.

    Args:
        model: name of the subject, as `open_subject` takes it.
        sandbox: name of the box.
        max_events: of the box.
        settings: what is asked.
    """

    def __init__(self, model: str | None, sandbox: str, max_events: int, settings: Settings) -> None:
        self._box = open_sandbox(sandbox, max_events=max_events)
        self._subject = open_subject(model, self._box)
        self._settings = settings

    def ask(self, job: Job) -> list[Answered]:
        """Returns the units of a job."""
        return list(answer(self._subject, job, self._box, self._settings))


def spread(
    address: str | None,
    model: str | None,
    subject: Subject,
    programs: Sequence[tuple[Program, CruxRow | None]],
    sandbox: str,
    max_events: int,
    log: Log,
    settings: Settings,
    progress: Progress = lambda *_: None,
) -> Told:
    """Does what `sweep` does, on a Ray cluster; the records are the same.

    Args:
        address: of the cluster, as ``ray.init`` takes it (``auto``, ``HOST:PORT``, ``ray://HOST:PORT``,
            ``local`` for one of its own).
        model: name of the subject; where it is a folder, every machine has it there.
        subject: the same, opened here: for what it was trained on.
        programs: with the rows that they come from.
        sandbox: name of the box, on every machine.
        max_events: of the boxes.
        log: keeps what is done.
        settings: what to ask.
        progress: as in `sweep`.

    Raises:
        ModelError: the model cannot answer.
        SandboxError: a box failed.
    """
    import ray

    jobs, told = plan(subject.seen, programs, settings)
    total = sum(len(job.measures) for job in jobs)
    waiting = []
    for job in jobs:
        left = tuple(name for name in job.measures if job.key(name) not in log)
        told.asked += len(job.measures) - len(left)
        if left:
            waiting.append(Job(job.program, job.row, left))
    mine = not ray.is_initialized()
    if mine:
        ray.init(address=address, log_to_driver=False, include_dashboard=False)
    try:
        count = max(1, min(len(waiting), int(ray.cluster_resources().get("CPU", 1))))
        made: Any = ray.remote(num_cpus=1)(Worker)
        workers = [made.remote(model, sandbox, max_events, settings) for _ in range(count)]
        begin = time.monotonic()
        busy = {worker.ask.remote(job): (worker, job) for worker, job in zip(workers, waiting, strict=False)}
        queue = waiting[count:]
        while busy:
            [done], _ = ray.wait(list(busy), num_returns=1)
            worker, job = busy.pop(done)
            for unit in _answers(ray, done):
                log.add(*unit)
                told.asked += 1
            progress(told.asked, total, job.program.name if job.program is not None else "preimages")
            late = settings.seconds is not None and time.monotonic() - begin > settings.seconds
            if queue and not late:
                following = queue.pop(0)
                busy[worker.ask.remote(following)] = (worker, following)
        told.left = sum(len(job.measures) for job in queue)
        for worker in workers:
            ray.kill(worker)
    finally:
        if mine:
            ray.shutdown()
    return told


def _answers(ray: Any, reference: Any) -> list[Answered]:
    """Returns what a worker answered; its own error is raised as it was."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
