"""Where programs come from, named by URIs.

=========================  ================================================================================
``generated/SEED/COUNT``   programs of `programs`, of all difficulties; ``?difficulty=2-4&tags=while,dict``
                           turns the knobs, see `knobs`
``statements/SEED/COUNT``  programs of `statements`, likewise
``jsonl/PATH``             the rows of a file, as `rows` reads them
``hf/NAME_OR_PATH?...``    a data set of Hugging Face's ``datasets``: ``split=train``, ``config=...``, and
                           the columns ``code=``, ``calls=`` (also one call, or the arguments of ``f``, as
                           ``input=``), ``id=``, ``group=``, ``licence=``
=========================  ================================================================================

A source is cut into parts of a fixed size, which can be made one by one, anywhere and in any order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.data.knobs import KNOBS, Knobs
from debugworld.worldmodel.data.rows import RowError, load_rows, read_row
from debugworld.worldmodel.data.split import EVALUATION_SEED, held_out
from debugworld.worldmodel.errors import ModelError

TRAIN, TEST, ROBUSTNESS = "train", "test", "robustness"
"""The splits; the last holds rewritten programs of the second."""
FORMS = (
    "generated/SEED/COUNT[?difficulty=N-M&tags=A,B], statements/SEED/COUNT, jsonl/PATH, "
    "hf/NAME_OR_PATH?split=...&code=...&calls=..."
)
"""The forms of a source, for error texts."""


@dataclass(frozen=True)
class Candidate:
    """A program that a source offers, with what it knows of it."""

    program: Program
    group: str
    """What must stay on one side of a split."""
    split: str
    """``train`` or ``test``."""
    source: str
    """The URI."""
    tags: frozenset[str] = frozenset()
    """What the source says it is about; constructs are read from the text, see `generator.features`."""
    origin: str = ""
    """Who published it, where the row says so."""
    licence: str = ""
    """Its licence, where the row says so."""


class Source(ABC):
    """Programs under a URI."""

    uri: str
    """The URI."""

    @abstractmethod
    def __len__(self) -> int:
        """The number of programs, each with one or more calls."""

    @abstractmethod
    def candidates(self, start: int, stop: int) -> Iterator[Candidate]:
        """Yields the runs of the programs of a part: each call of each program."""

    def about(self) -> dict[str, Any]:
        """Returns what a data card says of it."""
        return {"uri": self.uri, "programs": len(self)}


@dataclass(frozen=True)
class GeneratorSource(Source):
    """Programs of our own generators; seeds from `examples.EVALUATION_SEED` on are the test split."""

    uri: str
    kind: str
    """``generated`` or ``statements``."""
    seed: int
    """The first seed."""
    count: int
    knobs: Knobs = Knobs()
    """Of ``generated``; ``statements`` have none."""

    def __len__(self) -> int:
        return self.count

    def candidates(self, start: int, stop: int) -> Iterator[Candidate]:
        """Yields the programs of the seeds ``seed + start`` to ``seed + stop - 1``.

        Raises:
            ModelError: no program with all of the tags came up.
        """
        from debugworld.worldmodel.data.statements import generate_statement

        for seed in range(self.seed + start, self.seed + min(stop, self.count)):
            try:
                made = (
                    self.knobs.make(seed)
                    if self.kind == "generated"
                    else generate_statement(seed, 1 + seed % 5)
                )
            except ValueError as error:
                raise ModelError(f"{self.uri}, seed {seed}: {error}") from None
            split = TEST if seed >= EVALUATION_SEED else TRAIN
            yield Candidate(
                made.program, f"{self.kind}-{seed}", split, self.uri, made.tags, "debugworld", "Apache-2.0"
            )

    def about(self) -> dict[str, Any]:
        """Returns the URI, the number of programs and the seeds."""
        return {**super().about(), "seeds": [self.seed, self.seed + self.count - 1]}


@dataclass(frozen=True)
class RowSource(Source):
    """Programs of a JSON Lines file."""

    uri: str
    path: Path

    def __len__(self) -> int:
        return len(_rows(self.path))

    def candidates(self, start: int, stop: int) -> Iterator[Candidate]:
        """Yields every call of the rows from ``start`` to ``stop``."""
        for row in _rows(self.path)[start:stop]:
            split = TEST if held_out(row.group) else TRAIN
            licence = str(row.row.get("licence") or row.row.get("license") or "")
            origin = str(row.row.get("origin") or "")
            for program in row.programs:
                yield Candidate(program, row.group, split, self.uri, frozenset(), origin, licence)


@dataclass(frozen=True)
class HubSource(Source):
    """Programs of a data set of Hugging Face's ``datasets``: a name on the hub, or a local folder."""

    uri: str
    name: str
    options: dict[str, str] = field(default_factory=dict, hash=False)

    def __len__(self) -> int:
        return len(self._table)

    @property
    def _table(self) -> Any:
        return _hub_table(self.name, self.options.get("config", ""), self.options.get("split", "train"))

    def candidates(self, start: int, stop: int) -> Iterator[Candidate]:
        """Yields every call of the rows from ``start`` to ``stop``.

        Raises:
            RowError: a row is no program.
        """
        table = self._table
        for number in range(start, min(stop, len(table))):
            row = self._row(table[number])
            read = read_row(row, f"{self.uri}, row {number}")
            split = TEST if held_out(read.group) else TRAIN
            licence = str(row.get("licence") or row.get("license") or "")
            origin = str(row.get("origin") or self.name)
            for program in read.programs:
                yield Candidate(program, read.group, split, self.uri, frozenset(), origin, licence)

    def _row(self, given: dict[str, Any]) -> dict[str, Any]:
        """Returns a row under the names that `rows` knows; what an option names goes before the rest."""
        chosen = {name: given[column] for name, column in self.options.items() if name in ROW_FIELDS}
        others = {name: value for name, value in given.items() if value is not None}
        if "code" in chosen:
            others.pop("source", None)
        if ENTRIES & chosen.keys():
            others = {name: value for name, value in others.items() if name not in ENTRIES}
        row = others | chosen
        if isinstance(row.get("calls"), str):
            row["call"] = row.pop("calls")
        return row


