"""The sweep: every measure over every case, each finished unit kept, leaks and unstable truths told."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.crux import CruxRow
from debugworld.worldmodel.errors import ModelError

from .case import Case, UnstableTruth, record_case
from .log import Log
from .measures import MEASURES
from .preimages import ENUMERABLE, coverage
from .subject import Subject

LEFT_OUT = "left out"
"""What a record is called that tells why a case was not asked about."""
Progress = Callable[[int, int, str], None]


@dataclass
class Settings:
    """What a sweep asks for."""

    seed: int = 0
    """Of all draws."""
    cases: int | None = None
    """Most cases of every measure; None takes each measure's own number."""
    measures: tuple[str, ...] = (*MEASURES, "preimage")
    """Names of the measures."""
    twice: bool = True
    """Whether every truth is recorded twice."""
    seconds: float | None = None
    """Time after which no further unit is begun; what was done so far counts."""

    def __post_init__(self) -> None:
        known = (*MEASURES, "preimage")
        unknown = [name for name in self.measures if name not in known]
        if unknown or not self.measures:
            raise ModelError(
                f"there is no measure {', '.join(unknown) or '(none)'}; there are: {', '.join(known)}"
            )
        if self.cases is not None and self.cases < 1:
            raise ModelError(f"a budget must be at least 1 case; got {self.cases}")

    def to_json(self) -> dict[str, Any]:
        """Returns what the answers depend on."""
        return {"seed": self.seed, "cases": self.cases, "measures": list(self.measures), "twice": self.twice}


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
    told = Told(programs=len(programs))
    fresh = []
    for program, row in programs:
        if int(program.digest[:16], 16) in subject.seen:
            told.leaked.append(program.name)
        else:
            fresh.append((program, row))
    units = _units(fresh, settings)
    begin = time.monotonic()
    cases: dict[str, Case | str] = {}
    for number, (measure, program, row) in enumerate(units):
        key = f"{measure} {program.digest}"
        progress(number, len(units), f"{measure}: {program.name}")
        if key in log:
            told.asked += 1
            continue
        if settings.seconds is not None and time.monotonic() - begin > settings.seconds:
            told.left += 1
            continue
        if program.digest not in cases:
            cases[program.digest] = _case(box, program, row, settings)
        case = cases[program.digest]
        start = time.perf_counter()
        records = (
            [{"measure": LEFT_OUT, "case": program.digest[:16], "name": program.name, "why": case}]
            if isinstance(case, str)
            else MEASURES[measure].ask(subject, case, settings.seed)
        )
        log.add(key, records, time.perf_counter() - start)
        told.asked += 1
    if "preimage" in settings.measures:
        _preimages(subject, box, log, settings, progress)
    progress(len(units), len(units), "")
    return told


def _units(
    programs: Iterable[tuple[Program, CruxRow | None]], settings: Settings
) -> list[tuple[str, Program, CruxRow | None]]:
    """Returns the units in the order in which they are asked: all measures of a case together."""
    found = []
    for number, (program, row) in enumerate(programs):
        for name in settings.measures:
            most = MEASURES[name].cases if name in MEASURES else 0
            if number < (most if settings.cases is None else min(most, settings.cases)):
                found.append((name, program, row))
    return found


def _case(box: Sandbox, program: Program, row: CruxRow | None, settings: Settings) -> Case | str:
    """Returns a case, or why it is left out."""
    try:
        return (
            record_case(box, program, row, twice=settings.twice) or "it does not end, or cannot be debugged"
        )
    except UnstableTruth:
        return "two recordings of it differ"


def _preimages(subject: Subject, box: Sandbox, log: Log, settings: Settings, progress: Progress) -> None:
    for number, function in enumerate(ENUMERABLE):
        key = f"preimage {hashlib.sha256((function.source + function.value).encode()).hexdigest()}"
        if key not in log:
            progress(number, len(ENUMERABLE), f"preimage: {function.name}")
            start = time.perf_counter()
            record = coverage(subject, function, box, settings.seed)
            log.add(key, [] if record is None else [record], time.perf_counter() - start)


def fingerprint(log: Log) -> str:
    """Returns 16 hexadecimal digits that two sweeps share where all of their records are equal."""
    text = json.dumps(list(log.records()), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
