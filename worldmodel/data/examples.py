"""From programs to what the model learns: recorded, asked about step by step, stored.

Programs of our own generators are recorded in this process; all others only in a
box. Real programs are split by the group they belong to: a tenth is held out and
never becomes an example.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from debugworld.sandboxes import SandboxError, open_sandbox
from debugworld.sandboxes.debugger import ExitCode, Program, ProgramError, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.batches import Mixture
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.rows import ProgramRow, load_rows
from debugworld.worldmodel.data.statements import generate_statement
from debugworld.worldmodel.markov import Shell
from debugworld.worldmodel.store import ExampleStore

HELD_OUT_TENTHS = 1
"""Tenths of the groups of real programs that training never sees."""
MAX_STATES = 250
"""States of one run that become examples."""
LONGEST = 320
"""Most tokens of an example; longer ones cost more than they teach."""
CHUNK = 50
"""Programs that one task of a worker handles."""

Pair = tuple[str, str]


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


EVALUATION_SEED = 1 << 30
"""Seeds from here on are for evaluation; training stays below."""


def held_out(group: str) -> bool:
    """Tells whether training leaves a group of real programs out."""
    return hashlib.sha256(group.encode()).digest()[0] % 10 < HELD_OUT_TENTHS


def examples_of(program: Program, trace: Trace) -> Iterator[Pair]:
    """Yields (question, answer) for each step of a run that the shell does not know itself."""
    states = [*trace.states, trace.final]
    if not trace.states:
        return
    shell = Shell(program)
    shell.start()
    shell.accept(states[0])
    last = len(states) - (2 if trace.exit.code is ExitCode.NEVER else 1)
    for index in range(min(last, MAX_STATES)):
        if shell.certain() is None:
            prompt = shell.prompt()
            outcome = shell.outcome_of(states, index)
            if outcome is not None:
                yield prompt, str(outcome)
                with suppress(ValueError):  # where the shell lost the stack, `accept` finds it again
                    shell.apply(outcome)
        shell.accept(states[index + 1])


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
    sources: dict[str, list[tuple[Callable[..., tuple[list[Pair], list[str]]], tuple[object, ...]]]] = {
        "generated": [(_generated, (seed, n)) for seed, n in _chunks(config.seed, config.generated)],
        "statements": [(_statements, (seed, n)) for seed, n in _chunks(config.seed, config.statements)],
    }
    rows = [row for path in config.programs for row in load_rows(path) if not held_out(row.group)]
    if rows:
        parts = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
        sources["real"] = [(_real, (part, config.calls, config.sandbox)) for part in parts]
    stores: dict[str, ExampleStore] = {}
    manifest: dict[str, object] = {"seed": config.seed}
    out.mkdir(parents=True, exist_ok=True)
    for name, tasks in sources.items():
        if not tasks:
            continue
        digests: set[str] = set()
        pairs = _gather(tasks, config.workers, digests, partial(progress, name))
        stores[name] = ExampleStore.write(out / name, pairs, LONGEST)
        (out / f"{name}.digests").write_text("\n".join(sorted(digests)) + "\n")
        manifest[name] = {"examples": len(stores[name]), "programs": len(digests)}
    weights = {name: config.weights[name] for name in stores}
    return Mixture(stores, weights), manifest


def _chunks(seed: int, count: int) -> Iterator[tuple[int, int]]:
    for start in range(0, count, CHUNK):
        yield seed + start, min(CHUNK, count - start)


def _gather(
    tasks: Sequence[tuple[Callable[..., tuple[list[Pair], list[str]]], tuple[object, ...]]],
    workers: int,
    digests: set[str],
    done: Callable[[int, int], None],
) -> Iterator[Pair]:
    """Runs tasks on all cores, a few ahead of what is consumed, and yields in their order."""
    with ProcessPoolExecutor(workers) as pool:
        ahead: deque[Future[tuple[list[Pair], list[str]]]] = deque()
        finished = 0
        for function, arguments in tasks:
            ahead.append(pool.submit(function, *arguments))
            if len(ahead) > 2 * workers:
                yield from _take(ahead.popleft(), digests)
                finished += 1
                done(finished, len(tasks))
        while ahead:
            yield from _take(ahead.popleft(), digests)
            finished += 1
            done(finished, len(tasks))


def _take(future: Future[tuple[list[Pair], list[str]]], digests: set[str]) -> list[Pair]:
    pairs, seen = future.result()
    digests.update(seen)
    return pairs


def _generated(seed: int, count: int) -> tuple[list[Pair], list[str]]:
    programs = [generate(number, 1 + number % 5).program for number in range(seed, seed + count)]
    return _examples(programs, record)


def _statements(seed: int, count: int) -> tuple[list[Pair], list[str]]:
    programs = [generate_statement(number).program for number in range(seed, seed + count)]
    return _examples(programs, record)


def _real(rows: list[ProgramRow], calls: int, sandbox: str) -> tuple[list[Pair], list[str]]:
    programs = [program for row in rows for program in row.programs[:calls]]
    with open_sandbox(sandbox, max_events=MAX_STATES, timeout=5.0) as box:
        return _examples(programs, box.record)


def _examples(
    programs: Iterable[Program], recorded: Callable[[Program], Trace]
) -> tuple[list[Pair], list[str]]:
    pairs: dict[Pair, None] = {}
    digests = []
    for program in programs:
        try:
            trace = recorded(program)
        except (ProgramError, SandboxError):
            continue
        digests.append(program.digest)
        pairs.update(dict.fromkeys(examples_of(program, trace)))
    return list(pairs), digests
