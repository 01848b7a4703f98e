"""Work cut into parts, each of which leaves one file: on all cores, and gone on with where it was stopped."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from debugworld.worldmodel.errors import ModelError

RECIPE = "recipe.json"
"""What the parts of a folder are made of; others are never mixed in."""
SIGNAL = 0.5
"""Seconds in which a signal to all processes of a group has come to each of them."""


@dataclass(frozen=True)
class Part:
    """A piece of work and the file it ends in."""

    path: Path
    """The file; it appears whole or not at all."""
    arguments: tuple[Any, ...]
    """What to make it of; sent to another process."""


Maker = Callable[..., tuple[list[dict[str, Any]], dict[str, Any]]]
"""Makes the rows of a part, and what there is to say about them as plain data; a function of a module."""


def make_parts(
    parts: Sequence[Part],
    maker: Maker,
    schema: Callable[[], Any],
    recipe: dict[str, Any],
    workers: int = 0,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """Makes the parts that are not there yet.

    Args:
        parts: all in one folder.
        maker: called with a part's arguments, in a process of its own unless there is one worker only.
        schema: returns the pyarrow schema of the rows; a function of a module.
        recipe: what the parts depend on; a folder made by another recipe is refused.
        workers: processes; 0 takes one for each core.
        progress: called with the parts done and their number.

    Raises:
        ModelError: the folder holds parts of another recipe, or a process died.
    """
    if not parts:
        return
    folder = parts[0].path.parent
    folder.mkdir(parents=True, exist_ok=True)
    _require_recipe(folder, recipe)
    missing = [part for part in parts if not is_whole(part.path)]
    done = len(parts) - len(missing)
    progress(done, len(parts))
    workers = min(workers or cores(), len(missing))
    if workers <= 1:
        for part in missing:
            _make(part, maker, schema)
            done += 1
            progress(done, len(parts))
        return
    # spawn: a fork would take over threads of pyarrow and of the progress display, which may hold locks;
    # an interruption ends the workers by the signal itself, without a traceback of each
    context, quiet = multiprocessing.get_context("spawn"), (signal.SIGINT, signal.SIG_DFL)
    with ProcessPoolExecutor(workers, context, signal.signal, quiet) as pool:
        try:
            for future in as_completed([pool.submit(_make, part, maker, schema) for part in missing]):
                future.result()
                done += 1
                progress(done, len(parts))
        except BrokenProcessPool:
            time.sleep(SIGNAL)  # where an interruption ended the worker, it is this process's, too
            raise ModelError(
                "a worker process died, perhaps for want of memory; run the same again, with fewer workers"
            ) from None
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def cores() -> int:
    """Returns the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_whole(path: Path) -> bool:
    """Whether a part's file is there and can be read to its end mark."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return False
    return True


def said(path: Path) -> dict[str, Any]:
    """Returns what a part's maker said about it."""
    import pyarrow.parquet as pq

    return dict(json.loads(pq.read_schema(path).metadata[b"said"]))


def write_rows(
    path: Path, rows: Iterable[dict[str, Any]], schema: Any, about: dict[str, Any] | None = None
) -> None:
    """Writes one Parquet file, beside its place first.

    Args:
        path: the file.
        rows: as the schema has them.
        schema: of pyarrow.
        about: what `said` is to return.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if about is not None:
        schema = schema.with_metadata({**(schema.metadata or {}), "said": json.dumps(about)})
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), draft, compression="zstd")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _make(part: Part, maker: Maker, schema: Callable[[], Any]) -> None:
    rows, about = maker(*part.arguments)
    write_rows(part.path, rows, schema(), about)


def _require_recipe(folder: Path, recipe: dict[str, Any]) -> None:
    path = folder / RECIPE
    text = json.dumps(recipe, indent=1, sort_keys=True)
    if not path.exists():
        path.write_text(text)
        return
    try:
        known = json.loads(path.read_text())
    except ValueError:
        known = {}
    other = [key for key, value in json.loads(text).items() if known.get(key) != value]
    if other:
        raise ModelError(
            f"{folder} holds parts made with other settings ({', '.join(other)} differ); "
            "give those again to go on, or choose another folder"
        )
