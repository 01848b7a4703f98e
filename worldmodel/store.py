"""Examples on disk: compact, memory-mapped, free of duplicates, independent of any tokenizer.

A store is a folder: ``text.npy`` (uint8, the UTF-8 of all prompts and completions in a row),
``offsets.npy`` (uint64, shape ``(2 * count + 1,)``: where each prompt and each completion begins, then
the end), ``times.npy`` (uint32, shape ``(count,)``: how often each was met) and ``store.json`` (counts, a
digest and the format). It is written beside its place and moved there whole.

Our own questions are pairs. In a format of `formats`, an example may be a whole walk, in which prompts and
completions take turns; a store of those also has ``turns.npy`` (int64, shape ``(count + 1,)``: the place in
``offsets.npy`` where each example begins, then the last one) and ``lengths.npy`` (int32, shape ``(count,)``).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from debugworld.worldmodel.draft import naming
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import MARKOV, size_of

TEMPLATE_TOKENS = 3
"""Control tokens around an example: start, boundary, end."""


@dataclass(frozen=True)
class Example:
    """What the model is asked and what it should answer."""

    prompt: str
    completion: str
    more: tuple[str, ...] = ()
    """Further prompts and completions, in turn."""

    @property
    def parts(self) -> tuple[str, ...]:
        """All prompts and completions, in turn."""
        return (self.prompt, self.completion, *self.more)


class ExampleStore(Sequence[Example]):
    """Random access to the examples of one folder.

    Args:
        path: a folder written by `write`.

    Attributes:
        format: what it is written in, see `formats`.
        times: uint32, shape ``(count,)``; how often each example was met when the store was written.
        lengths: int32, shape ``(count,)``; tokens of each example, control tokens included, when each byte
            is one token, and each marker of a format.

    Raises:
        ModelError: the folder is no store, or its parts do not fit together.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.about: dict = json.loads((path / "store.json").read_text())
            self._text = np.load(path / "text.npy", mmap_mode="r")
            self._offsets = np.load(path / "offsets.npy", mmap_mode="r")
            self.times = np.load(path / "times.npy", mmap_mode="r")
            self.format: str = self.about.get("format", MARKOV)
            count = self.about["count"]
            if self.format == MARKOV:
                self._turns = np.arange(0, 2 * count + 1, 2)
                ends, begins = self._offsets[2::2].astype(np.int64), self._offsets[:-1:2].astype(np.int64)
                self.lengths = (ends - begins + TEMPLATE_TOKENS).astype(np.int32)
            else:
                self._turns = np.load(path / "turns.npy", mmap_mode="r")
                self.lengths = np.load(path / "lengths.npy", mmap_mode="r")
            whole = (
                len(self._offsets) == self._turns[-1] + 1
                and self._offsets[-1] == len(self._text)
                and len(self.times) == len(self.lengths) == len(self._turns) - 1 == count
            )
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{path} is not a readable example store ({error}); write it again") from error
        if not whole:
            raise ModelError(f"{path} is a damaged example store, its parts do not fit; write it again")

    @property
    def text(self) -> np.ndarray:
        """The UTF-8 of all prompts and completions in a row, uint8."""
        return self._text

    @property
    def bounds(self) -> np.ndarray:
        """Where the prompt of each pair begins, its completion, and the end; int64, shape ``(count, 3)``."""
        ends = self._offsets[2::2]
        return np.stack([self._offsets[:-1:2], self._offsets[1::2], ends], axis=1).astype(np.int64)

    def __len__(self) -> int:
        return int(self.about["count"])

    def __getitem__(self, index: int) -> Example:  # type: ignore[override]
        if not 0 <= index < len(self):
            raise IndexError(f"the store {self.path} has {len(self)} examples, and no number {index}")
        places = self._offsets[self._turns[index] : self._turns[index + 1] + 1].tolist()
        parts = [self._text[start:end].tobytes().decode() for start, end in pairwise(places)]
        return Example(parts[0], parts[1], tuple(parts[2:]))

    def prompts(self) -> Iterator[bytes]:
        """Yields the UTF-8 of each example's first prompt."""
        first = self._turns[:-1]
        for start, end in zip(self._offsets[first].tolist(), self._offsets[first + 1].tolist(), strict=True):
            yield self._text[start:end].tobytes()

    @classmethod
    def write(
        cls, path: Path, examples: Iterable[tuple[str, ...]], longest: int = 512, format: str = MARKOV
    ) -> ExampleStore:
        """Writes a store, counting repetitions and leaving out what is too long, and opens it.

        Args:
            path: the folder to make; an older store there is replaced.
            examples: prompts and completions, in turn; consumed once, never held in memory together.
            longest: most tokens of an example, see `lengths`.
            format: what they are written in.

        Raises:
            ModelError: a completion is empty or missing.
        """
        writer = ExampleWriter(path, longest, format)
        writer.add(examples)
        return writer.finish()


