"""Spectra: the lines that failing and passing runs have executed, and what may be guessed from them.

Spectrum-based fault localization counts, for each line, the failing and the passing runs that executed it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf, sqrt

from debugworld.sandboxes.debugger import Event, Program, State

from .patch import lines_of


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The lines of some runs of one program."""

    failing: tuple[frozenset[int], ...]
    """Lines of each failing run."""
    passing: tuple[frozenset[int], ...]
    """Lines of each passing run."""

    @staticmethod
    def of(runs: Iterable[tuple[Iterable[int], bool]]) -> Spectrum:
        """Builds a spectrum of runs, each with its lines and whether it passed."""
        told = [(frozenset(lines), passed) for lines, passed in runs]
        return Spectrum(
            tuple(lines for lines, passed in told if not passed),
            tuple(lines for lines, passed in told if passed),
        )

    def counts(self, line: int) -> tuple[int, int]:
        """Returns how many failing and how many passing runs have a line."""
        return sum(line in run for run in self.failing), sum(line in run for run in self.passing)


def ochiai(failed: float, passed: float, failing: int, passing: int) -> float:
    """How much a line is suspected: ``ef / sqrt(F * (ef + ep))``, 0 where no failing run has it.

    With ``ef`` and ``ep`` the failing and passing runs that have the line, and ``F`` failing runs in all
    (Abreu, Zoeteweij and van Gemund, 2007).

    Args:
        failed: Failing runs that have the line.
        passed: Passing runs that have it.
        failing: Failing runs in all.
        passing: Passing runs in all.
    """
    return failed / sqrt(failing * (failed + passed)) if failed else 0.0


def tarantula(failed: float, passed: float, failing: int, passing: int) -> float:
    """How much a line is suspected: ``(ef / F) / (ef / F + ep / P)``, 0 where no failing run has it.

    With ``P`` passing runs in all, and else as in `ochiai` (Jones and Harrold, 2005).
    """
    if not failed:
        return 0.0
    share = failed / failing
    return share / (share + (passed / passing if passing else 0.0))


def dstar(failed: float, passed: float, failing: int, passing: int) -> float:
    """How much a line is suspected: ``ef ** 2 / (ep + nf)``, 0 where no failing run has it.

    With ``nf = F - ef`` the failing runs that lack the line, and else as in `ochiai`; infinite where every
    failing run has it and no passing one (Wong, Debroy, Gao and Li, 2014, with the exponent 2).
    """
    if not failed:
        return 0.0
    against = passed + failing - failed
    return failed**2 / against if against else inf


FORMULAE: dict[str, Callable[[float, float, int, int], float]] = {
    "ochiai": ochiai,
    "tarantula": tarantula,
    "dstar": dstar,
}
"""The formulae by name."""


def ranking(spectrum: Spectrum, lines: Iterable[int], formula: str = "ochiai") -> list[int]:
    """Returns lines, the most suspected first; of equals, the first in the program first."""
    suspicion, runs = FORMULAE[formula], (len(spectrum.failing), len(spectrum.passing))
    return sorted(lines, key=lambda line: (-suspicion(*spectrum.counts(line), *runs), line))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What somebody who looks for a fault may know: never what is expected to be changed."""

    source: str
    """The faulty program."""
    calls: tuple[str, ...]
    """The calls of its tests."""
    expected: tuple[str, ...]
    """What each should come to."""
    passes: tuple[bool, ...]
    """Whether it does."""
    spectrum: Spectrum
    """The lines of those runs."""


Solver = Callable[[Evidence], Sequence[int]]
"""Looks for a fault: returns lines to accuse, the most suspected first."""


def _by_formula(formula: str) -> Solver:
    return lambda evidence: ranking(evidence.spectrum, code_lines(evidence.source), formula)


def _at_random(evidence: Evidence) -> Sequence[int]:
    lines = list(code_lines(evidence.source))
    random.Random(evidence.source).shuffle(lines)  # noqa: S311  the same guess for the same program
    return lines


SOLVERS: dict[str, Solver] = {name: _by_formula(name) for name in FORMULAE} | {"random": _at_random}
"""The solvers by name."""


def credit(rank: int, lines: int) -> float:
    """What finding a fault at the ``rank``-th guess is worth: ``1 - (rank - 1) / lines``.

    The share of a program's lines that need not be looked at, as Renieris and Reiss (2003) score fault
    localization and as one less the EXAM score of Wong et al. (2008), but that the first guess is worth all.
    0 for the rank 0, which stands for not finding it.
    """
    return 1 - (rank - 1) / lines if rank else 0.0


def rank_of(guesses: Sequence[int], truth: Iterable[int]) -> int:
    """Returns the place of the first guess that is true, from 1; 0 where none is."""
    true = set(truth)
    return next((place for place, line in enumerate(guesses, 1) if line in true), 0)


def code_lines(source: str) -> tuple[int, ...]:
    """Returns the lines of a program that are not blank, ascending."""
    return tuple(number for number, line in enumerate(lines_of(source), 1) if line.strip())


def lines_run(program: Program, states: Iterable[State]) -> tuple[int, ...]:
    """Returns the lines of a program's own source that some of its states ran, ascending."""
    return tuple(sorted(first_runs(program, states)))


def first_runs(program: Program, states: Iterable[State]) -> dict[int, int]:
    """Returns, for each line as `lines_run` has them, the place of the first of the states that ran it."""
    end = len(program.lines) + 1 if program.is_script else program.entry_line
    found: dict[int, int] = {}
    for place, state in enumerate(states):
        if state.event is Event.LINE and not state.file and state.line < end:
            found.setdefault(state.line, place)
    return found
