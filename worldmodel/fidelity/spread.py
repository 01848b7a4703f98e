"""A sweep over many machines: Ray hands jobs to workers, each with a subject and boxes of its own."""

from __future__ import annotations

from typing import Any

from debugworld.sandboxes import SandboxError, open_sandbox

from .log import Log
from .subject import Subject
from .subjects import open_subject
from .sweep import Desk, Job, Pairs, Progress, Settings, Told, Unit, answer, failure, plan


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

    def ask(self, job: Job) -> list[Unit]:
        """Returns the units of a job."""
        return list(answer(self._subject, job, self._box, self._settings))


def spread(
    address: str | None,
    model: str | None,
    subject: Subject,
    programs: Pairs,
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
        subject: the same, opened here: for what it was trained on, and where it runs.
        programs: with the rows that they come from.
        sandbox: name of the box, on every machine.
        max_events: of the boxes.
        log: keeps what is done.
        settings: what to ask.
        progress: as in `sweep`.

    Raises:
        ModelError: every unit failed.
    """
    import ray

    jobs, told = plan(subject, programs, settings)
    desk = Desk(jobs, told, log, settings, progress)
    mine = not ray.is_initialized()
    if mine:
        ray.init(address=address, log_to_driver=False, include_dashboard=False)
    try:
        needs = needs_of(subject)
        have = ray.cluster_resources()
        room = min(int(have.get(kind, 0) // count) for kind, count in needs.items())
        if not room:
            raise SandboxError(f"no machine of the cluster has what a worker needs: {needs}")
        made: Any = ray.remote(num_cpus=needs["CPU"], num_gpus=needs.get("GPU", 0))(Worker)
        workers = [made.remote(model, sandbox, max_events, settings) for _ in range(min(room, len(desk)))]
        desk.end(lambda: _hand_out(ray, desk, workers))
        for worker in workers:
            ray.kill(worker)
    finally:
        if mine:
            ray.shutdown()
    return told


def needs_of(subject: Subject) -> dict[str, int]:
    """Returns what of a machine one worker takes."""
    needs = {"CPU": 1}
    if str(subject.about.get("device", "")).startswith("cuda"):
        needs["GPU"] = 1
    return needs


def _hand_out(ray: Any, desk: Desk, workers: list[Any]) -> None:
    """Gives each worker one job after another; one that died gets no other."""
    busy: dict[Any, tuple[Any, Job]] = {}
    free = list(workers)
    while True:
        while free and (job := desk.take()) is not None:
            worker = free.pop(0)
            busy[worker.ask.remote(job)] = (worker, job)
        if not busy:
            return
        [done], _ = ray.wait(list(busy), num_returns=1)
        worker, job = busy.pop(done)
        try:
            units = ray.get(done)
            free.append(worker)
        except ray.exceptions.RayActorError as error:
            units = [(job.key(name), [failure(job, name, error)], 0.0) for name in job.measures]
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None
        for unit in units:
            desk.add(unit)
