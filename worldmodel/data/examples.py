"""From programs to what the model learns: recorded, asked about step by step, stored.

Either our own questions about single steps, or, in a format of `formats`, walks over the runs as texts.

Programs of our own generators are recorded in this process; all others only in a
box. Real programs are split by the group they belong to: a tenth is held out and
never becomes an example, nor does any program that is, but for its names, one of
that tenth or of a benchmark.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from debugworld.sandboxes import SandboxError, open_sandbox
from debugworld.sandboxes.debugger import ActionKind, Program, ProgramError, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.contamination import Benchmarks
from debugworld.worldmodel.data.dataset import TraceDataset, count_groups, read_card, read_runs
from debugworld.worldmodel.data.drills import drills_of
from debugworld.worldmodel.data.inverses import inverses_of
from debugworld.worldmodel.data.jumps import jumps_of
from debugworld.worldmodel.data.mutation import Novelty, mutated, novel
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.parts import Part, make_parts
from debugworld.worldmodel.data.policies import walks
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.rows import ProgramRow, load_rows
from debugworld.worldmodel.data.split import held_out
from debugworld.worldmodel.data.statements import generate_statement
from debugworld.worldmodel.data.texts import Turns, stepped, texts_of
from debugworld.worldmodel.data.thoughts import MAX_STATES, Pair, lessons_of
from debugworld.worldmodel.data.trajectories import Trajectory
from debugworld.worldmodel.data.walk_set import TrajectoryDataset, read_walks
from debugworld.worldmodel.draft import draft
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import CODECS, MARKOV, open_codec
from debugworld.worldmodel.recipe import check_types, from_table
from debugworld.worldmodel.store import ExampleStore, ExampleWriter

if TYPE_CHECKING:
    from debugworld.worldmodel.batches import Mixture

LONGEST = 320
"""Most tokens of an example by default; on a processor longer ones cost more than they teach."""
CHUNK = 50
"""Programs that one task of a worker handles."""

DRILLS = 5_000
"""Questions without a program that one task of a worker makes."""

SOURCE_NAMES = ("generated", "statements", "drills", "real", "runs")
"""Where examples come from."""
PARTS = "parts"
"""Folder of what the tasks have made, while the stores are not all there."""

Found = dict[str, Counter[Turns]]
"""Examples by kind, and how often each was met."""
Task = tuple[Callable[..., "Made"], tuple[object, ...]]
"""A function that a worker calls, and its arguments."""


@dataclass(frozen=True)
class DataConfig:
    """What the examples are made of.

    Attributes:
        format: what the examples are written in: ``markov`` for our own questions about single steps, or a
            format of `formats` for whole walks.
        seed: first seed of the generators; evaluation uses seeds from `split.EVALUATION_SEED` on.
        generated: programs of the program generator.
        statements: programs of the statement generator.
        drills: small questions with no program around them; in no format.
        programs: JSON Lines files of real programs.
        runs: data sets of runs (``debugworld data record``); their ``train`` split is learnt from as it was
            recorded, and in a format also the trajectories over it (``debugworld data trajectories``).
        against: JSON Lines files of benchmark programs that no example may come from.
        calls: entries of one real program that are recorded.
        mutations: changed calls tried for each of those, see `mutation`; kept if they show anything new.
        walks: in a format, walks drawn over each run of the other sources, under all policies; those that
            need a box are drawn over real programs only.
        longest: most tokens of an example; longer ones are left out, and in a format cut into several.
        sandbox: the box that records real programs.
        workers: processes.
        weights: share of each source in what is drawn: ``generated``, ``statements``, ``drills``, ``real``,
            ``runs``; those that there are examples of need one.
        kinds: share of each kind of example; one that is absent is not made, and without any the usual ones
            of the format are. Of our own questions there are ``parts``, ``lines``, ``jumps`` and
            ``inverses``, in a format ``steps`` (runs by step into) and ``walks``.
    """

    format: str = MARKOV
    seed: int = 0
    generated: int = 30_000
    statements: int = 40_000
    drills: int = 200_000
    programs: tuple[Path, ...] = ()
    runs: tuple[Path, ...] = ()
    against: tuple[Path, ...] = ()
    calls: int = 2
    mutations: int = 0
    walks: int = 2
    longest: int = LONGEST
    sandbox: str = "docker"
    workers: int = 2
    weights: dict[str, float] = field(
        default_factory=lambda: {
            "generated": 0.25,
            "statements": 0.15,
            "drills": 0.25,
            "real": 0.35,
            "runs": 0.35,
        }
    )
    kinds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_types(self, "[data]")
        usual = usual_kinds(self.format)
        if not self.kinds:
            object.__setattr__(self, "kinds", usual)
        there_are = tuple(KINDS) if self.format == MARKOV else TEXT_KINDS
        if unknown := self.kinds.keys() - set(there_are):
            raise ModelError(
                f"[data]: there is no kind of example {min(unknown)!r} in the format {self.format}; "
                f"there are: {', '.join(there_are)}"
            )
        for name in ("generated", "statements", "drills", "mutations", "walks"):
            if getattr(self, name) < 0:
                raise ModelError(f"data.{name} must be 0 or more, not {getattr(self, name)}")
        for name, least in (("calls", 1), ("workers", 1), ("longest", 8)):
            if getattr(self, name) < least:
                raise ModelError(f"data.{name} must be at least {least}, not {getattr(self, name)}")
        self._check_shares()

    def _check_shares(self) -> None:
        """Refuses shares that no mixture has."""
        if unknown := self.weights.keys() - set(SOURCE_NAMES):
            raise ModelError(
                f"data.weights: there is no source {min(unknown)!r}; there are: {', '.join(SOURCE_NAMES)}"
            )
        for source in self.used:
            if not self.weights.get(source, 0.0) > 0:
                raise ModelError(
                    f"data.weights: examples of {source!r} need a positive weight, not"
                    f" {self.weights.get(source)}; give one, or make none of them"
                )
        for kind, share in self.kinds.items():
            if not share > 0:
                raise ModelError(f"data.kinds: the share of {kind!r} must be positive, not {share}")

    @property
    def used(self) -> tuple[str, ...]:
        """The sources that examples are made of, by name."""
        wanted = {
            "generated": self.generated,
            "statements": self.statements,
            "drills": self.drills and "parts" in self.kinds,
            "real": self.programs,
            "runs": self.runs,
        }
        return tuple(source for source in SOURCE_NAMES if wanted[source])

    def save(self, path: Path) -> None:
        """Writes the configuration as JSON that is good in any working directory."""
        told = asdict(self)
        for key in ("programs", "runs", "against"):
            told[key] = [str(file.resolve()) for file in told[key]]
        with draft(path) as beside:
            beside.write_text(json.dumps(told, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> DataConfig:
        """Reads what `save` wrote.

        Raises:
            ModelError: it cannot be read.
        """
        try:
            table = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise ModelError(f"{path} says not what examples to make ({error}); begin the run anew") from None
        return from_table(cls, table, str(path))


@dataclass(frozen=True)
class Choice:
    """What every task is told.

    Attributes:
        kinds: of examples.
        against: files of benchmark programs.
        programs: files of real programs, whose held-out tenth counts as a benchmark, too.
        format: as in `DataConfig`, like all that follow.
        walks: walks over a run that brings none.
        seed: of these.
        longest: most tokens of an example.
    """

    kinds: tuple[str, ...]
    against: tuple[Path, ...] = ()
    programs: tuple[Path, ...] = ()
    format: str = MARKOV
    walks: int = 0
    seed: int = 0
    longest: int = LONGEST


@dataclass
class Made:
    """What a task made.

    Attributes:
        found: the examples.
        digests: content hashes of the programs that they come from.
        left_out: programs that a benchmark has, too.
    """

    found: Found
    digests: list[str] = field(default_factory=list)
    left_out: int = 0

    def save(self, path: Path) -> None:
        """Writes it to a file."""
        told = {
            "found": {kind: list(pairs.items()) for kind, pairs in self.found.items()},
            "digests": self.digests,
            "left_out": self.left_out,
        }
        with draft(path) as beside:
            beside.write_bytes(gzip.compress(json.dumps(told).encode(), 1))

    @classmethod
    def load(cls, path: Path) -> Made:
        """Reads what `save` wrote.

        Raises:
            ModelError: it is damaged.
        """
        try:
            told = json.loads(gzip.decompress(path.read_bytes()))
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise ModelError(f"{path} is damaged ({error}); delete it, and it is made again") from None
        found = {
            kind: Counter({tuple(turns): times for turns, times in pairs})
            for kind, pairs in told["found"].items()
        }
        return cls(found, told["digests"], told["left_out"])


SOURCES = "sources.json"
"""File that tells what the stores beside it were made of."""


def examples_of(program: Program, trace: Trace) -> Iterator[Pair]:
    """Yields (question, answer) for each step that the shell does not know itself, statements whole."""
    for lesson in lessons_of(program, trace):
        yield lesson.whole


def parts_of(program: Program, trace: Trace, oracle: Oracle) -> Iterator[Pair]:
    """Yields the small questions that statements come apart into, and the whole ones that remain."""
    for lesson in lessons_of(program, trace, oracle):
        yield from lesson.parts or ()


_oracle = cache(Oracle)
"""Returns this process's oracle."""

