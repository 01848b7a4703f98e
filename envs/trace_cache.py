"""Traces on disk, by content: what was recorded once is recorded no more; other findings that took long, too.

A file is named by everything that a trace follows from: the program, the interpreter, the box, its limits and
the sources of the recorder. Several processes may share a folder. Nothing here is needed for right answers:
a file that is missing, damaged or of another version is a trace that has to be recorded.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import time
import warnings
import zlib
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from debugworld.sandboxes.box import sources_digest
from debugworld.sandboxes.debugger import Exit, Program, Trace
from debugworld.sandboxes.debugger.packing import Packer, PackingError, Unpacker

FOLDER = "DEBUGWORLD_CACHE"
"""Environment variable: the folder; empty for none. Else ``debugworld`` in the user's cache folder."""
MEGABYTES = "DEBUGWORLD_CACHE_MB"
"""Environment variable: the most megabytes that traces may take; `MOST` if it is not set."""
MOST = 1024
"""Megabytes."""
VERSION = 2
"""Of the files."""
KEPT = frozenset({"exit", "uncaught", "step_budget", "token_budget", "incoherent"})
"""Reasons of ends that follow from program or model; others (a deadline, a kill) may be the machine's."""
_NAME = re.compile(r"[0-9a-f]{64}\.trace")
_UNFINISHED = re.compile(r"\.writing-\w+")
_STALE = 3600.0
"""Seconds after which a file that nobody finished is left over."""
_DIGEST = hashlib.sha256().digest_size


def cache_folder() -> Path | None:
    """Returns the folder of this user's caches; None where there is to be none."""
    told = os.environ.get(FOLDER)
    if told is not None:
        return Path(told).expanduser() if told else None
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "debugworld"


def open_trace_cache() -> TraceCache | None:
    """Returns the cache that the environment variables name; None where there is to be none."""
    folder = cache_folder()
    if folder is None:
        return None
    told = os.environ.get(MEGABYTES, "")
    return _opened(folder / "traces", (int(told) if told.isdecimal() else MOST) << 20)


@lru_cache(maxsize=8)
def _opened(folder: Path, most: int) -> TraceCache:
    return TraceCache(folder, most)


def trace_key(program: Program, kind: str, python: str, limits: Mapping[str, float]) -> str:
    """Returns 64 hexadecimal digits that stand for everything that a trace follows from.

    Args:
        program: What is run.
        kind: Name of the sandbox.
        python: Version of the interpreter, such as ``3.11.7``.
        limits: Of the recording, by name.
    """
    return content_key(sources_digest(), kind, python, sorted(limits.items()), program.digest)


def content_key(*parts: Any) -> str:
    """Returns 64 hexadecimal digits that stand for everything that a trace follows from.

    Args:
        parts: All of it, as plain JSON data.
    """
    return hashlib.sha256(json.dumps([VERSION, *parts]).encode()).hexdigest()


