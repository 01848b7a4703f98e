"""Many askers, one call: what several jobs ask of an engine at the same time is asked together.

Each job is plain code that calls `complete` wherever it likes and waits for the answers. The jobs take turns:
each runs until it asks or is done; when all have, what they asked goes to the engine at once. So only one of
them runs at a time, and what is asked together depends on the jobs alone, not on chance.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Lock, local
from time import perf_counter
from typing import Any, TypeVar

from debugworld.worldmodel.completion import Abilities, Completion, CompletionEngine, Request

Result = TypeVar("Result")


class _Job:
    """A job and what it waits for; its thread and the gatherer's hand the turn to each other."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self.asked: Sequence[Request] | None = None
        """What it waits for the answers of; None while it runs and when it is done."""
        self.answer: list[Completion] | BaseException = []
        """What its next turn begins with; an error ends it."""
        self.done = False
        self.seconds = 0.0
        """What it took: its own turns, and its share of the answers."""
        self.began = 0.0
        """When its turn began, by the same clock."""
        self.memory: Hashable = None
        """What its requests may be answered from; that of all jobs until it forgets."""
        self._its, self._ours, self._away = Lock(), Lock(), False
        self._its.acquire()
        self._ours.acquire()

    def resume(self) -> None:
        """Lets the job run until it asks or is done; goes on waiting where an interrupt ended that before."""
        if not self._away:
            self.asked, self._away, self.began = None, True, perf_counter()
            self._its.release()
        self._ours.acquire()
        self._away = False
        self.seconds += perf_counter() - self.began

    def run(self) -> Any:
        """Does the work, in the job's thread."""
        self._its.acquire()
        try:
            if isinstance(self.answer, BaseException):
                raise self.answer
            return self._work()
        finally:
            self.done = True
            self._ours.release()

    def ask(self, requests: Sequence[Request]) -> list[Completion]:
        """Waits for answers, in the job's thread."""
        self.asked = requests
        self._ours.release()
        self._its.acquire()
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class Gatherer:
    """An engine that answers several askers at once; outside of `run` it is the engine itself.

    Args:
        engine: Answers.
        jobs: Most jobs at a time.
    """

    def __init__(self, engine: CompletionEngine, jobs: int) -> None:
        self.engine = engine
        """What answers in the end."""
        self.calls = 0
        """How often the engine was asked in `run`."""
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="debugworld-job")
        self._here = local()

    @property
    def abilities(self) -> Abilities:
        """Those of the engine."""
        return self.engine.abilities

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order; in a job, together with those of the others.

        Raises:
            ModelError: as the engine.
        """
        job: _Job | None = getattr(self._here, "job", None)
        if job is None:
            return self.engine.complete(requests)
        return job.ask([replace(request, memory=job.memory) for request in requests])

    def forget(self) -> None:
        """Drops what the engine remembers; in a job it stays for the others, and the job goes on without."""
        job: _Job | None = getattr(self._here, "job", None)
        if job is None:
            self.engine.forget()
        else:
            job.memory = object()

    def run(self, work: Sequence[Callable[[], Result]]) -> list[Result]:
        """Does several jobs at once and returns what they return, in their order.

        A job that fails does not stop the others; the first failure is raised when all are done.
        """
        jobs = [_Job(each) for each in work]
        futures: list[Future[Result]] = [self._threads.submit(self._in_thread, job) for job in jobs]
        try:
            self._lead(jobs)
        except BaseException as error:  # an interrupt: the jobs end, and then it goes on
            for job in jobs:
                job.answer = error
                while not job.done:
                    job.resume()
            raise
        return [future.result() for future in futures]

    def clock(self) -> float:
        """Returns the seconds that the job that asks took so far, without those of others; else any clock's.

        What several are told at once is shared out by the number of their requests.
        """
        job: _Job | None = getattr(self._here, "job", None)
        return perf_counter() if job is None else job.seconds + perf_counter() - job.began

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown()

    def _in_thread(self, job: _Job) -> Any:
        self._here.job = job
        try:
            return job.run()
        finally:
            del self._here.job

    def _lead(self, jobs: Sequence[_Job]) -> None:
        while jobs:
            for job in jobs:
                job.resume()
            jobs = [job for job in jobs if not job.done]
            if jobs:
                self._answer(jobs)

    def _answer(self, jobs: Sequence[_Job]) -> None:
        """Gives jobs their answers, or what went wrong with their own requests."""
        self.calls += 1
        begin = perf_counter()
        try:
            answers = self.engine.complete([request for job in jobs for request in job.asked or ()])
        except Exception:  # of some request: each job is told about its own
            for job in jobs:
                try:
                    job.answer = self.engine.complete(job.asked or ())
                except Exception as error:
                    job.answer = error
            return
        start, each = 0, (perf_counter() - begin) / max(1, len(answers))
        for job in jobs:
            end = start + len(job.asked or ())
            job.answer, job.seconds = answers[start:end], job.seconds + each * (end - start)
            start = end