KINDS: dict[str, Callable[[Program, Trace], Iterator[Pair]]] = {
    "parts": lambda program, trace: parts_of(program, trace, _oracle()),
    "lines": examples_of,
    "jumps": jumps_of,
    "inverses": inverses_of,
}
"""Kinds of our own questions, and what makes them of a run."""
TEXT_KINDS = ("steps", "walks")
"""Kinds of examples in a format: runs by step into, and walks over them."""
Walked = Callable[[Program, Trace], Iterable[Trajectory]]
"""Returns the walks over a run."""


def usual_kinds(format: str) -> dict[str, float]:
    """Returns the kinds of examples of a format that are made where none are chosen, and their shares.

    Raises:
        ModelError: there is no such format.
    """
    if format == MARKOV:
        return {"parts": 0.6, "lines": 0.1, "jumps": 0.15, "inverses": 0.15}
    if format not in CODECS:
        raise ModelError(f"there is no format {format!r}; there are: {', '.join((MARKOV, *sorted(CODECS)))}")
    jumps = open_codec(format).actions - {ActionKind.STEP_INTO}
    return {"steps": 0.5, "walks": 0.5} if jumps else {"steps": 1.0}


def build_stores(
    out: Path, config: DataConfig, progress: Callable[[str, int, int], None] = lambda *_: None
) -> tuple[Mixture, dict[str, object]]:
    """Records programs and writes one example store per source under a folder, or goes on with that.

    Args:
        out: the folder; what a task of the same configuration has left there is used again.
        config: what to make.
        progress: called with what is being done, the parts done and their number.

    Returns:
        The stores with their weights, and a manifest: the settings, and for each store its examples,
        the programs that they come from, and how many programs were left out because a benchmark
        has them. It also stands in ``sources.json`` there.

    Raises:
        ModelError: a file of programs or of benchmarks, or a data set of runs, cannot be read; the folder
            holds parts of another configuration.
        SandboxError: the box for real programs is not there, or a worker died.
    """
    choice = _choice(config)
    tasks = _tasks(config, choice)
    told = _told(config)
    parts = {
        source: [
            Part(out / PARTS / f"{source}-{number:05}.json.gz", task) for number, task in enumerate(todo)
        ]
        for source, todo in tasks.items()
    }
    every = [part for made in parts.values() for part in made]
    make_parts(every, _keep, told, config.workers, partial(progress, "examples"))
    stores: dict[str, ExampleStore] = {}
    weights: dict[str, float] = {}
    manifest: dict[str, object] = {"config": told}
    out.mkdir(parents=True, exist_ok=True)
    for source, made_of in parts.items():
        if not made_of:
            continue
        digests: set[str] = set()
        left_out = 0
        writers = {
            kind: ExampleWriter(out / f"{source}-{kind}", config.longest, config.format)
            for kind in choice.kinds
        }
        for number, part in enumerate(made_of, 1):
            made = Made.load(part.path)
            digests.update(made.digests)
            left_out += made.left_out
            for kind, pairs in made.found.items():
                writers[kind].add(pairs.elements())
            progress(f"storing {source}", number, len(made_of))
        for kind, writer in writers.items():
            store = writer.finish()
            if not len(store):
                shutil.rmtree(store.path)
            else:
                stores[store.path.name] = store
                weights[store.path.name] = config.weights[source] * config.kinds[kind]
                manifest[store.path.name] = {
                    "examples": len(store),
                    "programs": len(digests),
                    "left_out": left_out,
                }
        (out / f"{source}.digests").write_text("\n".join(sorted(digests)) + "\n")
    (out / SOURCES).write_text(json.dumps(manifest, indent=1) + "\n")
    from debugworld.worldmodel.batches import Mixture

    mixture = Mixture(stores, weights)
    mixture.save(out)
    shutil.rmtree(out / PARTS, ignore_errors=True)
    return mixture, manifest


