"""The set of mutants under a URI: as many as one likes, the same for the same seed, made when asked for."""

from __future__ import annotations

import platform
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from typing import Self, overload

from debugworld.envs.bug import Bug, BugSet, Case
from debugworld.envs.errors import TaskError
from debugworld.envs.generated import GeneratedPrograms
from debugworld.envs.judge import Judge
from debugworld.envs.origins.difference import lines_at_fault
from debugworld.envs.part import PARTS
from debugworld.envs.split import SPLITS, split_of
from debugworld.envs.task_set import TaskSet, load_task_set
from debugworld.envs.task_uri import TaskUri
from debugworld.envs.trace_cache import content_key, open_trace_cache
from debugworld.sandboxes import SANDBOXES, Sandbox, open_sandbox
from debugworld.sandboxes.box import sources_digest
from debugworld.sandboxes.sources import package_digest

from .operators import OPERATORS
from .subject import CASES, Box, Mutant, Subject, subjects_of

MAX_EVENTS = 2000
"""States of a recorded run; whether one that has more ever ends is for the judge to tell."""
_ADDED_LINES = 2
"""Most lines that two operators add to a program."""
_TRIES = 400
"""Random mutants that are tried for one place in the set."""


class Mutants(Sequence[Bug]):
    """Mutants of some programs, made when they are asked for.

    Mutant ``i`` is the same whatever the length and whatever was asked for before. The
    programs, in an order that the seed decides, take turns: mutant ``i`` is the
    ``i // n``-th first-order mutant of program ``i % n`` that fails a case, found by
    running it in a box. Where a program has not as many, it is a second-order mutant
    (two operators) of a program drawn at random; these may come twice.

    A mutant is kept on disk beside the recorded traces (see `trace_cache`) and found once for all processes;
    whether an endless run is one is a matter of seconds, and so all have the same. The box is opened at the
    first mutant that is not there, and stays open until `close` or the end of this process.

    Args:
        tasks: the programs.
        seed: decides.
        count: the length.
        sandbox: name of the sandbox that programs run in.
        operators: the operators that may be used.
        split: which of the programs; empty for all.
        cases: most cases of a mutant.

    Raises:
        TaskError: no program is entered by a call.
    """

    def __init__(
        self,
        tasks: TaskSet,
        seed: int,
        count: int,
        sandbox: str,
        operators: frozenset[str] = frozenset(OPERATORS),
        split: str = "",
        cases: int = CASES,
    ) -> None:
        self.left_out: Counter[str] = Counter()
        """What was dropped so far, by reason, on the way to mutants of today or earlier."""
        places = [i for i, group in enumerate(tasks.groups) if not split or split_of(group) == split]
        subjects = subjects_of(tasks, places, seed, operators, self.left_out, cases)
        if not subjects:
            where = f" in split {split}" if split else ""
            raise TaskError(f"{tasks.uri} has no program entered by a call{where}, so nothing to mutate")
        self._again = (seed, count, sandbox, operators, split, cases)
        self._tasks = tasks
        rng = random.Random(f"mutants/{seed}")
        self._subjects = subjects
        self._order = rng.sample(range(len(subjects)), len(subjects))
        self._seed = seed
        self._count = count
        self._kind = sandbox
        self._sandbox: Sandbox | None = None
        self._judge: Judge
        self._made: dict[int, Bug] = {}
        self._shorter: dict[int, Self] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Bug: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Bug]: ...
    def __getitem__(self, index: int | slice) -> Bug | Sequence[Bug]:
        """Returns a mutant.

        Raises:
            IndexError: out of range.
            TaskError: the programs offer no mutant that fails a case.
            SandboxError: the box failed, or this machine cannot have it.
        """
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(self._count)))
        place = index + self._count if index < 0 else index
        if not 0 <= place < self._count:
            raise IndexError(f"there is no mutant {index}; there are {self._count}")
        if place not in self._made:
            self._made[place] = self._known(place)
        return self._made[place]

    def within(self, max_lines: int) -> Self:
        """Returns mutants of those programs that have room for what operators add, the same object each time.

        Raises:
            TaskError: there are none.
        """
        if max_lines not in self._shorter:
            tasks = self._tasks.within(max_lines - _ADDED_LINES)
            self._shorter[max_lines] = type(self)(tasks, *self._again)
        return self._shorter[max_lines]

    def close(self) -> None:
        """Ends the box; the next mutant opens another one."""
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None

    def _known(self, place: int) -> Bug:
        """Returns a mutant from disk, or makes it and keeps it there."""
        cache = open_trace_cache()
        if cache is None:
            return self._make(place)
        key = content_key("mutant", self._source, place)
        kept = cache.found(key)
        if kept is not None:
            self.left_out.update(kept["left_out"])
            told = kept["bug"]
            cases = tuple(Case(**case) for case in told["cases"])
            return Bug(**{**told, "cases": cases, "lines": tuple(told["lines"])})
        before = self.left_out.copy()
        bug = self._make(place)
        cache.keep(key, {"bug": asdict(bug), "left_out": self.left_out - before})
        return bug

    @cached_property
    def _source(self) -> str:
        """Stands for everything that the mutants follow from, beside their numbers."""
        programs = self._tasks.programs
        seed, _, sandbox, operators, split, cases = self._again
        if isinstance(programs, GeneratedPrograms):
            told = programs.about
        else:
            told = [[program.digest for program in programs], list(self._tasks.groups)]
        sources = [sources_digest(), *map(package_digest, ("debugworld.envs", "debugworld.worldmodel.data"))]
        versions = [platform.python_version(), version("libcst")]
        return content_key(sources, versions, told, seed, sandbox, sorted(operators), split, cases)

    def _make(self, place: int) -> Bug:
        if self._sandbox is None:
            self._sandbox = open_sandbox(self._kind, max_events=MAX_EVENTS)
            self._judge = Judge(self._sandbox.session)
        box = Box(self._sandbox.record, self._judge)
        number, turn = divmod(place, len(self._order))
        subject = self._subjects[self._order[turn]]
        mutant = subject.mutant(number, box)
        rng = random.Random(f"mutants/{self._seed}/{place}")
        for _ in range(_TRIES):
            if mutant is not None:
                return self._bug(place, subject, mutant, subject.cases(box))
            subject = rng.choice(self._subjects)
            mutant = subject.second_order(rng, box)
        raise TaskError(
            f"mutant {place}: {_TRIES} mutants at random of {len(self._subjects)} programs did not fail a "
            "call; name programs whose calls return literals and depend on what the program does"
        )

    def _bug(self, place: int, subject: Subject, mutant: Mutant, cases: tuple[Case, ...]) -> Bug:
        return Bug(
            f"mutant-{self._seed}-{place}",
            subject.group,
            mutant.source,
            subject.source,
            cases,
            lines_at_fault(mutant.source, subject.source),
            "",
            mutant.kind,
        )


