"""The sweep: every measure over every case, each unit kept; leaks, unstable truths and failures told."""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from debugworld.sandboxes import Sandbox, SandboxError
from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.crux import CruxRow
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.gathering import Gatherer

from .case import Case, Unasked, left_out, record_case
from .log import FAILED, Log, Record
from .measures import MEASURES
from .preimages import ENUMERABLE, PREIMAGE, coverage, functions_digest
from .subject import Subject

REACH = 500
"""States that a jump may lead over where nothing else is said, and an outcome take."""
HOPELESS = 20
"""Units that fail in a row, after which no other is tried."""
EVERY = (*MEASURES, PREIMAGE)
"""Names of all measures."""
USUAL = tuple(name for name in EVERY if name not in MEASURES or MEASURES[name].usual)
"""Names of those that are asked where none are named."""
Progress = Callable[[int, int, str], None]


@dataclass
class Settings:
    """What a sweep asks for."""

    seed: int = 0
    """Of all draws."""
    cases: int | None = None
    """Most cases of every measure; None takes each measure's own number."""
    measures: tuple[str, ...] = USUAL
    """Names of the measures."""
    twice: bool = True
    """Whether every truth is recorded twice."""
    reach: int | None = REACH
    """States that a question may lead over; dearer ones are not asked, but counted."""
    seconds: float | None = None
    """Time after which no further unit is begun; what was done so far counts."""

    def __post_init__(self) -> None:
        unknown = [name for name in self.measures if name not in EVERY]
        if unknown or not self.measures:
            raise ModelError(
                f"there is no measure {', '.join(unknown) or '(none)'}; there are: {', '.join(EVERY)}"
            )
        if self.cases is not None and self.cases < 1:
            raise ModelError(f"a budget must be at least 1 case; got {self.cases}")
        if self.reach is not None and self.reach < 1:
            raise ModelError(f"a reach must be at least 1 state; got {self.reach}")

    def to_json(self) -> dict[str, Any]:
        """Returns what the answers depend on."""
        return {
            "seed": self.seed,
            "cases": self.cases,
            "measures": list(self.measures),
            "functions": functions_digest() if PREIMAGE in self.measures else None,
            "twice": self.twice,
            "reach": self.reach,
        }


@dataclass
class Told:
    """What happened beside the answers."""

    programs: int = 0
    """Programs that were given."""
    digest: str = ""
    """What stands for them, see `content_digest`."""
    checked: bool = False
    """Whether it is known what the subject was trained on."""
    leaked: list[str] = field(default_factory=list)
    """Names of those that the subject was trained on; they are left out."""
    asked: int = 0
    """Units that were finished, in this sweep or before."""
    left: int = 0
    """Units that were not reached."""
    interrupted: bool = False
    """Whether Ctrl-C ended it."""

    def to_json(self) -> dict[str, Any]:
        """Returns everything as plain JSON data."""
        return {
            "programs": self.programs,
            "digest": self.digest,
            "leak_status": "checked" if self.checked else "unknown",
            "leaked": self.leaked,
            "asked": self.asked,
            "left": self.left,
        }


@dataclass(frozen=True)
class Job:
    """What is asked about one program, by one worker."""

    program: Program | None
    """The program; None for the functions of `preimages`, which come with the package."""
    row: CruxRow | None
    """The row that it comes from."""
    measures: tuple[str, ...]
    """What is asked."""

    def key(self, measure: str) -> str:
        """Returns the key of a unit of work."""
        return f"{measure} {self.program.digest}" if self.program is not None else measure

    @property
    def name(self) -> str:
        """What people call it."""
        return self.program.name if self.program is not None else "preimages"

    @property
    def case(self) -> str:
        """What its records call it."""
        return self.program.digest[:16] if self.program is not None else PREIMAGE


Unit = tuple[str, list[Record], float]
"""A unit's key, its records, and the seconds it took."""
Pairs = Sequence[tuple[Program, CruxRow | None]]
"""Programs with the rows that they come from."""


def sweep(
    subject: Subject,
    programs: Pairs,
    box: Sandbox,
    log: Log,
    settings: Settings,
    progress: Progress = lambda *_: None,
    together: int = 1,
) -> Told:
    """Asks a subject everything that is not in the log yet.

    A unit that fails for its box or its model is a record that says so; where `HOPELESS` of them fail in a
    row, the rest is left. So it is after Ctrl-C.

    Args:
        subject: is asked.
        programs: with the rows that they come from.
        box: records the truths.
        log: keeps what is done.
        settings: what to ask.
        progress: called with the units done, their number, and what comes next.
        together: programs that are asked about at once, where the subject has a model: what several wait for
            is asked in one call. The records are the same.

    Raises:
        ModelError: every unit failed.
    """
    jobs, told = plan(subject, programs, settings)
    desk = Desk(jobs, told, log, settings, progress)
    workers = together if subject.again is not None else 1
    if workers == 1:
        desk.end(lambda: desk.follow(partial(answer, subject, box=box, settings=settings)))
    else:
        assert subject.meter is not None
        gatherer = Gatherer(subject.meter.engine, workers)
        twins = [subject.beside(gatherer, gatherer.clock) for _ in range(workers)]
        work = [partial(desk.follow, partial(answer, twin, box=box, settings=settings)) for twin in twins]
        try:
            desk.end(lambda: gatherer.run(work))
        finally:
            gatherer.close()
    return told