def check_sources(config: DataConfig) -> None:
    """Refuses what no examples can be made of, before a folder is.

    Raises:
        ModelError: a file of programs or of benchmarks, or a data set of runs, cannot be read.
        SandboxError: the box for real programs is not there.
    """
    _tasks(config, _choice(config))


def _choice(config: DataConfig) -> Choice:
    return Choice(
        tuple(config.kinds),
        tuple(config.against),
        tuple(config.programs),
        config.format,
        config.walks,
        config.seed,
        config.longest,
    )


def _tasks(config: DataConfig, choice: Choice) -> dict[str, list[Task]]:
    """Returns what there is to do for each source, whose files and box are there."""
    Benchmarks.load(choice.against)
    sources: dict[str, list[Task]] = {
        "generated": [(_generated, (seed, n, choice)) for seed, n in _chunks(config.seed, config.generated)],
        "statements": [
            (_statements, (seed, n, choice)) for seed, n in _chunks(config.seed, config.statements)
        ],
    }
    if "parts" in config.kinds:
        sources["drills"] = [(_drills, (seed, n)) for seed, n in _chunks(config.seed, config.drills, DRILLS)]
    rows = [row for path in config.programs for row in load_rows(path) if not held_out(row.group)]
    if rows:
        open_sandbox(config.sandbox).close()
        batches = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
        sources["real"] = [
            (_real, (batch, config.calls, config.mutations, config.seed, config.sandbox, choice))
            for batch in batches
        ]
    shards = [pair for path in config.runs for pair in _shards(path, "walks" in choice.kinds)]
    if shards:
        sources["runs"] = [
            (_runs, (runs, group, walks, choice))
            for runs, walks in shards
            for group in range(count_groups(runs))
        ]
    return sources


