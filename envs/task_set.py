"""Task sets: the programs that episodes are drawn from, named by a URI (see `URIS`)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from itertools import compress
from pathlib import Path

from debugworld.sandboxes.debugger import Program, ProgramError
from debugworld.worldmodel.data.knobs import KNOBS, Knobs
from debugworld.worldmodel.data.rows import RowError, load_rows
from debugworld.worldmodel.data.split import EVALUATION_SEED

from .errors import TaskError
from .generated import GeneratedNames, GeneratedPrograms, name_of
from .origins.programs import ProgramRow, cruxeval, humaneval, mbpp, mbpp_sanitized
from .origins.table import pinned
from .part import PARTS, part_of
from .split import SPLITS, split_of
from .task_uri import TaskUri

URIS = {
    "builtin": "all that ship with the package, one task for each call",
    "builtin/NAME": "one of them",
    "generated/SEED[/COUNT][?difficulty=N-M&tags=A,B]": "those that the generator makes of COUNT seeds (256) "
    "from SEED on, of the difficulties N to M (1-5), each with all of the tags",
    "cruxeval[?path=FILE]": "CRUXEval's functions; through datasets, or from a copy of yours",
    "humaneval[?path=FILE]": "HumanEval's answers, entered as its assertions do; likewise",
    "mbpp[/sanitized][?path=FILE]": "MBPP's answers, entered as its assertions do; likewise",
    "file/PATH[?call=EXPR]": "one Python file, run as a script or entered by a call",
    "jsonl/PATH[?sha256=DIGITS]": "the rows of a file, as `worldmodel.data.rows` reads them; absolute paths "
    "keep their slash; refused where the file's SHA-256 does not begin with DIGITS",
    "...?split=SPLIT": "of any but file, by a hash of the problem: train (8 of 10), validation, test (1)",
    "...?part=PART": "likewise, train or test: in two, no program of one being one of the other",
}
"""What a URI may be, and the programs that it names; `bug_set.BUG_URIS` names bugs."""
SCHEMES = ("builtin", "generated", "cruxeval", "humaneval", "mbpp", "file", "jsonl")
"""What a URI begins with."""
_ENTRY_LINES = 2
_Loader = Callable[[str | None, Counter[str]], Iterator[ProgramRow]]
_HUBS: dict[str, dict[str, _Loader]] = {
    "cruxeval": {"": cruxeval},
    "humaneval": {"": humaneval},
    "mbpp": {"": mbpp, "sanitized": mbpp_sanitized},
}
_Grouped = Iterable[tuple[str, Program]]


@dataclass(frozen=True)
class TaskSet:
    """Programs to draw episodes from."""

    uri: str
    """What names the set."""
    programs: Sequence[Program]
    """One program with its entry call for each task; may be made when they are asked for."""
    trusted: bool
    """Whether the programs are the package's own, so that a plain process may run them."""
    groups: Sequence[str] = ()
    """For each task what must stay on one side of a split: the problem that it is about."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many rows of the origin are no task of this set, by reason."""

    def within(self, max_lines: int) -> TaskSet:
        """Returns the tasks whose wrapped program has at most so many lines.

        Raises:
            TaskError: there are none.
        """
        if isinstance(self.programs, GeneratedPrograms):  # filtering would make them all
            return replace(self, programs=self.programs.within(max_lines))
        fits = [p.text.count("\n") + _ENTRY_LINES <= max_lines for p in self.programs]
        kept = tuple(compress(self.programs, fits))
        if not kept:
            shortest = min(p.text.count("\n") for p in self.programs) + _ENTRY_LINES
            raise TaskError(
                f"{self.uri}: every program has more than {max_lines} lines, its entry included; "
                f"use max_lines={shortest} or more"
            )
        return replace(self, programs=kept, groups=tuple(compress(self.groups, fits)))

    def part(self, part: str) -> TaskSet:
        """Returns a part of the tasks, see `part.part_of`; of the generator, its test part's programs.

        Those are made of the seeds from `EVALUATION_SEED` on, of which no neural debugger has been trained.

        Args:
            part: ``train`` or ``test``; empty for all.

        Raises:
            TaskError: there are none.
        """
        if not part:
            return self
        if isinstance(self.programs, GeneratedPrograms):
            seeds = self.programs.seeds
            if part == "train" and max(seeds) >= EVALUATION_SEED:
                raise TaskError(
                    f"{self.uri}: seeds from {EVALUATION_SEED} on are of the test part; take lower ones"
                )
            if part == "test":
                seeds = tuple(seed if seed >= EVALUATION_SEED else seed + EVALUATION_SEED for seed in seeds)
            made = GeneratedPrograms(seeds, self.programs.max_lines, self.programs.knobs, part)
            return replace(self, programs=made, groups=GeneratedNames(seeds))
        left_out = Counter(self.left_out)
        kept = part_of(part, self.groups, [program.source for program in self.programs], left_out)
        if not kept:
            raise TaskError(
                f"{self.uri!r} has no task in the part {part}; all {len(self.programs)} are in the other"
            )
        return replace(self.taken(kept), left_out=dict(left_out))

    def taken(self, places: Sequence[int]) -> TaskSet:
        """Returns the tasks at some places."""
        programs = tuple(self.programs[place] for place in places)
        return replace(self, programs=programs, groups=tuple(self.groups[place] for place in places))