class ExampleWriter:
    """Writes a store bit by bit: repetitions are counted and what is too long is left out.

    Args:
        path: the folder to make; an older store there is replaced when the new one is whole.
        longest: most tokens of an example, see `ExampleStore.lengths`.
        format: what they are written in.
    """

    def __init__(self, path: Path, longest: int = 512, format: str = MARKOV) -> None:
        self._path, self._longest, self._format = path, longest, format
        self._draft = path.with_name(path.name + ".part")
        shutil.rmtree(self._draft, ignore_errors=True)
        self._draft.mkdir(parents=True)
        self._raw = (self._draft / "text.bin").open("wb")
        self._offsets = array("Q", [0])
        self._times, self._turns, self._lengths = array("I"), array("q", [0]), array("i")
        self._seen: dict[bytes, int] = {}
        self._digest = hashlib.sha256()
        self._counts = {"count": 0, "repeated": 0, "too_long": 0}

    def add(self, examples: Iterable[tuple[str, ...]]) -> None:
        """Appends examples: prompts and completions, in turn; our own questions have one of each.

        Raises:
            ModelError: a completion is empty or missing.
        """
        with naming(self._path):
            self._add(examples)

    def _add(self, examples: Iterable[tuple[str, ...]]) -> None:
        counts, offsets = self._counts, self._offsets
        for parts in _encoded(examples):
            if len(parts) % 2 or not all(parts[1::2]) or (len(parts) > 2 and self._format == MARKOV):
                raise ModelError(f"an example needs a completion; the one for {parts[0]!r} is {parts[1:]!r}")
            identity = hashlib.blake2b(b"\0".join(parts), digest_size=8).digest()
            length = sum(map(self._size, parts)) + (TEMPLATE_TOKENS if self._format == MARKOV else 0)
            if length > self._longest:
                counts["too_long"] += 1
            elif identity in self._seen:
                counts["repeated"] += 1
                self._times[self._seen[identity]] += 1
            else:
                self._seen[identity] = len(self._times)
                self._times.append(1)
                self._lengths.append(length)
                self._turns.append(self._turns[-1] + len(parts))
                self._digest.update(identity)
                counts["count"] += 1
                for part in parts:
                    self._raw.write(part)
                    offsets.append(offsets[-1] + len(part))

    def finish(self) -> ExampleStore:
        """Puts the store in its place and opens it."""
        with naming(self._path):
            self._finish()
        return ExampleStore(self._path)

    def _finish(self) -> None:
        draft = self._draft
        self._raw.close()
        np.save(draft / "text.npy", np.fromfile(draft / "text.bin", dtype=np.uint8))
        (draft / "text.bin").unlink()
        np.save(draft / "offsets.npy", np.frombuffer(self._offsets, dtype=np.uint64))
        np.save(draft / "times.npy", np.frombuffer(self._times, dtype=np.uint32))
        about = self._counts | {"bytes": self._offsets[-1], "digest": self._digest.hexdigest()}
        if self._format != MARKOV:
            about |= {"format": self._format}
            np.save(draft / "turns.npy", np.frombuffer(self._turns, dtype=np.int64))
            np.save(draft / "lengths.npy", np.frombuffer(self._lengths, dtype=np.int32))
        (draft / "store.json").write_text(json.dumps(about, indent=1))
        shutil.rmtree(self._path, ignore_errors=True)
        draft.rename(self._path)

    def _size(self, part: bytes) -> int:
        return len(part) if self._format == MARKOV else size_of(part.decode())


def _encoded(examples: Iterable[tuple[str, ...]]) -> Iterator[tuple[bytes, ...]]:
    """Yields the UTF-8 of all parts; lone surrogates, which have none, become question marks."""
    for parts in examples:
        yield tuple(part.encode(errors="replace") for part in parts)