def _keep(path: Path, function: Callable[..., Made], arguments: tuple[object, ...]) -> None:
    """Does a task, and keeps what it made in a file."""
    function(*arguments).save(path)


def _shards(path: Path, walked: bool) -> list[tuple[Path, Path | None]]:
    """Returns the shards of runs to learn from, and where they are asked for those of trajectories over them.

    Raises:
        ModelError: there is no data set, or it has no trajectories and they are asked for.
    """
    if not walked:
        return [(shard, None) for shard in TraceDataset(path, "train").shards]
    found = TrajectoryDataset(path, "train")
    return list(zip(found.runs.shards, found.shards, strict=True))


def _told(config: DataConfig) -> dict[str, object]:
    """Returns what the examples are made of, files by name and content."""
    told = asdict(config) | {"workers": None}
    for key in ("programs", "against"):
        told[key] = [[path.name, hashlib.sha256(path.read_bytes()).hexdigest()] for path in told[key]]
    told["runs"] = [[path.name, read_card(path)["recipe"]] for path in config.runs]
    return {key: value for key, value in told.items() if value is not None}


def _chunks(seed: int, count: int, size: int = CHUNK) -> Iterator[tuple[int, int]]:
    for start in range(0, count, size):
        yield seed + start, min(size, count - start)


