"""A subject of mutation: a right program, the calls that test it, and those of its mutants that fail one."""

from __future__ import annotations

import ast
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from debugworld.envs.answer import outcome
from debugworld.envs.bug import Case
from debugworld.envs.generated import GeneratedPrograms
from debugworld.envs.judge import Judge, same
from debugworld.envs.task_set import TaskSet
from debugworld.envs.verdict import Record, comes_to
from debugworld.sandboxes.debugger import Event, ExitCode, Program, ProgramError
from debugworld.sandboxes.debugger.limits import CUT
from debugworld.worldmodel.data.mutation import mutated

from .operators import OPERATORS, Mutation, mutations_of

CASES = 8
"""Most cases of a subject, if not said otherwise."""
STILLBORN = "stillborn mutants, which do not compile"
EQUIVALENT = "mutants that pass every case, equivalent ones among them"
UNTESTED = "programs with no call that returns a literal within the limits"
NO_CALL = "programs that are not entered by a call, or have files or input"
_FRESH_CALLS = 3
"""Changed calls that are tried for each case that is wanted."""


@dataclass(frozen=True)
class Box:
    """Where programs run."""

    record: Record
    """Runs a program and returns its trace, within a limit of states."""
    judge: Judge
    """Runs cases without that limit."""


@dataclass(frozen=True)
class Mutant:
    """A mutated program that fails a case."""

    source: str
    operators: tuple[str, ...]
    """What was done to the right program, in order."""

    @property
    def kind(self) -> str:
        """The operators' names."""
        return "; ".join(f"{name}: {OPERATORS[name]}" for name in self.operators)