class Desk:
    """Hands out jobs, keeps what is finished, and knows when to stop.

    Args:
        jobs: what is to be asked; of them only what is not in the log is handed out.
        told: what happens is counted there.
        log: keeps what is done.
        settings: what is asked, and for how long.
        progress: called with the units done, their number, and what comes next.
    """

    def __init__(
        self, jobs: Sequence[Job], told: Told, log: Log, settings: Settings, progress: Progress
    ) -> None:
        self._told, self._log, self._settings, self._progress = told, log, settings, progress
        self._total = sum(len(job.measures) for job in jobs)
        self._waiting: deque[Job] = deque()
        self._begin = time.monotonic()
        self._failed = self._in_a_row = 0
        for job in jobs:
            left = tuple(name for name in job.measures if job.key(name) not in log)
            told.asked += len(job.measures) - len(left)
            if left:
                self._waiting.append(replace(job, measures=left))

    def __len__(self) -> int:
        """Number of jobs that wait."""
        return len(self._waiting)

    def take(self) -> Job | None:
        """Returns what is to be asked next; None where nothing is, the time is up, or all fail."""
        late = self._settings.seconds is not None and time.monotonic() - self._begin > self._settings.seconds
        if late or self._in_a_row >= HOPELESS or not self._waiting:
            return None
        job = self._waiting.popleft()
        self._progress(self._told.asked + self._failed, self._total, job.name)
        return job

    def add(self, unit: Unit) -> None:
        """Keeps a unit."""
        self._log.add(*unit)
        if unit[0] in self._log:
            self._told.asked += 1
            self._in_a_row = 0
        else:
            self._failed += 1
            self._in_a_row += 1

    def follow(self, ask: Callable[[Job], Iterator[Unit]]) -> None:
        """Does one job after another."""
        while (job := self.take()) is not None:
            for unit in ask(job):
                self.add(unit)

    def end(self, work: Callable[[], object]) -> None:
        """Does what is to be done, up to Ctrl-C, and counts what is left.

        Raises:
            ModelError: every unit failed.
        """
        try:
            work()
        except KeyboardInterrupt:
            self._told.interrupted = True
        self._told.left = self._total - self._told.asked - self._failed
        self._progress(self._told.asked + self._failed, self._total, "")
        if self._failed and not self._log.done:
            first = next(one["why"] for one in self._log.records() if one["measure"] == FAILED)
            raise ModelError(f"none of {self._failed} units could be asked; the first: {first}")


def plan(subject: Subject, programs: Pairs, settings: Settings) -> tuple[list[Job], Told]:
    """Returns what is to be asked, a job for each program that was not seen in training."""
    told = Told(programs=len(programs), digest=content_digest(programs), checked=subject.checked)
    jobs: list[Job] = []
    for program, row in programs:
        if subject.learnt(program):
            told.leaked.append(program.name)
            continue
        most = {name: MEASURES[name].cases for name in settings.measures if name in MEASURES}
        if settings.cases is not None:
            most = {name: min(count, settings.cases) for name, count in most.items()}
        asked = tuple(name for name, count in most.items() if len(jobs) < count)
        if asked:
            jobs.append(Job(program, row, asked))
    if PREIMAGE in settings.measures and len(told.leaked) < len(programs):
        jobs.append(Job(None, None, (PREIMAGE,)))
    return jobs, told


def content_digest(programs: Pairs) -> str:
    """Returns 16 hexadecimal digits that stand for what programs and their rows say, in their order."""
    said = [
        [program.digest, row and [row.code, row.input, row.output, row.function, row.origin]]
        for program, row in programs
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def answer(subject: Subject, job: Job, box: Sandbox, settings: Settings) -> Iterator[Unit]:
    """Yields the units of a job as they are done, those that fail included."""
    asks: dict[str, Callable[[], list[Record]]]
    if job.program is None:
        asks = {PREIMAGE: partial(_preimages, subject, box, settings)}
    else:
        case = _case(box, job.program, job.row, settings)
        asks = {name: partial(_ask, subject, case, name, settings, job) for name in job.measures}
    for measure, ask in asks.items():
        start = subject.clock()
        try:
            records = ask()
        except (ModelError, SandboxError) as error:
            records = [failure(job, measure, error)]
        yield job.key(measure), records, subject.clock() - start


def failure(job: Job, measure: str, error: Exception) -> Record:
    """Returns the record of a unit that could not be asked."""
    why = str(error) or type(error).__name__
    return {"measure": FAILED, "case": job.case, "name": job.name, "of": measure, "why": why}


def _preimages(subject: Subject, box: Sandbox, settings: Settings) -> list[Record]:
    found = [coverage(subject, function, box, settings.seed) for function in ENUMERABLE]
    return [one for one in found if one is not None]


def _ask(
    subject: Subject, case: Case | str | SandboxError, measure: str, settings: Settings, job: Job
) -> list[Record]:
    if isinstance(case, SandboxError):
        raise case
    if isinstance(case, str):
        return [left_out(job.case, job.name, case)]
    return MEASURES[measure].ask(subject, case, settings.seed)


def _case(
    box: Sandbox, program: Program, row: CruxRow | None, settings: Settings
) -> Case | str | SandboxError:
    """Returns a case, or why it is left out, or what went wrong with the box."""
    try:
        return record_case(box, program, row, twice=settings.twice, reach=settings.reach)
    except Unasked as error:
        return str(error)
    except SandboxError as error:
        return error


def fingerprint(log: Log) -> str:
    """Returns 16 hexadecimal digits that two sweeps share where all records but for times are equal.

    Confidences count to two digits: their last ones depend on what a network reads beside.
    """
    told = [{key: value for key, value in one.items() if key != "seconds"} for one in log.records()]
    for record in told:
        if isinstance(record.get("confidence"), float):
            record["confidence"] = round(record["confidence"], 2)
    text = json.dumps(told, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
