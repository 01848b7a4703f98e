"""Files that appear whole or not at all: written beside their place and moved there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Gives the place beside a file where it is written; it goes to its own when the block has ended well.

    Raises:
        OSError: it cannot be written; the error names it.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with naming(path):
            yield beside
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Names a file in the errors of writing it, which say of a full disk alone that it is full."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