def mutant_set(uri: TaskUri) -> BugSet:
    """Returns the set that ``mutants/SEED[/COUNT]?of=URI`` names; nothing is run yet.

    Options: ``of``, the programs (``builtin``); ``split`` and ``part``, which of them; ``sandbox``,
    where they run (``process`` for the package's own, else ``docker``); ``operators``,
    short names joined by commas (all); ``cases``, most cases of a mutant (8).

    Raises:
        TaskError: the URI is wrong, the task set has no program to mutate, or libcst is missing.
    """
    uri.only("of", "split", "part", "sandbox", "operators", "cases")
    seed, count = uri.seed_and_count()
    if find_spec("libcst") is None:
        raise TaskError(f"{uri.text!r} needs libcst: pip install 'debugworld[mutants]'")
    chosen = [name for name in uri.options.get("operators", ",".join(OPERATORS)).split(",") if name]
    unknown = [name for name in chosen if name not in OPERATORS]
    if unknown or not chosen:
        raise TaskError(
            f"{uri.text!r}: there is no operator {', '.join(unknown) or repr('')}; "
            f"there are, joined by commas: {', '.join(OPERATORS)}"
        )
    cases = uri.options.get("cases", str(CASES))
    if not cases.isdecimal() or int(cases) < 1:
        raise TaskError(f"{uri.text!r}: cases is a number from 1 on; got {cases!r}")
    split = uri.choose("split", SPLITS)
    of = load_task_set(uri.options.get("of", "builtin")).part(uri.choose("part", PARTS))
    sandbox = uri.choose("sandbox", SANDBOXES) or ("process" if of.trusted else "docker")
    made = Mutants(of, seed, count, sandbox, frozenset(chosen), split, int(cases))
    return BugSet(uri.text, made, of.trusted, made.left_out)