@lru_cache(maxsize=16)
def load_task_set(uri: str) -> TaskSet:
    """Reads the task set that a URI names.

    Raises:
        TaskError: the URI is unknown, its file cannot be read, or a row is no task.
    """
    read = TaskUri.parse(uri, SCHEMES, "task set", URIS)
    left_out: Counter[str] = Counter()
    if read.scheme == "generated":
        return _generated(read.only("split", "part", *KNOBS))
    if read.scheme == "file":
        return TaskSet(uri, (program := _file(read),), trusted=False, groups=(program.name,))
    found = list(_found(read, left_out))
    split, part = read.choose("split", SPLITS), read.choose("part", PARTS)
    everything = TaskSet(
        uri,
        tuple(program for _, program in found),
        read.scheme == "builtin",
        tuple(group for group, _ in found),
        dict(left_out),
    )
    cut = everything.part(part) if found else everything
    kept = [place for place, group in enumerate(cut.groups) if not split or split_of(group) == split]
    if not kept:
        told = "; ".join(f"{count} {reason}" for reason, count in left_out.items())
        where = f"; {len(found)} are in other splits" if found else ""
        raise TaskError(f"{uri!r} has no task{where}" + (f"; left out: {told}" if told else ""))
    return cut.taken(kept)


def _generated(uri: TaskUri) -> TaskSet:
    """Returns the programs of the generator, none of them made yet."""
    first, count = uri.seed_and_count()
    split, part = uri.choose("split", SPLITS), uri.choose("part", PARTS)
    try:
        knobs = Knobs.parse(*map(uri.options.get, KNOBS))
    except ValueError as error:
        raise TaskError(f"{uri.text!r}: {error}") from None
    made = GeneratedPrograms(range(first, first + count), knobs=knobs)
    found = TaskSet(uri.text, made, True, GeneratedNames(made.seeds)).part(part)
    if not split:
        return found
    assert isinstance(found.programs, GeneratedPrograms)
    seeds = tuple(seed for seed in found.programs.seeds if split_of(name_of(seed)) == split)
    if not seeds:
        raise TaskError(f"{uri.text!r} has no task; {count} are in other splits")
    programs = GeneratedPrograms(seeds, None, knobs, part)
    return replace(found, programs=programs, groups=GeneratedNames(seeds))


def _found(uri: TaskUri, left_out: Counter[str]) -> _Grouped:
    """Returns each program of a URI with its group."""
    if uri.scheme in _HUBS:
        return _hub(uri.only("path", "split", "part"), left_out)
    if uri.scheme == "builtin":
        return ((program.name, program) for program in _builtin(uri.only("split", "part").path))
    if not uri.only("split", "part", "sha256").path:
        raise TaskError(f"{uri.text!r} names no file; use jsonl/PATH, as in jsonl//data/tasks.jsonl")
    return _rows(Path(pinned(uri).path))


def _hub(uri: TaskUri, left_out: Counter[str]) -> _Grouped:
    parts = _HUBS[uri.scheme]
    if uri.path not in parts:
        forms = [f"{uri.scheme}/{part}" if part else uri.scheme for part in parts]
        copies = f"; a copy of yours is {uri.scheme}?path=FILE"
        raise TaskError(f"{uri.text!r} names no task set; use {' or '.join(forms)}{copies}")
    for row in parts[uri.path](uri.options.get("path"), left_out):
        yield from ((row.group, program) for program in row.programs)


def _builtin(name: str) -> Iterator[Program]:
    folder = files("debugworld.envs") / "builtin"
    catalog = json.loads((folder / "catalog.json").read_text("utf-8"))
    known = [entry["name"] for entry in catalog]
    if name and name not in known:
        raise TaskError(f"there is no builtin program {name!r}; there are: {', '.join(known)}")
    for entry in catalog:
        if name in ("", entry["name"]):
            source = (folder / entry["file"]).read_text("utf-8")
            yield from (Program(source, call, entry["name"]) for call in entry["calls"])


def _file(uri: TaskUri) -> Program:
    path, call = uri.path, None
    if uri.query:
        name, _, call = uri.query.partition("=")  # as written: an expression may hold & and %
        if name != "call":
            raise TaskError(f"{uri.text!r} has no option {name!r}; use file/PATH or file/PATH?call=EXPR")
    if not path:
        raise TaskError(f"{uri.text!r} names no file; use file/PATH or file/PATH?call=EXPR")
    try:
        return Program.read(path, call or None).check()
    except OSError as error:
        raise TaskError(f"{path}: {error.strerror}") from None
    except ProgramError as error:
        raise TaskError(str(error)) from None


def _rows(path: Path) -> Iterator[tuple[str, Program]]:
    try:
        for row in load_rows(path):
            yield from ((row.group, program) for program in row.programs)
    except RowError as error:
        raise TaskError(str(error)) from None
