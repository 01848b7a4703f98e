"""Files that a command writes: whole or not at all."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

STDOUT = "-"
"""Stands for the standard output in place of a file's name."""
Write = Callable[[Any], None]


@contextmanager
def json_output(path: str | os.PathLike[str]) -> Iterator[Write]:
    """Opens a file for JSON data, and yields what writes them; as `text_output`.

    Args:
        path: The file, which is replaced; ``-`` is stdout.

    Raises:
        OSError: it cannot be written to; the name in the error is ``path``.
    """
    if path == STDOUT:
        yield _print
        return
    with text_output(path) as write:
        yield lambda data: write(_text(data) + "\n")


@contextmanager
def text_output(path: str | os.PathLike[str], *, parents: bool = False) -> Iterator[Callable[[str], None]]:
    """Opens a file for a text, and yields what writes it; the file appears with the first text.

    A name that cannot be written to is found out here, before any work is done. A device or a pipe is
    written to as it is.

    Args:
        path: The file, which is replaced.
        parents: Whether its folder is made where there is none.

    Raises:
        OSError: it cannot be written to; the name in the error is ``path``.
    """
    path = os.fspath(path)
    target = os.path.realpath(path)
    if os.path.isdir(target):
        raise IsADirectoryError(21, "Is a directory", path)
    if os.path.exists(target) and not stat.S_ISREG(os.stat(target).st_mode):
        with open(path, "w", encoding="utf-8") as file:
            yield lambda text: print(text, end="", file=file, flush=True)
        return
    mode = stat.S_IMODE(os.stat(target).st_mode) if os.path.exists(target) else None
    folder, name = os.path.split(target)
    new = os.path.join(folder, f".{name[:100]}.{os.getpid()}.new")
    try:
        if parents:
            os.makedirs(folder, exist_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, path) from None

    def write(text: str) -> None:
        with open(descriptor, "w", encoding="utf-8", closefd=False) as file:
            file.write(text)
        if mode is not None:
            os.chmod(new, mode)
        os.replace(new, target)

    try:
        yield write
    finally:
        os.close(descriptor)
        with suppress(FileNotFoundError):
            os.unlink(new)


def _text(data: Any) -> str:
    return json.dumps(data, indent=1)


def _print(data: Any) -> None:
    try:
        print(_text(data), flush=True)
    except BrokenPipeError:  # the reader has seen enough; nothing may be flushed at the end either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