class Subject:
    """A program under mutation.

    Its cases are the calls that its set has and, up to a number, calls with other
    arguments of the same types. What they are expected to come to is what the right
    program returns, where that is a literal.

    Args:
        group: what must stay on one side of a split.
        programs: one program for each call, all of one source.
        seed: the seed of the whole set.
        operators: the operators that may be used.
        left_out: counts what is dropped, by reason.
        most: most cases.
    """

    def __init__(
        self,
        group: str,
        programs: tuple[Program, ...],
        seed: int,
        operators: frozenset[str],
        left_out: Counter[str],
        most: int = CASES,
    ) -> None:
        self.group = group
        self.program = programs[0]
        self.source = self.program.text
        self._programs = programs
        self._seed = seed
        self._operators = operators
        self._left_out = left_out
        self._most = most
        self._cases: tuple[Case, ...] | None = None
        self._found: list[Mutant] = []
        self._seen = {_key(self.source)}
        self._rest: Iterator[Mutation] | None = None

    def cases(self, box: Box) -> tuple[Case, ...]:
        """Returns the cases, found at the first time; there may be none.

        Raises:
            SandboxError: the box failed.
        """
        if self._cases is None:
            kept: dict[str, Case] = {}
            for program in self._calls():
                if len(kept) == self._most:
                    break
                value = _literal_outcome(box.record, program)
                if value is not None and program.call is not None:
                    kept.setdefault(program.call, Case(program.call, value))
            self._cases = tuple(kept.values())
            if not kept:
                self._left_out[UNTESTED] += 1
        return self._cases

    def mutant(self, number: int, box: Box) -> Mutant | None:
        """Returns one of the first-order mutants that fail a case; None where there are not as many.

        Args:
            number: 0 for the first one, in an order that the seed decides.
            box: where programs run.

        Raises:
            SandboxError: the box failed.
        """
        if not self.cases(box):
            return None
        if self._rest is None:
            self._rest = self._order()
        while len(self._found) <= number:
            mutation = next(self._rest, None)
            if mutation is None:
                return None
            mutant = self._tried(mutation.source(), (mutation.operator,), box)
            if mutant is not None:
                self._found.append(mutant)
        return self._found[number]

    def second_order(self, rng: random.Random, box: Box) -> Mutant | None:
        """Returns a mutant of two operators drawn at random, or None where this one does not fail or compile.

        Raises:
            SandboxError: the box failed.
        """
        first = self._allowed(self.source) if self.cases(box) else []
        if not first:
            return None
        one = rng.choice(first)
        source = one.source()
        if not _compiles(source):
            return None
        second = self._allowed(source)
        if not second:
            return None
        two = rng.choice(second)
        return self._tried(two.source(), (one.operator, two.operator), box, count=False)

    def _calls(self) -> Iterator[Program]:
        yield from self._programs
        wanted = max(self._most - len(self._programs), 0)
        share = -(-wanted * _FRESH_CALLS // len(self._programs))
        fresh = [mutated(program, self._seed, share) for program in self._programs]
        while fresh:  # one of each in turn
            for calls in list(fresh):
                program = next(calls, None)
                if program is None:
                    fresh.remove(calls)
                else:
                    yield program

    def _allowed(self, source: str) -> list[Mutation]:
        return [mutation for mutation in mutations_of(source) if mutation.operator in self._operators]

    def _order(self) -> Iterator[Mutation]:
        """Yields each mutation once: an operator at random, then one of its places at random."""
        rng = random.Random(f"mutants/{self._seed}/{self.program.digest}")
        by_operator: defaultdict[str, list[Mutation]] = defaultdict(list)
        for mutation in self._allowed(self.source):
            by_operator[mutation.operator].append(mutation)
        while by_operator:
            operator = rng.choice(sorted(by_operator))
            places = by_operator[operator]
            yield places.pop(rng.randrange(len(places)))
            if not places:
                del by_operator[operator]

    def _tried(
        self,
        source: str,
        operators: tuple[str, ...],
        box: Box,
        count: bool = True,
    ) -> Mutant | None:
        if not _compiles(source):
            self._drop(STILLBORN, count)
            return None
        if count:  # two operators may do the same
            key = _key(source)
            if key in self._seen:
                return None
            self._seen.add(key)
        for case in self.cases(box):
            found = comes_to(box.record, source, case.call)
            if found is None and box.judge.passes_all(source, [case], self.source):
                continue  # it only takes longer than a recording may
            if found is None or not same(found, case.expected):
                return Mutant(source, operators)
        self._drop(EQUIVALENT, count)
        return None

    def _drop(self, reason: str, count: bool) -> None:
        if count:
            self._left_out[reason] += 1


def subjects_of(
    tasks: TaskSet,
    places: Sequence[int],
    seed: int,
    operators: frozenset[str],
    left_out: Counter[str],
    most: int = CASES,
) -> Sequence[Subject]:
    """Returns the subjects of a task set: one for each source that is entered by calls alone.

    Args:
        tasks: the task set.
        places: numbers of the tasks to take.
        seed: as `Subject` takes it, and so on.
        operators: the operators that may be used.
        left_out: counts what is dropped, by reason.
        most: most cases of each.
    """
    if isinstance(tasks.programs, GeneratedPrograms):
        return _Made(tasks, places, seed, operators, left_out, most)
    by_source: defaultdict[tuple[str, str], list[Program]] = defaultdict(list)
    for place in places:
        program, group = tasks.programs[place], tasks.groups[place]
        if program.call is None or replace(program, name="", call=None) != Program(program.source, name=""):
            left_out[NO_CALL] += 1
        else:
            by_source[program.text, group].append(program)
    return [
        Subject(group, tuple(calls), seed, operators, left_out, most)
        for (_, group), calls in by_source.items()
    ]


class _Made(Sequence[Subject]):
    """The subjects of programs that are made when they are asked for, one each."""

    def __init__(self, tasks: TaskSet, places: Sequence[int], *rest: Any) -> None:
        self._tasks = tasks
        self._places = places
        self._rest = rest
        self._known: dict[int, Subject] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: Any) -> Any:
        place = self._places[index]
        if place not in self._known:
            program, group = self._tasks.programs[place], self._tasks.groups[place]
            self._known[place] = Subject(group, (program,), *self._rest)
        return self._known[place]


def _literal_outcome(record: Record, program: Program) -> str | None:
    """Returns the text of what a call returns; None where it raises, is cut or is no literal."""
    try:
        trace = record(program)
    except ProgramError:
        return None
    value = outcome(trace)
    if value is None or CUT in value or trace.exit.code is not ExitCode.NORMAL:
        return None
    if trace.states[-1].event is not Event.RETURN:
        return None
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    return value


def _key(source: str) -> str:
    return ast.dump(ast.parse(source))


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
