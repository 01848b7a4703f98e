"""Programs run in boxes and written down: from sources to a data set of runs.

Each part of a source becomes one file under ``parts/``, on all cores; what is there already is not made
again. Then all parts are read twice: once to find what is there twice and what may not stand in training,
once to write the shards. The parts go when the card is written.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from debugworld.sandboxes import Sandbox, SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Program, ProgramError, Trace
from debugworld.worldmodel.data.alpha import Keys, keys_of
from debugworld.worldmodel.data.contamination import Benchmarks
from debugworld.worldmodel.data.generator.features import tags_of
from debugworld.worldmodel.data.mutation import Novelty, mutated, novel
from debugworld.worldmodel.data.parts import Part, cores, is_whole, make_parts, make_rows
from debugworld.worldmodel.data.schema import VERSION, Run, columns, row_of
from debugworld.worldmodel.data.shards import write_dataset
from debugworld.worldmodel.data.sources import ROBUSTNESS, TEST, Candidate, Source, open_source
from debugworld.worldmodel.errors import ModelError

PART = 50
"""Programs of one part."""


@dataclass(frozen=True)
class RecordConfig:
    """What a data set is made of.

    Attributes:
        sources: URIs, see `sources`.
        calls: runs of one program that are taken from its source; 0 takes all.
        mutations: changed calls that are tried for each call, see `mutation`.
        rewrites: names of rewrites (see `rewrites`) that each program of the test split is put through, for
            the split ``robustness``.
        against: benchmark files; programs that equal one of theirs are left out, see `contamination`.
        seed: of mutations and rewrites.
        sandbox: the box: docker, bwrap, or process for programs that are trusted.
        max_states: states after which a run is ended as ``never``.
        timeout: seconds after which a run is given up, and not kept.
        workers: processes, each with a box; 0 takes one for each core.
    """

    sources: tuple[str, ...]
    calls: int = 0
    mutations: int = 0
    rewrites: tuple[str, ...] = ()
    against: tuple[Path, ...] = ()
    seed: int = 0
    sandbox: str = "docker"
    max_states: int = 2_000
    timeout: float = 5.0
    workers: int = 0

    def recipe(self) -> dict[str, Any]:
        """Returns what the runs depend on, as plain data."""
        return {
            "version": VERSION,
            "sources": [[uri, _content(open_source(uri))] for uri in self.sources],
            "calls": self.calls,
            "mutations": self.mutations,
            "rewrites": list(self.rewrites),
            "against": [[path.name, _file_digest(path)] for path in self.against],
            "seed": self.seed,
            "max_states": self.max_states,
            "timeout": self.timeout,
            "part": PART,
        }


def record_dataset(
    config: RecordConfig, out: Path, progress: Callable[[str, int, int], None] = lambda *_: None
) -> dict[str, Any]:
    """Makes a data set, or goes on with one that was stopped.

    Args:
        config: what to make.
        out: the folder.
        progress: called with what is being done, the parts done and their number.

    Returns:
        The card, which also stands in the folder.

    Raises:
        ModelError: a source is none or cannot be read, or the folder holds another data set.
        SandboxError: there is no such box, or it does not work any more.
    """
    if not config.sources:
        raise ModelError("a data set needs a source; give one or more, such as generated/0/1000")
    _require_rewrites(config.rewrites)
    sources = [open_source(uri) for uri in config.sources]
    Benchmarks.load(config.against)
    open_sandbox(config.sandbox).close()
    recipe = config.recipe()
    if (out / "card.json").exists():
        from debugworld.worldmodel.data.dataset import read_card

        card = read_card(out)
        if card["recipe"] != recipe:
            raise ModelError(f"{out} holds a data set made with other settings; choose another folder")
        return card
    begin = time.perf_counter()
    parts = [
        Part(out / "parts" / f"{number:02}-{start // PART:06}.parquet", (uri, start, start + PART, config))
        for number, (uri, source) in enumerate(zip(config.sources, sources, strict=True))
        for start in range(0, len(source), PART)
    ]
    maker = partial(make_rows, record_part, columns)
    make_parts(parts, maker, recipe, config.workers, partial(progress, "recording"), is_whole)
    figures = {
        "wall_seconds": round(time.perf_counter() - begin, 3),
        "workers": min(config.workers or cores(), len(parts)),
        "sandbox": config.sandbox,
    }
    paths = [part.path for part in parts]
    card = write_dataset(out, paths, recipe, [source.about() for source in sources], figures, progress)
    shutil.rmtree(out / "parts")
    return card


def record_part(
    uri: str, start: int, stop: int, config: RecordConfig
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Records the programs of one part of a source.

    Returns:
        The rows, and counts of what became of the programs.

    Raises:
        SandboxError: the box does not work any more.
    """
    begin = time.perf_counter()
    maker = _Maker(config, box_of(config.sandbox, config.max_states, config.timeout))
    rows = []
    for candidate in _chosen(open_source(uri).candidates(start, stop), config.calls):
        for run in maker.runs(candidate):
            try:
                rows.append(row_of(run))
            except ModelError:
                maker.counts["not_unicode"] += 1
    return rows, {"counts": dict(maker.counts), "seconds": time.perf_counter() - begin}


