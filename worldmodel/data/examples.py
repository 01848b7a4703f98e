"""From programs to what the model learns: recorded, asked about step by step, stored.

Programs of our own generators are recorded in this process; all others only in a
box. Real programs are split by the group they belong to: a tenth is held out and
never becomes an example.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from debugworld.sandboxes import SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Program, ProgramError, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.batches import Mixture
from debugworld.worldmodel.data.inverses import inverses_of
from debugworld.worldmodel.data.jumps import jumps_of
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.rows import ProgramRow, load_rows
from debugworld.worldmodel.data.statements import generate_statement
from debugworld.worldmodel.data.thoughts import MAX_STATES, Pair, lessons_of
from debugworld.worldmodel.store import ExampleStore, ExampleWriter

HELD_OUT_TENTHS = 1
"""Tenths of the groups of real programs that training never sees."""
LONGEST = 320
"""Most tokens of an example; longer ones cost more than they teach."""
CHUNK = 50
"""Programs that one task of a worker handles."""

Found = dict[str, list[Pair]]
"""Examples by kind."""
Task = tuple[Callable[..., tuple[Found, list[str]]], tuple[object, ...]]
"""A function that a worker calls, and its arguments."""


@dataclass(frozen=True)
class DataConfig:
    """What the examples are made of.

    Attributes:
        seed: first seed of the generators; evaluation uses seeds from `EVALUATION_SEED` on.
        generated: programs of the program generator.
        statements: programs of the statement generator.
        programs: JSON Lines files of real programs.
        calls: entries of one real program that are recorded.
        sandbox: the box that records real programs.
        workers: processes.
        weights: share of each source in what is drawn.
        kinds: share of each kind of example; one that is absent is not made.
    """

    seed: int = 0
    generated: int = 30_000
    statements: int = 40_000
    programs: tuple[Path, ...] = ()
    calls: int = 2
    sandbox: str = "docker"
    workers: int = 2
    weights: dict[str, float] = field(
        default_factory=lambda: {"generated": 0.25, "statements": 0.25, "real": 0.5}
    )
    kinds: dict[str, float] = field(
        default_factory=lambda: {"parts": 0.6, "lines": 0.1, "jumps": 0.15, "inverses": 0.15}
    )


EVALUATION_SEED = 1 << 30
"""Seeds from here on are for evaluation; training stays below."""


def held_out(group: str) -> bool:
    """Tells whether training leaves a group of real programs out."""
    return hashlib.sha256(group.encode()).digest()[0] % 10 < HELD_OUT_TENTHS


def examples_of(program: Program, trace: Trace) -> Iterator[Pair]:
    """Yields (question, answer) for each step that the shell does not know itself, statements whole."""
    for lesson in lessons_of(program, trace):
        yield lesson.whole


def parts_of(program: Program, trace: Trace, oracle: Oracle) -> Iterator[Pair]:
    """Yields the small questions that statements come apart into, and the whole ones that remain."""
    for lesson in lessons_of(program, trace, oracle):
        yield from lesson.parts or ()


KINDS: dict[str, Callable[[Program, Trace], Iterator[Pair]]] = {
    "parts": lambda program, trace: parts_of(program, trace, Oracle()),
    "lines": examples_of,
    "jumps": jumps_of,
    "inverses": inverses_of,
}
"""Kinds of examples, and what makes them of a run."""


def build_stores(
    out: Path, config: DataConfig, progress: Callable[[str, int, int], None] = lambda *_: None
) -> tuple[Mixture, dict[str, object]]:
    """Records programs and writes one example store per source under a folder.

    Args:
        out: the folder; stores that are complete there with the same recipe are used again.
        config: what to make.
        progress: called with a source's name, the programs done and their number.

    Returns:
        The stores with their weights, and a manifest: counts and the content hashes of the
        training programs.

    Raises:
        ModelError: a file of programs cannot be read.
        SandboxError: the box for real programs is not there.
    """
    kinds = tuple(config.kinds)
    sources: dict[str, list[Task]] = {
        "generated": [(_generated, (seed, n, kinds)) for seed, n in _chunks(config.seed, config.generated)],
        "statements": [
            (_statements, (seed, n, kinds)) for seed, n in _chunks(config.seed, config.statements)
        ],
    }
    rows = [row for path in config.programs for row in load_rows(path) if not held_out(row.group)]
    if rows:
        parts = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
        sources["real"] = [(_real, (part, config.calls, config.sandbox, kinds)) for part in parts]
    stores: dict[str, ExampleStore] = {}
    weights: dict[str, float] = {}
    manifest: dict[str, object] = {"seed": config.seed}
    out.mkdir(parents=True, exist_ok=True)
    for source, tasks in sources.items():
        if not tasks:
            continue
        digests: set[str] = set()
        writers = {kind: ExampleWriter(out / f"{source}-{kind}", LONGEST) for kind in kinds}
        for found in _gather(tasks, config.workers, digests, partial(progress, source)):
            for kind, pairs in found.items():
                writers[kind].add(pairs)
        for kind, writer in writers.items():
            store = writer.finish()
            if len(store):
                stores[store.path.name] = store
                weights[store.path.name] = config.weights[source] * config.kinds[kind]
                manifest[store.path.name] = {"examples": len(store), "programs": len(digests)}
        (out / f"{source}.digests").write_text("\n".join(sorted(digests)) + "\n")
    return Mixture(stores, weights), manifest


def _chunks(seed: int, count: int) -> Iterator[tuple[int, int]]:
    for start in range(0, count, CHUNK):
        yield seed + start, min(CHUNK, count - start)


def _gather(
    tasks: Sequence[Task], workers: int, digests: set[str], done: Callable[[int, int], None]
) -> Iterator[Mapping[str, list[Pair]]]:
    """Runs tasks on all cores, a few ahead of what is consumed, and yields in their order."""
    with ProcessPoolExecutor(workers) as pool:
        ahead: deque[Future[tuple[Found, list[str]]]] = deque()
        finished = 0
        for function, arguments in [*tasks, *[(None, ())] * len(tasks)]:
            if function is not None:
                ahead.append(pool.submit(function, *arguments))
            if ahead and (function is None or len(ahead) > 2 * workers):
                found, seen = ahead.popleft().result()
                digests.update(seen)
                finished += 1
                done(finished, len(tasks))
                yield found


def _generated(seed: int, count: int, kinds: Sequence[str]) -> tuple[Found, list[str]]:
    programs = [generate(number, 1 + number % 5).program for number in range(seed, seed + count)]
    return _examples(programs, record, kinds)


def _statements(seed: int, count: int, kinds: Sequence[str]) -> tuple[Found, list[str]]:
    programs = [generate_statement(number).program for number in range(seed, seed + count)]
    return _examples(programs, record, kinds)


def _real(rows: list[ProgramRow], calls: int, sandbox: str, kinds: Sequence[str]) -> tuple[Found, list[str]]:
    programs = [program for row in rows for program in row.programs[:calls]]
    with open_sandbox(sandbox, max_events=MAX_STATES, timeout=5.0) as box:
        return _examples(programs, box.record, kinds)


def _examples(
    programs: Iterable[Program], recorded: Callable[[Program], Trace], kinds: Sequence[str]
) -> tuple[Found, list[str]]:
    found: dict[str, dict[Pair, None]] = {kind: {} for kind in kinds}
    digests = []
    for program in programs:
        try:
            trace = recorded(program)
        except (ProgramError, SandboxError):
            continue
        digests.append(program.digest)
        for kind in kinds:
            found[kind].update(dict.fromkeys(KINDS[kind](program, trace)))
    return {kind: list(pairs) for kind, pairs in found.items()}, digests