def _generated(seed: int, count: int, choice: Choice) -> Made:
    programs = [generate(number, 1 + number % 5).program for number in range(seed, seed + count)]
    return _examples(programs, record, choice)


def _statements(seed: int, count: int, choice: Choice) -> Made:
    programs = [generate_statement(number).program for number in range(seed, seed + count)]
    return _examples(programs, record, choice)


def _drills(seed: int, count: int) -> Made:
    return Made({"parts": Counter(drills_of(seed, count, _oracle()))})


def _real(
    rows: list[ProgramRow], calls: int, mutations: int, seed: int, sandbox: str, choice: Choice
) -> Made:
    with open_sandbox(sandbox, max_events=MAX_STATES, timeout=5.0) as box:
        kept: dict[Program, Trace] = {}
        for row in rows:
            known = Novelty()
            for program in row.programs[:calls]:
                for number, entry in enumerate((program, *mutated(program, seed, mutations))):
                    try:
                        trace = box.record(entry)
                    except (ProgramError, SandboxError):
                        continue
                    if novel(trace, known) or not number:
                        kept[entry] = trace

        def walked(program: Program, trace: Trace) -> Iterator[Trajectory]:
            return walks(program, trace, choice.walks, choice.seed, (), box.record, box.session)

        return _examples(kept, kept.__getitem__, choice, walked)


def _runs(shard: Path, group: int, walked: Path | None, choice: Choice) -> Made:
    traces = {run.program: run.trace for run in read_runs(shard, [group])}
    found: dict[Program, list[Trajectory]] = {program: [] for program in traces}
    for walk in read_walks(shard, walked, [group]) if walked is not None else ():
        found[walk.program].append(walk)
    return _examples(traces, traces.__getitem__, choice, lambda program, _: found[program])


def _examples(
    programs: Iterable[Program],
    recorded: Callable[[Program], Trace],
    choice: Choice,
    walked: Walked | None = None,
) -> Made:
    made = Made({kind: Counter() for kind in choice.kinds})
    benchmarks = _benchmarks(choice.against, choice.programs)
    for program in programs:
        try:
            if benchmarks.contaminated(program):
                made.left_out += 1
                continue
            trace = recorded(program)
        except (ProgramError, SandboxError):
            continue
        made.digests.append(program.digest)
        for kind in choice.kinds:
            made.found[kind].update(
                KINDS[kind](program, trace)
                if choice.format == MARKOV
                else _texts(kind, program, trace, choice, walked)
            )
    return made


def _texts(
    kind: str, program: Program, trace: Trace, choice: Choice, walked: Walked | None
) -> Iterator[Turns]:
    """Yields the texts of a run; where nobody has walked over it, the walks that need no box are drawn."""
    found: Iterable[Trajectory]
    if kind == "steps":
        found = [stepped(program, trace, MAX_STATES)]
    elif walked is None:
        found = walks(program, trace, choice.walks, choice.seed)
    else:
        found = walked(program, trace)
    codec = open_codec(choice.format)
    for walk in found:
        yield from texts_of(codec, walk, choice.longest)


@cache
def _benchmarks(against: tuple[Path, ...], programs: tuple[Path, ...]) -> Benchmarks:
    """Returns what no example may come from: benchmarks, and the held-out tenth of real programs."""
    found = Benchmarks.load(against)
    for path in programs:
        for row in load_rows(path):
            if held_out(row.group):
                found.add(row.programs[0].source, f"{path.name} {row.name}, held out")
    return found