def _chosen(candidates: Iterator[Candidate], calls: int) -> Iterator[Candidate]:
    """Takes so many calls of each program; 0 takes all."""
    last, count = None, 0
    for candidate in candidates:
        key = (candidate.program.name, candidate.program.source)
        count = count + 1 if key == last else 1
        last = key
        if not calls or count <= calls:
            yield candidate


class _Maker:
    """Turns candidates into runs.

    Args:
        config: what is asked for.
        box: where programs run.
    """

    def __init__(self, config: RecordConfig, box: Sandbox) -> None:
        self.config, self.box = config, box
        self.counts: Counter[str] = Counter()
        self._benchmarks = _benchmarks(config.against)
        self._novelty: tuple[str, Novelty] = ("", Novelty())

    def runs(self, candidate: Candidate) -> Iterator[Run]:
        """Yields the run of a candidate, then those of its mutations and rewrites."""
        program = candidate.program
        self.counts["offered"] += 1
        try:
            keys = keys_of(program)
        except (ProgramError, RecursionError):
            self.counts["refused"] += 1
            return
        if self._benchmarks.contaminated(keys) is not None:
            self.counts["contaminated"] += 1
            return
        trace = self._record(program)
        if trace is None:
            return
        tags = tuple(sorted(candidate.tags | tags_of(program.source)))
        yield _run(candidate, program, trace, keys, tags, candidate.split)
        if self._novelty[0] != program.source:
            self._novelty = (program.source, Novelty())
        known = self._novelty[1]
        known.add(trace)
        for changed in mutated(program, self.config.seed, self.config.mutations):
            self.counts["mutations_tried"] += 1
            found = self._record(changed, "mutations_")
            if found is not None and novel(found, known):
                self.counts["mutations_kept"] += 1
                keys = keys_of(changed)
                yield _run(candidate, changed, found, keys, tags, candidate.split, program.digest, "mutation")
        if candidate.split == TEST and self.config.rewrites:
            yield from self._rewritten(candidate, program, trace)

    def _rewritten(self, candidate: Candidate, program: Program, trace: Trace) -> Iterator[Run]:
        from debugworld.worldmodel.data.rewrites import prove, rewrite

        for name in self.config.rewrites:
            found = rewrite(program, name, self.config.seed)
            if found is None:
                continue
            self.counts["rewrites_tried"] += 1
            after = self._record(found.program, "rewrites_")
            if after is None:
                continue
            if prove(trace, after, found.names) is not None:
                self.counts["rewrites_different"] += 1
                continue
            self.counts["rewrites_kept"] += 1
            keys, tags = keys_of(found.program), tuple(sorted(candidate.tags | tags_of(found.program.source)))
            yield _run(candidate, found.program, after, keys, tags, ROBUSTNESS, program.digest, name)

    def _record(self, program: Program, what: str = "") -> Trace | None:
        """Runs a program; None where it could not be, or not in time."""
        try:
            trace = self.box.record(program)
        except ProgramError:
            self.counts[f"{what}refused"] += 1
            return None
        except SandboxError:
            self.box.record(Program("x = 1\n"))  # a box that does not work at all is no fault of a program's
            self.counts[f"{what}lost"] += 1
            return None
        if trace.exit.reason == "timeout":
            self.counts[f"{what}timeout"] += 1  # how far it came is chance
            return None
        return trace


def _run(
    candidate: Candidate,
    program: Program,
    trace: Trace,
    keys: Keys,
    tags: tuple[str, ...],
    split: str,
    parent: str = "",
    change: str = "",
) -> Run:
    return Run(
        program,
        trace,
        keys,
        candidate.group,
        split,
        candidate.source,
        candidate.origin,
        candidate.licence,
        tags,
        parent,
        change,
    )


def _require_rewrites(names: tuple[str, ...]) -> None:
    if names:
        from debugworld.worldmodel.data.rewrites import REWRITES

        unknown = [name for name in names if name not in REWRITES]
        if unknown:
            raise ModelError(f"there is no rewrite {unknown[0]!r}; there are: {', '.join(REWRITES)}")


@lru_cache(maxsize=4)
def box_of(name: str, max_states: int, timeout: float) -> Sandbox:
    """The box of this process; it ends with the process."""
    return open_sandbox(name, max_events=max_states, timeout=timeout)


@lru_cache(maxsize=4)
def _benchmarks(paths: tuple[Path, ...]) -> Benchmarks:
    return Benchmarks.load(paths)


def _content(source: Source) -> str:
    """What tells whether a source has changed: a digest of the file that it reads, for others the count."""
    path = getattr(source, "path", None)
    return _file_digest(path) if isinstance(path, Path) else str(len(source))


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
