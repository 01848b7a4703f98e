"""Examples on disk: compact, memory-mapped, free of duplicates, independent of any tokenizer.

A store is a folder: ``text.npy`` (uint8, the UTF-8 of all prompts and completions in a row),
``offsets.npy`` (uint64, shape ``(2 * count + 1,)``: where each prompt and each completion begins, then
the end), ``times.npy`` (uint32, shape ``(count,)``: how often each was met) and ``store.json`` (counts and a
digest). It is written beside its place and moved there whole.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from debugworld.worldmodel.errors import ModelError

TEMPLATE_TOKENS = 3
"""Control tokens around an example: start, boundary, end."""


@dataclass(frozen=True)
class Example:
    """What the model is asked and what it should answer."""

    prompt: str
    completion: str


class ExampleStore(Sequence[Example]):
    """Random access to the examples of one folder.

    Args:
        path: a folder written by `write`.

    Attributes:
        times: uint32, shape ``(count,)``; how often each example was met when the store was written.
        lengths: int32, shape ``(count,)``; tokens of each example with control tokens, when each byte
            is one token (a codec with markers has fewer).

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
            count = self.about["count"]
            whole = (
                len(self._offsets) == 2 * count + 1
                and self._offsets[-1] == len(self._text)
                and len(self.times) == count
            )
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{path} is not a readable example store ({error}); write it again") from error
        if not whole:
            raise ModelError(f"{path} is a damaged example store, its parts do not fit; write it again")
        ends = self._offsets[2::2].astype(np.int64)
        self.lengths = (ends - self._offsets[:-1:2].astype(np.int64) + TEMPLATE_TOKENS).astype(np.int32)

    @property
    def text(self) -> np.ndarray:
        """The UTF-8 of all prompts and completions in a row, uint8."""
        return self._text

    @property
    def bounds(self) -> np.ndarray:
        """Where each prompt begins, its completion begins, and that ends; int64, shape ``(count, 3)``."""
        ends = self._offsets[2::2]
        return np.stack([self._offsets[:-1:2], self._offsets[1::2], ends], axis=1).astype(np.int64)

    def __len__(self) -> int:
        return int(self.about["count"])

    def __getitem__(self, index: int) -> Example:  # type: ignore[override]
        if not 0 <= index < len(self):
            raise IndexError(f"the store {self.path} has {len(self)} examples, and no number {index}")
        start, middle, end = (int(place) for place in self._offsets[2 * index : 2 * index + 3])
        return Example(self._text[start:middle].tobytes().decode(), self._text[middle:end].tobytes().decode())

    def prompts(self) -> Iterator[bytes]:
        """Yields the UTF-8 of each prompt."""
        bounds = self._offsets[:-1].reshape(-1, 2)
        for start, end in bounds.tolist():
            yield self._text[start:end].tobytes()

    @classmethod
    def write(cls, path: Path, examples: Iterable[tuple[str, str]], longest: int = 512) -> ExampleStore:
        """Writes a store, counting repetitions and leaving out what is too long, and opens it.

        Args:
            path: the folder to make; an older store there is replaced.
            examples: (prompt, completion) pairs; consumed once, never held in memory together.
            longest: most tokens of an example, control tokens included.

        Raises:
            ModelError: a completion is empty.
        """
        writer = ExampleWriter(path, longest)
        writer.add(examples)
        return writer.finish()


class ExampleWriter:
    """Writes a store bit by bit: repetitions are counted and what is too long is left out.

    Args:
        path: the folder to make; an older store there is replaced when the new one is whole.
        longest: most tokens of an example, control tokens included.
    """

    def __init__(self, path: Path, longest: int = 512) -> None:
        self._path, self._longest = path, longest
        self._draft = path.with_name(path.name + ".part")
        shutil.rmtree(self._draft, ignore_errors=True)
        self._draft.mkdir(parents=True)
        self._raw = (self._draft / "text.bin").open("wb")
        self._offsets = array("Q", [0])
        self._times = array("I")
        self._seen: dict[bytes, int] = {}
        self._digest = hashlib.sha256()
        self._counts = {"count": 0, "repeated": 0, "too_long": 0}

    def add(self, examples: Iterable[tuple[str, str]]) -> None:
        """Appends (prompt, completion) pairs.

        Raises:
            ModelError: a completion is empty.
        """
        counts, offsets = self._counts, self._offsets
        for parts in _encoded(examples):
            if not parts[1]:
                raise ModelError(f"an example needs a completion; the one for {parts[0]!r} is empty")
            identity = hashlib.blake2b(b"\0".join(parts), digest_size=8).digest()
            if sum(map(len, parts)) + TEMPLATE_TOKENS > self._longest:
                counts["too_long"] += 1
            elif identity in self._seen:
                counts["repeated"] += 1
                self._times[self._seen[identity]] += 1
            else:
                self._seen[identity] = len(self._times)
                self._times.append(1)
                self._digest.update(identity)
                counts["count"] += 1
                for part in parts:
                    self._raw.write(part)
                    offsets.append(offsets[-1] + len(part))

    def finish(self) -> ExampleStore:
        """Puts the store in its place and opens it."""
        draft = self._draft
        self._raw.close()
        np.save(draft / "text.npy", np.fromfile(draft / "text.bin", dtype=np.uint8))
        (draft / "text.bin").unlink()
        np.save(draft / "offsets.npy", np.frombuffer(self._offsets, dtype=np.uint64))
        np.save(draft / "times.npy", np.frombuffer(self._times, dtype=np.uint32))
        about = self._counts | {"bytes": self._offsets[-1], "digest": self._digest.hexdigest()}
        (draft / "store.json").write_text(json.dumps(about, indent=1))
        shutil.rmtree(self._path, ignore_errors=True)
        draft.rename(self._path)
        return ExampleStore(self._path)


def _encoded(examples: Iterable[tuple[str, str]]) -> Iterator[tuple[bytes, bytes]]:
    """Yields the UTF-8 of both parts; lone surrogates, which have none, become question marks."""
    for prompt, completion in examples:
        yield prompt.encode(errors="replace"), completion.encode(errors="replace")
