"""Work cut into parts, each of which leaves one file: on all cores, and gone on with where it was stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from debugworld.sandboxes.workers import open_workers
from debugworld.worldmodel.data.tables import create_table, open_table
from debugworld.worldmodel.draft import draft
from debugworld.worldmodel.errors import ModelError

RECIPE = "recipe.json"
"""What the parts of a folder are made of; others are never mixed in."""


@dataclass(frozen=True)
class Part:
    """A piece of work and the file it ends in."""

    path: Path
    """The file; it appears whole or not at all."""
    arguments: tuple[Any, ...]
    """What to make it of; sent to another process."""


Maker = Callable[..., None]
"""Called with a part's path and arguments; leaves its file. A function of a module, or a `partial` of one."""


def make_parts(
    parts: Sequence[Part],
    maker: Maker,
    recipe: dict[str, Any],
    workers: int = 0,
    progress: Callable[[int, int], None] = lambda *_: None,
    whole: Callable[[Path], bool] = Path.exists,
) -> None:
    """Makes the parts that are not there yet.

    Args:
        parts: all in one folder.
        maker: makes one of them, in a process of its own unless there is one worker only.
        recipe: what the parts depend on; a folder made by another recipe is refused.
        workers: processes; 0 takes one for each core.
        progress: called with the parts done and their number.
        whole: whether a part is there.

    Raises:
        ModelError: the folder holds parts of another recipe.
        SandboxError: a process died.
    """
    if not parts:
        return
    folder = parts[0].path.parent
    folder.mkdir(parents=True, exist_ok=True)
    _require_recipe(folder, recipe)
    missing = [part for part in parts if not whole(part.path)]
    done = len(parts) - len(missing)
    progress(done, len(parts))
    workers = min(workers or cores(), len(missing))
    if workers <= 1:
        for part in missing:
            maker(part.path, *part.arguments)
            done += 1
            progress(done, len(parts))
        return
    with open_workers(workers) as pool:
        for future in as_completed([pool.submit(maker, part.path, *part.arguments) for part in missing]):
            future.result()
            done += 1
            progress(done, len(parts))


def cores() -> int:
    """Returns the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_whole(path: Path) -> bool:
    """Whether a part's Parquet file is there and can be read to its end mark."""
    try:
        with open_table(path):
            return True
    except ModelError:
        return False


def said(path: Path) -> dict[str, Any]:
    """Returns what a part's maker said about it.

    Raises:
        ModelError: the part is damaged.
    """
    with open_table(path) as file:
        return dict(json.loads(file.schema_arrow.metadata[b"said"]))


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

    if about is not None:
        schema = schema.with_metadata({**(schema.metadata or {}), "said": json.dumps(about)})
    with draft(path) as beside, create_table(beside, schema) as writer:
        writer.write_table(pa.Table.from_pylist(list(rows), schema=schema))


def make_rows(
    maker: Callable[..., tuple[list[dict[str, Any]], dict[str, Any]]],
    schema: Callable[[], Any],
    path: Path,
    *arguments: Any,
) -> None:
    """Makes a part that is a Parquet file.

    Args:
        maker: called with the arguments; returns the rows, and what `said` is to return.
        schema: returns the pyarrow schema of the rows.
        path: the part's file.
        arguments: the part's.
    """
    rows, about = maker(*arguments)
    write_rows(path, rows, schema(), about)


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
            "give those again to go on, choose another folder, or remove this one"
        )