ROW_FIELDS = ("code", "calls", "call", "input", "id", "group", "licence", "origin")
"""What a column of a hub source can be named to hold."""
ENTRIES = {"calls", "call", "input"}
"""Those of them that say how to enter the program."""


def open_source(uri: str) -> Source:
    """Opens the source of a URI; a file is read now, so that faults in it are told now.

    Raises:
        ModelError: the URI is none, or names what is not there.
    """
    kind, _, rest = uri.partition("/")
    if kind in ("generated", "statements"):
        path, asks, query = rest.partition("?")
        seed, _, count = path.partition("/")
        knobs = _knobs(uri, query) if asks and kind == "generated" else Knobs()
        if asks and kind == "statements":
            raise ModelError(f"{uri!r} has options, and statements take none")
        if not seed.lstrip("-").isdecimal() or not count.isdecimal() or not int(count):
            raise ModelError(f"{uri!r} is no source; it is written {kind}/SEED/COUNT, as in {kind}/0/1000")
        if int(seed) < EVALUATION_SEED < int(seed) + int(count):
            raise ModelError(
                f"{uri!r} crosses seed {EVALUATION_SEED}, where the test split begins; make it two"
            )
        return GeneratorSource(uri, kind, int(seed), int(count), knobs)
    if kind == "jsonl" and rest:
        source = RowSource(uri, Path(rest))
        len(source)
        return source
    if kind == "hf" and rest:
        name, _, query = rest.partition("?")
        options = {key: values[-1] for key, values in parse_qs(query, keep_blank_values=True).items()}
        unknown = options.keys() - {"split", "config", *ROW_FIELDS}
        if unknown:
            known = ", ".join(("split", "config", *ROW_FIELDS))
            raise ModelError(f"{uri!r} has unknown options {sorted(unknown)}; there are: {known}")
        hub = HubSource(uri, name, options)
        columns = hub._table.column_names
        missing = [options[key] for key in ROW_FIELDS if key in options and options[key] not in columns]
        if missing:
            raise ModelError(f"{uri!r}: there is no column {missing[0]!r}; there are: {', '.join(columns)}")
        return hub
    raise ModelError(f"{uri!r} is no source; the forms are: {FORMS}")


def _knobs(uri: str, query: str) -> Knobs:
    options = parse_qs(query, keep_blank_values=True)
    unknown = sorted(options.keys() - set(KNOBS))
    if unknown or not options or any(len(values) > 1 for values in options.values()):
        told = f"unknown options {unknown}" if unknown else f"options that cannot be read, {query!r}"
        raise ModelError(f"{uri!r} has {told}; there are, each once: {', '.join(KNOBS)}")
    try:
        return Knobs.parse(*(options.get(name, [None])[0] for name in KNOBS))
    except ValueError as error:
        raise ModelError(f"{uri!r}: {error}") from None


@lru_cache(maxsize=8)
def _rows(path: Path) -> tuple[Any, ...]:
    return tuple(load_rows(path))


@lru_cache(maxsize=8)
def _hub_table(name: str, config: str, split: str) -> Any:
    import datasets

    try:
        return datasets.load_dataset(name, config or None, split=split)
    except ModuleNotFoundError:
        raise
    except Exception as error:  # datasets raises what its many back ends raise
        reason = " ".join(str(error).split())
        raise RowError(f"the data set {name!r}, split {split!r}, cannot be loaded: {reason}") from None
