"""The sweep: every measure over every case, each finished unit kept, leaks and unstable truths told."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.crux import CruxRow
from debugworld.worldmodel.errors import ModelError

from .case import Case, Unasked, record_case
from .log import Log, Record
from .measures import MEASURES
from .preimages import ENUMERABLE, coverage
from .subject import Subject

PREIMAGE = "preimage"
"""Name of the measure that brings its own programs."""
REACH = 500
"""States that a jump may lead over where nothing else is said, and an outcome take."""
LEFT_OUT = "left out"
"""What a record is called that tells why a case was not asked about."""
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
            "twice": self.twice,
            "reach": self.reach,
        }


@dataclass
class Told:
    """What happened beside the answers."""

    programs: int = 0
    """Programs that were given."""
    leaked: list[str] = field(default_factory=list)
    """Names of those that the subject was trained on; they are left out."""
    asked: int = 0
    """Units that were finished, in this sweep or before."""
    left: int = 0
    """Units that the time did not reach."""

    def to_json(self) -> dict[str, Any]:
        """Returns everything as plain JSON data."""
        return {
            "programs": self.programs,
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


Answered = tuple[str, list[Record], float]
"""A unit's key, its records, and the seconds it took."""


def sweep(
    subject: Subject,
    programs: Sequence[tuple[Program, CruxRow | None]],
    box: Sandbox,
    log: Log,
    settings: Settings,
    progress: Progress = lambda *_: None,
) -> Told:
    """Asks a subject everything that is not in the log yet.

    Args:
        subject: is asked.
        programs: with the rows that they come from.
        box: records the truths.
        log: keeps what is done.
        settings: what to ask.
        progress: called with the units done, their number, and what comes next.

    Raises:
        ModelError: the model cannot answer.
        SandboxError: the box failed.
    """
    jobs, told = plan(subject.seen, programs, settings)
    total = sum(len(job.measures) for job in jobs)
    begin = time.monotonic()
    for job in jobs:
        waiting = tuple(name for name in job.measures if job.key(name) not in log)
        told.asked += len(job.measures) - len(waiting)
        if not waiting:
            continue
        if settings.seconds is not None and time.monotonic() - begin > settings.seconds:
            told.left += len(waiting)
            continue
        progress(told.asked, total, job.program.name if job.program is not None else "preimages")
        for unit in answer(subject, replace(job, measures=waiting), box, settings):
            log.add(*unit)
            told.asked += 1
    progress(told.asked, total, "")
    return told


def plan(
    seen: Collection[int], programs: Sequence[tuple[Program, CruxRow | None]], settings: Settings
) -> tuple[list[Job], Told]:
    """Returns what is to be asked, a job for each program that was not seen in training."""
    told = Told(programs=len(programs))
    jobs: list[Job] = []
    for program, row in programs:
        if int(program.digest[:16], 16) in seen:
            told.leaked.append(program.name)
            continue
        most = {name: MEASURES[name].cases for name in settings.measures if name in MEASURES}
        if settings.cases is not None:
            most = {name: min(count, settings.cases) for name, count in most.items()}
        asked = tuple(name for name, count in most.items() if len(jobs) < count)
        if asked:
            jobs.append(Job(program, row, asked))
    if PREIMAGE in settings.measures and jobs:
        jobs.append(Job(None, None, (PREIMAGE,)))
    return jobs, told


def answer(subject: Subject, job: Job, box: Sandbox, settings: Settings) -> Iterator[Answered]:
    """Yields the units of a job as they are done."""
    if job.program is None:
        start = time.perf_counter()
        found = [coverage(subject, function, box, settings.seed) for function in ENUMERABLE]
        yield PREIMAGE, [one for one in found if one is not None], time.perf_counter() - start
        return
    case = _case(box, job.program, job.row, settings)
    for measure in job.measures:
        start = time.perf_counter()
        if isinstance(case, str):
            name, short = job.program.name, job.program.digest[:16]
            records = [{"measure": LEFT_OUT, "case": short, "name": name, "why": case}]
        else:
            records = MEASURES[measure].ask(subject, case, settings.seed)
        yield job.key(measure), records, time.perf_counter() - start


def _case(box: Sandbox, program: Program, row: CruxRow | None, settings: Settings) -> Case | str:
    """Returns a case, or why it is left out."""
    try:
        return record_case(box, program, row, twice=settings.twice, reach=settings.reach)
    except Unasked as error:
        return str(error)


def fingerprint(log: Log) -> str:
    """Returns 16 hexadecimal digits that two sweeps share where all records but for times are equal."""
    told = [{key: value for key, value in one.items() if key != "seconds"} for one in log.records()]
    text = json.dumps(told, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