class TraceCache:
    """A folder of traces.

    Args:
        folder: Made when something is kept; only this class's own files in it are ever removed.
        most: Bytes that they may take; those not read for longest go first.
    """

    def __init__(self, folder: Path, most: int = MOST << 20) -> None:
        self.folder, self.most = folder, most
        self._since = most  # as if so much had been written: the first file is a reason to look
        self._works = True

    def get(self, key: str, program: Program) -> Trace | None:
        """Returns a trace of a program; None where there is none. A damaged file is removed.

        Args:
            key: As `trace_key` makes it.
            program: What was run.
        """
        found = self.noted(key, program)
        return None if found is None else found[0]

    def noted(self, key: str, program: Program) -> tuple[Trace, int] | None:
        """Returns a trace as `get` does, with the number that was kept beside it."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        try:
            found = _read(data, key, program)
        except (ValueError, KeyError, TypeError, zlib.error):
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)
        return found

    def put(self, key: str, trace: Trace, note: int = 0) -> None:
        """Keeps a trace, unless its end was chance (see `KEPT`); a disk that fails is warned of once.

        Args:
            key: As `trace_key` makes it.
            trace: What is kept.
            note: A number that is kept beside it.
        """
        if not self._works or trace.exit.reason not in KEPT:
            return
        try:
            data = _written(key, trace, note)
        except PackingError:
            return
        self._put(key, data)

    def _put(self, key: str, data: bytes) -> None:
        try:
            self._write(self._path(key), data)
            self._since += len(data)
            if self._since > self.most // 16:
                self._since = 0
                self._shrink()
        except OSError as error:
            self._works = False
            text = (
                f"traces are not kept in {self.folder} ({error.strerror}); set {FOLDER} to a folder, or empty"
            )
            warnings.warn(text, RuntimeWarning, stacklevel=2)

    def found(self, key: str) -> Any:
        """Returns what `keep` kept; None where there is nothing. A damaged file is removed.

        Args:
            key: As `content_key` makes it.
        """
        try:
            data = self._path(key).read_bytes()
        except OSError:
            return None
        try:
            kept = json.loads(zlib.decompress(_checked(data)))
            if kept["key"] != key:
                raise ValueError("it is another file")
            found = kept["found"]
        except (ValueError, KeyError, TypeError, zlib.error):
            with suppress(OSError):
                self._path(key).unlink()
            return None
        with suppress(OSError):
            os.utime(self._path(key))
        return found

    def keep(self, key: str, found: Any) -> None:
        """Keeps what took long to find and is no trace; a disk that fails is warned of once.

        Args:
            key: As `content_key` makes it.
            found: Plain JSON data, not None.
        """
        if self._works:
            text = json.dumps({"key": key, "found": found})
            self._put(key, _signed(zlib.compress(text.encode("ascii"), 1)))

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.trace"

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        """Writes a file so that others find it whole or not at all."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, made = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
            os.replace(made, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(made)
            raise

    def _shrink(self) -> None:
        """Removes what was not read for longest until nine tenths of the bytes are taken."""
        found: list[tuple[float, int, str]] = []
        for shelf in os.scandir(self.folder):
            if len(shelf.name) != 2 or not shelf.is_dir(follow_symlinks=False):
                continue
            for entry in os.scandir(shelf.path):
                with suppress(OSError):  # somebody else removes, too
                    stat = entry.stat(follow_symlinks=False)
                    if _NAME.fullmatch(entry.name):
                        found.append((stat.st_mtime, stat.st_size, entry.path))
                    elif _UNFINISHED.fullmatch(entry.name) and stat.st_mtime < time.time() - _STALE:
                        os.unlink(entry.path)
        total = sum(size for _, size, _ in found)
        if total <= self.most:
            return
        for _, size, path in sorted(found):
            with suppress(OSError):
                os.unlink(path)
            total -= size
            if total <= self.most * 9 // 10:
                return


def _written(key: str, trace: Trace, note: int) -> bytes:
    """A digest, then, compressed, a line of JSON and the states as they travel from a box."""
    packer = Packer()
    for state in trace.states:
        packer.add(state)
    head = {
        "key": key,
        "python": trace.python,
        "states": len(trace.states),
        "exit": trace.exit.to_json(),
        "stdout": trace.stdout,
        "stderr": trace.stderr,
        "note": note,
    }
    return _signed(zlib.compress(json.dumps(head).encode("ascii") + b"\n" + packer.take(), 1))


def _signed(body: bytes) -> bytes:
    return hashlib.sha256(body).digest() + body


def _checked(data: bytes) -> bytes:
    """Returns what `_signed` took.

    Raises:
        ValueError: it is something else.
    """
    body = data[_DIGEST:]
    if hashlib.sha256(body).digest() != data[:_DIGEST]:
        raise ValueError("the file is damaged")
    return body


def _read(data: bytes, key: str, program: Program) -> tuple[Trace, int]:
    """Reads what `_written` wrote.

    Raises:
        ValueError, KeyError, TypeError, zlib.error: it is something else.
    """
    line, _, states = zlib.decompress(_checked(data)).partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    if head["key"] != key:
        raise ValueError("it is another trace's file")
    unpacker = Unpacker({s.file: s.lines[1:] or ("",) for s in program.sources.values()}, head["states"])
    found = unpacker.feed(states)
    if len(found) != head["states"] or not unpacker.whole:
        raise ValueError("states are missing")
    end = Exit.from_json(head["exit"])
    return Trace(head["python"], found, end, head["stdout"], head["stderr"]), int(head["note"])
